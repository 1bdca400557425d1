//! A person's index as it was at one moment: the segments that were named then, and what had changed since.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    sync::Arc,
};

use jean_memory::MemoryId;
use jean_store::memories::index::{IndexItems, SegmentName, Stamp};
use jiff::Timestamp;

use crate::packed::Packed;
use jean_memory::{
    Filter,
    index::{self, Entry, Hit, MalformedSegment, Segment},
};

/// It never changes. What is read later is another view, which takes over what is the same.
#[derive(Debug)]
pub(crate) struct View {
    /// What was read of the store.
    pub(crate) items: IndexItems,
    /// Oldest first; the last is the tail: what became of the memories that were changed since they were packed.
    segments: Vec<Arc<Packed>>,
    /// Of each segment, which memories a later one says something else of.
    dead: Vec<Vec<bool>>,
    /// What the tail is made of.
    known: Vec<(MemoryId, Option<Entry>)>,
}

impl View {
    /// Of nothing: somebody who never kept a memory.
    pub(crate) fn empty() -> Self {
        let (items, segments, dead, known) = Default::default();
        Self { items, segments, dead, known }
    }

    /// Of the segments that `items` names, in their order, and of what is `known` of the memories it says were changed.
    pub(crate) fn new(
        items: IndexItems,
        mut segments: Vec<Arc<Packed>>,
        mut known: Vec<(MemoryId, Option<Entry>)>,
    ) -> Result<Self, MalformedSegment> {
        known.sort_unstable_by_key(|(id, _)| *id);
        segments.push(Arc::new(Packed::of(&known)?));
        let mut dead = Vec::with_capacity(segments.len());
        for (at, packed) in segments.iter().enumerate() {
            let mut places = vec![false; packed.segment.len()];
            let later = segments[at + 1..].iter().map(|packed| &**packed);
            packed.outdated(later).into_iter().for_each(|place| places[place as usize] = true);
            dead.push(places);
        }
        Ok(Self { items, segments, dead, known })
    }

    /// Whether nothing was written since.
    pub(crate) fn is_of(&self, items: &IndexItems) -> bool {
        self.has_manifest_of(items) && self.items.changes == items.changes
    }

    fn has_manifest_of(&self, items: &IndexItems) -> bool {
        let version = |items: &IndexItems| items.manifest.as_ref().map(|manifest| manifest.version);
        version(&self.items) == version(items)
    }

    /// The segments it has of those that are named.
    pub(crate) fn segments(&self) -> HashMap<Stamp, Arc<Packed>> {
        self.names().iter().map(|name| name.id).zip(self.segments.iter().cloned()).collect()
    }

    /// What it knows of changed memories that were not changed again after it was read. Under another manifest that is
    /// nothing: a second change may be packed already, and the first still be noted.
    pub(crate) fn known(&self, items: &IndexItems) -> HashMap<MemoryId, Option<Entry>> {
        if !self.has_manifest_of(items) {
            return HashMap::new();
        }
        let seen: HashSet<_> = self.items.changes.iter().map(|change| change.stamp).collect();
        let again = items.changes.iter().filter(|change| !seen.contains(&change.stamp)).flat_map(|change| &change.ids);
        let again: HashSet<_> = again.collect();
        let still: HashSet<_> = items.changes.iter().flat_map(|change| &change.ids).collect();
        let known = self.known.iter().filter(|(id, _)| still.contains(id) && !again.contains(id));
        known.cloned().collect()
    }

    /// How much memory it takes, roughly.
    pub(crate) fn size(&self) -> usize {
        let known = self.known.iter().map(|(_, entry)| 100 + entry.as_ref().map_or(0, |entry| entry.text.len()));
        self.segments.iter().map(|packed| packed.size() + packed.segment.len()).sum::<usize>() + known.sum::<usize>()
    }

    /// How many memories changed since they were packed.
    pub(crate) fn tail(&self) -> usize {
        self.known.len()
    }

    fn names(&self) -> &[SegmentName] {
        self.items.manifest.as_ref().map_or(&[], |manifest| &manifest.segments)
    }

    fn refs(&self) -> Vec<&Segment> {
        self.segments.iter().map(|packed| &packed.segment).collect()
    }

    /// The memories that answer a query best; `time` is when it happened, if the query says so.
    pub(crate) fn search(
        &self,
        query: &str,
        time: Option<&Range<Timestamp>>,
        filter: &Filter,
        limit: usize,
    ) -> Result<Vec<Hit>, MalformedSegment> {
        index::search(&self.refs(), query, time, filter, |segment, place| self.is_dead(segment, place), limit)
    }

    /// How many memories were written under each grant or API key.
    pub(crate) fn counts(&self) -> Result<std::collections::BTreeMap<String, u64>, MalformedSegment> {
        index::count_by_grant(&self.refs(), |segment, place| self.is_dead(segment, place))
    }

    fn is_dead(&self, segment: usize, place: u32) -> bool {
        self.dead[segment].get(place as usize).copied().unwrap_or(true)
    }

    /// How many of the newest segments are worth merging with the tail: each of them is at most twice what comes after
    /// it. So there are few of them, each much larger than the next, and a memory is packed anew as often as the number
    /// of all of them can be halved.
    pub(crate) fn mergeable(&self) -> usize {
        let mut memories = self.tail() as u64;
        let mut names = self.names().iter().rev();
        let larger = names.position(|name| {
            let larger = name.memories > 2 * memories;
            memories += name.memories;
            larger
        });
        larger.unwrap_or(self.names().len())
    }

    /// The newest `count` segments and the tail as one: its bytes, and of how many memories it says something.
    pub(crate) fn merged(&self, count: usize) -> Result<(Vec<u8>, u64), MalformedSegment> {
        let first = self.names().len() - count;
        let (older, newer) = self.segments.split_at(first);
        let segments: Vec<_> = newer.iter().map(|packed| &packed.segment).collect();
        let merged = index::merge(&segments, |segment, place| self.is_dead(first + segment, place))?;
        let merged = Segment::open(merged)?;
        // Who is gone is told as long as an older segment does not know it yet.
        let mut gone: Vec<_> = newer
            .iter()
            .flat_map(|packed| packed.gone())
            .copied()
            .filter(|id| merged.find(*id).is_none() && older.iter().any(|older| older.segment.find(*id).is_some()))
            .collect();
        gone.sort_unstable();
        gone.dedup();
        Ok((Packed::bytes(merged.bytes(), &gone), (merged.len() + gone.len()) as u64))
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
        let known = memories.iter().map(|memory| (memory.id, Some(index::entry(memory, None)))).collect();
        let view = View::new(IndexItems::default(), vec![], known).expect("a view");
        let tags: Vec<_> = tags.iter().map(|tag| String::from(*tag)).collect();
        let filter = Filter::new(&tags, None, None).expect("valid");
        let hits = view.search(query, None, &filter, 10).expect("searches");
        let text =
            |hit: &Hit| memories.iter().find(|memory| memory.id.to_u128() == hit.id).map(|memory| memory.text.clone());
        hits.iter().filter_map(text).collect()
    }

    #[test]
    fn a_memory_is_found_by_its_tags_its_day_and_its_source() {
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
    fn a_tag_that_is_asked_for_has_to_be_there() {
        let memories = [memory(1, "tea"), Memory { tags: vec!["Work".into()], ..memory(2, "tea at work") }];
        assert_eq!(found(&memories, "tea", &["work"]), ["tea at work"]);
        assert_eq!(found(&memories, "tea", &["home"]), [""; 0]);
    }

    /// What becomes of one of a few memories.
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
        /// Without a store: whatever is written, deleted and merged, a search finds each memory that is there as it is
        /// now, once, and none that is gone; and few segments are left.
        #[test]
        fn merging_changes_nothing_of_what_is_found(steps in steps()) {
            let mut truth: HashMap<u8, String> = HashMap::new();
            let mut known: HashMap<MemoryId, Option<Entry>> = HashMap::new();
            let (mut items, mut segments) = (IndexItems::default(), Vec::new());
            let (mut names, mut stamps) = (Vec::<SegmentName>::new(), 0);
            let mut stamp = || {
                stamps += 1;
                Stamp::new(Timestamp::UNIX_EPOCH, [stamps; 10])
            };
            for (number, step) in steps.iter().enumerate() {
                match step {
                    Step::Write(which) => {
                        let text = format!("tea version{number}");
                        known.insert(memory(*which, "").id, Some(index::entry(&memory(*which, &text), None)));
                        truth.insert(*which, format!("version{number}"));
                    }
                    Step::Delete(which) => {
                        known.insert(memory(*which, "").id, None);
                        truth.remove(which);
                    }
                    Step::Merge => {
                        let tail = known.drain().collect();
                        let view = View::new(items.clone(), segments.clone(), tail).expect("a view");
                        let count = view.mergeable();
                        let (bytes, memories) = view.merged(count).expect("merges");
                        names.truncate(names.len() - count);
                        segments.truncate(segments.len() - count);
                        if memories > 0 {
                            names.push(SegmentName { id: stamp(), memories, bytes: bytes.len() as u64 });
                            segments.push(Arc::new(Packed::open(bytes).expect("opens")));
                        }
                        prop_assert!(names.is_sorted_by(|older, newer| older.memories > 2 * newer.memories || newer.memories == 0));
                        let segments = names.clone();
                        items.manifest = Some(jean_store::memories::index::Manifest { version: stamp(), format: 1, segments });
                    }
                }
            }
            let view = View::new(items, segments, known.into_iter().collect()).expect("a view");
            let all = view.search("tea", None, &Filter::default(), 100).expect("searches");
            prop_assert_eq!(all.len(), truth.len());
            for (which, version) in truth {
                let hits = view.search(&version, None, &Filter::default(), 100).expect("searches");
                let ids: Vec<_> = hits.iter().map(|hit| hit.id).collect();
                prop_assert_eq!(ids, [memory(which, "").id.to_u128()]);
            }
            prop_assert_eq!(view.counts().expect("counts").values().sum::<u64>(), all.len() as u64);
        }
    }
}
