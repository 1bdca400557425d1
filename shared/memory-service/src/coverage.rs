//! The memories that the segments of a manifest cover, and the format versions of segments.
//!
//! Every memory up to [`Coverage::tail_from`] is in a segment or named by a change record. Later ones, the *tail*, are
//! read from the table: a new memory is its own log entry. Ids are made before the memory is written, by the clock of the
//! writer, so a memory may appear below others. Therefore only memories older than [`SETTLED_AFTER`] are covered; a
//! writer that took longer adds a change record.

use jean_memory::MemoryId;
use jean_store::memories::index::{ChangeRecord, IndexItems, Manifest, OlderSegments, Opstamp, SegmentName};
use jiff::{SignedDuration, Timestamp};

/// Format version of stored segments. After a change, indexes of earlier versions are searched while they are built again,
/// slice by slice. Their vectors are comparable, since all tables of words are in one space.
///
/// | format | difference to the next one |
/// |---|---|
/// | 11 | dates of memories in their vectors |
/// | 10 | no lengths of "160x80", and no amounts without their decimals |
/// | 9 | digits, apostrophes and controls of all scripts as written; no joined numbers before a unit |
/// | 8 | one meaning of a word of several languages; words of questions count as content |
/// | 7 | other vectors of words of other languages |
/// | 6 | fewer such words |
/// | 5 | vectors of English words alone |
/// | 4 | segments deflated as a whole |
/// | 3 | vectors of the first word table |
/// | 2 | no parts of words, further forms and half occurrences |
/// | 1 | a change record for every addition: manifests cover differently |
pub(crate) const FORMAT: u32 = 13;
const FORMAT_WITHOUT_TAIL: u32 = 1;
const FIRST_WITH_TAIL: u32 = 2;
/// The age at which no memory with an older id appears any more: the longest time-out of a function, and twice the
/// difference between the clocks of two instances.
pub(crate) const SETTLED_AFTER: SignedDuration = SignedDuration::from_secs(60);
/// The time in which instances of the previous version finish their requests after a deployment.
const DEPLOYMENT: SignedDuration = SignedDuration::from_mins(10);

/// The coverage of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Coverage {
    /// The version of the manifest, unless the user has none.
    pub(crate) version: Option<Opstamp>,
    /// The segments of the current format, oldest first.
    pub(crate) segments: Vec<SegmentName>,
    /// The last memory that they cover completely.
    pub(crate) through: Option<MemoryId>,
    /// The segments of an older format, until their memories are indexed again.
    pub(crate) older: Option<OlderSegments>,
    /// Segments that no reader can use.
    pub(crate) unusable: Vec<SegmentName>,
    /// All memories up to this one are deleted.
    pub(crate) cleared: Option<MemoryId>,
    /// As far as the segments contain none of them.
    pub(crate) cleared_in_segments: Option<MemoryId>,
}

impl Coverage {
    pub(crate) fn of(items: &IndexItems) -> Self {
        let cleared = items.cleared.through();
        let mut coverage = Self {
            version: None,
            segments: vec![],
            through: None,
            older: None,
            unusable: vec![],
            cleared,
            cleared_in_segments: None,
        };
        let Some(manifest) = items.manifest.clone() else { return coverage };
        let Manifest { version, format, segments, through, older, cleared, .. } = manifest;
        (coverage.version, coverage.cleared_in_segments) = (Some(version), cleared);
        match format {
            FORMAT => (coverage.segments, coverage.through, coverage.older) = (segments, through, older),
            FIRST_WITH_TAIL..FORMAT => {
                let tail_from = older.as_ref().map(|older| older.through).max(through);
                let segments = older.into_iter().flat_map(|older| older.segments).chain(segments).collect();
                coverage.older = tail_from.map(|through| OlderSegments { segments, through });
            }
            FORMAT_WITHOUT_TAIL => {
                // Instances of this version may have written since, without a change record.
                let through = MemoryId::new(version.created_at() - DEPLOYMENT, [0; 10]);
                coverage.older = Some(OlderSegments { segments, through });
            }
            _ => coverage.unusable = segments,
        }
        coverage
    }

    /// All segments, oldest first.
    pub(crate) fn names(&self) -> impl Iterator<Item = &SegmentName> {
        self.older.iter().flat_map(|older| &older.segments).chain(&self.segments)
    }

    /// The number of segments of an older format, which come first.
    pub(crate) fn older_segments(&self) -> usize {
        self.older.as_ref().map_or(0, |older| older.segments.len())
    }

    /// The last memory before the tail.
    pub(crate) fn tail_from(&self) -> Option<MemoryId> {
        self.older.as_ref().map(|older| older.through).max(self.through).max(self.cleared)
    }

    /// The changes of covered memories, which the counts of the manifest do not contain. Those of the tail are not among
    /// them, since its memories are counted one by one, nor those of deleted memories, which are not counted.
    pub(crate) fn changes<'a>(&self, items: &'a IndexItems) -> impl Iterator<Item = &'a ChangeRecord> {
        let (cleared, tail_from) = (self.cleared, self.tail_from());
        items.changes.iter().filter(move |change| {
            let (first, last) = (change.ids.iter().min().copied(), change.ids.iter().max().copied());
            first <= tail_from && last > cleared
        })
    }

    /// Covers the tail up to a memory.
    pub(crate) fn cover_tail(&mut self, through: MemoryId) {
        match &mut self.older {
            Some(older) => older.through = older.through.max(through),
            None => self.through = self.through.max(Some(through)),
        }
    }

    /// Covers more memories of the older segments, and drops these after the last one.
    pub(crate) fn cover_again(&mut self, through: MemoryId) {
        self.through = self.through.max(Some(through));
        if self.older.as_ref().is_some_and(|older| Some(older.through) <= self.through) {
            self.older = None;
        }
    }
}

/// The last id that no memory appears below any more.
pub(crate) fn settled(now: Timestamp) -> MemoryId {
    MemoryId::new(now - SETTLED_AFTER, [0; 10])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(second: i64) -> MemoryId {
        MemoryId::new(Timestamp::from_second(second).expect("in range"), [0; 10])
    }

    fn manifest(format: u32) -> IndexItems {
        let name = SegmentName { id: stamp(900), memories: 7, bytes: 9, pages: 0, encoded: 0 };
        let (through, older, cleared, counts, total) = (None, None, None, Default::default(), None);
        let (version, segments) = (stamp(1000), vec![name]);
        let manifest = Manifest { version, format, segments, through, older, cleared, counts, total };
        IndexItems { manifest: Some(manifest), ..IndexItems::default() }
    }

    fn stamp(second: i64) -> Opstamp {
        Opstamp::new(Timestamp::from_second(second).expect("in range"), [1; 10])
    }

    /// AW-04
    #[test]
    fn segments_of_november_are_searched_until_their_memories_are_indexed_again() {
        let mut coverage = Coverage::of(&manifest(1));
        assert_eq!((coverage.names().count(), coverage.older_segments(), coverage.through), (1, 1, None));
        assert_eq!(coverage.tail_from(), Some(id(400)));
        coverage.cover_tail(id(1500));
        assert_eq!((coverage.tail_from(), coverage.through), (Some(id(1500)), None));
        coverage.cover_again(id(1499));
        assert_eq!((coverage.tail_from(), coverage.older_segments()), (Some(id(1500)), 1));
        coverage.cover_again(id(1500));
        assert_eq!((coverage.tail_from(), coverage.names().count()), (Some(id(1500)), 0));
    }

    /// AW-04
    #[test]
    fn segments_of_the_current_format_are_not_indexed_again() {
        let coverage = Coverage::of(&manifest(FORMAT));
        assert_eq!((coverage.segments.len(), coverage.older_segments()), (1, 0));
    }

    /// AW-04
    #[test]
    fn older_segments_with_a_tail_are_searched_until_their_memories_are_indexed_again() {
        for format in FIRST_WITH_TAIL..FORMAT {
            older_format_with_a_tail(format);
        }
    }

    fn older_format_with_a_tail(format: u32) {
        let mut items = manifest(format);
        if let Some(manifest) = &mut items.manifest {
            manifest.through = Some(id(700));
        }
        let coverage = Coverage::of(&items);
        assert_eq!((coverage.older_segments(), coverage.through, coverage.tail_from()), (1, None, Some(id(700))));
        // The oldest segments were still being built again.
        if let Some(manifest) = &mut items.manifest {
            let name = SegmentName { id: stamp(100), ..manifest.segments[0].clone() };
            manifest.older = Some(OlderSegments { segments: vec![name], through: id(900) });
        }
        let coverage = Coverage::of(&items);
        let names: Vec<_> = coverage.names().map(|name| name.id).collect();
        assert_eq!((names, coverage.tail_from()), (vec![stamp(100), stamp(900)], Some(id(900))));
    }

    #[test]
    fn unknown_format_covers_nothing() {
        let coverage = Coverage::of(&manifest(99));
        assert_eq!((coverage.names().count(), coverage.tail_from(), coverage.unusable.len()), (0, None, 1));
        assert_eq!(Coverage::of(&IndexItems::default()).version, None);
    }
}
