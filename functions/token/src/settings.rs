//! The settings of this function.

use jean_auth::{grant::Lifetimes, public_url::PublicUrl};
use jean_runtime::{AllowedOrigins, Environment, StartError, TrustedProxies};
use jiff::SignedDuration;

pub(crate) struct Settings {
    pub(crate) public_url: PublicUrl,
    pub(crate) auth_table: String,
    pub(crate) allowed_origins: AllowedOrigins,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) trusted_proxies: TrustedProxies,
}

impl Settings {
    pub(crate) fn from_env(environment: &Environment) -> Result<Self, StartError> {
        let public_url: PublicUrl = environment.parse("PUBLIC_URL")?;
        // Clients retry lost responses for some seconds; a thief may use a stolen token for as long as the grace (SR-23).
        let grace = environment.number("REFRESH_GRACE_SECONDS", 10..=300)?;
        Ok(Self {
            auth_table: environment.require("AUTH_TABLE")?,
            allowed_origins: AllowedOrigins::from_env(environment, public_url.clone())?,
            lifetimes: environment.connection_lifetimes()?.with_grace(SignedDuration::from_secs(grace.into())),
            trusted_proxies: TrustedProxies::from_env(environment)?,
            public_url,
        })
    }
}
