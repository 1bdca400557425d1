//! Loading of index snapshots.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use jean_auth::user::UserId;
use jean_memory::{
    AccessScope, Memory, MemoryId,
    index::{Entry, MalformedSegment},
};
use jean_store::{StoreError, memories::index::IndexItems};
use jiff::Timestamp;

use crate::{
    coverage::{Coverage, settled},
    delta::Delta,
    entries::{entry, previous_piece},
    segment_with_tombstones::SegmentWithTombstones,
    service::MemoryService,
    snapshot::Snapshot,
};

/// Attempts to read or rebuild an index under concurrent changes.
const MAX_ATTEMPTS: usize = 8;
/// Slices of a long tail that one operation indexes. The next one continues.
const MAX_SLICES: usize = 4;
/// Memories per request for the tail. A request returns at most a megabyte.
pub(crate) const SLICE: usize = 2000;
/// Requests for an unsettled tail.
const MAX_PAGES: usize = 16;

/// The memories that the segments do not cover, as far as they may be new to the cached snapshot.
pub(crate) struct Tail {
    /// Oldest first.
    pub(crate) memories: Vec<Memory>,
    /// `false` if there are more; then it begins where the segments end.
    pub(crate) is_complete: bool,
}

impl MemoryService {
    /// Returns a snapshot of the user's index. Two Queries, if this instance has cached the index and nothing has been
    /// written since.
    ///
    /// A long tail is indexed slice by slice. If it is longer than one operation indexes, the snapshot lacks the newest
    /// memories, and the next operation gets further.
    pub(crate) async fn snapshot(&self, user_id: &UserId) -> Result<Arc<Snapshot>, StoreError> {
        let (mut slices, mut lost) = (0, None);
        for _ in 0..MAX_ATTEMPTS + MAX_SLICES {
            let now = self.ids.now();
            let items = self.memories.index(user_id).await?;
            let coverage = Coverage::of(&items);
            // The known tail of a cached snapshot is valid for its manifest and deletions only.
            let is_valid =
                |cached: &Arc<Snapshot>| cached.has_manifest_of(&items) && cached.items.cleared == items.cleared;
            let cached = self.cache.get(user_id).filter(is_valid);
            let tail = self.tail(user_id, &coverage, cached.as_deref(), now).await?;
            if cached.is_none() && items == IndexItems::default() && tail.memories.is_empty() {
                return Ok(Arc::new(Snapshot::empty()));
            }
            // A newer snapshot does not read the settled part of its tail again.
            let has_settled = tail.memories.first().is_some_and(|memory| memory.id <= settled(now));
            let is_current = |snapshot: &&Arc<Snapshot>| !has_settled && snapshot.is_current(&items, &tail.memories);
            if let Some(snapshot) = cached.as_ref().filter(is_current) {
                return Ok(snapshot.clone());
            }
            if !tail.is_complete && slices < MAX_SLICES {
                slices += 1;
                self.cover_tail(user_id, &items, coverage, tail.memories, now).await?;
                continue;
            }
            let before = self.cache.get(user_id);
            let (delta, read) = self.delta(user_id, cached.as_deref(), &items, tail, now).await?;
            match self.segments(user_id, before.as_deref(), &coverage).await? {
                Some(Ok(segments)) => {
                    let snapshot = Arc::new(Snapshot::new(items, segments, delta, before.as_deref()));
                    snapshot.keep(before.as_deref(), read);
                    self.cache.put(user_id, &snapshot);
                    return Ok(snapshot);
                }
                // A concurrent compaction deletes segments after it has replaced the manifest. If the manifest has not
                // changed between two attempts, the segment is lost.
                None if lost != Some(coverage.version) => lost = Some(coverage.version),
                None => self.reset(user_id, "a segment is missing").await?,
                Some(Err(MalformedSegment)) => self.reset(user_id, "a segment is malformed").await?,
            }
        }
        Err(StoreError::Contention("index changed during every attempt to read it"))
    }

    /// Reads the tail, as far as the cached snapshot does not know it. Of a long tail, reads the beginning: a segment of only
    /// its unknown part would leave the known part uncovered.
    pub(crate) async fn tail(
        &self,
        user_id: &UserId,
        coverage: &Coverage,
        cached: Option<&Snapshot>,
        now: Timestamp,
    ) -> Result<Tail, StoreError> {
        let known = cached.filter(|cached| cached.delta.is_complete).and_then(|cached| cached.delta.settled);
        if known > coverage.tail_from() {
            let tail = self.tail_after(user_id, known, now).await?;
            if tail.is_complete {
                return Ok(tail);
            }
        }
        self.tail_after(user_id, coverage.tail_from(), now).await
    }

    /// Reads the memories after this one, or the first of many.
    async fn tail_after(
        &self,
        user_id: &UserId,
        mut after: Option<MemoryId>,
        now: Timestamp,
    ) -> Result<Tail, StoreError> {
        let mut memories = Vec::new();
        for _ in 0..MAX_PAGES {
            let (page, has_more) = self.memories.after(user_id, after, SLICE).await?;
            after = page.last().map(|memory| memory.id).or(after);
            memories.extend(page);
            if !has_more {
                return Ok(Tail { memories, is_complete: true });
            }
            if after <= Some(settled(now)) {
                break;
            }
        }
        Ok(Tail { memories, is_complete: false })
    }

    /// The states of the tail and of changed memories, and the memories read for them.
    async fn delta(
        &self,
        user_id: &UserId,
        cached: Option<&Snapshot>,
        items: &IndexItems,
        tail: Tail,
        now: Timestamp,
    ) -> Result<(Delta, Vec<Memory>), StoreError> {
        let mut states = cached.map(|snapshot| snapshot.states(items)).unwrap_or_default();
        let in_tail: HashSet<_> = tail.memories.iter().map(|memory| memory.id).collect();
        let changed = items.changes.iter().flat_map(|change| &change.ids);
        let changed: HashSet<_> = changed.filter(|id| !states.contains_key(id) && !in_tail.contains(id)).collect();
        let changed: Vec<_> = changed.into_iter().copied().collect();
        let mut memories = tail.memories;
        memories.extend(self.memories.some(&AccessScope::all(user_id.clone()), &changed).await?);
        let (hidden, mut memories): (Vec<_>, Vec<_>) =
            memories.into_iter().partition(|memory| items.cleared.hides(memory));
        states.extend(hidden.into_iter().map(|memory| (memory.id, None)));
        states.extend(changed.into_iter().map(|id| (id, None)));
        states.extend(self.entries(user_id, &mut memories).await?.into_iter().map(|(id, entry)| (id, Some(entry))));
        let settled = tail.is_complete.then(|| settled(now));
        Ok((Delta { states, settled, is_complete: tail.is_complete }, memories))
    }

    /// The entries of memories, which are sorted. A piece of a document is indexed with the end of the one before it.
    pub(crate) async fn entries(
        &self,
        user_id: &UserId,
        memories: &mut Vec<Memory>,
    ) -> Result<BTreeMap<MemoryId, Entry>, StoreError> {
        memories.sort_unstable_by_key(|memory| memory.id);
        let is_read = |id: &MemoryId| memories.binary_search_by_key(id, |memory| memory.id).is_ok();
        let previous: Vec<_> = memories.iter().filter_map(previous_piece).filter(|id| !is_read(id)).collect();
        let ids: HashSet<_> = memories.iter().map(|memory| memory.id).collect();
        memories.extend(self.memories.some(&AccessScope::all(user_id.clone()), &previous).await?);
        memories.sort_unstable_by_key(|memory| memory.id);
        let entries = (0..memories.len()).map(|at| (memories[at].id, at)).filter(|(id, _)| ids.contains(id));
        Ok(entries.map(|(id, at)| (id, entry(memories, at))).collect())
    }

    /// Loads segments, from the cached snapshot or the store. `None` if one of them has been deleted.
    async fn segments(
        &self,
        user_id: &UserId,
        cached: Option<&Snapshot>,
        coverage: &Coverage,
    ) -> Result<Option<Result<Vec<Arc<SegmentWithTombstones>>, MalformedSegment>>, StoreError> {
        let mut loaded = cached.map(Snapshot::segments).unwrap_or_default();
        let missing: Vec<_> = coverage.names().filter(|name| !loaded.contains_key(&name.id)).cloned().collect();
        for (name, bytes) in missing.iter().zip(self.memories.segments(user_id, &missing).await?) {
            let Some(bytes) = bytes else { return Ok(None) };
            match SegmentWithTombstones::unpack(&bytes) {
                Ok(segment) => loaded.insert(name.id, Arc::new(segment)),
                Err(error) => return Ok(Some(Err(error))),
            };
        }
        Ok(Some(Ok(coverage.names().filter_map(|name| loaded.get(&name.id).cloned()).collect())))
    }
}
