//! Maintenance in the local server: functions/maintain as a background task, fed with the keys of written items in place of
//! DynamoDB's stream.

use std::time::Duration;

use jean_local::{engine::WrittenKey, stack::Stack};
use jean_maintain::{ItemKey, Maintenance, StreamEvent, StreamRecord, StringAttribute, WrittenItem};
use jean_runtime::StartError;
use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedReceiver;

/// The folder of the function's code.
const FOLDER: &str = "functions/maintain";
/// The variable that names the memories table.
const TABLE: &str = "MEMORIES_TABLE";
/// The time for which writes are collected, as in template.yaml.
const WINDOW: Duration = Duration::from_secs(60);

/// Maintenance of users after writes of their items.
#[derive(Debug)]
pub struct BackgroundMaintenance {
    maintenance: Maintenance,
    table: String,
    written: UnboundedReceiver<WrittenKey>,
}

impl BackgroundMaintenance {
    /// Observes the writes of a stack from now on.
    ///
    /// # Errors
    /// [`StartError`] if a setting is missing or invalid.
    pub fn of(stack: &Stack) -> Result<Self, StartError> {
        let platform =
            stack.platforms.get(FOLDER).ok_or_else(|| StartError::Runtime(format!("no function {FOLDER}")))?;
        let table = platform.environment.require(TABLE)?;
        Ok(Self { maintenance: Maintenance::start(platform)?, table, written: stack.engine.written() })
    }

    /// This maintenance, which also encodes memories.
    #[must_use]
    pub fn with_encoder(self) -> Self {
        Self { maintenance: self.maintenance.with_encoder(), ..self }
    }

    /// Maintains the users of the items written so far. Nothing limits its time.
    pub async fn run_once(&mut self) {
        let mut records = Vec::new();
        while let Ok(key) = self.written.try_recv() {
            records.extend(self.record(key));
        }
        // After a failure, the next write of the same user tries again.
        self.maintenance.run(StreamEvent { records }, Timestamp::MAX).await;
    }

    /// Runs once a minute while items are written, until the runtime shuts down.
    pub async fn run(mut self) {
        loop {
            tokio::time::sleep(WINDOW).await;
            self.run_once().await;
        }
    }

    fn record(&self, WrittenKey { table, pk, sk }: WrittenKey) -> Option<StreamRecord> {
        let attribute = |value| StringAttribute { value };
        let keys = ItemKey { pk: attribute(pk), sk: attribute(sk) };
        (table == self.table).then(|| StreamRecord { dynamodb: WrittenItem { keys, sequence_number: String::new() } })
    }
}
