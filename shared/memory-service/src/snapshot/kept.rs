//! Memories that a snapshot keeps to answer the next searches.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, MutexGuard, PoisonError},
};

use jean_memory::{Memory, MemoryId};

use super::Snapshot;
use crate::segment_with_tombstones::SegmentWithTombstones;

/// Bytes of memories that a snapshot keeps.
const KEPT_BYTES: usize = 2_000_000;

/// Memories read for an answer. They are as current as the snapshot: a change adds a change record, and the
/// next read notices it.
#[derive(Debug, Clone, Default)]
pub(super) struct KeptMemories {
    memories: HashMap<MemoryId, Arc<Memory>>,
    pub(super) bytes: usize,
}

impl Snapshot {
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
    pub(super) fn kept(&self) -> MutexGuard<'_, KeptMemories> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeptMemories {
    fn insert(&mut self, memory: Arc<Memory>) {
        let bytes = 300 + memory.text.len();
        if self.bytes + bytes <= KEPT_BYTES && self.memories.insert(memory.id, memory).is_none() {
            self.bytes += bytes;
        }
    }
}
