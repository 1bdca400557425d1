//! The settings of this function.

use std::str::FromStr;

use jean_auth::metadata::ClientMetadataDocuments;
use jean_runtime::{Environment, StartError};

pub(crate) struct Settings {
    pub(crate) auth_table: String,
    pub(crate) users_table: String,
    pub(crate) client_metadata_documents: bool,
    pub(crate) sign_up: SignUp,
}

impl Settings {
    pub(crate) fn from_env(environment: &Environment) -> Result<Self, StartError> {
        let documents = environment.parse_or("CLIENT_METADATA_DOCUMENTS", ClientMetadataDocuments::On)?;
        Ok(Self {
            auth_table: environment.require("AUTH_TABLE")?,
            users_table: environment.require("USERS_TABLE")?,
            client_metadata_documents: matches!(documents, ClientMetadataDocuments::On),
            sign_up: environment.parse_or("SIGN_UP", SignUp::Closed)?,
        })
    }
}

/// `SIGN_UP`: `open` if anyone may create an account, `closed` if users are invited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignUp {
    Open,
    Closed,
}

/// The setting has another value.
#[derive(Debug, thiserror::Error)]
#[error("must be open or closed")]
pub(crate) struct InvalidSignUp;

impl FromStr for SignUp {
    type Err = InvalidSignUp;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "open" => Ok(Self::Open),
            "closed" => Ok(Self::Closed),
            _ => Err(InvalidSignUp),
        }
    }
}
