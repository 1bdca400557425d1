//! Deletion of all memories, after the user's [confirmation](super::deletion_requests): a mark first, so that they are gone
//! at once, then they move to the trash in bounded rounds.
//!
//! A mark hides the memories up to an id, or those of them that one client wrote. Every read of the memories takes the
//! marks into account. Later requests move the hidden memories to the trash round by round, and delete the mark last, so
//! that a deletion is finished wherever it was interrupted. Those of one client move from the newest on, and the mark
//! follows them: otherwise each round would read the memories of all other clients again.

use jean_auth::{client::ClientId, user::UserId};
use jean_memory::{AccessScope, Memory, MemoryId, Writer};
use serde::{Deserialize, Serialize};

use super::{
    fingerprint::FINGERPRINT,
    opstamp::Opstamp,
    reading::Memories,
    record::{HISTORY, MEMORY, MemoryRecord, memory_key},
    transaction_room::TransactionRoom,
    trash::MemoryDeletion,
};
use crate::table::{Condition, Item, Lasting, StoreError, Written, item, owner};

/// Items per round, half of the write units that one partition has in a second.
const PURGED: usize = 500;
/// Memories per round.
const PURGED_MEMORIES: i32 = 250;
/// Memories per round, if they move one by one.
const PURGED_EACH: usize = 50;
/// Pages of [`PURGED_MEMORIES`] per round, if others stay.
const PURGED_PAGES: usize = 4;
/// Marks are among the index items, which a search reads anyway.
pub(super) const CLEARED: &str = "INDEX#CLEARED#";

/// A mark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClearedMark {
    /// Identifies the mark.
    pub stamp: Opstamp,
    /// The last hidden memory, as far as they have not moved to the trash yet.
    pub last: MemoryId,
    /// The client that wrote the hidden memories; any if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// The author of the deletion. Absent before the release of the trash: that deletion was said to be permanent, and
    /// its items bypass the trash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Writer>,
}

impl Lasting for ClearedMark {}

impl ClearedMark {
    fn deletion(&self) -> Option<MemoryDeletion<'_>> {
        Some(MemoryDeletion { stamp: self.stamp, by: self.by.as_ref()? })
    }
}

/// The marks of a user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cleared(pub(super) Vec<ClearedMark>);

impl Cleared {
    /// `true` if a memory is deleted.
    pub fn hides(&self, memory: &Memory) -> bool {
        let client_id = memory.written_by.credential.client_id();
        self.0.iter().any(|mark| {
            memory.id <= mark.last && mark.client_id.as_ref().is_none_or(|hidden| Some(hidden) == client_id)
        })
    }

    /// The last memory before which none exists.
    pub fn through(&self) -> Option<MemoryId> {
        self.0.iter().filter(|mark| mark.client_id.is_none()).map(|mark| mark.last).max()
    }

    /// The marks.
    pub fn marks(&self) -> &[ClearedMark] {
        &self.0
    }
}

impl Memories {
    /// The marks of the user.
    pub async fn cleared(&self, user_id: &UserId) -> Result<Cleared, StoreError> {
        Ok(Cleared(self.0.all(&owner(user_id), CLEARED).await?))
    }

    /// Returns the record of a memory in the scope.
    ///
    /// The marks are read first, since they are deleted last: after a read of the memory, the deletion could end. Not
    /// concurrently, which would open a second connection.
    pub(super) async fn record(&self, scope: &AccessScope, id: MemoryId) -> Result<Option<MemoryRecord>, StoreError> {
        let cleared = self.cleared(scope.user_id()).await?;
        self.record_unless(&cleared, scope, id).await
    }

    /// Returns the record of a memory in the scope, unless these marks hide it.
    pub(super) async fn record_unless(
        &self,
        cleared: &Cleared,
        scope: &AccessScope,
        id: MemoryId,
    ) -> Result<Option<MemoryRecord>, StoreError> {
        let item = self.0.item(&owner(scope.user_id()), &memory_key(id)).await?;
        let record = item.map(MemoryRecord::read).transpose()?;
        Ok(record.filter(|record| scope.includes(&record.memory) && !cleared.hides(&record.memory)))
    }

    /// Moves some of the hidden memories to the trash, or deletes some of their other items. Returns `false` if none
    /// are left. Afterwards, the mark of one client's memories ends before the moved ones.
    pub async fn purge(&self, user_id: &UserId, mark: &mut ClearedMark, stamp: Opstamp) -> Result<bool, StoreError> {
        match mark.client_id.clone() {
            None => self.purge_all(user_id, mark).await,
            Some(client_id) => {
                let scope = AccessScope::only(user_id.clone(), client_id);
                self.purge_some(&scope, mark, stamp).await
            }
        }
    }

    /// Deletes a mark after its hidden items, when the index does not need it any more.
    pub async fn remove_mark(&self, user_id: &UserId, mark: &ClearedMark) -> Result<(), StoreError> {
        self.0.remove(&owner(user_id), &format!("{CLEARED}{}", mark.stamp)).await.map(drop)
    }

    /// The history and the fingerprints after the memories: a concurrent change could otherwise add another version.
    async fn purge_all(&self, user_id: &UserId, mark: &ClearedMark) -> Result<bool, StoreError> {
        let (pk, last) = (owner(user_id), mark.last);
        let read = self.range(user_id, MEMORY, &memory_key(last)).limit(PURGED_MEMORIES).send().await?;
        let records = read.items.unwrap_or_default().into_iter().map(MemoryRecord::read);
        let records = records.collect::<Result<Vec<_>, _>>()?;
        if !records.is_empty() {
            let all = AccessScope::all(user_id.clone());
            for part in TransactionRoom::parts(&records, |room, record| room.take(2, &record.memory.text)) {
                let mut writes = vec![];
                for record in part {
                    writes.push(self.0.removal_if(&pk, &memory_key(record.memory.id), record.unchanged(&all)));
                    if let Some(deletion) = mark.deletion() {
                        writes.push(self.0.put(deletion.trash_item(&pk, record)?));
                    }
                }
                if self.0.transact(writes).await? == Written::ConditionFailed {
                    // A concurrent request has moved or changed one of them. The next round reads them again.
                    break;
                }
            }
            return Ok(true);
        }
        let is_hidden = |item: &Item| {
            let id = item.get("memory_id").and_then(|id| id.as_s().ok()?.parse().ok());
            id.is_none_or(|id: MemoryId| id <= last)
        };
        let ranges = [(HISTORY, format!("{HISTORY}{last}$")), (FINGERPRINT, "TEXT$".into())];
        for (first, last) in ranges {
            let mut from = None;
            loop {
                let (mut items, next) = self.between(user_id, first, &last, from).await?;
                items.retain(is_hidden);
                items.truncate(PURGED);
                if !items.is_empty() {
                    self.remove_keys(items).await?;
                    return Ok(true);
                }
                from = next;
                if from.is_none() {
                    break;
                }
            }
        }
        Ok(false)
    }

    /// Moves hidden memories to the trash one by one, since others stay. The next round retries the one that a concurrent
    /// request has changed.
    async fn purge_some(
        &self,
        scope: &AccessScope,
        mark: &mut ClearedMark,
        stamp: Opstamp,
    ) -> Result<bool, StoreError> {
        let (pk, mut last, mut stamps) = (owner(scope.user_id()), mark.last, (0..).take(PURGED_EACH));
        'round: for _ in 0..PURGED_PAGES {
            let query = self.range(scope.user_id(), MEMORY, &memory_key(last)).scan_index_forward(false);
            let read = query.limit(PURGED_MEMORIES).send().await?;
            for record in read.items.unwrap_or_default().into_iter().map(MemoryRecord::read) {
                let record = record?;
                last = record.memory.id;
                if scope.includes(&record.memory) {
                    let Some(number) = stamps.next() else { break 'round };
                    let one = std::slice::from_ref(&record);
                    if !self.delete_records(scope, one, mark.deletion(), stamp.plus(number)).await? {
                        break 'round;
                    }
                }
            }
            if read.last_evaluated_key.is_none() {
                return Ok(false);
            }
        }
        mark.last = last;
        let mark = item(&pk, &format!("{CLEARED}{}", mark.stamp), mark)?;
        // A concurrent request may have finished the deletion.
        self.0.replace(mark, Condition::exists()).await?;
        Ok(true)
    }
}
