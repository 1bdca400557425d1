//! The trash: listing, restoration and final deletion.

use jean_auth::user::UserId;
use jean_store::{
    StoreError,
    memories::{RestoreReport, TrashId, TrashPage, TrashSelection},
};

use crate::{compaction::MAX_DELTA, completion::Completion, service::MemoryService};

/// Memories deleted for good per request.
const BATCH: i32 = 500;

impl MemoryService {
    /// Returns at most `limit` memories in the trash, the latest deletion first, starting after `after`. Memories of an
    /// unfinished deletion of all may be missing.
    pub async fn trash(&self, user_id: &UserId, after: Option<TrashId>, limit: usize) -> Result<TrashPage, StoreError> {
        self.purge_some(user_id).await;
        self.memories.trash(user_id, after, limit, self.ids.now()).await
    }

    /// Restores memories from the trash, with their ids, dates and writers, and without their history. Memories with
    /// the text of another one stay in the trash.
    ///
    /// Stops when `has_time` returns `false`. Call again after that, or after a failure, to restore the rest.
    pub async fn restore(
        &self,
        user_id: &UserId,
        selection: TrashSelection,
        has_time: impl Fn() -> bool,
    ) -> Result<(RestoreReport, Completion), StoreError> {
        let mut report = RestoreReport::default();
        // A mark would hide the restored memories, and some of them may not be in the trash yet.
        if self.purge(user_id, &has_time).await? == Completion::OutOfTime {
            return Ok((report, Completion::OutOfTime));
        }
        let now = self.ids.now();
        let mut after = None;
        loop {
            let stamp = || self.ids.opstamp(now);
            let (restored, next) = self.memories.restore_trash(user_id, selection, after, now, stamp).await?;
            report += restored;
            if restored.restored >= MAX_DELTA {
                // As after an import: the next reader would otherwise have to read all restored memories.
                if let Ok(snapshot) = self.snapshot(user_id).await {
                    self.compact_if_due(user_id, &snapshot).await;
                }
            }
            after = next;
            if after.is_none() {
                return Ok((report, Completion::Finished));
            }
            if !has_time() {
                return Ok((report, Completion::OutOfTime));
            }
        }
    }

    /// Deletes memories in the trash for good. Stops when `has_time` returns `false`. Call again after that, or after a failure,
    /// to delete the rest.
    pub async fn empty_trash(
        &self,
        user_id: &UserId,
        selection: TrashSelection,
        has_time: impl Fn() -> bool,
    ) -> Result<Completion, StoreError> {
        if self.purge(user_id, &has_time).await? == Completion::OutOfTime {
            return Ok(Completion::OutOfTime);
        }
        let now = self.ids.now();
        while self.memories.empty_trash(user_id, selection, BATCH, now).await? {
            if !has_time() {
                return Ok(Completion::OutOfTime);
            }
        }
        Ok(Completion::Finished)
    }
}
