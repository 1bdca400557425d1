//! Deletion of memories.

use jean_auth::user::UserId;
use jean_memory::{AccessScope, MemoryId};
use jean_store::{StoreError, memories::ClearedMark};

use crate::{coverage::Coverage, service::MemoryService};

/// Rounds of a purge per operation.
const PURGE_ROUNDS: usize = 1;

impl MemoryService {
    /// Deletes a memory. Returns `false` if there is none with this id in the scope.
    pub async fn delete(&self, scope: &AccessScope, id: MemoryId) -> Result<bool, StoreError> {
        let now = self.ids.now();
        self.memories.delete(scope, id, self.ids.opstamp(now)).await
    }

    /// Deletes all remaining pieces of a document and returns their number. `id` is the id of any piece, or of the
    /// document itself. Returns 0 if the memory is not part of a document.
    pub async fn delete_document(&self, scope: &AccessScope, id: MemoryId) -> Result<usize, StoreError> {
        let now = self.ids.now();
        self.memories.delete_document(scope, id, || self.ids.opstamp(now)).await
    }

    /// Deletes all memories in the scope and returns their number. Concurrently added memories are not deleted.
    ///
    /// They are hidden at once. Their items are deleted in rounds, by this and the next operations of the user.
    pub async fn delete_all(&self, scope: &AccessScope) -> Result<usize, StoreError> {
        let now = self.ids.now();
        let deleted = self.memories.clear(scope, self.ids.opstamp(now)).await?;
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

    /// Deletes some items of deleted memories, if there are any. Errors are only logged: the memories are hidden, and the
    /// next operation retries.
    pub(crate) async fn purge_some(&self, user_id: &UserId) {
        if let Err(error) = self.purge(user_id, PURGE_ROUNDS).await {
            tracing::warn!(%error, "deleted memories could not be purged");
        }
    }

    /// Deletes items of deleted memories, in at most this many rounds per mark. Returns `false` if some may be left.
    pub(crate) async fn purge(&self, user_id: &UserId, rounds: usize) -> Result<bool, StoreError> {
        let mut is_purged = true;
        for mark in self.memories.cleared(user_id).await?.marks() {
            let mut is_finished = false;
            for _ in 0..rounds {
                let stamp = self.ids.opstamp(self.ids.now());
                if !self.memories.purge(user_id, mark, stamp).await? {
                    self.finish(user_id, mark).await?;
                    is_finished = true;
                    break;
                }
            }
            is_purged &= is_finished;
        }
        Ok(is_purged)
    }

    /// Deletes the mark of a finished deletion, once the segments contain none of the memories.
    async fn finish(&self, user_id: &UserId, mark: &ClearedMark) -> Result<(), StoreError> {
        if mark.client_id.is_none() {
            let coverage = Coverage::of(&self.memories.index(user_id).await?);
            if coverage.names().next().is_some() && coverage.cleared_in_segments < Some(mark.last) {
                return self.reset(user_id, "all memories were deleted").await;
            }
        }
        self.memories.remove_mark(user_id, mark).await
    }
}
