//! Maintenance of the items of the memories table, outside of requests: builds and compacts search indexes, encodes memories,
//! and deletes the items of deleted memories.
//!
//! The table's stream invokes the function with the keys of written items, about once a minute while there are any. Each
//! user among them is maintained once. If that fails, or does not end before the function's deadline, the function reports
//! the user's first record, and Lambda sends it and all later ones again. Requests do the same work in smaller steps and do
//! not depend on it.
//!
//! ```text
//! MemoriesTable ── stream, filtered ──> maintain ── steps ──> MemoriesTable
//!                                          └── records that failed too often ──> queue
//! ```

mod event;
mod settings;

use std::collections::HashSet;

use jean_auth::user::UserId;
use jean_encoder::SentenceEncoder;
use jean_memory_service::{IdGenerator, MemoryService};
use jean_runtime::{Clock, Platform, StartError};
use jean_store::{Table, memories};
use jiff::{SignedDuration, Timestamp};

use crate::settings::Settings;

pub use crate::event::{BatchResponse, FailedRecord, ItemKey, StreamEvent, StreamRecord, StringAttribute, WrittenItem};

/// No step begins later than this before the deadline. A step takes a few seconds at most.
const LAST_STEP: SignedDuration = SignedDuration::from_secs(15);

/// The function's state.
#[derive(Debug, Clone)]
pub struct Maintenance {
    service: MemoryService,
    clock: Clock,
}

impl Maintenance {
    /// Connects to the table.
    ///
    /// # Errors
    /// [`StartError`] if a setting is missing or invalid.
    pub fn start(platform: &Platform) -> Result<Self, StartError> {
        let settings = Settings::from_env(&platform.environment)?;
        let (clock, random) = (platform.clock.clone(), platform.random.clone());
        let now = clock.clone();
        let ids = IdGenerator::new(move || now.now(), move |bytes| random.fill(bytes));
        let table = Table::new(&platform.aws, &settings.memories_table);
        Ok(Self { service: MemoryService::new(table, settings.index_cache_bytes, ids), clock })
    }

    /// This function, which also encodes memories.
    #[must_use]
    pub fn with_encoder(self) -> Self {
        Self { service: self.service.with_encoder(SentenceEncoder::shared()), ..self }
    }

    /// Maintains every user with a record in the event, and returns the first record of an unfinished user.
    ///
    /// A failure is logged and does not affect the other users.
    pub async fn run(&self, event: StreamEvent, deadline: Timestamp) -> BatchResponse {
        let has_time = || self.clock.now() + LAST_STEP < deadline;
        let mut response = BatchResponse::default();
        for (user_id, first) in users(&event.records) {
            let is_finished = match self.service.maintain(&user_id, has_time).await {
                Ok(is_finished) => is_finished,
                Err(error) => {
                    tracing::error!(%error, "a user could not be maintained");
                    false
                }
            };
            if !is_finished && response.batch_item_failures.is_empty() {
                let item_identifier = first.dynamodb.sequence_number.clone();
                response.batch_item_failures.push(FailedRecord { item_identifier });
            }
        }
        response
    }
}

/// The users with writes that may need maintenance, each with its first record.
fn users(records: &[StreamRecord]) -> Vec<(UserId, &StreamRecord)> {
    let mut known = HashSet::new();
    let changed = records.iter().filter_map(|record| {
        let ItemKey { pk, sk } = &record.dynamodb.keys;
        Some((memories::maintained_user(&pk.value, &sk.value)?, record))
    });
    changed.filter(|(user_id, _)| known.insert(user_id.clone())).collect()
}
