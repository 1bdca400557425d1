//! Deletion of memories.

use jean_memory::{AccessScope, MemoryId};
use jean_store::StoreError;
use jiff::Timestamp;

use crate::service::MemoryService;

/// Memories read per request to find those to delete.
const PAGE_SIZE: usize = 500;

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

    /// Deletes all memories in the scope and returns their number. Concurrently added memories are not deleted. Retry
    /// after a failure to delete the rest.
    pub async fn delete_all(&self, scope: &AccessScope) -> Result<usize, StoreError> {
        let now = self.ids.now();
        let last = MemoryId::new(now, [u8::MAX; 10]);
        if scope.client_id().is_some() {
            return self.delete_each(scope, last, now).await;
        }
        let deleted = self.memories.delete_all(scope.user_id(), last, || self.ids.opstamp(now)).await?;
        // A merge would read every deleted memory's postings; the few remaining memories are quick to read.
        self.reset(scope.user_id(), "all memories were deleted").await?;
        Ok(deleted)
    }

    async fn delete_each(&self, scope: &AccessScope, last: MemoryId, now: Timestamp) -> Result<usize, StoreError> {
        let mut deleted = 0;
        let mut after = None;
        loop {
            let page = self.memories.page(scope.user_id(), after, PAGE_SIZE).await?;
            for memory in page.memories.iter().filter(|memory| memory.id <= last && scope.includes(memory)) {
                deleted += usize::from(self.memories.delete(scope, memory.id, self.ids.opstamp(now)).await?);
            }
            after = page.next;
            if after.is_none() {
                return Ok(deleted);
            }
        }
    }
}
