//! State of the function, built once per instance.

use std::sync::{Arc, LazyLock};

use jean_memory_service::{IdGenerator, MemoryService};
use jean_runtime::{AllowedOrigins, Platform, SigningKeys, StartError};
use jean_store::{Table, api_keys::ApiKeys, rate_limits::RateLimits};

use crate::{bearer::Bearer, call_limit::CallLimit, compat::Compat, server::McpServer, tools::TOOLS};

/// Default of `INDEX_CACHE_BYTES`, the memory that an instance uses to cache index snapshots.
const INDEX_CACHE_BYTES: usize = 64_000_000;

/// The state of each layer of the router.
pub(crate) struct App {
    pub(crate) origins: AllowedOrigins,
    pub(crate) bearer: Bearer,
    pub(crate) api_keys: ApiKeys,
    pub(crate) compat: Arc<Compat>,
}

impl App {
    /// Reads the settings and connects to the table.
    pub(crate) async fn start(platform: &Platform) -> Result<Self, StartError> {
        let environment = &platform.environment;
        let public_url = platform.public_url()?;
        let origins = AllowedOrigins::new(environment, public_url.clone())?;
        let memories = Table::new(&platform.aws, &environment.require("MEMORIES_TABLE")?);
        let cache_bytes = environment.parse_or("INDEX_CACHE_BYTES", INDEX_CACHE_BYTES)?;
        let users = memories.beside(&environment.require("USERS_TABLE")?);
        // The two round trips of a cold start run concurrently.
        let (keys, ()) = tokio::join!(SigningKeys::load(platform), memories.connect());
        // Building the schemas here keeps them out of the first request.
        LazyLock::force(&TOOLS);

        let limit = CallLimit::new(RateLimits::new(memories.clone()), environment, platform.clock.clone())?;
        let (clock, random) = (platform.clock.clone(), platform.random.clone());
        let ids = IdGenerator::new(move || clock.now(), move |bytes| random.fill(bytes));
        let service = MemoryService::new(memories, cache_bytes, ids);
        let server = McpServer::new(service, public_url.clone(), environment);
        let compat = Arc::new(Compat::new(server, limit, public_url.clone()));
        let bearer = Bearer { keys: keys?, public_url, clock: platform.clock.clone() };
        Ok(Self { origins, bearer, api_keys: ApiKeys::new(users), compat })
    }
}
