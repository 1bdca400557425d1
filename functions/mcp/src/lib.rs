//! The MCP endpoint: authenticates the caller and serves the memory tools over JSON-RPC.
//!
//! A request passes these modules, in this order:
//!
//! | step | module |
//! |---|---|
//! | reject browser requests from other origins | `origin` |
//! | authenticate: access token on `/mcp`, API key on the legacy endpoint | `bearer`, `api_key` |
//! | count the call against the user's rate limit | `call_limit` |
//! | adapt the request to rmcp: lenient headers, bare tool names, batches | `compat`, `message`, `batch` |
//! | check that the grant has not ended, unless the request is only about the server | `connection_status` |
//! | speak MCP, in every supported revision | rmcp, `handler`, `invalid_params` |
//! | read its arguments, and run the tool | `lenient`, `arguments`, `mismatch`, `tools`, `note` |
//! | return a resource, a prompt or a completion | `resources`, `prompts`, `completions` |
//!
//! The authentication step alone decides which user's memories a call works on.
//!
//! Sessions, streams and messages initiated by the server are not supported: the function is stateless.

mod api_key;
mod app;
mod arguments;
mod batch;
mod bearer;
mod call_limit;
mod caller;
mod compat;
mod completions;
mod connection_status;
mod error_response;
mod handler;
mod invalid_params;
mod lenient;
mod message;
mod mismatch;
mod note;
mod origin;
mod prompts;
mod rejection;
mod resources;
mod result_size;
mod schemas;
mod server;
mod settings;
mod tool_error;
mod tools;
mod trace;
mod usage;

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state, map_response_with_state},
    routing::any,
};
use jean_runtime::{Platform, StartError};

use crate::{app::App, settings::Settings};

/// The routes of the function. Both serve the same tools over the same memories (SD-02).
///
/// # Errors
/// Returns a [`StartError`] if a setting is missing or invalid.
pub async fn router(platform: &Platform) -> Result<Router, StartError> {
    let settings = Settings::from_env(&platform.environment)?;
    let (public_url, origins) = (settings.public_url.clone(), settings.allowed_origins.clone());
    let App { bearer, api_keys, compat } = App::start(platform, settings).await?;
    let mcp = any(compat::handle).with_state(compat);
    let legacy = mcp.clone().layer(from_fn_with_state(api_keys, api_key::authenticate));
    let mcp = mcp.layer(from_fn_with_state(bearer, bearer::authenticate));
    Ok(Router::new()
        .route("/mcp", mcp.clone())
        // Some clients append a slash, and do not follow a redirect of a POST.
        .route("/mcp/", mcp)
        .route("/mcp/v2/{client}/{user_id}", legacy.clone())
        .route("/mcp/v2/{client}/{user_id}/", legacy)
        .layer(from_fn_with_state(origins.clone(), origin::check))
        .layer(jean_runtime::cors(origins))
        .layer(map_response_with_state(public_url, jean_runtime::finish_response))
        .layer(from_fn(jean_runtime::trace)))
}
