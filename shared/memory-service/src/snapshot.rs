//! A snapshot of a user's index: the segments of one manifest and the delta of the changes since.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    sync::Arc,
};

use jean_memory::MemoryId;
use jean_store::memories::index::{IndexItems, Opstamp, SegmentName};
use jiff::Timestamp;

use crate::segment_with_tombstones::SegmentWithTombstones;
use jean_memory::{
    Filter,
    index::{self, Entry, Hit, MalformedSegment, Segment},
};

/// An immutable snapshot. A later read creates another one, which reuses unchanged segments.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// The index items that the snapshot was read from.
    pub(crate) items: IndexItems,
    /// Oldest first. The last segment is the delta: the memories changed since the last compaction.
    segments: Vec<Arc<SegmentWithTombstones>>,
    /// For each segment, the documents that a later segment supersedes.
    deleted: Vec<Vec<bool>>,
    /// The states that the delta was built from.
    states: Vec<(MemoryId, Option<Entry>)>,
}

impl Snapshot {
    /// The snapshot of a user without memories.
    pub(crate) fn empty() -> Self {
        let (items, segments, deleted, states) = Default::default();
        Self { items, segments, deleted, states }
    }

    /// A snapshot of the segments that `items` names, in their order, and the current `states` of the changed
    /// memories.
    pub(crate) fn new(
        items: IndexItems,
        mut segments: Vec<Arc<SegmentWithTombstones>>,
        mut states: Vec<(MemoryId, Option<Entry>)>,
    ) -> Result<Self, MalformedSegment> {
        states.sort_unstable_by_key(|(id, _)| *id);
        segments.push(Arc::new(SegmentWithTombstones::of(&states)?));
        let mut deleted = Vec::with_capacity(segments.len());
        for (at, segment) in segments.iter().enumerate() {
            let mut docs = vec![false; segment.segment.len()];
            let later = segments[at + 1..].iter().map(|segment| &**segment);
            segment.superseded(later).into_iter().for_each(|doc| docs[doc as usize] = true);
            deleted.push(docs);
        }
        Ok(Self { items, segments, deleted, states })
    }

    /// `true` if nothing has been written since the snapshot was taken.
    pub(crate) fn is_current(&self, items: &IndexItems) -> bool {
        self.has_manifest_of(items) && self.items.changes == items.changes
    }

    fn has_manifest_of(&self, items: &IndexItems) -> bool {
        let version = |items: &IndexItems| items.manifest.as_ref().map(|manifest| manifest.version);
        version(&self.items) == version(items)
    }

    /// The loaded segments, by id.
    pub(crate) fn segments(&self) -> HashMap<Opstamp, Arc<SegmentWithTombstones>> {
        self.names().iter().map(|name| name.id).zip(self.segments.iter().cloned()).collect()
    }

    /// The states of changed memories, as far as they are valid for newer `items`. Empty if the manifest has been
    /// replaced: a second change may already be compacted while the record of the first still exists.
    pub(crate) fn states(&self, items: &IndexItems) -> HashMap<MemoryId, Option<Entry>> {
        if !self.has_manifest_of(items) {
            return HashMap::new();
        }
        let seen: HashSet<_> = self.items.changes.iter().map(|change| change.stamp).collect();
        let again = items.changes.iter().filter(|change| !seen.contains(&change.stamp)).flat_map(|change| &change.ids);
        let again: HashSet<_> = again.collect();
        let still: HashSet<_> = items.changes.iter().flat_map(|change| &change.ids).collect();
        let states = self.states.iter().filter(|(id, _)| still.contains(id) && !again.contains(id));
        states.cloned().collect()
    }

    /// The approximate size in bytes.
    pub(crate) fn size(&self) -> usize {
        let states = self.states.iter().map(|(_, entry)| 100 + entry.as_ref().map_or(0, |entry| entry.text.len()));
        self.segments.iter().map(|segment| segment.size() + segment.segment.len()).sum::<usize>()
            + states.sum::<usize>()
    }

    /// The number of memories changed since the last compaction.
    pub(crate) fn delta(&self) -> usize {
        self.states.len()
    }

    fn names(&self) -> &[SegmentName] {
        self.items.manifest.as_ref().map_or(&[], |manifest| &manifest.segments)
    }

    fn refs(&self) -> Vec<&Segment> {
        self.segments.iter().map(|segment| &segment.segment).collect()
    }

    /// The best matches of a query. `time` is the time that the query mentions, if any.
    pub(crate) fn search(
        &self,
        query: &str,
        time: Option<&Range<Timestamp>>,
        filter: &Filter,
        limit: usize,
    ) -> Result<Vec<Hit>, MalformedSegment> {
        index::search(&self.refs(), query, time, filter, |segment, doc| self.is_deleted(segment, doc), limit)
    }

    /// The number of memories written under each grant or API key.
    pub(crate) fn counts(&self) -> Result<std::collections::BTreeMap<String, u64>, MalformedSegment> {
        index::count_by_grant(&self.refs(), |segment, doc| self.is_deleted(segment, doc))
    }

    fn is_deleted(&self, segment: usize, doc: u32) -> bool {
        self.deleted[segment].get(doc as usize).copied().unwrap_or(true)
    }

    /// The number of newest segments to merge with the delta: each has at most twice as many memories as everything
    /// newer than it. This bounds the number of segments and the number of times that a memory is rewritten by the
    /// logarithm of the index size.
    pub(crate) fn mergeable(&self) -> usize {
        let mut memories = self.delta() as u64;
        let mut names = self.names().iter().rev();
        let larger = names.position(|name| {
            let larger = name.memories > 2 * memories;
            memories += name.memories;
            larger
        });
        larger.unwrap_or(self.names().len())
    }

    /// Merges the newest `count` segments and the delta. Returns the bytes and the number of memories and tombstones.
    pub(crate) fn merged(&self, count: usize) -> Result<(Vec<u8>, u64), MalformedSegment> {
        let first = self.names().len() - count;
        let (older, newer) = self.segments.split_at(first);
        let segments: Vec<_> = newer.iter().map(|segment| &segment.segment).collect();
        let merged = index::merge(&segments, |segment, doc| self.is_deleted(first + segment, doc))?;
        let merged = Segment::open(merged)?;
        // A tombstone is dropped once no older segment contains the memory.
        let mut tombstones: Vec<_> = newer
            .iter()
            .flat_map(|segment| segment.tombstones())
            .copied()
            .filter(|id| merged.find(*id).is_none() && older.iter().any(|older| older.segment.find(*id).is_some()))
            .collect();
        tombstones.sort_unstable();
        tombstones.dedup();
        Ok((SegmentWithTombstones::bytes(merged.bytes(), &tombstones), (merged.len() + tombstones.len()) as u64))
    }
}

#[cfg(test)]
mod tests {
    use jean_memory::{Credential, Memory, Writer};
    use proptest::prelude::*;

    use super::*;

    fn memory(number: u8, text: &str) -> Memory {
        let now = Timestamp::from_second(1_785_228_600).expect("in range");
        Memory {
            id: MemoryId::new(now, [number; 10]),
            text: text.into(),
            tags: vec![],
            source_url: None,
            occurred_at: None,
            created_at: now,
            written_by: Writer {
                client: "claude".parse().expect("valid"),
                credential: Credential::ApiKey("key".parse().expect("valid")),
            },
            updated_at: None,
            updated_by: None,
            document: None,
        }
    }

    fn found(memories: &[Memory], query: &str, tags: &[&str]) -> Vec<String> {
        let states = memories.iter().map(|memory| (memory.id, Some(index::entry(memory, None)))).collect();
        let snapshot = Snapshot::new(IndexItems::default(), vec![], states).expect("a snapshot");
        let tags: Vec<_> = tags.iter().map(|tag| String::from(*tag)).collect();
        let filter = Filter::new(&tags, None, None).expect("valid");
        let hits = snapshot.search(query, None, &filter, 10).expect("searches");
        let text =
            |hit: &Hit| memories.iter().find(|memory| memory.id.to_u128() == hit.id).map(|memory| memory.text.clone());
        hits.iter().filter_map(text).collect()
    }

    #[test]
    fn memory_is_found_by_tags_date_and_source() {
        let plain = memory(1, "Ada moved");
        let tagged = Memory { tags: vec!["holiday".into()], ..memory(2, "Walked up the hill") };
        let sourced = Memory { source_url: Some("https://example.com/recipes/ramen".into()), ..memory(3, "Cooked") };
        let dated = Memory { occurred_at: "2023-05-08".parse().ok(), ..memory(4, "Met Grace") };
        let memories = [plain, tagged, sourced, dated];
        assert_eq!(found(&memories, "holidays", &[]), ["Walked up the hill"]);
        assert_eq!(found(&memories, "the ramen recipe", &[]), ["Cooked"]);
        assert_eq!(found(&memories, "what happened in May 2023?", &[])[0], "Met Grace");
        let of_that_day = found(&memories, "28 July 2026", &[]);
        assert!(!of_that_day[..3].contains(&"Met Grace".into()), "{of_that_day:?}");
    }

    #[test]
    fn tag_filter_excludes_other_memories() {
        let memories = [memory(1, "tea"), Memory { tags: vec!["Work".into()], ..memory(2, "tea at work") }];
        assert_eq!(found(&memories, "tea", &["work"]), ["tea at work"]);
        assert_eq!(found(&memories, "tea", &["home"]), [""; 0]);
    }

    /// An operation on one of a few memories.
    #[derive(Debug, Clone)]
    enum Step {
        Write(u8),
        Delete(u8),
        Merge,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![4 => (0..30u8).prop_map(Step::Write), 2 => (0..30u8).prop_map(Step::Delete), 1 => Just(Step::Merge)];
        prop::collection::vec(step, 0..120)
    }

    proptest! {
        /// After any sequence of writes, deletions and merges, a search finds the current version of each memory once
        /// and no deleted memory, and few segments remain.
        #[test]
        fn merging_does_not_change_search_results(steps in steps()) {
            let mut truth: HashMap<u8, String> = HashMap::new();
            let mut states: HashMap<MemoryId, Option<Entry>> = HashMap::new();
            let (mut items, mut segments) = (IndexItems::default(), Vec::new());
            let (mut names, mut stamps) = (Vec::<SegmentName>::new(), 0);
            let mut stamp = || {
                stamps += 1;
                Opstamp::new(Timestamp::UNIX_EPOCH, [stamps; 10])
            };
            for (number, step) in steps.iter().enumerate() {
                match step {
                    Step::Write(which) => {
                        let text = format!("tea version{number}");
                        states.insert(memory(*which, "").id, Some(index::entry(&memory(*which, &text), None)));
                        truth.insert(*which, format!("version{number}"));
                    }
                    Step::Delete(which) => {
                        states.insert(memory(*which, "").id, None);
                        truth.remove(which);
                    }
                    Step::Merge => {
                        let delta = states.drain().collect();
                        let snapshot = Snapshot::new(items.clone(), segments.clone(), delta).expect("a snapshot");
                        let count = snapshot.mergeable();
                        let (bytes, memories) = snapshot.merged(count).expect("merges");
                        names.truncate(names.len() - count);
                        segments.truncate(segments.len() - count);
                        if memories > 0 {
                            names.push(SegmentName { id: stamp(), memories, bytes: bytes.len() as u64 });
                            segments.push(Arc::new(SegmentWithTombstones::open(bytes).expect("opens")));
                        }
                        prop_assert!(names.is_sorted_by(|older, newer| older.memories > 2 * newer.memories || newer.memories == 0));
                        let segments = names.clone();
                        items.manifest = Some(jean_store::memories::index::Manifest { version: stamp(), format: 1, segments });
                    }
                }
            }
            let snapshot = Snapshot::new(items, segments, states.into_iter().collect()).expect("a snapshot");
            let all = snapshot.search("tea", None, &Filter::default(), 100).expect("searches");
            prop_assert_eq!(all.len(), truth.len());
            for (which, version) in truth {
                let hits = snapshot.search(&version, None, &Filter::default(), 100).expect("searches");
                let ids: Vec<_> = hits.iter().map(|hit| hit.id).collect();
                prop_assert_eq!(ids, [memory(which, "").id.to_u128()]);
            }
            prop_assert_eq!(snapshot.counts().expect("counts").values().sum::<u64>(), all.len() as u64);
        }
    }
}
