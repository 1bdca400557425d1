//! The display name of this server.

use crate::Environment;

/// The display name of the server: `SERVICE_NAME`, or Jean Memory.
#[derive(Debug, Clone)]
pub struct ServiceName(String);

impl ServiceName {
    /// Reads the setting.
    pub fn new(environment: &Environment) -> Self {
        Self(environment.get("SERVICE_NAME").unwrap_or_else(|| "Jean Memory".into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
