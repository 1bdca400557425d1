//! Search, similar memories and counts per grant.

use std::collections::{BTreeMap, HashMap, HashSet};

use jean_auth::user::UserId;
use jean_memory::{AccessScope, Arranged, COMPARED, Memory, MemoryId, OrderedQuery, TimeOrder, arranged, time_order};
use jean_store::StoreError;

use crate::{
    coverage::Coverage,
    service::{MemoryService, scope_filter},
    snapshot::{Matching, Snapshot},
};
use jean_memory::{Filter, Query, dates::dated, duplicates::may_replace, index::Match};

/// Extra hits to request: some may have been deleted since the index snapshot was taken.
const OVER_FETCH: usize = 50;
/// Hits compared with a new memory to find similar ones.
const SIMILAR_HITS: usize = 5;
/// Characters of a new memory that this search queries with. A longer query takes seconds and finds no better ones.
const SIMILAR_CHARACTERS: usize = 1000;

/// A memory that a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundMemory {
    /// The memory.
    pub memory: Memory,
    /// Its relation to the query.
    pub found: Match,
    /// The newest of the found memories that are alike and newer, and may have replaced it. The limit may have excluded it.
    pub newer: Option<MemoryId>,
}

/// The memories that a search finds by their meaning alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ByMeaning {
    /// They are beside those with words of the query.
    Beside,
    /// They are found if none has a word of the query.
    Otherwise,
}

/// Memories in the order of [`arranged`].
fn arrange(query: &OrderedQuery, found: Vec<FoundMemory>) -> Vec<FoundMemory> {
    let compared: Vec<_> = found.iter().map(|found| (&found.memory, found.found)).collect();
    let places = arranged(query, &compared);
    let ids: Vec<_> = found.iter().map(|found| found.memory.id).collect();
    let mut found: Vec<_> = found.into_iter().map(Some).collect();
    let place = |Arranged { index, newer }: Arranged| {
        Some(FoundMemory { newer: newer.map(|newer| ids[newer]), ..found.get_mut(index)?.take()? })
    };
    places.into_iter().filter_map(place).collect()
}

impl MemoryService {
    /// Returns the memories that match a query, best first; of equal scores, the newest first. Callers cannot tell the kinds
    /// of matches apart, so the result contains related memories only if nothing else matches.
    pub async fn search(&self, scope: &AccessScope, query: &Query) -> Result<Vec<Memory>, StoreError> {
        let found = self.find_with(scope, query, ByMeaning::Otherwise).await?;
        Ok(found.into_iter().map(|found| found.memory).collect())
    }

    /// Returns the memories that match a query, with the kinds of their matches, in the order of
    /// [`search`](Self::search). Exact phrases precede their words, and a newer memory one that it may have replaced.
    pub async fn find(&self, scope: &AccessScope, query: &Query) -> Result<Vec<FoundMemory>, StoreError> {
        self.find_with(scope, query, ByMeaning::Beside).await
    }

    async fn find_with(
        &self,
        scope: &AccessScope,
        query: &Query,
        by_meaning: ByMeaning,
    ) -> Result<Vec<FoundMemory>, StoreError> {
        let now = self.ids.now();
        let user_id = scope.user_id();
        let filter = scope_filter(scope, &query.filter);
        let (text, time) = dated(&query.text, now, &query.zone);
        let ordered = time_order(&text);
        let snapshot = self.snapshot(user_id).await?;
        // A memory beyond the limit may have replaced one within it (SE-15).
        let wanted = query.limit.get().max(COMPARED);
        let mut memories: Vec<FoundMemory> = Vec::with_capacity(wanted);
        let (mut seen, mut requested) = (HashSet::new(), wanted + OVER_FETCH);
        while memories.len() < wanted {
            let (text, order) = (ordered.text.as_str(), ordered.order);
            let matching = Matching { text, time: time.as_ref(), order, filter: &filter, limit: requested };
            let mut hits = self.hits(user_id, &snapshot, matching).await?;
            let are_all = hits.len() < requested;
            if by_meaning == ByMeaning::Otherwise && hits.iter().any(|(_, found)| *found != Match::Related) {
                hits.retain(|(_, found)| *found != Match::Related);
            }
            // More hits are ranked anew, so the ones before may be anywhere among them.
            let new: Vec<_> = hits.iter().copied().filter(|(id, _)| seen.insert(*id)).collect();
            for hits in new.chunks(wanted) {
                let ids: Vec<_> = hits.iter().map(|(id, _)| *id).collect();
                let kinds: HashMap<_, _> = hits.iter().copied().collect();
                let stored = self.stored(scope, &snapshot, &ids).await?.into_iter();
                let matching = stored.filter(|memory| filter.matches(memory));
                let found = |memory: Memory| Some(FoundMemory { found: *kinds.get(&memory.id)?, memory, newer: None });
                memories.extend(matching.filter_map(found));
                if memories.len() >= wanted {
                    break;
                }
            }
            if are_all {
                break;
            }
            requested *= 2;
        }
        memories.truncate(wanted);
        self.cache.measure(user_id, &snapshot);
        self.compact_if_due(user_id, &snapshot).await;
        let order = ordered.order.or_else(|| time.is_some().then_some(TimeOrder::Past));
        let mut arranged = arrange(&OrderedQuery { order, ..ordered }, memories);
        arranged.truncate(query.limit.get());
        Ok(arranged)
    }

    /// The ids and kinds of the best matches, best first. A malformed segment is dropped from the index, and matches nothing.
    async fn hits(
        &self,
        user_id: &UserId,
        snapshot: &Snapshot,
        matching: Matching<'_>,
    ) -> Result<Vec<(MemoryId, Match)>, StoreError> {
        let segments = snapshot.refs();
        let Ok(candidates) = snapshot.candidates(&segments, matching) else {
            self.reset(user_id, "a segment is malformed").await?;
            return Ok(vec![]);
        };
        let missing = candidates.missing_pages();
        let pages =
            missing.iter().filter_map(|(at, page)| Some((snapshot.name(*at)?.clone(), *page))).collect::<Vec<_>>();
        if !pages.is_empty() {
            for ((at, page), bytes) in missing.iter().zip(self.memories.vector_pages(user_id, &pages).await?) {
                // Without its vectors, which a concurrent compaction may have deleted, a memory is ranked by its terms.
                let _ = bytes.is_some_and(|bytes| segments[*at].load_page(*page, bytes).is_ok());
            }
        }
        Ok(candidates.rank(matching.limit).iter().map(|hit| (MemoryId::from(hit.id), hit.found)).collect())
    }

    /// Memories in the scope that a new one may repeat or replace. Empty unless this instance has cached the user's index:
    /// reading the whole index would make every write slower.
    pub(crate) async fn similar(&self, scope: &AccessScope, text: &str) -> Result<Vec<Memory>, StoreError> {
        if self.cache.get(scope.user_id()).is_none() {
            return Ok(vec![]);
        }
        let user_id = scope.user_id();
        let snapshot = self.snapshot(user_id).await?;
        let filter = scope_filter(scope, &Filter::default());
        let beginning: String = text.chars().take(SIMILAR_CHARACTERS).collect();
        let matching = Matching { text: &beginning, time: None, order: None, filter: &filter, limit: SIMILAR_HITS };
        let hits = self.hits(user_id, &snapshot, matching).await?;
        let ids: Vec<_> = hits.into_iter().map(|(id, _)| id).collect();
        let stored = self.stored(scope, &snapshot, &ids).await?;
        Ok(stored.into_iter().filter(|memory| may_replace(text, &memory.text)).collect())
    }

    /// Returns the number of memories written under each grant or API key, by its id, without reading the segments.
    pub async fn counts(&self, user_id: &UserId) -> Result<BTreeMap<String, u64>, StoreError> {
        let now = self.ids.now();
        let items = self.memories.index(user_id).await?;
        let coverage = Coverage::of(&items);
        let counted = items.manifest.as_ref().map(|manifest| &manifest.counts);
        if coverage.names().next().is_some() && counted.is_none_or(BTreeMap::is_empty) {
            // An index of November 2026 has no counts until it is compacted.
            return Ok(self.snapshot(user_id).await?.counts().unwrap_or_default());
        }
        let mut counts = counted.cloned().unwrap_or_default();
        let tail = self.tail(user_id, &coverage, None, now).await?;
        let ids = tail.memories.iter().map(|memory| memory.written_by.credential.id());
        ids.filter(|id| !id.is_empty()).for_each(|id| *counts.entry(id.into()).or_default() += 1);
        for (grant, gone) in coverage.changes(&items).flat_map(|change| &change.gone) {
            counts.entry(grant.clone()).and_modify(|count| *count = count.saturating_sub(*gone));
        }
        Ok(counts)
    }

    /// The memories that still exist, in the order of `ids`. Those that the snapshot keeps are not read again.
    async fn stored(
        &self,
        scope: &AccessScope,
        snapshot: &Snapshot,
        ids: &[MemoryId],
    ) -> Result<Vec<Memory>, StoreError> {
        let kept = snapshot.kept_memories(ids).into_iter().map(|memory| (memory.id, Memory::clone(&memory)));
        let mut stored: HashMap<_, _> = kept.collect();
        let missing: Vec<_> = ids.iter().filter(|id| !stored.contains_key(id)).copied().collect();
        if !missing.is_empty() {
            let all = AccessScope::all(scope.user_id().clone());
            let read = self.memories.some(&all, &missing).await?;
            snapshot.keep_also(&read);
            stored.extend(read.into_iter().map(|memory| (memory.id, memory)));
        }
        let exists = |memory: &Memory| scope.includes(memory) && !snapshot.items.cleared.hides(memory);
        Ok(ids.iter().filter_map(|id| stored.remove(id)).filter(exists).collect())
    }
}
