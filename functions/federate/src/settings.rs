//! The settings of this function.

use jean_auth::{identity_provider::IdentityProviders, public_url::PublicUrl, user::Email};
use jean_pages::Branding;
use jean_runtime::{Environment, StartError, TrustedProxies};

pub(crate) struct Settings {
    pub(crate) public_url: PublicUrl,
    pub(crate) branding: Branding,
    pub(crate) auth_table: String,
    pub(crate) users_table: String,
    pub(crate) providers: IdentityProviders,
    /// The client secrets as JSON, for the local server.
    pub(crate) secrets: Option<String>,
    /// The ARN of the secret with the client secrets.
    pub(crate) secrets_arn: Option<String>,
    /// The address that may create an account although sign-up is closed.
    pub(crate) owner: Option<Email>,
    pub(crate) trusted_proxies: TrustedProxies,
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
            secrets: environment.get("IDENTITY_SECRETS"),
            secrets_arn: environment.get("IDENTITY_SECRETS_ARN"),
            owner: environment.parse_if_set("OWNER_EMAIL")?,
            trusted_proxies: TrustedProxies::from_env(environment)?,
        })
    }
}
