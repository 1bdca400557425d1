//! The settings of this function.

use jean_auth::{grant::Lifetimes, keys::MAXIMUM_ACCESS_TOKEN_SECONDS, public_url::PublicUrl};
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
        Ok(Self {
            auth_table: environment.require("AUTH_TABLE")?,
            allowed_origins: AllowedOrigins::from_env(environment, public_url.clone())?,
            lifetimes: lifetimes(environment)?,
            trusted_proxies: TrustedProxies::from_env(environment)?,
            public_url,
        })
    }
}

fn lifetimes(environment: &Environment) -> Result<Lifetimes, StartError> {
    let days = |days: u32| SignedDuration::from_hours(i64::from(days) * 24);
    // Other services that verify access tokens do not see revocations, so the lifetime is bounded; very short ones make
    // every client refresh all the time (AS-23).
    let access_token = environment.number("ACCESS_TOKEN_SECONDS", 300..=MAXIMUM_ACCESS_TOKEN_SECONDS)?;
    // Clients retry lost responses for some seconds; a thief may use a stolen token for as long as the grace (SR-23).
    let grace = environment.number("REFRESH_GRACE_SECONDS", 10..=300)?;
    Ok(Lifetimes {
        access_token: SignedDuration::from_secs(access_token.into()),
        sliding: days(environment.number("REFRESH_SLIDING_DAYS", 1..=365)?),
        absolute: days(environment.number("REFRESH_ABSOLUTE_DAYS", 1..=3650)?),
        grace: SignedDuration::from_secs(grace.into()),
    })
}
