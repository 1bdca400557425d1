//! Maintenance outside of requests: all due work for one user.
//!
//! Requests take the same steps, at most a few each, so that they are correct where nothing maintains the items, and while
//! it is late. A step is published by one conditional write. Of concurrent runs, one therefore gets further, and a repeated
//! run finds nothing to do.

use std::collections::HashSet;

use jean_auth::user::UserId;
use jean_store::StoreError;

use crate::{
    coverage::{Coverage, settled},
    service::MemoryService,
};

impl MemoryService {
    /// Finishes deletions, takes every due step of the index, and encodes memories if the service has an encoder, while
    /// `has_time` returns `true`. Returns `false` if it did not get to the end.
    ///
    /// If nothing is due, it reads the manifest and the memories that the segments do not cover.
    ///
    /// # Errors
    /// [`StoreError`] if a call fails. The steps before it are published.
    pub async fn maintain(&self, user_id: &UserId, has_time: impl Fn() -> bool) -> Result<bool, StoreError> {
        while has_time() {
            let is_purged = self.purge_round(user_id).await?.is_finished();
            let has_stepped = self.step_if_due(user_id).await?;
            if is_purged && !has_stepped {
                return self.encode_segments(user_id, has_time).await;
            }
        }
        Ok(false)
    }

    /// Takes one step, if one is due, and reads the segments only for that. Returns `false` if none is, or a concurrent
    /// one was published first.
    async fn step_if_due(&self, user_id: &UserId) -> Result<bool, StoreError> {
        let now = self.ids.now();
        let items = self.memories.index(user_id).await?;
        let coverage = Coverage::of(&items);
        let tail = self.tail(user_id, &coverage, None, now).await?;
        if !tail.is_complete {
            return self.cover_tail(user_id, &items, coverage, tail.memories, now).await;
        }
        let coverable = || tail.memories.iter().filter(|memory| memory.id <= settled(now));
        let changed: HashSet<_> = items.changes.iter().flat_map(|change| &change.ids).collect();
        let bytes = coverable().map(|memory| memory.text.len()).sum();
        if !self.is_due(coverable().count() + changed.len(), bytes) && coverage.older.is_none() {
            return Ok(false);
        }
        let snapshot = self.snapshot(user_id).await?;
        self.step(user_id, &snapshot).await
    }
}
