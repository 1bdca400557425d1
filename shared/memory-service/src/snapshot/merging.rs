//! The merge of the newest segments of a snapshot.

use std::sync::Arc;

use jean_memory::index::MalformedSegment;
use jean_store::memories::index::SegmentName;

use super::Snapshot;
use crate::segment_with_tombstones::SegmentWithTombstones;

/// Memories of the largest segment to merge. Larger ones are left alone, which bounds the work of a merge.
const MERGED: u64 = 4096;

impl Snapshot {
    /// The newest segments to merge with `memories` changed ones: each has at most twice as many memories as everything
    /// newer than it, which bounds the number of times that a memory is rewritten, and at most [`MERGED`].
    pub(crate) fn mergeable(&self, mut memories: u64) -> usize {
        let mut names = self.coverage.segments.iter().rev();
        let larger = names.position(|name| {
            let larger = name.memories > 2 * memories || name.memories > MERGED;
            memories += name.memories;
            larger
        });
        larger.unwrap_or(self.coverage.segments.len())
    }

    /// The newest `count` stored segments.
    pub(crate) fn newest(&self, count: usize) -> impl Iterator<Item = (&SegmentName, &Arc<SegmentWithTombstones>)> {
        let stored = self.coverage.older_segments() + self.coverage.segments.len();
        self.coverage.names().zip(&self.segments).skip(stored - count)
    }

    /// Merges the newest `count` segments, with their vectors loaded, with changed memories.
    pub(crate) fn merged(
        &self,
        count: usize,
        changed: &SegmentWithTombstones,
    ) -> Result<SegmentWithTombstones, MalformedSegment> {
        let first = self.coverage.older_segments() + self.coverage.segments.len() - count;
        let (older, newer) = self.segments.split_at(first);
        let newer: Vec<_> = newer[..count].iter().map(|segment| &**segment).chain([changed]).collect();
        let is_deleted = |segment, doc| segment < count && self.is_deleted(first + segment, doc);
        let mut merged = SegmentWithTombstones::merge(&newer, is_deleted)?;
        // A tombstone is dropped once no older segment contains the memory.
        merged.retain_tombstones(|id| older.iter().any(|older| older.segment.find(id).is_some()));
        Ok(merged)
    }
}
