//! The settings of this function.

use jean_runtime::{Environment, StartError};

pub(crate) struct Settings {
    pub(crate) memories_table: String,
    /// The memory that an instance uses to cache index snapshots, in bytes.
    pub(crate) index_cache_bytes: usize,
}

impl Settings {
    pub(crate) fn from_env(environment: &Environment) -> Result<Self, StartError> {
        Ok(Self {
            memories_table: environment.require("MEMORIES_TABLE")?,
            index_cache_bytes: environment.parse("INDEX_CACHE_BYTES")?,
        })
    }
}
