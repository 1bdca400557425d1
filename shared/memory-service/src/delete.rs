//! Deletion of memories.

use jean_auth::user::UserId;
use jean_memory::{AccessScope, MemoryId, Writer};
use jean_store::{
    StoreError,
    memories::{ClearedMark, MemoryDeletion},
};

use crate::{coverage::Coverage, service::MemoryService};

impl MemoryService {
    /// Moves a memory to the trash. Returns `false` if there is none with this id in the scope.
    pub async fn delete(&self, scope: &AccessScope, id: MemoryId, by: &Writer) -> Result<bool, StoreError> {
        let stamp = self.ids.opstamp(self.ids.now());
        self.memories.delete(scope, id, MemoryDeletion { stamp, by }, stamp).await
    }

    /// Moves all remaining pieces of a document to the trash and returns their number. `id` is the id of any piece, or
    /// of the document itself. Returns 0 if the memory is not part of a document.
    pub async fn delete_document(&self, scope: &AccessScope, id: MemoryId, by: &Writer) -> Result<usize, StoreError> {
        let now = self.ids.now();
        let deletion = MemoryDeletion { stamp: self.ids.opstamp(now), by };
        self.memories.delete_document(scope, id, deletion, || self.ids.opstamp(now)).await
    }

    /// Moves all memories in the scope to the trash and returns their number. Concurrently added memories are not
    /// deleted.
    ///
    /// They are hidden at once. They move to the trash in rounds, by this and the next operations of the user.
    pub async fn delete_all(&self, scope: &AccessScope, by: &Writer) -> Result<usize, StoreError> {
        let now = self.ids.now();
        let deleted = self.memories.clear(scope, MemoryDeletion { stamp: self.ids.opstamp(now), by }).await?;
        if deleted == 0 {
            return Ok(0);
        }
        if scope.client_id().is_none() {
            // A merge would read every deleted memory's postings.
            self.reset(scope.user_id(), "all memories were deleted").await?;
        }
        self.purge_some(scope.user_id()).await;
        Ok(deleted)
    }

    /// Takes one round of an unfinished deletion, if there is one. Errors are only logged: the memories are hidden, and
    /// the next operation retries.
    pub(crate) async fn purge_some(&self, user_id: &UserId) {
        if let Err(error) = self.purge_round(user_id).await {
            tracing::warn!(%error, "deleted memories could not be purged");
        }
    }

    /// Takes one round of an unfinished deletion, if there is one. Returns `true` if no mark is left.
    pub(crate) async fn purge_round(&self, user_id: &UserId) -> Result<bool, StoreError> {
        let mut rounds = 0..1;
        self.purge(user_id, || rounds.next().is_some()).await
    }

    /// Finishes the deletions of all memories, the earliest first: moves the memories to the trash and removes the
    /// marks. Stops when `has_time` returns `false`. Returns `true` if no mark is left.
    pub(crate) async fn purge(&self, user_id: &UserId, mut has_time: impl FnMut() -> bool) -> Result<bool, StoreError> {
        for mark in self.memories.cleared(user_id).await?.marks() {
            loop {
                if !has_time() {
                    return Ok(false);
                }
                let stamp = self.ids.opstamp(self.ids.now());
                if !self.memories.purge(user_id, mark, stamp).await? && self.finish(user_id, mark).await? {
                    break;
                }
            }
        }
        Ok(true)
    }

    /// Deletes the mark of a finished deletion, once the segments contain none of the memories. Returns `false` if they
    /// did.
    async fn finish(&self, user_id: &UserId, mark: &ClearedMark) -> Result<bool, StoreError> {
        if mark.client_id.is_none() {
            let coverage = Coverage::of(&self.memories.index(user_id).await?);
            if coverage.names().next().is_some() && coverage.cleared_in_segments < Some(mark.last) {
                self.reset(user_id, "all memories were deleted").await?;
                return Ok(false);
            }
        }
        self.memories.remove_mark(user_id, mark).await?;
        Ok(true)
    }
}
