//! Tests of snapshots.

use jean_memory::{Credential, Filter, Writer, index};
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
