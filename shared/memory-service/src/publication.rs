//! The publication of a step of the index: its segment, the manifest that names it, and the removal of the obsolete items.

use std::collections::{BTreeMap, HashSet};

use jean_auth::user::UserId;
use jean_memory::{Usage, index::VectorPage};
use jean_store::{
    StoreError,
    memories::index::{IndexItems, Manifest, Opstamp, SegmentDraft, SegmentName},
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    coverage::{Coverage, FORMAT},
    segment_with_tombstones::SegmentWithTombstones,
    service::MemoryService,
};

/// Age at which a segment draft is abandoned: no function runs for so long.
const ABANDONED_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// A step to publish.
pub(crate) struct IndexStep<'a> {
    /// The coverage after it, without the new segment.
    pub(crate) coverage: Coverage,
    /// The new segment, if it has any memories or tombstones.
    pub(crate) segment: &'a SegmentWithTombstones,
    /// The segments that the new one replaces.
    pub(crate) replaced: Vec<SegmentName>,
    /// The change records whose memories the new segment contains, or readers of the new manifest read from the tail.
    pub(crate) compacted: Vec<Opstamp>,
    pub(crate) counts: BTreeMap<String, u64>,
    pub(crate) total: Option<Usage>,
}

impl MemoryService {
    /// Publishes a step and deletes everything that it makes obsolete. Returns `false` if the manifest is no longer the
    /// one in `items`.
    pub(crate) async fn publish(
        &self,
        user_id: &UserId,
        items: &IndexItems,
        step: IndexStep<'_>,
    ) -> Result<bool, StoreError> {
        let IndexStep { coverage, segment, mut replaced, compacted, counts, total } = step;
        let now = self.ids.now();
        let Coverage { mut segments, through, older, unusable, cleared_in_segments, .. } = coverage;
        replaced.extend(unusable);
        let Ok(bytes) = segment.pack() else { return Ok(false) };
        let draft = SegmentDraft { segment: name(self.ids.opstamp(now), segment, &bytes), replaces: replaced };
        if segment.len() > 0 {
            segments.push(draft.segment.clone());
            self.memories.put_segment(user_id, &draft, &bytes, segment.segment.pages()).await?;
        } else {
            self.memories.put_segment(user_id, &draft, &[], std::iter::empty()).await?;
        }
        let manifest = Manifest {
            version: self.ids.opstamp(now),
            format: FORMAT,
            segments,
            through,
            older,
            cleared: cleared_in_segments,
            counts,
            total,
        };
        let version = items.manifest.as_ref().map(|manifest| manifest.version);
        if !self.memories.publish(user_id, version, &manifest).await? {
            // The draft is not deleted: if the response to a first attempt was lost, this manifest is the current one.
            return Ok(false);
        }
        let abandoned = items.drafts.iter().filter(|draft| is_abandoned(draft, now));
        let finished: Vec<_> = abandoned.chain([&draft]).collect();
        let obsolete = obsolete(&finished, &manifest);
        let finished: Vec<_> = finished.iter().map(|draft| draft.segment.id).collect();
        self.memories.tidy(user_id, &compacted, &finished, &obsolete).await?;
        Ok(true)
    }
}

/// The name of a new segment.
fn name(id: Opstamp, segment: &SegmentWithTombstones, bytes: &[u8]) -> SegmentName {
    let pages = segment.segment.pages().count().try_into().unwrap_or(u32::MAX);
    let is_encoded = |page: &VectorPage| segment.segment.to_encode(*page).next().is_none();
    let encoded = segment.segment.pages().take_while(|(page, _)| is_encoded(page)).count();
    SegmentName {
        id,
        memories: segment.len() as u64,
        bytes: bytes.len() as u64,
        pages,
        encoded: encoded.try_into().unwrap_or(pages),
    }
}

/// The segments of finished drafts, and those that they replace, that the manifest does not name.
fn obsolete(finished: &[&SegmentDraft], manifest: &Manifest) -> Vec<SegmentName> {
    let older = manifest.older.iter().flat_map(|older| &older.segments);
    let live: HashSet<_> = manifest.segments.iter().chain(older).map(|segment| segment.id).collect();
    let segments = finished.iter().flat_map(|draft| draft.replaces.iter().chain([&draft.segment]));
    // Two abandoned drafts may replace the same segment.
    let segments: BTreeMap<_, _> = segments.map(|segment| (segment.id, segment)).collect();
    segments.into_values().filter(|segment| !live.contains(&segment.id)).cloned().collect()
}

pub(crate) fn is_abandoned(draft: &SegmentDraft, now: Timestamp) -> bool {
    now.duration_since(draft.segment.id.created_at()) > ABANDONED_AFTER
}
