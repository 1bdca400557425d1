//! Restoration of memories from the trash, with their ids, dates and writers.

use std::{
    collections::{HashMap, HashSet},
    ops::AddAssign,
};

use aws_sdk_dynamodb::types::TransactWriteItem;
use jean_auth::user::UserId;
use jean_memory::{AccessScope, MemoryId, Usage};
use jiff::Timestamp;

use super::{
    fingerprint::holder,
    opstamp::Opstamp,
    reading::Memories,
    record::{MemoryRecord, memory_key},
    trash::{TrashId, TrashRecord, TrashSelection},
};
use crate::table::{Consistency, Item, StoreError, owner};

/// Writes per transaction, without the change record.
const MAX_WRITES: usize = 99;
/// Text bytes per transaction of several documents or memories. DynamoDB's limit is 4 MB.
const MAX_TEXT_BYTES: usize = 2_000_000;
/// Memories read at once.
const BATCH: i32 = 490;
/// Attempts per transaction, if one of its memories is created concurrently.
const MAX_ATTEMPTS: usize = 8;

/// The result of a restoration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RestoreReport {
    /// Restored memories.
    pub restored: usize,
    /// Existing memories. They were only removed from the trash.
    pub already_there: usize,
    /// Memories that stay in the trash, since another memory has their text by now.
    pub duplicates: usize,
}

impl AddAssign for RestoreReport {
    fn add_assign(&mut self, other: Self) {
        self.restored += other.restored;
        self.already_there += other.already_there;
        self.duplicates += other.duplicates;
    }
}

/// A transaction that restores memories.
#[derive(Default)]
struct Restoration {
    writes: Vec<TransactWriteItem>,
    /// The memories to index again.
    changed: Vec<MemoryId>,
    growth: Usage,
    report: RestoreReport,
    /// The places to remove from the trash.
    finished: Vec<TrashId>,
}

impl Memories {
    /// Restores some of the selected memories, starting after `after`. Returns the place to continue after, if there
    /// are more. Restored memories do not have their history.
    ///
    /// The caller has finished all deletions of all memories: their marks would hide the restored memories.
    pub async fn restore_trash(
        &self,
        user_id: &UserId,
        selection: TrashSelection,
        after: Option<TrashId>,
        now: Timestamp,
        mut stamp: impl FnMut() -> Opstamp,
    ) -> Result<(RestoreReport, Option<TrashId>), StoreError> {
        let (records, has_more) = self.trash_records(user_id, selection, after, BATCH, now).await?;
        let next = records.last().filter(|_| has_more).map(|record| record.id);
        let mut report = RestoreReport::default();
        let documents: Vec<_> = records.chunk_by(|one, next| one.document() == next.document()).collect();
        let mut rest = documents.as_slice();
        while !rest.is_empty() {
            let (mut writes, mut bytes) = (MAX_WRITES, MAX_TEXT_BYTES);
            let fits = rest.iter().take_while(|document| {
                let text = document.iter().map(|record| record.record.memory.text.len()).sum();
                let left = writes.checked_sub(document.len() + 1).zip(bytes.checked_sub(text));
                (writes, bytes) = left.unwrap_or_default();
                left.is_some()
            });
            let (part, after) = rest.split_at(fits.count().max(1));
            let restored = self.restore_part(user_id, part, stamp()).await?;
            report += restored;
            rest = after;
        }
        Ok((report, next))
    }

    async fn restore_part(
        &self,
        user_id: &UserId,
        documents: &[&[TrashRecord]],
        stamp: Opstamp,
    ) -> Result<RestoreReport, StoreError> {
        let pk = owner(user_id);
        for _ in 0..MAX_ATTEMPTS {
            let mut restoration = self.restoration(user_id, documents).await?;
            if !restoration.writes.is_empty() {
                let (changed, growth) = (restoration.changed.iter().copied(), restoration.growth.into());
                restoration.writes.push(self.record_change(&pk, stamp, changed, growth)?);
                if !self.try_new(&pk, restoration.writes).await?.is_empty() {
                    continue;
                }
            }
            // If this fails, the next restoration finds that the memories exist.
            self.remove_trash(user_id, restoration.finished.into_iter()).await?;
            return Ok(restoration.report);
        }
        Err(StoreError::DynamoDb("restored memories were created concurrently during every attempt".into()))
    }

    /// The writes that restore memories, as far as they and their texts do not exist.
    async fn restoration(&self, user_id: &UserId, documents: &[&[TrashRecord]]) -> Result<Restoration, StoreError> {
        let pk = owner(user_id);
        let records = || documents.iter().copied().flatten().map(|trashed| &trashed.record);
        let mut sks: Vec<_> = records().map(|record| memory_key(record.memory.id)).collect();
        sks.extend(records().filter_map(|record| Some(record.fingerprint.as_ref()?.sort_key())));
        sks.sort_unstable();
        sks.dedup();
        let there = self.0.some(&pk, &sks, Consistency::Strong).await?;
        let mut holders: HashMap<_, _> =
            there.iter().filter_map(|item| Some((sort_key(item)?, holder(item)?))).collect();
        let mut there: HashSet<_> = there.iter().filter_map(sort_key).collect();
        let all: Vec<_> = holders.values().copied().collect();
        let live = self.some(&AccessScope::all(user_id.clone()), &all).await?;
        let mut live: HashSet<_> = live.iter().map(|memory| memory.id).collect();
        let mut restoration = Restoration::default();
        for document in documents {
            let (existing, absent): (Vec<_>, Vec<_>) =
                document.iter().partition(|trashed| there.contains(&memory_key(trashed.record.memory.id)));
            restoration.report.already_there += existing.len();
            restoration.finished.extend(existing.iter().map(|trashed| trashed.id));
            let Some(first) = absent.first() else { continue };
            // A part of a document has its fingerprint only together with all others.
            let parts = first.record.memory.document.as_ref().map_or(1, |piece| piece.parts as usize);
            let fingerprint = first.record.fingerprint.as_ref().filter(|_| absent.len() == parts);
            if let Some(fingerprint) = fingerprint {
                let id = first.record.fingerprint_owner();
                let previous = holders.get(&fingerprint.sort_key()).copied().filter(|previous| *previous != id);
                if previous.is_some_and(|previous| live.contains(&previous)) {
                    restoration.report.duplicates += absent.len();
                    continue;
                }
                holders.insert(fingerprint.sort_key(), id);
                live.insert(id);
                restoration.writes.push(fingerprint.claim(&self.0, &pk, id, previous));
            }
            for trashed in absent {
                // A deletion or change that read the memory before must not apply to the restored one.
                let changes = trashed.record.changes.saturating_add(1);
                let memory = trashed.record.memory.clone();
                let record = MemoryRecord { memory, changes, fingerprint: fingerprint.cloned() };
                there.insert(memory_key(record.memory.id));
                restoration.writes.push(self.0.insertion(record.item(&pk)?));
                restoration.changed.extend(record.index_dependents());
                restoration.growth += Usage::of([&record.memory]);
                restoration.report.restored += 1;
                restoration.finished.push(trashed.id);
            }
        }
        Ok(restoration)
    }
}

fn sort_key(item: &Item) -> Option<String> {
    item.get("sk")?.as_s().ok().cloned()
}
