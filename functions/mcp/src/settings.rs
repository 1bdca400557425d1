//! The settings of this function.

use jean_auth::public_url::PublicUrl;
use jean_memory::Quotas;
use jean_runtime::{AllowedOrigins, Environment, ServiceName, StartError};

pub(crate) struct Settings {
    pub(crate) public_url: PublicUrl,
    pub(crate) service_name: ServiceName,
    pub(crate) allowed_origins: AllowedOrigins,
    pub(crate) auth_table: String,
    pub(crate) memories_table: String,
    pub(crate) quotas: Quotas,
    pub(crate) users_table: String,
    /// The memory that an instance uses to cache index snapshots, in bytes.
    pub(crate) index_cache_bytes: usize,
    pub(crate) requests_per_minute: u32,
}

impl Settings {
    pub(crate) fn from_env(environment: &Environment) -> Result<Self, StartError> {
        let public_url: PublicUrl = environment.parse("PUBLIC_URL")?;
        Ok(Self {
            service_name: ServiceName::from_env(environment)?,
            allowed_origins: AllowedOrigins::from_env(environment, public_url.clone())?,
            auth_table: environment.require("AUTH_TABLE")?,
            memories_table: environment.require("MEMORIES_TABLE")?,
            quotas: Quotas::read(|name, most| environment.limit(name, most))?,
            users_table: environment.require("USERS_TABLE")?,
            index_cache_bytes: environment.parse("INDEX_CACHE_BYTES")?,
            // Below 10, a client could not connect and list the tools a few times.
            requests_per_minute: environment.number("REQUESTS_PER_MINUTE", 10..=100_000)?,
            public_url,
        })
    }
}
