//! A person's index as it was at one moment: the segments that were named then, and what had changed since.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use store::memories::{
    MemoryId,
    index::{IndexItems, SegmentName, Stamp},
};

use super::packed::Packed;
use crate::{
    Filter,
    index::{self, Entry, Hit, MalformedSegment, Segment},
};

/// It never changes. What is read later is another view, which takes over what is the same.
#[derive(Debug)]
pub(super) struct View {
    /// What was read of the store.
    pub(super) items: IndexItems,
    /// Oldest first; the last is the tail: what became of the memories that were changed since they were packed.
    segments: Vec<Arc<Packed>>,
    /// Of each segment, which memories a later one says something else of.
    dead: Vec<Vec<bool>>,
    /// What the tail is made of.
    known: Vec<(MemoryId, Option<Entry>)>,
}

impl View {
    /// Of nothing: somebody who never kept a memory.
    pub(super) fn empty() -> Self {
        let (items, segments, dead, known) = Default::default();
        Self { items, segments, dead, known }
    }

    /// Of the segments that `items` names, in their order, and of what is `known` of the memories it says were changed.
    pub(super) fn new(
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
    pub(super) fn is_of(&self, items: &IndexItems) -> bool {
        self.has_manifest_of(items) && self.items.changes == items.changes
    }

    fn has_manifest_of(&self, items: &IndexItems) -> bool {
        let version = |items: &IndexItems| items.manifest.as_ref().map(|manifest| manifest.version);
        version(&self.items) == version(items)
    }

    /// The segments it has of those that are named.
    pub(super) fn segments(&self) -> HashMap<Stamp, Arc<Packed>> {
        self.names().iter().map(|name| name.id).zip(self.segments.iter().cloned()).collect()
    }

    /// What it knows of changed memories that were not changed again after it was read. Under another manifest that is
    /// nothing: a second change may be packed already, and the first still be noted.
    pub(super) fn known(&self, items: &IndexItems) -> HashMap<MemoryId, Option<Entry>> {
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
    pub(super) fn size(&self) -> usize {
        let known = self.known.iter().map(|(_, entry)| 100 + entry.as_ref().map_or(0, |entry| entry.text.len()));
        self.segments.iter().map(|packed| packed.size() + packed.segment.len()).sum::<usize>() + known.sum::<usize>()
    }

    /// How many memories changed since they were packed.
    pub(super) fn tail(&self) -> usize {
        self.known.len()
    }

    fn names(&self) -> &[SegmentName] {
        self.items.manifest.as_ref().map_or(&[], |manifest| &manifest.segments)
    }

    fn refs(&self) -> Vec<&Segment> {
        self.segments.iter().map(|packed| &packed.segment).collect()
    }

    /// The memories that answer a query best.
    pub(super) fn search(&self, query: &str, filter: &Filter, limit: usize) -> Result<Vec<Hit>, MalformedSegment> {
        index::search(&self.refs(), query, filter, |segment, place| self.is_dead(segment, place), limit)
    }

    /// How many memories were written under each grant or API key.
    pub(super) fn counts(&self) -> Result<std::collections::BTreeMap<String, u64>, MalformedSegment> {
        index::count_by_grant(&self.refs(), |segment, place| self.is_dead(segment, place))
    }

    fn is_dead(&self, segment: usize, place: u32) -> bool {
        self.dead[segment].get(place as usize).copied().unwrap_or(true)
    }

    /// How many of the newest segments are worth merging with the tail: each of them is at most twice what comes after
    /// it. So there are few of them, each much larger than the next, and a memory is packed anew as often as the number
    /// of all of them can be halved.
    pub(super) fn mergeable(&self) -> usize {
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
    pub(super) fn merged(&self, count: usize) -> Result<(Vec<u8>, u64), MalformedSegment> {
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
