//! The display name of this server.

use crate::{Environment, StartError};

/// The display name of the server, e.g. `Jean Memory`.
#[derive(Debug, Clone)]
pub struct ServiceName(String);

impl ServiceName {
    /// Reads the setting `SERVICE_NAME`.
    ///
    /// # Errors
    /// [`StartError::Missing`]
    pub fn from_env(environment: &Environment) -> Result<Self, StartError> {
        environment.require("SERVICE_NAME").map(Self)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
