//! DynamoDB in this process: dynoxide, on SQLite, behind the AWS SDK's own connector.
//!
//! Functions use the same client, the same requests and the same conditions here as in AWS; only the socket is missing.
//! It can't show throttling, transaction conflicts or reads that lag behind.

mod connector;
mod operations;

use std::{fmt, io, path::Path, sync::Arc, time::Duration};

use aws_types::SdkConfig;
use dynoxide::{Database, DynoxideError, storage_backend};
use jean_runtime::Clock;
use serde_json::json;

use crate::{role::Role, template::Table};

/// How often expired items are deleted.
const SWEEP: Duration = Duration::from_secs(60);

/// One database. Clones are the same one.
#[derive(Clone)]
pub struct Engine(Database);

/// Why there is no database.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The file can't be made or opened.
    #[error("the database {path} can't be opened: {source}")]
    File {
        /// Which one.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// The file is there and is no database.
    #[error(
        "the database {path} is damaged, or is not one of ours ({reason}); move it away to start with an empty one"
    )]
    Damaged {
        /// Which one.
        path: String,
        /// What SQLite says.
        reason: String,
    },
    /// The tables can't be made.
    #[error("the table {table} can't be made: {reason}")]
    Table {
        /// Which one.
        table: String,
        /// What the engine says.
        reason: String,
    },
    /// The engine itself does not start.
    #[error("the database can't be started: {0}")]
    Start(DynoxideError),
}

impl Engine {
    /// A database that ends with the process. What its items' expiry is compared with is `clock`.
    ///
    /// # Errors
    /// [`EngineError::Start`].
    pub fn in_memory(clock: Clock) -> Result<Self, EngineError> {
        Database::memory_with_clock(Arc::new(Expiry(clock))).map(Self).map_err(EngineError::Start)
    }

    /// The database in a file, which is made when it is missing, for its owner alone. Several processes may have it open.
    ///
    /// # Errors
    /// [`EngineError::File`], [`EngineError::Damaged`].
    pub fn open(path: &Path) -> Result<Self, EngineError> {
        let name = path.display().to_string();
        crate::private::touch(path).map_err(|source| EngineError::File { path: name.clone(), source })?;
        Database::new(&name).map(Self).map_err(|error| EngineError::Damaged { path: name, reason: error.to_string() })
    }

    /// Makes the tables that are missing.
    ///
    /// # Errors
    /// [`EngineError::Table`].
    pub fn create_tables(&self, tables: &[Table]) -> Result<(), EngineError> {
        for table in tables {
            let failed = |reason: String| EngineError::Table { table: table.name.clone(), reason };
            let request =
                serde_json::from_value(table.definition.clone()).map_err(|error| failed(error.to_string()))?;
            match self.0.create_table(request) {
                Ok(_) => {}
                Err(DynoxideError::ResourceInUseException(_)) => continue,
                Err(error) => return Err(failed(error.to_string())),
            }
            if let Some(attribute) = &table.ttl {
                let request = json!({
                    "TableName": table.name,
                    "TimeToLiveSpecification": { "AttributeName": attribute, "Enabled": true },
                });
                let request = serde_json::from_value(request).map_err(|error| failed(error.to_string()))?;
                self.0.update_time_to_live(request).map_err(|error| failed(error.to_string()))?;
            }
        }
        Ok(())
    }

    /// How the AWS SDK reaches it.
    pub fn aws(&self) -> SdkConfig {
        connector::config(self, None)
    }

    /// How somebody with a role reaches it.
    pub fn aws_as(&self, role: Role) -> SdkConfig {
        connector::config(self, Some(role))
    }

    /// Deletes what has expired, as DynamoDB does in its own time. How many items that were; a failure is logged, and the
    /// next sweep finds what this one left.
    pub fn sweep(&self) -> usize {
        self.0.sweep_ttl().unwrap_or_else(|error| {
            tracing::warn!(%error, "expired items could not be deleted");
            0
        })
    }

    /// Sweeps every minute, for as long as the runtime lasts.
    pub async fn sweep_for_ever(self) {
        let mut every = tokio::time::interval(SWEEP);
        loop {
            every.tick().await;
            let engine = self.clone();
            let _ = tokio::task::spawn_blocking(move || engine.sweep()).await;
        }
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Engine")
    }
}

/// Our clock, as the engine reads it.
struct Expiry(Clock);

impl storage_backend::Clock for Expiry {
    fn now_unix_secs(&self) -> u64 {
        self.0.now().as_second().try_into().unwrap_or_default()
    }

    fn now_unix_secs_f64(&self) -> f64 {
        self.0.now().as_duration().as_secs_f64()
    }
}

#[cfg(test)]
mod tests;
