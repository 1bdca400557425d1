//! A snapshot of a user's index: the segments of one manifest, and the memories that they do not cover.

mod counts;
mod kept;
mod merging;
mod query;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use jean_memory::{
    Memory, MemoryId,
    index::{Entry, MalformedSegment, Segment},
};
use jean_store::memories::index::{IndexItems, Opstamp, SegmentName};

use self::kept::KeptMemories;
pub(crate) use self::query::Matching;
use crate::{
    coverage::Coverage,
    delta::{self, Delta},
    segment_with_tombstones::SegmentWithTombstones,
};

/// An immutable snapshot. A later read creates another one, which reuses unchanged segments.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// The index items that the snapshot was read from.
    pub(crate) items: IndexItems,
    pub(crate) coverage: Coverage,
    pub(crate) delta: Delta,
    /// Oldest first: those of an older format, the others, and those of the delta.
    segments: Vec<Arc<SegmentWithTombstones>>,
    /// For each segment, the documents that do not count.
    deleted: Vec<Vec<bool>>,
    kept: Mutex<KeptMemories>,
}

impl Snapshot {
    /// The snapshot of a user without memories.
    pub(crate) fn empty() -> Self {
        let items = IndexItems::default();
        let delta = Delta { is_complete: true, ..Delta::default() };
        Self { coverage: Coverage::of(&items), items, delta, segments: vec![], deleted: vec![], kept: Mutex::default() }
    }

    /// A snapshot of the segments that `items` names, in their order, and the memories that they do not cover. The
    /// analysis of those that an earlier snapshot contains is used again.
    pub(crate) fn new(
        items: IndexItems,
        mut segments: Vec<Arc<SegmentWithTombstones>>,
        delta: Delta,
        before: Option<&Self>,
    ) -> Self {
        let coverage = Coverage::of(&items);
        segments.extend(delta.segments(before.map(|before| (&before.delta, before.delta_segments()))));
        let mut deleted = Vec::with_capacity(segments.len());
        for (at, segment) in segments.iter().enumerate() {
            let mut docs = segment.superseded(segments[at + 1..].iter().map(|segment| &**segment));
            let indexed_again = coverage.through.filter(|_| at < coverage.older_segments());
            if let Some(through) = indexed_again.max(coverage.cleared) {
                let is_deleted = |id: u128| id <= through.to_u128();
                docs.iter_mut().zip(segment.segment.ids()).for_each(|(deleted, id)| *deleted |= is_deleted(id));
            }
            deleted.push(docs);
        }
        Self { items, coverage, delta, segments, deleted, kept: Mutex::default() }
    }

    /// The memories and tombstones of the delta up to one of them, as one segment.
    pub(crate) fn delta_through(&self, through: Option<MemoryId>) -> Result<SegmentWithTombstones, MalformedSegment> {
        delta::merged(self.delta_segments(), |id| Some(MemoryId::from(id)) <= through)
    }

    fn delta_segments(&self) -> &[Arc<SegmentWithTombstones>] {
        &self.segments[self.coverage.names().count()..]
    }

    /// Keeps the memories that `before` kept and that have not changed since, and the memories `read` for this snapshot.
    pub(crate) fn keep(&self, before: Option<&Self>, read: Vec<Memory>) {
        let mut kept = KeptMemories::default();
        if let Some(before) = before {
            let segments: HashSet<_> = before.coverage.names().map(|name| name.id).collect();
            let named = self.coverage.names().zip(&self.segments);
            let new_segments: Vec<_> = named.filter(|(name, _)| !segments.contains(&name.id)).collect();
            let seen: HashSet<_> = before.items.changes.iter().map(|change| change.stamp).collect();
            let changes = self.items.changes.iter().filter(|change| !seen.contains(&change.stamp));
            let changed: HashSet<_> = changes.flat_map(|change| change.ids.iter().copied()).collect();
            let read_again: HashSet<_> = read.iter().map(|memory| memory.id).collect();
            // A compacted change is in a new segment, or the memory is still in the tail, which has been read again.
            let is_unchanged = |id: MemoryId| {
                let number = id.to_u128();
                let is_in = |segment: &SegmentWithTombstones| {
                    segment.segment.find(number).is_some() || segment.tombstones().binary_search(&number).is_ok()
                };
                !changed.contains(&id)
                    && !read_again.contains(&id)
                    && !new_segments.iter().any(|(_, segment)| is_in(segment))
            };
            for (id, memory) in &before.kept().memories {
                if is_unchanged(*id) {
                    kept.insert(memory.clone());
                }
            }
        }
        read.into_iter().for_each(|memory| kept.insert(Arc::new(memory)));
        *self.kept() = kept;
    }

    /// The kept memories among these.
    pub(crate) fn kept_memories(&self, ids: &[MemoryId]) -> Vec<Arc<Memory>> {
        let kept = self.kept();
        ids.iter().filter_map(|id| kept.memories.get(id).cloned()).collect()
    }

    /// Keeps memories read after the snapshot.
    pub(crate) fn keep_also(&self, memories: &[Memory]) {
        let mut kept = self.kept();
        memories.iter().for_each(|memory| kept.insert(Arc::new(memory.clone())));
    }

    /// A poisoned lock is entered: no operation panics while it changes the map.
    fn kept(&self) -> std::sync::MutexGuard<'_, KeptMemories> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `true` if nothing has been written since the snapshot was taken. `tail` are the memories that may be new.
    pub(crate) fn is_current(&self, items: &IndexItems, tail: &[Memory]) -> bool {
        self.has_manifest_of(items)
            && self.items.changes == items.changes
            && self.items.cleared == items.cleared
            && tail.iter().all(|memory| self.delta.states.contains_key(&memory.id))
    }

    pub(crate) fn has_manifest_of(&self, items: &IndexItems) -> bool {
        let version = |items: &IndexItems| items.manifest.as_ref().map(|manifest| manifest.version);
        version(&self.items) == version(items)
    }

    /// The loaded segments, by id.
    pub(crate) fn segments(&self) -> HashMap<Opstamp, Arc<SegmentWithTombstones>> {
        self.coverage.names().map(|name| name.id).zip(self.segments.iter().cloned()).collect()
    }

    /// The states valid for newer `items`: of the settled tail, and of memories without another change. Empty if all memories were deleted, and if the manifest has been replaced: a second change may already be
    /// compacted while the record of the first still exists.
    pub(crate) fn states(&self, items: &IndexItems) -> BTreeMap<MemoryId, Option<Entry>> {
        if !self.has_manifest_of(items) || self.items.cleared != items.cleared {
            return BTreeMap::new();
        }
        let seen: HashSet<_> = self.items.changes.iter().map(|change| change.stamp).collect();
        let again = items.changes.iter().filter(|change| !seen.contains(&change.stamp)).flat_map(|change| &change.ids);
        let again: HashSet<_> = again.collect();
        let still: HashSet<_> = items.changes.iter().flat_map(|change| &change.ids).collect();
        let is_tail = |id: MemoryId| Some(id) > self.coverage.tail_from() && Some(id) <= self.delta.settled;
        let states = self.delta.states.iter();
        let valid = states.filter(|(id, _)| (still.contains(id) || is_tail(**id)) && !again.contains(id));
        valid.map(|(id, entry)| (*id, entry.clone())).collect()
    }

    /// The approximate size in bytes.
    pub(crate) fn size(&self) -> usize {
        let states = self.delta.states.values();
        let states =
            states.map(|entry| 100 + entry.as_ref().map_or(0, |entry| entry.text.len() + entry.previous.len()));
        self.segments.iter().map(|segment| segment.size() + segment.segment.len()).sum::<usize>()
            + states.sum::<usize>()
            + self.kept().bytes
    }

    /// The segments to search.
    pub(crate) fn refs(&self) -> Vec<&Segment> {
        self.segments.iter().map(|segment| &segment.segment).collect()
    }

    /// The name of a stored segment.
    pub(crate) fn name(&self, segment: usize) -> Option<&SegmentName> {
        self.coverage.names().nth(segment)
    }

    fn is_deleted(&self, segment: usize, doc: u32) -> bool {
        self.deleted[segment].get(doc as usize).copied().unwrap_or(true)
    }
}
