//! The MCP endpoint: who is calling, and the tools they call.
//!
//! A request passes, in this order, the origin check (`origin`), one of the two ways to prove who is calling
//! (`bearer` on `/mcp`, `api_key` on the older path), the layer that counts calls (`call_limit`) and is kind to clients
//! that don't follow the letter of the transport (`front`), and rmcp, which speaks all revisions of MCP and calls the `tools`. Whose memories are
//! meant is decided by the second step alone.

mod answer_size;
mod api_key;
mod arguments;
mod batch;
mod bearer;
mod call_limit;
mod caller;
mod front;
mod message;
mod origin;
mod refusal;
mod research;
mod server;
mod shapes;
mod tool_error;
mod tools;

use std::sync::Arc;

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
    routing::any,
};
use jean_memory_service::MemoryService;
use jean_runtime::{AllowedOrigins, Platform, SigningKeys, StartError};
use jean_store::{Table, api_keys::ApiKeys, rate_limits::RateLimits};

pub use crate::caller::Caller;
use crate::{bearer::Bearer, call_limit::CallLimit, front::Front, server::Server};

/// How much of the indexes it has read an instance keeps, unless it is told.
const INDEX_CACHE_BYTES: usize = 64_000_000;

/// The function's routes. Both serve the same tools, over the same memories (SD-02).
///
/// # Errors
/// [`StartError`] for a setting that is missing or can't be used.
pub async fn router(platform: &Platform) -> Result<Router, StartError> {
    let environment = &platform.environment;
    let public_url = platform.public_url()?;
    let origins = AllowedOrigins::new(environment, public_url.clone())?;
    let memories = Table::new(&platform.aws, &environment.require("MEMORIES_TABLE")?);
    let cache_bytes = environment.parse_or("INDEX_CACHE_BYTES", INDEX_CACHE_BYTES)?;
    let users = memories.beside(&environment.require("USERS_TABLE")?);
    // Both round trips of the start at once.
    let (keys, ()) = tokio::join!(SigningKeys::load(platform), memories.connect());

    let limit = CallLimit::new(RateLimits::new(memories.clone()), environment, platform.clock.clone())?;
    let server = Server::new(MemoryService::new(memories, cache_bytes), public_url.clone(), platform);
    let front = Arc::new(Front::new(server, limit, public_url.clone()));
    let bearer = Bearer { keys: keys?, public_url, clock: platform.clock.clone() };
    let mcp = any(front::answer).with_state(front);
    Ok(Router::new()
        .route("/mcp", mcp.clone().layer(from_fn_with_state(bearer, bearer::authenticate)))
        .route("/mcp/v2/{client}/{user_id}", mcp.layer(from_fn_with_state(ApiKeys::new(users), api_key::authenticate)))
        .layer(from_fn_with_state(origins.clone(), origin::check))
        .layer(jean_runtime::cors(origins))
        .layer(from_fn(jean_runtime::trace)))
}
