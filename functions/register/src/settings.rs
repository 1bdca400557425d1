//! The settings of this function.

use jean_auth::public_url::PublicUrl;
use jean_runtime::{AllowedOrigins, Environment, StartError, TrustedProxies};

pub(crate) struct Settings {
    pub(crate) public_url: PublicUrl,
    pub(crate) auth_table: String,
    pub(crate) allowed_origins: AllowedOrigins,
    pub(crate) trusted_proxies: TrustedProxies,
}

impl Settings {
    pub(crate) fn from_env(environment: &Environment) -> Result<Self, StartError> {
        let public_url: PublicUrl = environment.parse("PUBLIC_URL")?;
        Ok(Self {
            auth_table: environment.require("AUTH_TABLE")?,
            allowed_origins: AllowedOrigins::from_env(environment, public_url.clone())?,
            trusted_proxies: TrustedProxies::from_env(environment)?,
            public_url,
        })
    }
}
