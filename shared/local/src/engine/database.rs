//! The database: opening it, creating its tables, deleting expired items.

use std::{
    fmt, io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use dynoxide::{Database, DynoxideError, storage_backend};
use jean_runtime::Clock;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{
    operations::{self, EngineResponse},
    written::{self, WrittenKey},
};
use crate::template::TableDefinition;

/// Interval between deletions of expired items.
const SWEEP: Duration = Duration::from_secs(60);

/// An embedded DynamoDB. Clones share one database.
#[derive(Clone)]
pub struct Engine {
    backend: Backend,
    observers: Arc<Mutex<Vec<UnboundedSender<WrittenKey>>>>,
}

/// The implementation that executes the calls.
#[derive(Clone)]
enum Backend {
    Embedded(Database),
    Other(Arc<Execute>),
}

type Execute = dyn Fn(&str, &[u8]) -> EngineResponse + Send + Sync;

/// Errors of opening the database.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The file cannot be created or opened.
    #[error("cannot open the database {path}: {source}")]
    File {
        /// The path of the file.
        path: String,
        /// The operating system's error.
        source: io::Error,
    },
    /// The file exists and is not a database.
    #[error("the database {path} is damaged or not a database ({reason}); move it away to start with an empty one")]
    Damaged {
        /// The path of the file.
        path: String,
        /// The first sentence of the engine's message; the others advise how to call it.
        reason: String,
    },
    /// A table cannot be created.
    #[error("cannot create the table {table}: {reason}")]
    Table {
        /// The name of the table.
        table: String,
        /// The engine's message.
        reason: String,
    },
    /// The engine does not start.
    #[error("cannot start the database: {0}")]
    Start(DynoxideError),
}

impl Engine {
    fn new(database: Database) -> Self {
        Self { backend: Backend::Embedded(database), observers: Arc::default() }
    }

    /// Passes every call to another implementation of DynamoDB, with the `x-amz-target` and the body of the request, so that
    /// the tests run on it as well. It deletes its expired items itself.
    pub fn elsewhere(answer: impl Fn(&str, &[u8]) -> EngineResponse + Send + Sync + 'static) -> Self {
        Self { backend: Backend::Other(Arc::new(answer)), observers: Arc::default() }
    }

    /// Creates a database in memory. `clock` decides when items have expired.
    pub fn in_memory(clock: Clock) -> Result<Self, EngineError> {
        Database::memory_with_clock(Arc::new(Expiry(clock))).map(Self::new).map_err(EngineError::Start)
    }

    /// Opens the database in a file, creating the file with access for its owner only if it is missing. Several processes
    /// can have the file open.
    pub fn open(path: &Path) -> Result<Self, EngineError> {
        let name = path.display().to_string();
        crate::private::touch(path).map_err(|source| EngineError::File { path: name.clone(), source })?;
        Database::new(&name).map(Self::new).map_err(|error| {
            let message = error.to_string();
            let (reason, _) = message.split_once(". ").unwrap_or((&message, ""));
            EngineError::Damaged { path: name, reason: reason.into() }
        })
    }

    /// Executes one call. It blocks while the database file is read and written.
    pub fn answer(&self, target: &str, body: &[u8]) -> EngineResponse {
        let answer = match &self.backend {
            Backend::Embedded(database) => operations::execute(database, target, body),
            Backend::Other(execute) => execute(target, body),
        };
        if answer.status == 200 {
            self.observe(|| written::keys(operations::name(target), body));
        }
        answer
    }

    /// Creates the tables that do not exist yet.
    pub fn create_tables(&self, tables: &[TableDefinition]) -> Result<(), EngineError> {
        for table in tables {
            // Returns `false` for a table that exists.
            let call = |operation: &str, request: &Value| {
                let answer = self.answer(&format!("DynamoDB_20120810.{operation}"), request.to_string().as_bytes());
                match answer.error() {
                    Some((kind, reason)) if kind != "ResourceInUseException" => {
                        Err(EngineError::Table { table: table.name.clone(), reason })
                    }
                    other => Ok(other.is_none()),
                }
            };
            if call("CreateTable", &table.definition)?
                && let Some(attribute) = &table.ttl
            {
                let expiry = json!({ "AttributeName": attribute, "Enabled": true });
                call("UpdateTimeToLive", &json!({ "TableName": table.name, "TimeToLiveSpecification": expiry }))?;
            }
        }
        Ok(())
    }

    /// Reports the key of each item written from now on through this engine or its clones, in place of the streams of
    /// DynamoDB. Other processes that have the same file open are not observed.
    pub fn written(&self) -> UnboundedReceiver<WrittenKey> {
        let (sender, receiver) = unbounded_channel();
        self.observers.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        receiver
    }

    /// Passes keys to the observers, and forgets those that have gone.
    fn observe(&self, written: impl FnOnce() -> Vec<WrittenKey>) {
        let mut observers = self.observers.lock().unwrap_or_else(PoisonError::into_inner);
        if observers.is_empty() {
            return;
        }
        let written = written();
        observers.retain(|observer| written.iter().all(|key| observer.send(key.clone()).is_ok()));
    }

    /// Deletes expired items, as DynamoDB's time-to-live does, and returns their number. A failure is logged; the next sweep
    /// deletes the remaining items.
    pub fn sweep(&self) -> usize {
        let Backend::Embedded(database) = &self.backend else { return 0 };
        database.sweep_ttl().unwrap_or_else(|error| {
            tracing::warn!(%error, "expired items could not be deleted");
            0
        })
    }

    /// Sweeps every minute until the runtime shuts down.
    pub async fn sweep_periodically(self) {
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

/// Adapter of [`Clock`] for the engine's expiry.
struct Expiry(Clock);

impl storage_backend::Clock for Expiry {
    fn now_unix_secs(&self) -> u64 {
        self.0.now().as_second().try_into().unwrap_or_default()
    }

    fn now_unix_secs_f64(&self) -> f64 {
        self.0.now().as_duration().as_secs_f64()
    }
}
