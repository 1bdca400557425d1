//! The settings of this function.

use jean_auth::{identity_provider::IdentityProviders, public_url::PublicUrl};
use jean_memory::Quotas;
use jean_pages::Branding;
use jean_runtime::{Environment, StartError};

pub(crate) struct Settings {
    pub(crate) public_url: PublicUrl,
    pub(crate) branding: Branding,
    pub(crate) auth_table: String,
    pub(crate) users_table: String,
    pub(crate) memories_table: String,
    pub(crate) providers: IdentityProviders,
    pub(crate) quotas: Quotas,
}

impl Settings {
    pub(crate) fn from_env(environment: &Environment) -> Result<Self, StartError> {
        let public_url: PublicUrl = environment.parse("PUBLIC_URL")?;
        Ok(Self {
            providers: environment.identity_providers(&public_url)?,
            public_url,
            branding: Branding::from_env(environment)?,
            auth_table: environment.require("AUTH_TABLE")?,
            users_table: environment.require("USERS_TABLE")?,
            memories_table: environment.require("MEMORIES_TABLE")?,
            quotas: Quotas::read(|name, most| environment.limit(name, most))?,
        })
    }
}
