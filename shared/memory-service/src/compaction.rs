//! Index maintenance. Readers compact the change log opportunistically; there is no background job.
//!
//! Every write to a memory adds a change record in the same transaction. A reader searches the changed memories in
//! addition to the segments. Once there are [`MAX_DELTA`] of them, it writes a new segment and publishes it with one
//! conditional write of the manifest, so of several concurrent compactions one succeeds. Only then are the change
//! records and the replaced segments deleted. A crash at any point leaves change records, which are compacted again,
//! and unreferenced segments, which a later compaction deletes.

use std::collections::{BTreeMap, HashSet};

use jean_auth::user::UserId;
use jean_memory::index::{MalformedSegment, Segment};
use jean_store::{
    StoreError,
    memories::index::{IndexItems, Manifest, SegmentDraft, SegmentName},
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    entries::entry,
    segment_with_tombstones::{FORMAT, SegmentWithTombstones},
    service::MemoryService,
    snapshot::Snapshot,
};

/// Attempts to read or rebuild an index under concurrent changes.
pub(crate) const MAX_ATTEMPTS: usize = 8;
/// From this many changed memories on, reading them costs more than compacting them.
const MAX_DELTA: usize = 128;
/// Age at which a segment draft is abandoned: no function runs for so long.
const ABANDONED_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// The result of a rebuild.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RebuildOutcome {
    /// The index was rebuilt.
    Rebuilt,
    /// A concurrent writer replaced the manifest first.
    Conflict,
    /// The user has neither memories nor an index.
    Empty,
}

/// A segment to publish, and its place among the segments of the manifest.
struct Replacement<'a> {
    /// The segments that remain.
    remaining: &'a [SegmentName],
    /// The segments that the new one replaces.
    replaced: &'a [SegmentName],
    bytes: &'a [u8],
    /// Memories and tombstones in the new segment.
    memories: u64,
}

impl MemoryService {
    /// Compacts the user's index if the delta is large. Errors are only logged: the caller already has its answer, and
    /// the next reader retries.
    pub(crate) async fn compact_if_due(&self, user_id: &UserId, snapshot: &Snapshot, now: Timestamp) {
        if snapshot.delta() >= MAX_DELTA
            && let Err(error) = self.compact_snapshot(user_id, snapshot, now).await
        {
            tracing::warn!(%error, "the index could not be compacted");
        }
    }

    /// Compacts the index that a snapshot was taken of. Returns `false` if a concurrent writer replaced the manifest.
    pub(crate) async fn compact_snapshot(
        &self,
        user_id: &UserId,
        snapshot: &Snapshot,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let Some(manifest) = &snapshot.items.manifest else { return Ok(false) };
        let count = snapshot.mergeable();
        let (bytes, memories) = match snapshot.merged(count) {
            Ok(merged) => merged,
            Err(error) => return self.repair(user_id, &error, now).await.map(|()| false),
        };
        let (remaining, replaced) = manifest.segments.split_at(manifest.segments.len() - count);
        let replacement = Replacement { remaining, replaced, bytes: &bytes, memories };
        self.replace(user_id, &snapshot.items, replacement, now).await
    }

    /// Rebuilds the index after a malformed segment.
    pub(crate) async fn repair(
        &self,
        user_id: &UserId,
        error: &MalformedSegment,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        tracing::error!(%error, "a segment is malformed; rebuilding the index");
        self.cache.remove(user_id);
        let items = self.memories.index(user_id).await?;
        self.rebuild(user_id, &items, now).await.map(drop)
    }

    /// Rebuilds the index from the stored memories, retrying when it is changed concurrently.
    pub(crate) async fn rebuild_now(&self, user_id: &UserId, now: Timestamp) -> Result<(), StoreError> {
        for _ in 0..MAX_ATTEMPTS {
            let items = self.memories.index(user_id).await?;
            if self.rebuild(user_id, &items, now).await? != RebuildOutcome::Conflict {
                return Ok(());
            }
        }
        Err(contention())
    }

    /// Rebuilds the index from the stored memories.
    pub(crate) async fn rebuild(
        &self,
        user_id: &UserId,
        items: &IndexItems,
        now: Timestamp,
    ) -> Result<RebuildOutcome, StoreError> {
        // Read after `items`, so that a later write adds a change record outside of `items`.
        let memories = self.memories.all(user_id).await?;
        if memories.is_empty() && *items == IndexItems::default() {
            return Ok(RebuildOutcome::Empty);
        }
        let entries: Vec<_> = (0..memories.len()).map(|at| entry(&memories, at)).collect();
        let bytes = SegmentWithTombstones::bytes(&Segment::build(&entries), &[]);
        let replaced = items.manifest.as_ref().map(|manifest| manifest.segments.as_slice()).unwrap_or_default();
        let replacement = Replacement { remaining: &[], replaced, bytes: &bytes, memories: memories.len() as u64 };
        let published = self.replace(user_id, items, replacement, now).await?;
        Ok(if published { RebuildOutcome::Rebuilt } else { RebuildOutcome::Conflict })
    }

    /// Publishes a segment and deletes everything that it makes obsolete. Returns `false` if the manifest is no longer
    /// the one in `items`.
    async fn replace(
        &self,
        user_id: &UserId,
        items: &IndexItems,
        Replacement { remaining, replaced, bytes, memories }: Replacement<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let segment = SegmentName { id: self.ids.opstamp(now), memories, bytes: bytes.len() as u64 };
        let mut manifest = Manifest { version: self.ids.opstamp(now), format: FORMAT, segments: remaining.to_vec() };
        let draft = SegmentDraft { segment: segment.clone(), replaces: replaced.to_vec() };
        if memories > 0 {
            manifest.segments.push(segment);
        }
        self.memories.put_segment(user_id, &draft, bytes).await?;
        let version = items.manifest.as_ref().map(|manifest| manifest.version);
        if !self.memories.publish(user_id, version, &manifest).await? {
            // The draft is not deleted: if the response to a first attempt was lost, this manifest is the current one.
            return Ok(false);
        }
        let compacted: Vec<_> = items.changes.iter().map(|change| change.stamp).collect();
        let is_abandoned = |draft: &&SegmentDraft| now.duration_since(draft.segment.id.created_at()) > ABANDONED_AFTER;
        let finished: Vec<_> = items.drafts.iter().filter(is_abandoned).chain([&draft]).collect();
        let live: HashSet<_> = manifest.segments.iter().map(|segment| segment.id).collect();
        let obsolete = finished.iter().flat_map(|draft| draft.replaces.iter().chain([&draft.segment]));
        // Two abandoned drafts may replace the same segment.
        let obsolete: BTreeMap<_, _> = obsolete.map(|segment| (segment.id, segment)).collect();
        let obsolete: Vec<_> = obsolete.into_values().filter(|segment| !live.contains(&segment.id)).cloned().collect();
        let finished: Vec<_> = finished.iter().map(|draft| draft.segment.id).collect();
        self.memories.tidy(user_id, &compacted, &finished, &obsolete).await?;
        Ok(true)
    }
}

/// The error for an index that changes faster than it can be read.
pub(crate) fn contention() -> StoreError {
    StoreError::DynamoDb("index changed during every attempt to read it".into())
}
