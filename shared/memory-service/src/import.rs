//! Imports of memories with their ids, dates and writers.

use std::collections::HashSet;

use jean_memory::{AccessScope, MemoryId, Restored};
use jean_store::{
    StoreError,
    memories::{ImportBatch, ImportReport},
};

use crate::{completion::Completion, service::MemoryService};

/// Memories imported between checks of the time.
const BATCH: usize = 490;

impl MemoryService {
    /// Imports memories with their ids, dates and writers, as far as the quotas have room. Existing memories are not
    /// changed, and memories with the text of another one are skipped, except those in `siblings`: the ids of all memories
    /// of the same origin, or none if their texts are to be compared, too. Retry after a failure to import the rest.
    ///
    /// A deletion of all memories is finished first, as long as `has_time` returns `true`. Returns `None` if there was no time
    /// for it, or none at all: nothing is imported then.
    pub async fn import(
        &self,
        scope: &AccessScope,
        batch: Vec<Restored>,
        siblings: &HashSet<MemoryId>,
        has_time: impl Fn() -> bool,
    ) -> Result<Option<ImportReport>, StoreError> {
        let now = self.ids.now();
        let memories: Vec<_> = batch.into_iter().map(Restored::into_memory).collect();
        // A mark would hide the imported memories, which have their old ids.
        if !has_time() || self.purge(scope.user_id(), &has_time).await? == Completion::OutOfTime {
            return Ok(None);
        }
        let room = self.room(scope.user_id()).await?;
        let batch = ImportBatch { memories: &memories, siblings };
        let imported = self.memories.import(scope, batch, room, || self.ids.opstamp(now)).await?;
        self.count_imported(scope.user_id(), imported.bytes).await?;
        // The next reader would otherwise have to read all imported memories to build its delta.
        if imported.added > 0
            && let Ok(snapshot) = self.snapshot(scope.user_id()).await
        {
            self.compact_if_due(scope.user_id(), &snapshot).await;
        }
        Ok(Some(imported))
    }

    /// Imports memories in batches, as [`Self::import`] does each of them. Stops when `has_time` returns `false`; import the same
    /// memories again to continue. `counted` is called with the size of each batch.
    pub async fn import_all(
        &self,
        scope: &AccessScope,
        memories: &[Restored],
        siblings: &HashSet<MemoryId>,
        has_time: impl Fn() -> bool,
        counted: impl Fn(usize),
    ) -> Result<(ImportReport, Completion), StoreError> {
        let mut report = ImportReport::default();
        for batch in memories.chunks(BATCH) {
            let Some(imported) = self.import(scope, batch.to_vec(), siblings, &has_time).await? else {
                return Ok((report, Completion::OutOfTime));
            };
            report += imported;
            counted(batch.len());
        }
        Ok((report, Completion::Finished))
    }

    /// Returns the report that an import without quotas would have. `counted` is called with the size of each batch.
    pub async fn preview_import(
        &self,
        scope: &AccessScope,
        memories: &[Restored],
        siblings: &HashSet<MemoryId>,
        counted: impl Fn(usize),
    ) -> Result<ImportReport, StoreError> {
        let mut report = ImportReport::default();
        for batch in memories.chunks(BATCH) {
            let memories: Vec<_> = batch.iter().cloned().map(Restored::into_memory).collect();
            report += self.memories.preview_import(scope, ImportBatch { memories: &memories, siblings }).await?;
            counted(batch.len());
        }
        Ok(report)
    }
}
