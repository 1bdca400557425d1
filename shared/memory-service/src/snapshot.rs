//! A snapshot of a user's index: the segments of one manifest, and the memories that they do not cover.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use jean_memory::{
    Filter, Memory, MemoryId, TimeOrder, Usage,
    dates::Days,
    index::{self, Candidates, Entry, IndexQuery, MalformedSegment, Segment},
};
use jean_store::memories::index::{IndexItems, Opstamp, SegmentName};

use crate::{
    coverage::Coverage,
    delta::{self, Delta},
    segment_with_tombstones::SegmentWithTombstones,
};

/// Bytes of memories that a snapshot keeps to answer the next searches.
const KEPT_BYTES: usize = 2_000_000;
/// Memories of the largest segment to merge. Larger ones are left alone, which bounds the work of a merge.
const MERGED: u64 = 4096;

/// A query of the index.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matching<'a> {
    pub(crate) text: &'a str,
    /// The time that the query mentions, if any.
    pub(crate) time: Option<&'a Days>,
    pub(crate) order: Option<TimeOrder>,
    pub(crate) filter: &'a Filter,
    pub(crate) limit: usize,
}

/// An immutable snapshot. A later read creates another one, which reuses unchanged segments.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// The index items that the snapshot was read from.
    pub(crate) items: IndexItems,
    pub(crate) coverage: Coverage,
    pub(crate) delta: Delta,
    /// Oldest first: those of an older format, the others, and those of the delta.
    segments: Vec<Arc<SegmentWithTombstones>>,
    /// For each segment, the documents that do not count.
    deleted: Vec<Vec<bool>>,
    kept: Mutex<KeptMemories>,
}

/// Memories read for an answer. They are as current as the snapshot: a change adds a change record, and the
/// next read notices it.
#[derive(Debug, Clone, Default)]
struct KeptMemories {
    memories: HashMap<MemoryId, Arc<Memory>>,
    bytes: usize,
}

impl Snapshot {
    /// The snapshot of a user without memories.
    pub(crate) fn empty() -> Self {
        let items = IndexItems::default();
        let delta = Delta { is_complete: true, ..Delta::default() };
        Self { coverage: Coverage::of(&items), items, delta, segments: vec![], deleted: vec![], kept: Mutex::default() }
    }

    /// A snapshot of the segments that `items` names, in their order, and the memories that they do not cover. The
    /// analysis of those that an earlier snapshot contains is used again.
    pub(crate) fn new(
        items: IndexItems,
        mut segments: Vec<Arc<SegmentWithTombstones>>,
        delta: Delta,
        before: Option<&Self>,
    ) -> Self {
        let coverage = Coverage::of(&items);
        segments.extend(delta.segments(before.map(|before| (&before.delta, before.delta_segments()))));
        let mut deleted = Vec::with_capacity(segments.len());
        for (at, segment) in segments.iter().enumerate() {
            let mut docs = segment.superseded(segments[at + 1..].iter().map(|segment| &**segment));
            let indexed_again = coverage.through.filter(|_| at < coverage.older_segments());
            if let Some(through) = indexed_again.max(coverage.cleared) {
                let is_deleted = |id: u128| id <= through.to_u128();
                docs.iter_mut().zip(segment.segment.ids()).for_each(|(deleted, id)| *deleted |= is_deleted(id));
            }
            deleted.push(docs);
        }
        Self { items, coverage, delta, segments, deleted, kept: Mutex::default() }
    }

    /// The memories and tombstones of the delta up to one of them, as one segment.
    pub(crate) fn delta_through(&self, through: Option<MemoryId>) -> Result<SegmentWithTombstones, MalformedSegment> {
        delta::merged(self.delta_segments(), |id| Some(MemoryId::from(id)) <= through)
    }

    fn delta_segments(&self) -> &[Arc<SegmentWithTombstones>] {
        &self.segments[self.coverage.names().count()..]
    }

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
    fn kept(&self) -> std::sync::MutexGuard<'_, KeptMemories> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `true` if nothing has been written since the snapshot was taken. `tail` are the memories that may be new.
    pub(crate) fn is_current(&self, items: &IndexItems, tail: &[Memory]) -> bool {
        self.has_manifest_of(items)
            && self.items.changes == items.changes
            && self.items.cleared == items.cleared
            && tail.iter().all(|memory| self.delta.states.contains_key(&memory.id))
    }

    pub(crate) fn has_manifest_of(&self, items: &IndexItems) -> bool {
        let version = |items: &IndexItems| items.manifest.as_ref().map(|manifest| manifest.version);
        version(&self.items) == version(items)
    }

    /// The loaded segments, by id.
    pub(crate) fn segments(&self) -> HashMap<Opstamp, Arc<SegmentWithTombstones>> {
        self.coverage.names().map(|name| name.id).zip(self.segments.iter().cloned()).collect()
    }

    /// The states valid for newer `items`: of the settled tail, and of memories without another change. Empty if all memories were deleted, and if the manifest has been replaced: a second change may already be
    /// compacted while the record of the first still exists.
    pub(crate) fn states(&self, items: &IndexItems) -> BTreeMap<MemoryId, Option<Entry>> {
        if !self.has_manifest_of(items) || self.items.cleared != items.cleared {
            return BTreeMap::new();
        }
        let seen: HashSet<_> = self.items.changes.iter().map(|change| change.stamp).collect();
        let again = items.changes.iter().filter(|change| !seen.contains(&change.stamp)).flat_map(|change| &change.ids);
        let again: HashSet<_> = again.collect();
        let still: HashSet<_> = items.changes.iter().flat_map(|change| &change.ids).collect();
        let is_tail = |id: MemoryId| Some(id) > self.coverage.tail_from() && Some(id) <= self.delta.settled;
        let states = self.delta.states.iter();
        let valid = states.filter(|(id, _)| (still.contains(id) || is_tail(**id)) && !again.contains(id));
        valid.map(|(id, entry)| (*id, entry.clone())).collect()
    }

    /// The approximate size in bytes.
    pub(crate) fn size(&self) -> usize {
        let states = self.delta.states.values();
        let states =
            states.map(|entry| 100 + entry.as_ref().map_or(0, |entry| entry.text.len() + entry.previous.len()));
        self.segments.iter().map(|segment| segment.size() + segment.segment.len()).sum::<usize>()
            + states.sum::<usize>()
            + self.kept().bytes
    }

    /// The segments to search.
    pub(crate) fn refs(&self) -> Vec<&Segment> {
        self.segments.iter().map(|segment| &segment.segment).collect()
    }

    /// The best candidates of a query over [`refs`](Self::refs).
    pub(crate) fn candidates<'a>(
        &self,
        segments: &'a [&'a Segment],
        Matching { text, time, order, filter, limit }: Matching<'_>,
    ) -> Result<Candidates<'a>, MalformedSegment> {
        let hidden = self.hidden()?;
        let is_hidden = |segment: usize, doc: u32| hidden.get(segment).is_some_and(|docs| docs[doc as usize]);
        let is_deleted = |segment, doc| self.is_deleted(segment, doc) || is_hidden(segment, doc);
        Ok(IndexQuery::parse(segments, text, time)?.candidates(filter, is_deleted, limit)?.in_order(order))
    }

    /// For each segment, the documents that an unfinished deletion of one client's memories hides. They still count.
    /// Empty if there is no such deletion.
    fn hidden(&self) -> Result<Vec<Vec<bool>>, MalformedSegment> {
        let marks = self.items.cleared.marks().iter();
        let marks: Vec<_> = marks.filter_map(|mark| Some((mark.client_id.as_ref()?, mark.last.to_u128()))).collect();
        let hidden = |segment: &Segment| {
            let mut docs = vec![false; segment.len()];
            for (client_id, last) in &marks {
                for (doc, is_written) in index::written_by(segment, client_id)?.into_iter().enumerate() {
                    docs[doc] |= is_written && segment.id(doc as u32).is_some_and(|id| id <= *last);
                }
            }
            Ok(docs)
        };
        let segments = self.segments.iter().filter(|_| !marks.is_empty());
        segments.map(|segment| hidden(&segment.segment)).collect()
    }

    /// The name of a stored segment.
    pub(crate) fn name(&self, segment: usize) -> Option<&SegmentName> {
        self.coverage.names().nth(segment)
    }

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

    fn is_deleted(&self, segment: usize, doc: u32) -> bool {
        self.deleted[segment].get(doc as usize).copied().unwrap_or(true)
    }

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

impl KeptMemories {
    fn insert(&mut self, memory: Arc<Memory>) {
        let bytes = 300 + memory.text.len();
        if self.bytes + bytes <= KEPT_BYTES && self.memories.insert(memory.id, memory).is_none() {
            self.bytes += bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use jean_memory::{Credential, Writer};
    use jean_store::memories::index::Manifest;
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::coverage::FORMAT;

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
                host: None,
                credential: Credential::ApiKey("key".parse().expect("valid")),
            },
            updated_at: None,
            updated_by: None,
            document: None,
        }
    }

    fn delta(states: BTreeMap<MemoryId, Option<Entry>>) -> Delta {
        Delta { states, settled: None, is_complete: true }
    }

    fn search(snapshot: &Snapshot, query: &str, filter: &Filter, limit: usize) -> Vec<index::Hit> {
        let segments = snapshot.refs();
        let matching = Matching { text: query, time: None, order: None, filter, limit };
        let mut hits = snapshot.candidates(&segments, matching).expect("searches").rank(limit);
        hits.retain(|hit| hit.found != index::Match::Related);
        hits
    }

    fn found(memories: &[Memory], query: &str, tags: &[&str]) -> Vec<String> {
        let states = memories.iter().map(|memory| (memory.id, Some(index::entry(memory, None)))).collect();
        let snapshot = Snapshot::new(IndexItems::default(), vec![], delta(states), None);
        let tags: Vec<_> = tags.iter().map(|tag| String::from(*tag)).collect();
        let filter = Filter::tagged(&tags);
        let hits = search(&snapshot, query, &filter, 10);
        let text = |hit: &index::Hit| {
            memories.iter().find(|memory| memory.id.to_u128() == hit.id).map(|memory| memory.text.clone())
        };
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

    /// A step compacts the change of a memory too young for a segment.
    #[test]
    fn memory_of_the_tail_is_not_kept_after_it_was_read_again() {
        let tail = |memories: &[Memory]| {
            let states = memories.iter().map(|memory| (memory.id, Some(index::entry(memory, None))));
            Snapshot::new(IndexItems::default(), vec![], delta(states.collect()), None)
        };
        let (old, new) = (memory(1, "old"), memory(1, &"new ".repeat(250)));
        let mut all: Vec<_> = (2..12).map(|number| memory(number, &"x".repeat(199_650))).collect();
        all.push(old.clone());
        let before = tail(&[]);
        before.keep(None, all);
        assert_eq!(before.kept_memories(&[old.id])[0].text, "old");
        let after = tail(std::slice::from_ref(&new));
        after.keep(Some(&before), vec![new.clone()]);
        assert!(after.kept_memories(&[new.id]).is_empty(), "there is no room for it");
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
            let mut states: BTreeMap<MemoryId, Option<Entry>> = BTreeMap::new();
            let (mut items, mut segments) = (IndexItems::default(), Vec::new());
            let (mut names, mut stamps) = (Vec::<SegmentName>::new(), 0);
            let mut before: Option<Snapshot> = None;
            let mut stamp = || {
                stamps += 1;
                Opstamp::new(Timestamp::UNIX_EPOCH, [stamps; 10])
            };
            for (number, step) in steps.iter().enumerate() {
                match step {
                    Step::Write(which) => {
                        let text = format!("tea v{number}");
                        states.insert(memory(*which, "").id, Some(index::entry(&memory(*which, &text), None)));
                        truth.insert(*which, format!("v{number}"));
                    }
                    Step::Delete(which) => {
                        states.insert(memory(*which, "").id, None);
                        truth.remove(which);
                    }
                    Step::Merge => {
                        let changed = SegmentWithTombstones::of(states.iter().map(|(id, entry)| (*id, entry.as_ref())));
                        let delta = delta(std::mem::take(&mut states));
                        let snapshot = Snapshot::new(items.clone(), segments.clone(), delta, before.as_ref());
                        let count = snapshot.mergeable(changed.len() as u64);
                        let merged = snapshot.merged(count, &changed).expect("merges");
                        let (counts, total) = snapshot.covered_counts(&changed).expect("counts");
                        prop_assert_eq!(total.memories, truth.len() as u64);
                        prop_assert_eq!(counts.values().sum::<u64>(), truth.len() as u64);
                        names.truncate(names.len() - count);
                        segments.truncate(segments.len() - count);
                        if merged.len() > 0 {
                            names.push(SegmentName { id: stamp(), memories: merged.len() as u64, bytes: 0, pages: 0, encoded: 0 });
                            segments.push(Arc::new(merged));
                        }
                        prop_assert!(names.is_sorted_by(|older, newer| older.memories > 2 * newer.memories || newer.memories == 0));
                        let (segments, through, older, cleared) = (names.clone(), None, None, None);
                        let (version, format, total) = (stamp(), FORMAT, Some(total));
                        let manifest = Manifest { version, format, segments, through, older, cleared, counts, total };
                        items.manifest = Some(manifest);
                    }
                }
                let delta = delta(states.clone());
                before = Some(Snapshot::new(items.clone(), segments.clone(), delta, before.as_ref()));
            }
            let snapshot = Snapshot::new(items, segments, delta(states), before.as_ref());
            let all = search(&snapshot, "tea", &Filter::default(), 100);
            prop_assert_eq!(all.len(), truth.len());
            for (which, version) in truth {
                let hits = search(&snapshot, &version, &Filter::default(), 100);
                let ids: Vec<_> = hits.iter().map(|hit| hit.id).collect();
                prop_assert_eq!(ids, [memory(which, "").id.to_u128()]);
            }
            prop_assert_eq!(snapshot.counts().expect("counts").values().sum::<u64>(), all.len() as u64);
        }
    }
}
