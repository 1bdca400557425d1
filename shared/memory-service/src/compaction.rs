//! The steps of the index, which are bounded. Readers take one after they have their answer; [`MemoryService::maintain`]
//! takes all due ones.
//!
//! | step | when | work |
//! |---|---|---|
//! | compact | 128 memories are not covered (16 in the maintenance), or 100 KB of settled ones | those, merged with the newest small segments |
//! | cover the tail | a reader finds a long tail | a megabyte of memories becomes a segment |
//! | index again | there are segments of an older format | a megabyte of memories becomes a segment |
//! | reset | a segment is missing or malformed | none; the tail begins anew |
//!
//! A step writes a segment and publishes it with one conditional write of the manifest, so of several concurrent steps one
//! succeeds. Only then are the change records and the replaced segments deleted. A crash at any point leaves change
//! records, which are compacted again, and unreferenced segments, which a later step deletes.

use std::collections::{BTreeMap, HashSet};

use jean_auth::user::UserId;
use jean_memory::{
    Memory, Usage,
    index::{self, MalformedSegment},
};
use jean_store::{
    StoreError,
    memories::index::{ChangeRecord, IndexItems},
};
use jiff::Timestamp;

use crate::{
    coverage::{Coverage, settled},
    loading::SLICE,
    publication::{IndexStep, is_abandoned},
    segment_with_tombstones::SegmentWithTombstones,
    service::MemoryService,
    snapshot::Snapshot,
};

/// From this many uncovered memories on, reading them costs more than compacting them.
pub(crate) const MAX_DELTA: usize = 128;
/// As [`MAX_DELTA`], in bytes of texts. Only settled ones count, so that a step covers them.
const MAX_DELTA_BYTES: usize = 100_000;

impl MemoryService {
    /// Takes one step if one is due. Errors are only logged: the caller already has its answer, and the next reader
    /// retries.
    pub(crate) async fn compact_if_due(&self, user_id: &UserId, snapshot: &Snapshot) {
        if !snapshot.items.cleared.marks().is_empty() {
            self.purge_some(user_id).await;
        }
        if let Err(error) = self.step(user_id, snapshot).await {
            tracing::warn!(%error, "the index could not be compacted");
        }
    }

    /// Takes one step if one is due. Returns `false` if none is, or a concurrent one was published first.
    pub(crate) async fn step(&self, user_id: &UserId, snapshot: &Snapshot) -> Result<bool, StoreError> {
        if self.is_due(snapshot.delta.states.len(), snapshot.delta.settled_bytes()) {
            self.compact_snapshot(user_id, snapshot).await
        } else if snapshot.coverage.older.is_some() {
            self.index_again(user_id, snapshot).await
        } else {
            Ok(false)
        }
    }

    /// `true` if so many uncovered memories, with so many bytes of settled ones, are to be compacted.
    pub(crate) fn is_due(&self, memories: usize, settled_bytes: usize) -> bool {
        memories >= self.max_delta() || settled_bytes >= MAX_DELTA_BYTES
    }

    /// Covers the delta of a snapshot. Returns `false` if a concurrent step was published first.
    pub(crate) async fn compact_snapshot(&self, user_id: &UserId, snapshot: &Snapshot) -> Result<bool, StoreError> {
        let mut coverage = snapshot.coverage.clone();
        let last = snapshot.delta.states.last_key_value().map(|(id, _)| *id);
        // Later memories stay in the tail: others may still appear between them.
        let through = snapshot.delta.settled.min(last).max(coverage.tail_from());
        let Ok(changed) = snapshot.delta_through(through) else {
            self.reset(user_id, "the delta is malformed").await?;
            return Ok(false);
        };
        let now = self.ids.now();
        let is_tidy = !snapshot.items.drafts.iter().any(|draft| is_abandoned(draft, now));
        if changed.len() == 0 && snapshot.items.changes.is_empty() && is_tidy {
            return Ok(true);
        }
        if let Some(through) = through {
            coverage.cover_tail(through);
        }
        // Restored or imported memories may be older than a deletion of all.
        let first = snapshot.delta.states.iter().find_map(|(id, entry)| entry.as_ref().map(|_| *id));
        coverage.cleared_in_segments =
            coverage.cleared_in_segments.filter(|cleared| first.is_none_or(|id| id > *cleared));
        let count = snapshot.mergeable(changed.len() as u64);
        let replaced: Vec<_> = snapshot.newest(count).map(|(name, _)| name.clone()).collect();
        coverage.segments.truncate(coverage.segments.len() - count);
        if !self.load_vectors(user_id, snapshot, count).await? {
            return Ok(false);
        }
        let counted = snapshot.covered_counts(&changed);
        let (segment, (counts, total)) = match (snapshot.merged(count, &changed), counted) {
            (Ok(segment), Ok(counted)) => (segment, counted),
            (Err(MalformedSegment), _) | (_, Err(MalformedSegment)) => {
                self.reset(user_id, "a segment is malformed").await?;
                return Ok(false);
            }
        };
        let compacted = snapshot.items.changes.iter().map(|change| change.stamp).collect();
        let total = Some(total);
        let step = IndexStep { coverage, segment: &segment, replaced, compacted, counts, total };
        self.publish(user_id, &snapshot.items, step).await
    }

    /// Covers the tail if it is as long as a delta may be. The segments are not read.
    pub(crate) async fn cover_if_long(&self, user_id: &UserId) -> Result<(), StoreError> {
        let now = self.ids.now();
        let items = self.memories.index(user_id).await?;
        let coverage = Coverage::of(&items);
        let tail = self.tail(user_id, &coverage, None, now).await?;
        if tail.memories.len() >= MAX_DELTA {
            self.cover_tail(user_id, &items, coverage, tail.memories, now).await?;
        }
        Ok(())
    }

    /// Indexes memories of the tail, which are settled or the oldest of many.
    pub(crate) async fn cover_tail(
        &self,
        user_id: &UserId,
        items: &IndexItems,
        mut coverage: Coverage,
        mut memories: Vec<Memory>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        memories.retain(|memory| memory.id <= settled(now));
        let Some(last) = memories.last().map(|memory| memory.id) else { return Ok(false) };
        coverage.cover_tail(last);
        self.publish_slice(user_id, items, coverage, memories).await
    }

    /// Indexes a slice of the memories that only segments of an older format cover.
    async fn index_again(&self, user_id: &UserId, snapshot: &Snapshot) -> Result<bool, StoreError> {
        let mut coverage = snapshot.coverage.clone();
        let Some(end) = coverage.older.as_ref().map(|older| older.through) else { return Ok(true) };
        let (mut memories, has_more) = self.memories.after(user_id, coverage.through, SLICE).await?;
        let read = memories.len();
        memories.retain(|memory| memory.id <= end);
        let has_more = has_more && memories.len() == read;
        let last = memories.last().map(|memory| memory.id).filter(|_| has_more).unwrap_or(end);
        coverage.cover_again(last);
        self.publish_slice(user_id, &snapshot.items, coverage, memories).await
    }

    async fn publish_slice(
        &self,
        user_id: &UserId,
        items: &IndexItems,
        coverage: Coverage,
        mut memories: Vec<Memory>,
    ) -> Result<bool, StoreError> {
        let entries = self.entries(user_id, &mut memories).await?;
        let segment = SegmentWithTombstones::of(entries.iter().map(|(id, entry)| (*id, Some(entry))));
        let before = Coverage::of(items);
        let mut counts = items.manifest.as_ref().map(|manifest| manifest.counts.clone()).unwrap_or_default();
        // Memories of older segments are counted already, or not at all until a compaction counts all.
        if before.older.is_none() && (before.segments.is_empty() || !counts.is_empty()) {
            for (grant, count) in index::count_by_grant(&[&segment.segment], |_, _| false).unwrap_or_default() {
                *counts.entry(grant).or_default() += count;
            }
        }
        let mut total = items.manifest.as_ref().and_then(|manifest| manifest.total);
        if before.names().next().is_none() {
            total = Some(Usage::default());
        }
        if before.older.is_none()
            && let (Some(total), Ok(new)) = (&mut total, index::usage(&[&segment.segment], |_, _| false))
        {
            *total += new;
        }
        let kept: HashSet<_> = coverage.names().map(|name| name.id).collect();
        let replaced = before.names().filter(|name| !kept.contains(&name.id)).cloned().collect();
        // Changes of the tail: the segment, or the rest of the tail, has been read after them.
        let is_of_tail = |change: &&ChangeRecord| change.ids.iter().min().copied() > before.tail_from();
        let compacted = items.changes.iter().filter(is_of_tail).map(|change| change.stamp).collect();
        let step = IndexStep { coverage, segment: &segment, replaced, compacted, counts, total };
        self.publish(user_id, items, step).await
    }

    /// Drops the index. The tail then begins with the first memory, and readers cover it again.
    pub(crate) async fn reset(&self, user_id: &UserId, reason: &str) -> Result<(), StoreError> {
        tracing::warn!(reason, "the index is built again");
        self.cache.remove(user_id);
        let items = self.memories.index(user_id).await?;
        let before = Coverage::of(&items);
        let replaced = before.names().chain(&before.unusable).cloned().collect();
        let (through, cleared_in_segments) = (before.cleared, before.cleared.max(before.cleared_in_segments));
        let coverage = Coverage { through, cleared_in_segments, ..Coverage::of(&IndexItems::default()) };
        let segment = SegmentWithTombstones::of(std::iter::empty());
        let (counts, total) = (BTreeMap::new(), Some(Usage::default()));
        // Changes of deleted memories, and of the new tail.
        let compacted = items.changes.iter().map(|change| change.stamp).collect();
        let step = IndexStep { coverage, segment: &segment, replaced, compacted, counts, total };
        self.publish(user_id, &items, step).await.map(drop)
    }

    /// Loads all vectors of the newest `count` segments. `false` if one of them has been deleted.
    async fn load_vectors(&self, user_id: &UserId, snapshot: &Snapshot, count: usize) -> Result<bool, StoreError> {
        let missing: Vec<_> = snapshot
            .newest(count)
            .flat_map(|(name, segment)| segment.segment.missing_pages().map(move |page| (name.clone(), segment, page)))
            .collect();
        let names: Vec<_> = missing.iter().map(|(name, _, page)| (name.clone(), *page)).collect();
        for ((_, segment, page), bytes) in missing.iter().zip(self.memories.vector_pages(user_id, &names).await?) {
            // A page of the wrong size is as good as none: its memories are found by their terms.
            let Some(bytes) = bytes else { return Ok(false) };
            let _ = segment.segment.load_page(*page, bytes);
        }
        Ok(true)
    }
}
