//! Deletion of a memory, a document, and everything stored for a user.

use jean_auth::user::UserId;

use jean_memory::{AccessScope, Memory, MemoryId};

use super::{
    changing::{MEMORY_CHANGED, MemoryWrite},
    opstamp::Opstamp,
    reading::Memories,
    record::{LAST_MEMORY, MEMORY, MemoryRecord, memory_key},
    transaction_room::TransactionRoom,
    trash::MemoryDeletion,
};
use crate::table::{Attempts, Consistency, Item, StoreError, Written, owner};

/// Keys read per request.
const PAGE_SIZE: i32 = 1000;
/// Upper bound of the number of pieces of a document.
const MAX_PIECES: u32 = 100;

impl Memories {
    /// Moves a memory to the trash and deletes its history. Returns `false` if the scope has no such memory. `change`
    /// is the stamp of the change record.
    pub async fn delete(
        &self,
        scope: &AccessScope,
        id: MemoryId,
        deletion: MemoryDeletion<'_>,
        change: Opstamp,
    ) -> Result<bool, StoreError> {
        self.delete_if(scope, id, |_| true, deletion, change).await
    }

    /// Deletes a memory if it is unchanged since it was `read`. Returns `false` if it has been changed or deleted.
    pub async fn delete_if_unchanged(
        &self,
        scope: &AccessScope,
        read: &Memory,
        deletion: MemoryDeletion<'_>,
        change: Opstamp,
    ) -> Result<bool, StoreError> {
        self.delete_if(scope, read.id, |memory| memory == read, deletion, change).await
    }

    async fn delete_if(
        &self,
        scope: &AccessScope,
        id: MemoryId,
        is_meant: impl Fn(&Memory) -> bool,
        deletion: MemoryDeletion<'_>,
        change: Opstamp,
    ) -> Result<bool, StoreError> {
        let mut attempts = Attempts::new(MEMORY_CHANGED);
        loop {
            let record = self.record(scope, id).await?.filter(|record| is_meant(&record.memory));
            let Some(record) = record else { return Ok(false) };
            if self.delete_records(scope, &[record], Some(deletion), change).await? {
                return Ok(true);
            }
            attempts.after_conflict().await?;
        }
    }

    /// Moves the remaining pieces of a document in the scope to the trash and returns their number. `id` is the id of
    /// any piece, or of the document itself. One transaction, unless the pieces and their previous versions are too many.
    pub async fn delete_document(
        &self,
        scope: &AccessScope,
        mut id: MemoryId,
        deletion: MemoryDeletion<'_>,
        mut change: impl FnMut() -> Opstamp,
    ) -> Result<usize, StoreError> {
        let mut deleted = 0;
        let mut attempts = Attempts::new(MEMORY_CHANGED);
        loop {
            let mut pieces = self.document_records(scope, id).await?;
            let Some(first) = pieces.first() else { return Ok(deleted) };
            // The piece with the given id may be deleted before the others.
            id = first.fingerprint_owner();
            let fits = TransactionRoom::fits(&pieces, |room, piece| {
                room.take(2 + piece.versions().count(), &piece.memory.text)
            });
            pieces.truncate(fits);
            if self.delete_records(scope, &pieces, Some(deletion), change()).await? {
                deleted += pieces.len();
            } else {
                attempts.after_conflict().await?;
            }
        }
    }

    /// The records of the remaining pieces of a document, in order.
    pub(super) async fn document_records(
        &self,
        scope: &AccessScope,
        id: MemoryId,
    ) -> Result<Vec<MemoryRecord>, StoreError> {
        let cleared = self.cleared(scope.user_id()).await?;
        let named = self.record_unless(&cleared, scope, id).await?;
        let first = match &named {
            Some(record) if record.memory.document.is_none() => return Ok(vec![]),
            Some(record) => record.fingerprint_owner(),
            None => id,
        };
        let mut sks: Vec<_> = (0..MAX_PIECES).map(|place| memory_key(first.plus(place))).collect();
        // The last id has none after it, and DynamoDB rejects batches with duplicate keys.
        sks.dedup();
        let items = self.0.some(&owner(scope.user_id()), &sks, Consistency::Strong).await?;
        let pieces = items.into_iter().map(MemoryRecord::read).collect::<Result<Vec<_>, _>>()?;
        let is_piece = |record: &MemoryRecord| {
            record.memory.document.as_ref().is_some_and(|document| document.id == first)
                && scope.includes(&record.memory)
                && !cleared.hides(&record.memory)
        };
        let mut pieces: Vec<_> = pieces.into_iter().filter(is_piece).collect();
        pieces.sort_unstable_by_key(|record| record.memory.id);
        Ok(pieces)
    }

    /// Moves memories that share at most one fingerprint to the trash. Returns `false` if one of them has been changed
    /// since it was read. Without a deletion, they bypass the trash.
    pub(super) async fn delete_records(
        &self,
        scope: &AccessScope,
        memories: &[MemoryRecord],
        deletion: Option<MemoryDeletion<'_>>,
        change: Opstamp,
    ) -> Result<bool, StoreError> {
        let pk = owner(scope.user_id());
        let fingerprint =
            memories.iter().find_map(|record| Some((record.fingerprint_owner(), record.fingerprint.as_ref()?)));
        let mut writes = vec![self.record_deletion(&pk, change, memories)?];
        for record in memories {
            writes.push(self.0.removal_if(&pk, &memory_key(record.memory.id), record.unchanged(scope)));
            writes.extend(record.versions().map(|version| self.0.removal(&pk, &version)));
            if let Some(deletion) = deletion {
                writes.push(self.0.put(deletion.trash_item(&pk, record)?));
            }
        }
        if let Some((known, fingerprint)) = fingerprint {
            let release = fingerprint.release(&self.0, &pk, known);
            let all = std::iter::once((MemoryWrite::Release, release))
                .chain(writes.iter().cloned().map(|write| (MemoryWrite::Memory, write)));
            let unmet = self.0.try_labelled(all.collect()).await?;
            if unmet != [MemoryWrite::Release] {
                return Ok(unmet.is_empty());
            }
            // Another memory owns the fingerprint by now and keeps it.
        }
        Ok(self.0.transact(writes).await? == Written::Yes)
    }

    /// Deletes a batch of everything stored for the user, the memories first. Returns the number of deleted memories,
    /// or `None` if nothing is left.
    pub async fn remove_some(&self, user_id: &UserId) -> Result<Option<usize>, StoreError> {
        for (first, last, are_memories) in [(MEMORY, LAST_MEMORY, true), (" ", "~", false)] {
            let (items, _) = self.between(user_id, first, last, None).await?;
            if !items.is_empty() {
                let removed = items.len();
                self.remove_keys(items).await?;
                return Ok(Some(if are_memories { removed } else { 0 }));
            }
        }
        Ok(None)
    }

    /// Deletes items that [`Self::between`] returned.
    pub(super) async fn remove_keys(&self, mut items: Vec<Item>) -> Result<(), StoreError> {
        items.iter_mut().for_each(|item| drop(item.remove("memory_id")));
        self.0.remove_each(items).await
    }

    /// Reads a page of items between two keys, both inclusive: their keys and the memory that they belong to. Also
    /// returns the key to continue from.
    pub(super) async fn between(
        &self,
        user_id: &UserId,
        first: &str,
        last: &str,
        from: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        let read = self
            .range(user_id, first, last)
            .projection_expression("pk, sk, memory_id")
            .set_exclusive_start_key(from)
            .limit(PAGE_SIZE)
            .send()
            .await?;
        Ok((read.items.unwrap_or_default(), read.last_evaluated_key))
    }
}
