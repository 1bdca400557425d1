//! Adding, changing and listing memories.

use std::{collections::HashSet, sync::Arc};

use jean_auth::user::UserId;
use jean_memory::{
    AccessScope, Filter, Limit, Memory, MemoryId, NewDocument, NewMemory, Quotas, Usage, Writer, index::Encoder,
};
use jean_store::{
    StoreError, Table,
    memories::{AddResult, Memories, MemoryPage},
};
use jiff::Timestamp;

use crate::{
    cache::Cache,
    coverage::SETTLED_AFTER,
    id_generator::IdGenerator,
    quota::{QuotaCounts, WriteError},
};

/// The memory service. Every operation is restricted to one [`AccessScope`]. Clones share one index cache.
#[derive(Debug, Clone)]
pub struct MemoryService {
    pub(crate) memories: Memories,
    pub(crate) cache: Arc<Cache>,
    pub(crate) ids: IdGenerator,
    pub(crate) quota: Arc<QuotaCounts>,
    /// Encodes memories in the maintenance.
    pub(crate) encoder: Option<&'static dyn Encoder>,
}

/// The result of adding a memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddOutcome {
    /// The new memory, or the existing one with the same text.
    pub added: AddResult<Memory>,
    /// Other memories with nearly the same text. Empty if this instance has not cached the user's index.
    pub similar: Vec<Memory>,
}

/// One in this many writes checks whether the tail is long.
const COMPACTION_CHECK: u8 = 32;
/// Memories read per request for a selective filter, and the maximum number of such requests per page.
const PAGE_SIZE: usize = 500;
const MAX_PAGES: usize = 20;
/// Memories that a profile is based on.
const RECENT: usize = 200;

impl MemoryService {
    /// Creates a service over a table. `cache_bytes` bounds the index snapshots that this process caches.
    pub fn new(table: Table, cache_bytes: usize, ids: IdGenerator) -> Self {
        let (cache, quota) = (Arc::new(Cache::new(cache_bytes)), Arc::new(QuotaCounts::new(Quotas::default())));
        Self { memories: Memories::new(table), cache, ids, quota, encoder: None }
    }

    /// Limits the memories of each user.
    #[must_use]
    pub fn with_quotas(self, quotas: Quotas) -> Self {
        Self { quota: Arc::new(QuotaCounts::new(quotas)), ..self }
    }

    /// Adds a memory, unless the scope has one with the same text. One transaction of constant size.
    pub async fn add(&self, scope: &AccessScope, new: NewMemory, written_by: Writer) -> Result<AddOutcome, WriteError> {
        let now = self.ids.now();
        let memory = new.into_memory(self.ids.memory_id(now), written_by, now, None);
        self.admit(scope.user_id(), Usage::of([&memory])).await?;
        let text = memory.text.clone();
        // Concurrently, so that the search for similar memories adds no latency.
        let (added, similar) = tokio::join!(self.memories.add(scope, memory), self.similar(scope, &text));
        let added = added?;
        if let AddResult::New(memory) = &added {
            self.record_if_late(scope, now, std::slice::from_ref(memory)).await?;
        }
        let mut similar = similar.unwrap_or_else(|error| {
            tracing::warn!(%error, "similar memories could not be searched");
            vec![]
        });
        let (AddResult::New(memory) | AddResult::Duplicate(memory)) = &added;
        similar.retain(|other| other.id != memory.id);
        self.maybe_compact(scope).await;
        Ok(AddOutcome { added, similar })
    }

    /// Adds the pieces of a document, all of them or none, unless the scope has a document with the same content.
    pub async fn add_document(
        &self,
        scope: &AccessScope,
        new: NewDocument,
        written_by: &Writer,
    ) -> Result<AddResult<Vec<Memory>>, WriteError> {
        let now = self.ids.now();
        let memories = new.into_memories(self.ids.memory_id(now), written_by, now);
        self.admit(scope.user_id(), Usage::of(&memories)).await?;
        let added = self.memories.add_document(scope, memories).await?;
        if let AddResult::New(pieces) = &added {
            self.record_if_late(scope, now, pieces).await?;
        }
        self.maybe_compact(scope).await;
        Ok(added)
    }

    /// Compacts the user's index unconditionally. Returns `false` if a concurrent compaction finished first.
    pub async fn compact(&self, user_id: &UserId) -> Result<bool, StoreError> {
        let snapshot = self.snapshot(user_id).await?;
        self.compact_snapshot(user_id, &snapshot).await
    }

    /// Returns a page of the memories that match a filter, newest first, starting after `after`. With a selective
    /// filter, a page may have fewer than `limit` memories, or none, although there are more: it then has a `next`.
    pub async fn list(
        &self,
        scope: &AccessScope,
        filter: &Filter,
        after: Option<MemoryId>,
        limit: Limit,
    ) -> Result<MemoryPage, StoreError> {
        self.matching(scope, filter, after, limit.get()).await
    }

    /// Returns the newest memories in the scope, enough for a [`Profile`](jean_memory::Profile), with one piece of each
    /// document.
    pub async fn recent(&self, scope: &AccessScope) -> Result<MemoryPage, StoreError> {
        let filter = scope_filter(scope, &Filter::default());
        let (mut memories, mut documents, mut after) = (Vec::new(), HashSet::new(), None);
        for _ in 0..MAX_PAGES {
            let page = self.memories.page(scope.user_id(), after, RECENT).await?;
            // The ids of pieces are consecutive and begin with that of their document, so the rest of one is skipped.
            let document = page.memories.last().and_then(|memory| memory.document.as_ref()).map(|piece| piece.id);
            after = page.next.map(|next| document.map_or(next, |first| first.min(next)));
            let mut is_new = |memory: &Memory| memory.document.as_ref().is_none_or(|piece| documents.insert(piece.id));
            memories.extend(page.memories.into_iter().filter(|memory| filter.matches(memory) && is_new(memory)));
            if memories.len() >= RECENT || after.is_none() {
                break;
            }
        }
        if memories.len() > RECENT {
            memories.truncate(RECENT);
            after = memories.last().map(|memory| memory.id);
        }
        Ok(MemoryPage { memories, next: after })
    }

    async fn matching(
        &self,
        scope: &AccessScope,
        filter: &Filter,
        mut after: Option<MemoryId>,
        limit: usize,
    ) -> Result<MemoryPage, StoreError> {
        let filter = scope_filter(scope, filter);
        let page_size = if filter.matches_all() { limit } else { PAGE_SIZE };
        let mut matching = Vec::with_capacity(limit);
        for _ in 0..MAX_PAGES {
            let page = self.memories.page(scope.user_id(), after, page_size).await?;
            let mut read = page.memories.into_iter();
            matching.extend(read.by_ref().filter(|memory| filter.matches(memory)).take(limit - matching.len()));
            // Memories read past the limit are read again: the next page starts after the last one returned.
            let has_more = read.len() > 0;
            after = if has_more { matching.last().map(|memory: &Memory| memory.id) } else { page.next };
            if matching.len() == limit || after.is_none() {
                break;
            }
        }
        Ok(MemoryPage { memories: matching, next: after })
    }

    /// Returns a large page of the user's memories, newest first, starting after `after`. For exports.
    pub async fn many(&self, user_id: &UserId, after: Option<MemoryId>) -> Result<MemoryPage, StoreError> {
        self.memories.page(user_id, after, PAGE_SIZE).await
    }

    /// Returns the remaining pieces of a document, in order. `id` is the id of any piece, or of the document itself. Empty
    /// if the memory is not part of a document.
    pub async fn document(&self, scope: &AccessScope, id: MemoryId) -> Result<Vec<Memory>, StoreError> {
        self.memories.document(scope, id).await
    }

    /// Returns the memories with these ids that exist in the scope, in no particular order. One batch read. Memories of an
    /// unfinished deletion may be among them.
    pub async fn some(&self, scope: &AccessScope, ids: &[MemoryId]) -> Result<Vec<Memory>, StoreError> {
        self.memories.some(scope, ids).await
    }

    /// Returns a memory, or `None` if the scope has none with this id.
    pub async fn get(&self, scope: &AccessScope, id: MemoryId) -> Result<Option<Memory>, StoreError> {
        self.memories.one(scope, id).await
    }

    /// Adds a change record for memories written long after their ids were made, e.g. by a suspended process: readers may have covered later memories in the meantime.
    async fn record_if_late(
        &self,
        scope: &AccessScope,
        began: Timestamp,
        memories: &[Memory],
    ) -> Result<(), StoreError> {
        let now = self.ids.now();
        if now.duration_since(began) * 2 < SETTLED_AFTER {
            return Ok(());
        }
        let ids = memories.iter().map(|memory| memory.id);
        self.memories.put_change(scope.user_id(), self.ids.opstamp(now), ids).await
    }

    /// Covers a long tail on one in [`COMPACTION_CHECK`] calls, so that the indexes of users who never search grow as
    /// well. A failure is only logged: the write has already succeeded.
    async fn maybe_compact(&self, scope: &AccessScope) {
        if self.ids.one_in(COMPACTION_CHECK)
            && let Err(error) = self.cover_if_long(scope.user_id()).await
        {
            tracing::warn!(%error, "the tail of the index could not be covered");
        }
    }
}

/// Restricts a filter to the memories in a scope.
pub(crate) fn scope_filter(scope: &AccessScope, filter: &Filter) -> Filter {
    match scope.client_id() {
        None => filter.clone(),
        Some(client_id) => filter.clone().written_by(client_id.clone()),
    }
}
