//! Adding, changing and listing memories.

use std::sync::Arc;

use jean_auth::user::UserId;
use jean_memory::{AccessScope, Change, Filter, Limit, Memory, MemoryId, NewDocument, NewMemory, Restored, Writer};
use jean_store::{
    StoreError, Table,
    memories::{Added, Imported, Memories, Page},
};
use jiff::Timestamp;

use crate::{
    cache::Cache,
    draw::{Draw, Entropy},
    searching::within,
};

/// Everybody's memories; each operation is on those within one [`AccessScope`]. Clones share what they remember of indexes.
#[derive(Debug, Clone)]
pub struct MemoryService {
    pub(crate) memories: Memories,
    pub(crate) cache: Arc<Cache>,
}

/// What became of a memory that was to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddOutcome {
    /// Whether it was.
    pub added: Added<Memory>,
    /// Others that say nearly the same, as far as this instance knows without looking far.
    pub similar: Vec<Memory>,
}

/// How often an instance that has no index of a person at hand looks after it when it adds: once in so many times.
/// Somebody who only ever adds has an index that is kept, too.
const LOOKS: u8 = 32;
/// How many memories are read at once to find those a filter wants, and how often, before an answer is due.
const READ_AT_ONCE: usize = 500;
const READS: usize = 20;

impl MemoryService {
    /// The memories kept in this table. `cache_bytes` is how much of the indexes that are read stays in this process.
    pub fn new(table: Table, cache_bytes: usize) -> Self {
        Self { memories: Memories::new(table), cache: Arc::new(Cache::new(cache_bytes)) }
    }

    /// Keeps a memory, unless there is one with its text: one transaction, of the same size however many there are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add(
        &self,
        reach: &AccessScope,
        new: NewMemory,
        written_by: Writer,
        now: Timestamp,
        entropy: Entropy,
    ) -> Result<AddOutcome, StoreError> {
        let mut draw = Draw::new(now, entropy);
        let memory = new.into_memory(draw.id(), written_by, now, None);
        let (text, stamp) = (memory.text.clone(), draw.stamp());
        // Both at once: it takes no longer to know what is like it.
        let (added, similar) =
            tokio::join!(self.memories.add(reach, memory, stamp), self.similar(reach, &text, &mut draw));
        let added = added?;
        let mut similar = similar.unwrap_or_else(|error| {
            tracing::warn!(%error, "what is like a new memory could not be found");
            vec![]
        });
        let (Added::New(memory) | Added::AlreadyThere(memory)) = &added;
        similar.retain(|other| other.id != memory.id);
        self.look_after(reach, &mut draw).await;
        Ok(AddOutcome { added, similar })
    }

    /// Keeps a document, as the memories that are its pieces: all of them, or none. One that is there already is not kept
    /// twice.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_document(
        &self,
        reach: &AccessScope,
        new: NewDocument,
        written_by: &Writer,
        now: Timestamp,
        entropy: Entropy,
    ) -> Result<Added<Vec<Memory>>, StoreError> {
        let mut draw = Draw::new(now, entropy);
        let memories = new.into_memories(draw.id(), written_by, now);
        let added = self.memories.add_document(reach, memories, draw.stamp()).await?;
        self.look_after(reach, &mut draw).await;
        Ok(added)
    }

    /// Keeps memories with the ids, dates and writers they have, as an export has them. Those that are there stay as they
    /// are; if it fails halfway, the same once more does the rest.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn import(
        &self,
        reach: &AccessScope,
        batch: Vec<Restored>,
        now: Timestamp,
        entropy: Entropy,
    ) -> Result<Imported, StoreError> {
        let mut draw = Draw::new(now, entropy);
        let memories: Vec<_> = batch.into_iter().map(Restored::into_memory).collect();
        let imported = self.memories.import(reach, &memories, || draw.stamp()).await?;
        // What is many here would be much for whoever reads the index next.
        if let Ok(view) = self.view(reach.user_id(), &mut draw).await {
            self.merge_if_due(reach.user_id(), &view, &mut draw).await;
        }
        Ok(imported)
    }

    /// Packs what was changed in a person's index, however little it is. Searches do it by themselves when it is much.
    /// Whether it was done: nobody else was first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn pack(&self, user_id: &UserId, now: Timestamp, entropy: Entropy) -> Result<bool, StoreError> {
        let mut draw = Draw::new(now, entropy);
        let view = self.view(user_id, &mut draw).await?;
        self.merge(user_id, &view, &mut draw).await
    }

    /// Changes a memory, and gives it as it is now, if there is one. What it was before is kept.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn update(
        &self,
        reach: &AccessScope,
        id: MemoryId,
        change: &Change,
        by: &Writer,
        now: Timestamp,
        entropy: Entropy,
    ) -> Result<Option<Memory>, StoreError> {
        self.memories.update(reach, id, change, by, now, Draw::new(now, entropy).stamp()).await
    }

    /// What a memory was before each of its last changes, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn history(&self, reach: &AccessScope, id: MemoryId) -> Result<Vec<Memory>, StoreError> {
        self.memories.history(reach, id).await
    }

    /// A page of the memories a filter wants, newest first, from the one after `after` on. For a filter that wants few,
    /// much is read: a page may then have fewer than `limit` although there are more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list(
        &self,
        reach: &AccessScope,
        filter: &Filter,
        mut after: Option<MemoryId>,
        limit: Limit,
    ) -> Result<Page, StoreError> {
        let (filter, limit) = (within(reach, filter), limit.get());
        let at_once = if filter.wants_all() { limit } else { READ_AT_ONCE };
        let mut wanted = Vec::with_capacity(limit);
        for _ in 0..READS {
            let page = self.memories.page(reach.user_id(), after, at_once).await?;
            let mut read = page.memories.into_iter();
            wanted.extend(read.by_ref().filter(|memory| filter.wants(memory)).take(limit - wanted.len()));
            // What is left was read in vain: the next page begins behind the last that is shown.
            let unseen = read.len() > 0;
            after = if unseen { wanted.last().map(|memory: &Memory| memory.id) } else { page.next };
            if wanted.len() == limit || after.is_none() {
                break;
            }
        }
        Ok(Page { memories: wanted, next: after })
    }

    /// Many of a person's memories, newest first, from the one after `after` on: for those who want all.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn many(&self, user_id: &UserId, after: Option<MemoryId>) -> Result<Page, StoreError> {
        self.memories.page(user_id, after, READ_AT_ONCE).await
    }

    /// One memory.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn get(&self, reach: &AccessScope, id: MemoryId) -> Result<Option<Memory>, StoreError> {
        self.memories.one(reach, id).await
    }

    /// Looks after the index, now and then. Whatever comes of it: what was added is kept.
    async fn look_after(&self, reach: &AccessScope, draw: &mut Draw) {
        if draw.one_in(LOOKS) {
            match self.view(reach.user_id(), draw).await {
                Ok(view) => self.merge_if_due(reach.user_id(), &view, draw).await,
                Err(error) => tracing::warn!(%error, "the index could not be looked after"),
            }
        }
    }
}
