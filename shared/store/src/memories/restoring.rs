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
    fingerprint::{TextFingerprint, holder},
    opstamp::Opstamp,
    reading::Memories,
    record::{MemoryRecord, memory_key},
    transaction_room::TransactionRoom,
    trash::{TrashId, TrashRecord, TrashSelection},
};
use crate::table::{Attempts, Condition, Consistency, Item, StoreError, owner};

/// Memories read at once.
const BATCH: i32 = 490;

/// The result of a restoration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RestoreReport {
    /// Restored memories.
    pub restored: usize,
    /// Memories that exist with the same content. They were only removed from the trash.
    pub already_there: usize,
    /// Memories that stay in the trash, since they exist with another content, such as that of an imported export.
    pub changed: usize,
    /// Memories that stay in the trash, since another memory has their text by now.
    pub duplicates: usize,
}

impl AddAssign for RestoreReport {
    fn add_assign(&mut self, other: Self) {
        self.restored += other.restored;
        self.already_there += other.already_there;
        self.changed += other.changed;
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
    /// The places of memories that exist already.
    already_there: Vec<TrashId>,
}

/// The stored memories that may be in the way of a restoration. Those that it restores are added.
struct Existing {
    memories: HashMap<MemoryId, MemoryRecord>,
    /// The memories that own texts, by the sort key of the fingerprint. A deleted one may still own its text.
    holders: HashMap<String, MemoryId>,
    /// Those of the holders that exist.
    live: HashSet<MemoryId>,
}

/// Memories of one deletion that one transaction restores: one, or the parts of a document as far as they fit.
struct Restorable {
    records: Vec<TrashRecord>,
    /// `true` if the whole document is in the trash.
    is_whole: bool,
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
        let mut rest = restorable(records);
        while !rest.is_empty() {
            let take = |room: &mut TransactionRoom, one: &Restorable| {
                // The first one with the fingerprint.
                (0..).zip(&one.records).all(|(at, of)| room.take(2 + usize::from(at == 0), &of.record.memory.text))
            };
            let after = rest.split_off(TransactionRoom::fits(&rest, take));
            report += self.restore_some(user_id, rest, stamp()).await?;
            rest = after;
        }
        Ok((report, next))
    }

    /// Restores memories in one transaction, which removes them from the trash.
    async fn restore_some(
        &self,
        user_id: &UserId,
        mut trashed: Vec<Restorable>,
        stamp: Opstamp,
    ) -> Result<RestoreReport, StoreError> {
        let pk = owner(user_id);
        // One of the memories may be created, or leave the trash, concurrently.
        let mut attempts = Attempts::new("restored memories were created");
        loop {
            let mut restoration = self.restoration(user_id, &trashed).await?;
            if !restoration.writes.is_empty() {
                let (changed, growth) = (restoration.changed.iter().copied(), restoration.growth.into());
                restoration.writes.push(self.record_change(&pk, stamp, changed, growth)?);
                if !self.try_new(&pk, restoration.writes).await?.is_empty() {
                    self.retain_trashed(&pk, &mut trashed).await?;
                    attempts.again()?;
                    continue;
                }
            }
            self.remove_trash(user_id, restoration.already_there.into_iter()).await?;
            return Ok(restoration.report);
        }
    }

    /// Drops the memories that a concurrent request has restored or deleted for good.
    async fn retain_trashed(&self, pk: &str, trashed: &mut Vec<Restorable>) -> Result<(), StoreError> {
        let ids = trashed.iter().flat_map(|one| &one.records).map(|record| record.id.sort_key());
        let items = self.0.some(pk, &ids.collect::<Vec<_>>(), Consistency::Strong).await?;
        let left: HashSet<_> = items.iter().filter_map(sort_key).collect();
        trashed.retain_mut(|one| {
            let before = one.records.len();
            one.records.retain(|record| left.contains(&record.id.sort_key()));
            one.is_whole &= one.records.len() == before;
            !one.records.is_empty()
        });
        Ok(())
    }

    /// Reads the memories with the ids of those in the trash, and the holders of their texts.
    async fn existing(&self, user_id: &UserId, trashed: &[Restorable]) -> Result<Existing, StoreError> {
        let records = || trashed.iter().flat_map(|one| &one.records).map(|trashed| &trashed.record);
        let mut sks: Vec<_> = records().map(|record| memory_key(record.memory.id)).collect();
        sks.extend(records().filter_map(|record| Some(record.fingerprint.as_ref()?.sort_key())));
        sks.sort_unstable();
        sks.dedup();
        let items = self.0.some(&owner(user_id), &sks, Consistency::Strong).await?;
        let (texts, memories): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| holder(item).is_some());
        let holders: HashMap<_, _> = texts.iter().filter_map(|item| Some((sort_key(item)?, holder(item)?))).collect();
        let memories = memories.into_iter().map(MemoryRecord::read).collect::<Result<Vec<_>, _>>()?;
        let all: Vec<_> = holders.values().copied().collect();
        let live = self.some(&AccessScope::all(user_id.clone()), &all).await?;
        Ok(Existing {
            memories: memories.into_iter().map(|record| (record.memory.id, record)).collect(),
            holders,
            live: live.iter().map(|memory| memory.id).collect(),
        })
    }

    /// The writes that restore memories, as far as they and their texts do not exist.
    async fn restoration(&self, user_id: &UserId, trashed: &[Restorable]) -> Result<Restoration, StoreError> {
        let pk = owner(user_id);
        let mut existing = self.existing(user_id, trashed).await?;
        let mut restoration = Restoration::default();
        for one in trashed {
            let absent = restoration.absent(one, &existing);
            let Some(first) = absent.first() else { continue };
            let is_whole = one.is_whole && absent.len() == one.records.len();
            let fingerprint = first.record.fingerprint.as_ref().filter(|_| is_whole);
            if let Some(fingerprint) = fingerprint {
                let id = first.record.fingerprint_owner();
                let previous = existing.holder(fingerprint).filter(|previous| *previous != id);
                if previous.is_some_and(|previous| existing.live.contains(&previous)) {
                    restoration.report.duplicates += absent.len();
                    continue;
                }
                existing.holders.insert(fingerprint.sort_key(), id);
                existing.live.insert(id);
                restoration.writes.push(fingerprint.claim(&self.0, &pk, id, previous));
            }
            for trashed in absent {
                // A deletion or change that read the memory before must not apply to the restored one.
                let changes = trashed.record.changes.saturating_add(1);
                let memory = trashed.record.memory.clone();
                let record = MemoryRecord { memory, changes, fingerprint: fingerprint.cloned() };
                restoration.writes.push(self.0.insertion(record.item(&pk)?));
                // In the same transaction: after a change and another deletion, this version would otherwise still be in
                // the trash beside the later one.
                restoration.writes.push(self.0.removal_if(&pk, &trashed.id.sort_key(), Condition::exists()));
                restoration.changed.extend(record.index_dependents());
                restoration.growth += Usage::of([&record.memory]);
                restoration.report.restored += 1;
                existing.memories.insert(record.memory.id, record);
            }
        }
        Ok(restoration)
    }
}

impl Existing {
    /// The memory that owns a fingerprint.
    fn holder(&self, fingerprint: &TextFingerprint) -> Option<MemoryId> {
        self.holders.get(&fingerprint.sort_key()).copied()
    }
}

impl Restoration {
    /// The memories that do not exist. The others are counted.
    fn absent<'a>(&mut self, one: &'a Restorable, existing: &Existing) -> Vec<&'a TrashRecord> {
        let mut absent = vec![];
        for trashed in &one.records {
            match existing.memories.get(&trashed.record.memory.id) {
                None => absent.push(trashed),
                Some(record) if record.has_content_of(&trashed.record) => {
                    self.report.already_there += 1;
                    self.already_there.push(trashed.id);
                }
                Some(_) => self.report.changed += 1,
            }
        }
        absent
    }
}

/// Divides records of the trash by their documents, and those of long documents by transactions.
fn restorable(records: Vec<TrashRecord>) -> Vec<Restorable> {
    let mut all = vec![];
    for document in records.chunk_by(|one, next| one.document() == next.document()) {
        let parts = document[0].record.memory.document.as_ref().map_or(1, |piece| piece.parts as usize);
        let is_whole = document.len() == parts;
        let divided = TransactionRoom::parts(document, |room, of| room.take(2, &of.record.memory.text));
        all.extend(divided.map(|part| Restorable { records: part.to_vec(), is_whole }));
    }
    all
}

fn sort_key(item: &Item) -> Option<String> {
    item.get("sk")?.as_s().ok().cloned()
}
