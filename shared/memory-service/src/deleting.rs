//! What is deleted.

use jean_memory::{AccessScope, MemoryId};
use jean_store::StoreError;
use jiff::Timestamp;

use crate::{
    draw::{Draw, Entropy},
    service::MemoryService,
};

/// How many memories are read at once to find those that are to go.
const READ_AT_ONCE: usize = 500;

impl MemoryService {
    /// Deletes a memory. Whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete(
        &self,
        reach: &AccessScope,
        id: MemoryId,
        now: Timestamp,
        entropy: Entropy,
    ) -> Result<bool, StoreError> {
        self.memories.delete(reach, id, Draw::new(now, entropy).stamp()).await
    }

    /// Deletes a document: all of its pieces that are there, of which any names it, as its own id does. How many there
    /// were; a memory that is a piece of nothing is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_document(
        &self,
        reach: &AccessScope,
        id: MemoryId,
        now: Timestamp,
        entropy: Entropy,
    ) -> Result<usize, StoreError> {
        let mut draw = Draw::new(now, entropy);
        self.memories.delete_document(reach, id, || draw.stamp()).await
    }

    /// Deletes all memories within reach, and says how many there were. What is added meanwhile stays; if it fails
    /// halfway, the same once more deletes the rest.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_all(&self, reach: &AccessScope, now: Timestamp, entropy: Entropy) -> Result<usize, StoreError> {
        let mut draw = Draw::new(now, entropy);
        let last = MemoryId::new(now, [u8::MAX; 10]);
        if reach.client_id().is_some() {
            return self.delete_each(reach, last, &mut draw).await;
        }
        let deleted = self.memories.delete_all(reach.user_id(), last, || draw.stamp()).await?;
        // What is left is little, and quickly read: merging would go through all that was there.
        self.rebuild_now(reach.user_id(), &mut draw).await?;
        Ok(deleted)
    }

    async fn delete_each(&self, reach: &AccessScope, last: MemoryId, draw: &mut Draw) -> Result<usize, StoreError> {
        let mut deleted = 0;
        let mut after = None;
        loop {
            let page = self.memories.page(reach.user_id(), after, READ_AT_ONCE).await?;
            for memory in page.memories.iter().filter(|memory| memory.id <= last && reach.includes(memory)) {
                deleted += usize::from(self.memories.delete(reach, memory.id, draw.stamp()).await?);
            }
            after = page.next;
            if after.is_none() {
                return Ok(deleted);
            }
        }
    }
}
