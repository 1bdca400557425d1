//! Changes of memories, and their history.

use jean_memory::{AccessScope, Change, Memory, MemoryId, Usage, Writer};
use jean_store::{StoreError, memories::Edit};

use crate::{quota::WriteError, service::MemoryService};

impl MemoryService {
    /// Changes a memory and returns the new version, or `None` if the scope has no such memory. The previous version
    /// is added to the history.
    pub async fn update(
        &self,
        scope: &AccessScope,
        id: MemoryId,
        change: &Change,
        by: &Writer,
    ) -> Result<Option<Memory>, WriteError> {
        let edit = self.admitted_edit(scope, id, change, by).await?;
        Ok(self.memories.update(scope, id, change, edit).await?)
    }

    /// Changes a memory if it is unchanged since it was `read`. Returns the new version, or `None` if it has been changed or
    /// deleted.
    pub async fn update_if_unchanged(
        &self,
        scope: &AccessScope,
        read: &Memory,
        change: &Change,
        by: &Writer,
    ) -> Result<Option<Memory>, WriteError> {
        let edit = self.admitted_edit(scope, read.id, change, by).await?;
        Ok(self.memories.update_if_unchanged(scope, read, change, edit).await?)
    }

    /// The edit of a change, after its text has been counted.
    async fn admitted_edit<'a>(
        &self,
        scope: &AccessScope,
        id: MemoryId,
        change: &Change,
        by: &'a Writer,
    ) -> Result<Edit<'a>, WriteError> {
        if let Some(text) = &change.text {
            self.admit_change(scope, id, text).await?;
        }
        let now = self.ids.now();
        Ok(Edit { by, at: now, stamp: self.ids.opstamp(now) })
    }

    /// Counts a new text of a memory. A memory that does not grow is never refused for its size.
    async fn admit_change(&self, scope: &AccessScope, id: MemoryId, text: &str) -> Result<(), WriteError> {
        let (user_id, mut growth) = (scope.user_id(), Usage { memories: 0, bytes: text.len() as u64 });
        if !self.has_space(user_id, growth) {
            let Some(current) = self.memories.one(scope, id).await? else { return Ok(()) };
            growth.bytes = growth.bytes.saturating_sub(current.text.len() as u64);
            self.admit_storage(user_id, growth).await?;
        }
        self.admit_written(user_id, text.len() as u64).await
    }

    /// Returns the previous versions of a memory, oldest first.
    pub async fn history(&self, scope: &AccessScope, id: MemoryId) -> Result<Vec<Memory>, StoreError> {
        self.memories.history(scope, id).await
    }
}
