//! The settings of this function.

use jean_auth::public_url::PublicUrl;
use jean_runtime::{Environment, StartError};

pub(crate) struct Settings {
    pub(crate) public_url: PublicUrl,
    pub(crate) users_table: String,
}

impl Settings {
    pub(crate) fn from_env(environment: &Environment) -> Result<Self, StartError> {
        Ok(Self { public_url: environment.parse("PUBLIC_URL")?, users_table: environment.require("USERS_TABLE")? })
    }
}
