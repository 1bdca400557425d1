//! State of the function, built once per instance.

use std::sync::Arc;

use jean_memory_service::{IdGenerator, MemoryService};
use jean_runtime::{FunctionState, Platform, SigningKeys, StartError};
use jean_store::{Table, api_keys::ApiKeys, app_usage::AppUsage, grants::Grants, rate_limits::RateLimits};

use crate::{
    api_key::KeyAuthentication, call_limit::CallLimit, compat::Compat, connection_status::ConnectionStatus,
    server::McpServer, settings::Settings, usage::UsageCounter,
};

/// The state of each layer of the router.
pub(crate) struct App {
    pub(crate) bearer: FunctionState<(), SigningKeys>,
    pub(crate) api_keys: KeyAuthentication,
    pub(crate) compat: Arc<Compat>,
}

impl App {
    /// Loads the keys and connects to the table.
    pub(crate) async fn start(platform: &Platform, settings: Settings) -> Result<Self, StartError> {
        let memories = Table::new(&platform.aws, &settings.memories_table);
        let users = memories.beside(&settings.users_table);
        let grants = Grants::new(memories.beside(&settings.auth_table));
        // The two round trips of a cold start run concurrently.
        let (keys, ()) = tokio::join!(SigningKeys::load(platform), memories.connect());

        let limits = RateLimits::new(memories.clone());
        let limit = CallLimit::new(limits, settings.requests_per_minute, platform.clock.clone());
        let (clock, random) = (platform.clock.clone(), platform.random.clone());
        let ids = IdGenerator::new(move || clock.now(), move |bytes| random.fill(bytes));
        let usage = UsageCounter::new(AppUsage::new(memories.clone()), platform.clock.clone());
        let counted = usage.clone();
        platform.shutdown.add(async move || counted.store_all().await);
        let service = MemoryService::new(memories, settings.index_cache_bytes, ids).with_quotas(settings.quotas);
        let server = McpServer::new(service, usage, settings.public_url.clone(), settings.service_name);
        let connections = ConnectionStatus::new(grants, platform.clock.clone());
        let compat = Arc::new(Compat::new(server, limit, connections, settings.public_url.clone()));
        let bearer = FunctionState::new(platform, settings.public_url, keys?, ());
        let api_keys = KeyAuthentication { keys: ApiKeys::new(users), clock: platform.clock.clone() };
        Ok(Self { bearer, api_keys, compat })
    }
}
