//! The trash: deleted memories, which the user can restore for 30 days.
//!
//! The items are sorted by the time of the deletion, and those of one deletion have its stamp. Their latest version is
//! stored, without history and fingerprint. [`Memories::restore_trash`](super::reading::Memories::restore_trash) restores them.

use std::{fmt, str::FromStr};

use jean_auth::user::UserId;
use jean_memory::{MalformedId, Memory, MemoryId, Writer};
use jiff::{SignedDuration, Timestamp};

use super::{opstamp::Opstamp, reading::Memories, record::MemoryRecord};
use crate::table::{Expiring, Item, StoreError, TTL, key, owner, text};

/// The days for which a deleted memory can be restored.
pub const TRASH_DAYS: i64 = 30;
const LIFETIME: SignedDuration = SignedDuration::from_hours(TRASH_DAYS * 24);
const TRASH: &str = "TRASH#";
/// Sorts after all items of the trash.
const LAST_TRASH: &str = "TRASH$";
const DELETED_BY: &str = "deleted_by";

/// A deletion of one or more memories.
#[derive(Debug, Clone, Copy)]
pub struct MemoryDeletion<'a> {
    /// Identifies the deletion, and has its time.
    pub stamp: Opstamp,
    /// The author of the deletion.
    pub by: &'a Writer,
}

/// The place of a memory in the trash: `{deletion}-{memory id}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrashId {
    /// The deletion.
    pub deletion: Opstamp,
    /// The id that the memory had, and will have again.
    pub memory_id: MemoryId,
}

/// A memory in the trash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrashedMemory {
    /// Its place.
    pub id: TrashId,
    /// The deleted version.
    pub memory: Memory,
    /// The author of the deletion.
    pub deleted_by: Writer,
}

/// A page of the trash, the latest deletion first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrashPage {
    /// The memories of this page.
    pub memories: Vec<TrashedMemory>,
    /// The place to continue after, if there are more memories.
    pub next: Option<TrashId>,
}

/// Memories in the trash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrashSelection {
    /// All of them, up to the latest one that the user has seen.
    UpTo(TrashId),
    /// Those of one deletion.
    Deletion(Opstamp),
    /// One of them.
    Memory(TrashId),
}

/// A memory in the trash, with the attributes that only the store uses.
#[derive(Debug, Clone)]
pub(super) struct TrashRecord {
    pub(super) id: TrashId,
    pub(super) record: MemoryRecord,
    deleted_by: Writer,
}

impl MemoryDeletion<'_> {
    /// The item that keeps a deleted memory.
    pub(super) fn trash_item(&self, pk: &str, record: &MemoryRecord) -> Result<Item, StoreError> {
        let id = TrashId { deletion: self.stamp, memory_id: record.memory.id };
        let mut item = record.item(pk)?;
        item.insert("sk".into(), text(&id.sort_key()));
        item.insert(TTL.into(), id.ttl());
        item.insert(DELETED_BY.into(), serde_dynamo::to_attribute_value(self.by)?);
        Ok(item)
    }
}

impl Expiring for TrashId {
    fn expires_at(&self) -> Timestamp {
        (*self).expires_at()
    }
}

impl TrashId {
    /// The time of the deletion.
    pub fn deleted_at(self) -> Timestamp {
        self.deletion.created_at()
    }

    /// The time from which the memory cannot be restored.
    pub fn expires_at(self) -> Timestamp {
        self.deleted_at().saturating_add(LIFETIME).unwrap_or(Timestamp::MAX)
    }

    pub(super) fn sort_key(self) -> String {
        format!("{TRASH}{}#{}", self.deletion, self.memory_id)
    }
}

impl fmt::Display for TrashId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.deletion, self.memory_id)
    }
}

impl FromStr for TrashId {
    type Err = MalformedId;

    fn from_str(text: &str) -> Result<Self, MalformedId> {
        let (deletion, memory_id) = text.split_once('-').ok_or(MalformedId)?;
        Ok(Self { deletion: deletion.parse()?, memory_id: memory_id.parse()? })
    }
}

impl TrashSelection {
    /// The first and last key of the selected memories, without the expired ones.
    fn keys(self, now: Timestamp) -> (String, String) {
        let first = first_key(now);
        let (from, last) = match self {
            Self::UpTo(latest) => (first.clone(), latest.sort_key()),
            Self::Deletion(stamp) => (format!("{TRASH}{stamp}#"), format!("{TRASH}{stamp}$")),
            Self::Memory(id) => (id.sort_key(), id.sort_key()),
        };
        (from.max(first), last)
    }
}

/// The key before those of all unexpired memories.
fn first_key(now: Timestamp) -> String {
    let alive = now.saturating_sub(LIFETIME).unwrap_or(Timestamp::MIN);
    format!("{TRASH}{}", Opstamp::new(alive, [u8::MAX; 10]))
}

impl TrashRecord {
    fn read(item: Item) -> Result<Self, StoreError> {
        let malformed = || StoreError::DynamoDb("malformed item in the trash".into());
        let sk = item.get("sk").and_then(|sk| sk.as_s().ok()).and_then(|sk| sk.strip_prefix(TRASH));
        let id = sk.and_then(|sk| sk.replace('#', "-").parse().ok()).ok_or_else(malformed)?;
        let deleted_by = item.get(DELETED_BY).cloned().ok_or_else(malformed)?;
        let deleted_by = serde_dynamo::from_attribute_value(deleted_by)?;
        Ok(Self { id, record: MemoryRecord::read(item)?, deleted_by })
    }
}

impl Memories {
    /// Returns at most `limit` memories in the trash, the latest deletion first, starting after `after`. A page may be
    /// shorter although there are more memories.
    pub async fn trash(
        &self,
        user_id: &UserId,
        after: Option<TrashId>,
        limit: usize,
        now: Timestamp,
    ) -> Result<TrashPage, StoreError> {
        let first = first_key(now);
        if after.is_some_and(|after| after.sort_key() <= first) {
            return Ok(TrashPage { memories: vec![], next: None });
        }
        let read = self
            .range(user_id, &first, LAST_TRASH)
            .set_exclusive_start_key(after.map(|id| key(&owner(user_id), &id.sort_key())))
            .scan_index_forward(false)
            // One more than requested, so that the last page has no `next`.
            .limit(i32::try_from(limit).unwrap_or(i32::MAX).saturating_add(1))
            .send()
            .await?;
        let has_more = read.last_evaluated_key.is_some();
        let trashed = |item| {
            let TrashRecord { id, record, deleted_by } = TrashRecord::read(item)?;
            Ok(TrashedMemory { id, memory: record.memory, deleted_by })
        };
        let items = read.items.unwrap_or_default().into_iter();
        let mut memories = items.map(trashed).collect::<Result<Vec<_>, StoreError>>()?;
        let has_more = has_more || memories.len() > limit;
        memories.truncate(limit);
        let next = memories.last().filter(|_| has_more).map(|last| last.id);
        Ok(TrashPage { memories, next })
    }

    /// Reads at most about `limit` of the selected memories, oldest first, starting after `after`, and whether there
    /// are more. Parts of one document and one deletion are read together.
    pub(super) async fn trash_records(
        &self,
        user_id: &UserId,
        selection: TrashSelection,
        after: Option<TrashId>,
        limit: i32,
        now: Timestamp,
    ) -> Result<(Vec<TrashRecord>, bool), StoreError> {
        let (first, last) = selection.keys(now);
        if first > last {
            return Ok((vec![], false));
        }
        let mut from = after.map(|id| key(&owner(user_id), &id.sort_key()));
        let mut records: Vec<TrashRecord> = vec![];
        loop {
            let read = self.range(user_id, &first, &last).set_exclusive_start_key(from).limit(limit).send().await?;
            for item in read.items.unwrap_or_default() {
                records.push(TrashRecord::read(item)?);
            }
            from = read.last_evaluated_key;
            if from.is_none() {
                return Ok((records, false));
            }
            let is_cut = |record: &TrashRecord| {
                record.record.memory.document.is_some()
                    && records.last().is_some_and(|last| last.document() == record.document())
            };
            if let Some(last) = records.iter().rposition(|record| !is_cut(record)) {
                records.truncate(last + 1);
                return Ok((records, true));
            }
        }
    }

    /// Deletes at most `limit` of the selected memories for good. Returns `false` if none were left.
    pub async fn empty_trash(
        &self,
        user_id: &UserId,
        selection: TrashSelection,
        limit: i32,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (first, last) = selection.keys(now);
        if first > last {
            return Ok(false);
        }
        let query = self.range(user_id, &first, &last).projection_expression("pk, sk").limit(limit);
        let items = query.send().await?.items.unwrap_or_default();
        let found = !items.is_empty();
        self.0.remove_each(items).await?;
        Ok(found)
    }

    pub(super) async fn remove_trash(
        &self,
        user_id: &UserId,
        ids: impl Iterator<Item = TrashId>,
    ) -> Result<(), StoreError> {
        let pk = owner(user_id);
        self.0.remove_each(ids.map(|id| key(&pk, &id.sort_key()))).await
    }
}

impl TrashRecord {
    /// The deletion, and the document that the memory is a part of, or the memory.
    pub(super) fn document(&self) -> (Opstamp, MemoryId) {
        (self.id.deletion, self.record.fingerprint_owner())
    }
}
