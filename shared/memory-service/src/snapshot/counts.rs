//! The number of memories in a snapshot, and the bytes of their texts.

use std::collections::BTreeMap;

use jean_memory::{
    Usage,
    index::{self, MalformedSegment},
};

use super::Snapshot;
use crate::segment_with_tombstones::SegmentWithTombstones;

impl Snapshot {
    /// The number of memories written under each grant or API key.
    pub(crate) fn counts(&self) -> Result<BTreeMap<String, u64>, MalformedSegment> {
        index::count_by_grant(&self.refs(), |segment, doc| self.is_deleted(segment, doc))
    }

    /// The number of memories in the segments, written under each grant or API key, and of all.
    pub(crate) fn covered_counts(
        &self,
        covered: &SegmentWithTombstones,
    ) -> Result<(BTreeMap<String, u64>, Usage), MalformedSegment> {
        let mut refs = self.refs();
        refs.truncate(self.coverage.names().count());
        let mut counts = index::count_by_grant(&refs, |segment, doc| self.is_deleted(segment, doc))?;
        for (grant, count) in index::count_by_grant(&[&covered.segment], |_, _| false)? {
            *counts.entry(grant).or_default() += count;
        }
        let mut total = index::usage(&refs, |segment, doc| self.is_deleted(segment, doc))?;
        total += index::usage(&[&covered.segment], |_, _| false)?;
        Ok((counts, total))
    }
}
