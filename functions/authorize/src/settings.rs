//! The settings of this function.

use jean_auth::{
    identity_provider::IdentityProviders, keys::MAXIMUM_ACCESS_TOKEN_SECONDS, metadata::ClientMetadataDocuments,
    public_url::PublicUrl, sign_up::SignUp,
};
use jean_pages::Branding;
use jean_runtime::{Environment, StartError, TrustedProxies};

pub(crate) struct Settings {
    pub(crate) public_url: PublicUrl,
    pub(crate) branding: Branding,
    pub(crate) auth_table: String,
    pub(crate) users_table: String,
    pub(crate) client_metadata_documents: ClientMetadataDocuments,
    pub(crate) sign_up: SignUp,
    pub(crate) providers: IdentityProviders,
    pub(crate) connection_lifetimes: ConnectionLifetimes,
    pub(crate) trusted_proxies: TrustedProxies,
}

/// The lifetimes of a connection that the consent page tells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectionLifetimes {
    /// The days after which it ends if it is not used.
    pub(crate) unused_days: u32,
    /// The days after which it ends in any case.
    pub(crate) most_days: u32,
    /// The minutes after which it ends if it has no refresh tokens.
    pub(crate) access_minutes: u32,
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
            client_metadata_documents: environment.parse("CLIENT_METADATA_DOCUMENTS")?,
            sign_up: environment.parse("SIGN_UP")?,
            connection_lifetimes: ConnectionLifetimes {
                unused_days: environment.number("REFRESH_SLIDING_DAYS", 1..=365)?,
                most_days: environment.number("REFRESH_ABSOLUTE_DAYS", 1..=3650)?,
                access_minutes: environment
                    .number("ACCESS_TOKEN_SECONDS", 300..=MAXIMUM_ACCESS_TOKEN_SECONDS)?
                    .div_ceil(60),
            },
            trusted_proxies: TrustedProxies::from_env(environment)?,
        })
    }
}
