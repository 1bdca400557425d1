//! Deletion of memories.

use jean_auth::user::UserId;
use jean_memory::{AccessScope, MemoryId, Writer};
use jean_store::{
    StoreError,
    memories::{ClearedMark, DeletionRequest, MemoryDeletion},
};

use crate::{completion::Completion, coverage::Coverage, service::MemoryService};

/// A memory, or a document with all its pieces, that a user selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selected {
    /// A memory.
    Memory(MemoryId),
    /// The document with this id.
    Document(MemoryId),
}

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

    /// Moves memories and documents to the trash, as one deletion. Stops when `has_time` returns `false`. Returns the number
    /// of memories moved.
    pub async fn delete_selected(
        &self,
        scope: &AccessScope,
        selected: &[Selected],
        by: &Writer,
        has_time: impl Fn() -> bool,
    ) -> Result<(usize, Completion), StoreError> {
        let stamp = self.ids.opstamp(self.ids.now());
        let deletion = MemoryDeletion { stamp, by };
        let mut deleted = 0;
        for one in selected {
            if !has_time() {
                return Ok((deleted, Completion::OutOfTime));
            }
            let change = || self.ids.opstamp(self.ids.now());
            deleted += match one {
                Selected::Memory(id) => usize::from(self.memories.delete(scope, *id, deletion, change()).await?),
                Selected::Document(id) => self.memories.delete_document(scope, *id, deletion, change).await?,
            };
        }
        Ok((deleted, Completion::Finished))
    }

    /// Requests the deletion of all memories in the scope, which the user has to confirm. Returns `None` if there are none.
    pub async fn request_deletion(
        &self,
        scope: &AccessScope,
        by: &Writer,
    ) -> Result<Option<DeletionRequest>, StoreError> {
        let stamp = self.ids.opstamp(self.ids.now());
        // Reading all memories takes longer than a request has, if there are very many (AW-05).
        let counted = match scope.client_id() {
            None => usize::try_from(self.usage(scope.user_id()).await?.memories).ok(),
            Some(_) => None,
        };
        self.memories.request_deletion(scope, MemoryDeletion { stamp, by }, counted).await
    }

    /// Returns the requests that wait for the user, the latest first.
    pub async fn deletion_requests(&self, user_id: &UserId) -> Result<Vec<DeletionRequest>, StoreError> {
        self.memories.deletion_requests(user_id, self.ids.now()).await
    }

    /// Moves the memories of a request to the trash, except those added after it. Returns `false` if the request is not
    /// pending.
    ///
    /// They are hidden at once. They move to the trash in rounds, by this and the next operations of the user.
    pub async fn confirm_deletion(&self, user_id: &UserId, request: &DeletionRequest) -> Result<bool, StoreError> {
        let now = self.ids.now();
        if request.expires_at() <= now
            || !self.memories.confirm_deletion(user_id, request, self.ids.opstamp(now)).await?
        {
            return Ok(false);
        }
        if !request.is_limited() {
            // A merge would read every deleted memory's postings.
            self.reset(user_id, "all memories were deleted").await?;
        }
        self.purge_some(user_id).await;
        Ok(true)
    }

    /// Refuses a request. Returns `false` if it is not pending.
    pub async fn refuse_deletion(&self, user_id: &UserId, request: &DeletionRequest) -> Result<bool, StoreError> {
        self.memories.refuse_deletion(user_id, request).await
    }

    /// Takes one round of an unfinished deletion, if there is one. Errors are only logged: the memories are hidden, and
    /// the next operation retries.
    pub(crate) async fn purge_some(&self, user_id: &UserId) {
        if let Err(error) = self.purge_round(user_id).await {
            tracing::warn!(%error, "deleted memories could not be purged");
        }
    }

    /// Takes one round of an unfinished deletion, if there is one.
    pub(crate) async fn purge_round(&self, user_id: &UserId) -> Result<Completion, StoreError> {
        let mut rounds = 0..1;
        self.purge(user_id, || rounds.next().is_some()).await
    }

    /// Finishes the deletions of all memories, the earliest first: moves the memories to the trash and removes the
    /// marks. Stops when `has_time` returns `false`.
    pub(crate) async fn purge(
        &self,
        user_id: &UserId,
        mut has_time: impl FnMut() -> bool,
    ) -> Result<Completion, StoreError> {
        for mut mark in self.memories.cleared(user_id).await?.marks().to_vec() {
            loop {
                if !has_time() {
                    return Ok(Completion::OutOfTime);
                }
                let stamp = self.ids.opstamp(self.ids.now());
                if !self.memories.purge(user_id, &mut mark, stamp).await? && self.finish(user_id, &mark).await? {
                    break;
                }
            }
        }
        Ok(Completion::Finished)
    }

    /// Deletes the mark of a finished deletion, once the manifest contains it. Returns `false` if it did not: the segments may
    /// contain some of the memories, and an instance that never reads the mark would keep those that it has cached.
    async fn finish(&self, user_id: &UserId, mark: &ClearedMark) -> Result<bool, StoreError> {
        if mark.client_id.is_none() {
            let coverage = Coverage::of(&self.memories.index(user_id).await?);
            if coverage.cleared_in_segments < Some(mark.last) {
                self.reset(user_id, "all memories were deleted").await?;
                return Ok(false);
            }
        }
        self.memories.remove_mark(user_id, mark).await?;
        Ok(true)
    }
}
