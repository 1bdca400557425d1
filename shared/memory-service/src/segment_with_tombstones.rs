//! The stored form of a segment: an index segment and the tombstones of deleted memories.
//!
//! | bytes | contents |
//! |---|---|
//! | 4 | number of tombstones, little-endian |
//! | 16 each | ids of deleted memories, big-endian, ascending |
//! | rest | the [`Segment`] |

use jean_memory::{
    MemoryId,
    index::{self, Entry, MalformedSegment, Segment},
};

const ID_BYTES: usize = 16;

/// A segment and its tombstones. Both supersede what older segments contain about the same memories.
#[derive(Debug)]
pub(crate) struct SegmentWithTombstones {
    pub(crate) segment: Segment,
    /// Ids of memories that older segments contain and that have been deleted since, ascending.
    tombstones: Vec<u128>,
}

impl SegmentWithTombstones {
    pub(crate) fn new(segment: Segment, mut tombstones: Vec<u128>) -> Self {
        tombstones.sort_unstable();
        tombstones.dedup();
        Self { segment, tombstones }
    }

    /// Builds a segment from the current state of some memories; `None` stands for a deleted one.
    pub(crate) fn of<'a>(states: impl Iterator<Item = (MemoryId, Option<&'a Entry>)>) -> Self {
        let (mut entries, mut tombstones) = (vec![], vec![]);
        for (id, entry) in states {
            match entry {
                Some(entry) => entries.push(entry.clone()),
                None => tombstones.push(id.to_u128()),
            }
        }
        Self::new(Segment::build(&entries), tombstones)
    }

    /// The stored form, without the pages of vectors.
    pub(crate) fn pack(&self) -> Result<Vec<u8>, MalformedSegment> {
        let segment = self.segment.pack()?;
        let mut bytes = Vec::with_capacity(4 + self.tombstones.len() * ID_BYTES + segment.len());
        bytes.extend(u32::try_from(self.tombstones.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend(self.tombstones.iter().flat_map(|id| id.to_be_bytes()));
        bytes.extend(segment);
        Ok(bytes)
    }

    pub(crate) fn unpack(bytes: &[u8]) -> Result<Self, MalformedSegment> {
        let count = u32::from_le_bytes(*bytes.first_chunk().ok_or(MalformedSegment)?) as usize;
        let (ids, segment) = bytes[4..].split_at_checked(count * ID_BYTES).ok_or(MalformedSegment)?;
        let tombstones: Vec<_> = ids.as_chunks().0.iter().map(|id| u128::from_be_bytes(*id)).collect();
        if !tombstones.is_sorted() {
            return Err(MalformedSegment);
        }
        Ok(Self { segment: Segment::unpack(segment)?, tombstones })
    }

    /// The number of memories and tombstones.
    pub(crate) fn len(&self) -> usize {
        self.segment.len() + self.tombstones.len()
    }

    pub(crate) fn size(&self) -> usize {
        self.segment.size() + self.tombstones.len() * ID_BYTES
    }

    pub(crate) fn tombstones(&self) -> &[u128] {
        &self.tombstones
    }

    /// Drops unneeded tombstones.
    pub(crate) fn retain_tombstones(&mut self, is_needed: impl Fn(u128) -> bool) {
        self.tombstones.retain(|id| is_needed(*id));
    }

    /// Merges segments, oldest first, without their deleted documents. It has the tombstones of all memories that it
    /// does not contain.
    pub(crate) fn merge(segments: &[&Self], is_deleted: impl Fn(usize, u32) -> bool) -> Result<Self, MalformedSegment> {
        let documents: Vec<_> = segments.iter().map(|segment| &segment.segment).collect();
        let merged = index::merge(&documents, is_deleted)?;
        let tombstones = segments.iter().flat_map(|segment| &segment.tombstones).copied();
        let tombstones = tombstones.filter(|id| merged.find(*id).is_none()).collect();
        Ok(Self::new(merged, tombstones))
    }

    /// For each document, `true` if later segments supersede it.
    pub(crate) fn superseded<'a>(&self, later: impl Iterator<Item = &'a Self>) -> Vec<bool> {
        let mut superseded = vec![false; self.segment.len()];
        let Some(last) = self.segment.len().checked_sub(1).and_then(|last| self.segment.id(last as u32)) else {
            return superseded;
        };
        for later in later {
            // Ids sort by time, so later ids cannot occur in this segment.
            let ids = later.segment.ids().take_while(|id| *id <= last);
            let ids = ids.chain(later.tombstones.iter().copied().take_while(|id| *id <= last));
            ids.filter_map(|id| self.segment.find(id)).for_each(|doc| superseded[doc as usize] = true);
        }
        superseded
    }
}
