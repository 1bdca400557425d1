//! The settings of this function.

use jean_auth::{
    metadata::{AccessTokenAlgorithm, ClientMetadataDocuments},
    public_url::PublicUrl,
    sign_up::SignUp,
};
use jean_pages::Branding;
use jean_runtime::{AllowedOrigins, Environment, StartError};

pub(crate) struct Settings {
    pub(crate) public_url: PublicUrl,
    pub(crate) branding: Branding,
    pub(crate) sign_up: SignUp,
    pub(crate) client_metadata_documents: ClientMetadataDocuments,
    pub(crate) access_token_algorithm: AccessTokenAlgorithm,
    pub(crate) allowed_origins: AllowedOrigins,
}

impl Settings {
    pub(crate) fn from_env(environment: &Environment) -> Result<Self, StartError> {
        let public_url: PublicUrl = environment.parse("PUBLIC_URL")?;
        Ok(Self {
            branding: Branding::from_env(environment)?,
            sign_up: environment.parse("SIGN_UP")?,
            client_metadata_documents: environment.parse("CLIENT_METADATA_DOCUMENTS")?,
            access_token_algorithm: environment.parse("ACCESS_TOKEN_ALGORITHM")?,
            allowed_origins: AllowedOrigins::from_env(environment, public_url.clone())?,
            public_url,
        })
    }
}
