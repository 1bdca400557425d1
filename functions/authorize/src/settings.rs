//! The settings of this function.

use jean_auth::{
    grant::ConnectionLifetimes, identity_provider::IdentityProviders, metadata::ClientMetadataDocuments,
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
            connection_lifetimes: environment.connection_lifetimes()?,
            trusted_proxies: TrustedProxies::from_env(environment)?,
        })
    }
}
