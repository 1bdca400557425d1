//! The memories that no segment of the manifest covers, and their temporary segments.
//!
//! Analysing a text takes many times as long as merging its postings. A read therefore analyses only the memories
//! written since the one before, and stacks their segment on its segments. The stack is merged like the stored segments, so
//! that it remains short.

use std::{collections::BTreeMap, sync::Arc};

use jean_memory::{
    MemoryId,
    index::{Entry, MalformedSegment},
};

use crate::segment_with_tombstones::SegmentWithTombstones;

/// The memories that no segment covers: the tail, and changed ones.
#[derive(Debug, Default)]
pub(crate) struct Delta {
    /// The state of each; `None` for a deleted memory.
    pub(crate) states: BTreeMap<MemoryId, Option<Entry>>,
    /// No memory appears below this id any more.
    pub(crate) settled: Option<MemoryId>,
    /// `false` if the tail was too long to be read to its end.
    pub(crate) is_complete: bool,
}

type SegmentStack = Vec<Arc<SegmentWithTombstones>>;

impl Delta {
    /// The bytes of the texts that a step can cover.
    pub(crate) fn settled_bytes(&self) -> usize {
        let settled = self.states.iter().filter(|(id, _)| Some(**id) <= self.settled);
        settled.filter_map(|(_, entry)| entry.as_ref()).map(|entry| entry.text.len()).sum()
    }

    /// The segments of the states, oldest first. Those of an earlier delta are used again, as far as its states are the same.
    pub(crate) fn segments(&self, before: Option<(&Self, &[Arc<SegmentWithTombstones>])>) -> SegmentStack {
        let stacked = before.and_then(|(before, segments)| self.stack(before, segments.to_vec()).ok());
        stacked.unwrap_or_else(|| vec![Arc::new(segment_of(self.states.iter()))])
    }

    fn stack(&self, before: &Self, mut segments: SegmentStack) -> Result<SegmentStack, MalformedSegment> {
        if !before.states.keys().all(|id| self.states.contains_key(id)) {
            let remaining = merged(&segments, |id| self.states.contains_key(&MemoryId::from(id)))?;
            segments = vec![Arc::new(remaining)];
        }
        let new = segment_of(self.states.iter().filter(|(id, state)| before.states.get(id) != Some(state)));
        segments.push(Arc::new(new));
        segments.retain(|segment| segment.len() > 0);
        // Each is more than twice as large as the one after it, so a memory is rarely merged again.
        while let [.., older, newer] = &segments[..]
            && older.size() <= 2 * newer.size()
        {
            let merged = merged(&segments[segments.len() - 2..], |_| true)?;
            segments.truncate(segments.len() - 2);
            segments.push(Arc::new(merged));
        }
        Ok(segments)
    }
}

fn segment_of<'a>(states: impl Iterator<Item = (&'a MemoryId, &'a Option<Entry>)>) -> SegmentWithTombstones {
    SegmentWithTombstones::of(states.map(|(id, entry)| (*id, entry.as_ref())))
}

/// Merges the segments of a delta, oldest first, as far as their memories are needed.
pub(crate) fn merged(
    segments: &[Arc<SegmentWithTombstones>],
    is_needed: impl Fn(u128) -> bool,
) -> Result<SegmentWithTombstones, MalformedSegment> {
    let segments: Vec<_> = segments.iter().map(|segment| &**segment).collect();
    let superseded = |at: usize| segments[at].superseded(segments[at + 1..].iter().copied());
    let superseded: Vec<_> = (0..segments.len()).map(superseded).collect();
    let is_deleted =
        |at: usize, doc: u32| superseded[at][doc as usize] || !segments[at].segment.id(doc).is_some_and(&is_needed);
    let mut merged = SegmentWithTombstones::merge(&segments, is_deleted)?;
    merged.retain_tombstones(is_needed);
    Ok(merged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(states: impl Iterator<Item = (u128, &'static str)>) -> Delta {
        let entry = |id, text: &str| Entry {
            id,
            text: text.into(),
            date: String::new(),
            previous: String::new(),
            tags: vec![],
            at: jiff::Timestamp::UNIX_EPOCH,
            client: String::new(),
            grant: String::new(),
            bytes: 3,
        };
        let states = states.map(|(id, text)| (id.into(), (!text.is_empty()).then(|| entry(id, text))));
        Delta { states: states.collect(), settled: None, is_complete: true }
    }

    #[test]
    fn write_does_not_analyse_the_other_memories_again() {
        let many = || (0..90).map(|id| (id, "A long text about the tea of Ada and the coffee of Grace"));
        let before = delta(many());
        let first = before.segments(None);
        let added = delta(many().chain([(100, "cocoa")]));
        let second = added.segments(Some((&before, &first)));
        assert!(Arc::ptr_eq(&first[0], &second[0]));
        assert_eq!(second.last().map(|new| new.len()), Some(1));
        let third = delta(many().chain([(100, "")])).segments(Some((&added, &second)));
        assert!(Arc::ptr_eq(&first[0], &third[0]));
        assert_eq!(third.last().map(|new| new.tombstones()), Some(&[100][..]));
    }

    #[test]
    fn covered_memories_are_left_out() {
        let before = delta((0..9).map(|id| (id, if id == 3 { "" } else { "tea" })));
        let after = delta([(8, "tea"), (9, "tea")].into_iter());
        let segments = after.segments(Some((&before, &before.segments(None))));
        assert_eq!(segments[0].segment.ids().collect::<Vec<_>>(), [8, 9]);
        assert!(segments.len() == 1 && segments[0].tombstones().is_empty());
    }
}
