//! What holds for the index as a whole, for any memories.

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::{Filter, rank::rank};

/// A memory of few words, so that many memories share them.
fn entries(sizes: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Entry>> {
    let text = "((tea|Teas|cup|Tee|Katze|the|und|東京|rain) ){0,9}";
    let entry = (0..40u128, text, "(work|Home)?", -9_999_999_999..9_999_999_999i64, "[ab]").prop_map(
        |(id, text, tag, at, client)| Entry {
            id,
            text,
            tags: Some(tag).filter(|tag| !tag.is_empty()).into_iter().collect(),
            at: Timestamp::from_second(at).expect("in range"),
            grant: format!("grant-of-{client}"),
            client,
        },
    );
    prop::collection::vec(entry, sizes)
}

fn queries() -> impl Strategy<Value = String> {
    "((tea|cups|Tee|Katzen|the|京|東京|rain|snow) ?){0,4}"
}

fn segment(entries: &[Entry]) -> Segment {
    Segment::open(Segment::build(entries)).expect("well formed")
}

/// Those that count, by id.
fn last_of_each(entries: &[Entry]) -> BTreeMap<u128, Entry> {
    entries.iter().map(|entry| (entry.id, entry.clone())).collect()
}

fn found(segments: &[&Segment], query: &str, filter: &Filter) -> Vec<Hit> {
    let question = Question::new(segments, query).expect("well formed");
    question.search(filter, |_, _| false, 200).expect("well formed")
}

/// The same memories with the same scores; where scores are as good as equal, in any order.
fn assert_same(hits: &[Hit], expected: &[Hit]) -> Result<(), TestCaseError> {
    let by_id = |hits: &[Hit]| hits.iter().map(|hit| (hit.id, hit.score)).collect::<BTreeMap<_, _>>();
    let (hits, expected) = (by_id(hits), by_id(expected));
    prop_assert_eq!(hits.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (hit, expected) in hits.values().zip(expected.values()) {
        prop_assert!((hit - expected).abs() < 1e-4, "{} is not {}", hit, expected);
    }
    Ok(())
}

proptest! {
    // Each case builds segments, and tests are not optimised.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn packed_bm25_equals_a_naive_one(entries in entries(0..24), query in queries()) {
        let entries: Vec<_> = last_of_each(&entries).into_values().collect();
        let naive = rank(&query, entries.iter().map(|entry| &entry.text));
        let naive: Vec<_> = naive.iter().map(|hit| Hit { id: entries[hit.index].id, score: hit.score as f32 }).collect();
        let hits = found(&[&segment(&entries)], &query, &Filter::default());
        prop_assert!(hits.is_sorted_by(|one, next| one.score >= next.score));
        assert_same(&hits, &naive)?;
    }

    #[test]
    fn many_segments_are_searched_as_if_they_were_one(entries in entries(0..24), query in queries(), cut in any::<prop::sample::Index>()) {
        let entries: Vec<_> = last_of_each(&entries).into_values().collect();
        let (old, new) = entries.split_at(cut.index(entries.len() + 1));
        let (whole, old, new) = (segment(&entries), segment(old), segment(new));
        let expected = found(&[&whole], &query, &Filter::default());
        assert_same(&found(&[&old, &new], &query, &Filter::default()), &expected)?;
    }

    #[test]
    fn a_merged_segment_is_the_one_that_is_built_of_what_counts(
        lists in prop::collection::vec(entries(0..20), 0..5), gone in prop::collection::btree_set(0..40u128, 0..9),
    ) {
        let segments: Vec<_> = lists.iter().map(|entries| segment(entries)).collect();
        let segments: Vec<_> = segments.iter().collect();
        let dead = |at: usize, place: u32| segments[at].id(place).is_some_and(|id| gone.contains(&id));
        let merged = merge(&segments, dead).expect("well formed");
        let mut counting = last_of_each(&lists.concat());
        counting.retain(|id, _| !gone.contains(id));
        let mut built = Segment::build(&counting.into_values().collect::<Vec<_>>());
        // Which languages the memories that are left were in, nobody knows any more.
        built[12..16].copy_from_slice(&merged[12..16]);
        prop_assert_eq!(merged, built);
    }

    #[test]
    fn the_filter_says_which_are_found(
        entries in entries(0..24), query in queries(), tag in "(WORK|home)?", client in "[abc]?", after in -9_999_999_999..9_999_999_999i64,
    ) {
        let entries: Vec<_> = last_of_each(&entries).into_values().collect();
        let after = Timestamp::from_second(after).expect("in range");
        let tags: Vec<_> = Some(tag).filter(|tag| !tag.is_empty()).into_iter().collect();
        let mut filter = Filter::new(&tags, Some(&after.to_string()), None).expect("valid");
        if !client.is_empty() {
            filter = filter.written_by(client.parse().expect("valid"));
        }
        let segment = segment(&entries);
        let wanted: BTreeMap<_, _> = entries.iter().map(|entry| {
            let tagged = tags.iter().all(|tag| entry.tags.iter().any(|other| other.eq_ignore_ascii_case(tag)));
            (entry.id, tagged && entry.at >= after && (client.is_empty() || entry.client == client))
        }).collect();
        let expected: Vec<_> = found(&[&segment], &query, &Filter::default()).into_iter().filter(|hit| wanted[&hit.id]).collect();
        prop_assert_eq!(found(&[&segment], &query, &filter), expected);
    }

    #[test]
    fn what_is_dead_is_not_found_and_not_counted(entries in entries(0..24), query in queries(), gone in 0..40u128) {
        let (entries, segment) = (last_of_each(&entries), segment(&entries));
        let place = segment.find(gone);
        prop_assert_eq!(place.is_some(), entries.contains_key(&gone));
        let dead = |_, other| Some(other) == place;
        let question = [&segment];
        let question = Question::new(&question, &query).expect("well formed");
        let hits = question.search(&Filter::default(), dead, 200).expect("well formed");
        let mut expected = found(&[&segment], &query, &Filter::default());
        expected.retain(|hit| hit.id != gone);
        prop_assert_eq!(hits, expected);
        let counts = count_by_grant(&[&segment], dead).expect("well formed");
        for (grant, count) in counts {
            let expected = entries.values().filter(|entry| entry.grant == grant && entry.id != gone).count();
            prop_assert_eq!(count, expected as u64, "{}", grant);
        }
    }

    #[test]
    fn the_best_are_the_first_of_all(entries in entries(0..24), query in queries(), limit in 1..9usize) {
        let segment = segment(&entries);
        let search = |limit| search(&[&segment], &query, None, &Filter::default(), |_, _| false, limit).expect("well formed");
        let mut all = search(200);
        prop_assert!(all.is_sorted_by(|one, next| one.score >= next.score));
        all.truncate(limit);
        prop_assert_eq!(search(limit), all);
    }

    /// What is near a word adds to what is found, and meaning only changes the order.
    #[test]
    fn what_has_a_word_of_the_query_is_found(entries in entries(0..24), query in queries()) {
        let segment = segment(&entries);
        let hits = search(&[&segment], &query, None, &Filter::default(), |_, _| false, 200).expect("well formed");
        for hit in found(&[&segment], &query, &Filter::default()) {
            prop_assert!(hits.iter().any(|other| other.id == hit.id));
        }
    }

    /// Every use of bytes that are none of ours, or were.
    #[test]
    fn malformed_bytes_are_an_error_and_never_a_panic(
        entries in entries(0..30), flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6), cut in 0..9usize,
        noise in prop::collection::vec(any::<u8>(), 0..99),
    ) {
        let mut bytes = Segment::build(&entries);
        bytes.truncate(bytes.len() - cut.min(bytes.len()));
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        for bytes in [bytes, noise] {
            let Ok(segment) = Segment::open(bytes) else { continue };
            let filter = Filter::new(&["work".into()], Some("2020-01-01"), None).expect("valid");
            let _ = search(&[&segment], "tea cup Katze 東京", Some(&(Timestamp::MIN..Timestamp::UNIX_EPOCH)), &filter, |_, _| false, 200);
            let _ = search(&[&segment], "tea cup Katze 東京", Some(&(Timestamp::MIN..Timestamp::UNIX_EPOCH)), &Filter::default(), |_, _| false, 200);
            let _ = count_by_grant(&[&segment, &segment], |_, _| false);
            let _ = merge(&[&segment, &segment], |_, _| false);
            let _ = (segment.find(7), segment.ids().count());
        }
    }
}

#[test]
fn a_segment_of_another_version_does_not_open() {
    let mut bytes = Segment::build(&[]);
    assert!(Segment::open(bytes.clone()).is_ok_and(|segment| segment.is_empty()));
    bytes[0] += 1;
    assert_eq!(Segment::open(bytes).map(|_| ()), Err(MalformedSegment));
    assert_eq!(Segment::open(Vec::new()).map(|_| ()), Err(MalformedSegment));
}

fn entry(id: u128, text: &str) -> Entry {
    let (client, grant) = (String::new(), "key".into());
    Entry { id, text: text.into(), tags: vec![], at: Timestamp::UNIX_EPOCH, client, grant }
}

fn ids(segments: &[&Segment], query: &str) -> Vec<u128> {
    let hits = search(segments, query, None, &Filter::default(), |_, _| false, 200).expect("well formed");
    hits.iter().map(|hit| hit.id).collect()
}

#[test]
fn of_equal_memories_the_newest_comes_first() {
    let (old, new) = (segment(&[entry(1, "tea"), entry(2, "tea")]), segment(&[entry(3, "tea")]));
    assert_eq!(ids(&[&old, &new], "tea"), [3, 2, 1]);
}

#[test]
fn a_word_finds_what_is_said_with_others() {
    let memories = segment(&[
        entry(1, "Ada practises the violin in the evenings"),
        entry(2, "The car is at the garage"),
        entry(3, "Grace has a new job as a nurse"),
    ]);
    assert_eq!(ids(&[&memories], "which instruments does she play?")[0], 1);
    assert_eq!(ids(&[&memories], "employment")[0], 3);
}

#[test]
fn nothing_is_found_by_nothing() {
    let memories = segment(&[entry(1, "Who are you?"), entry(2, "tea")]);
    for query in ["", "!", "who are you?", "photosynthesis", "xqzt"] {
        assert_eq!(ids(&[&memories], query), [0; 0], "{query}");
    }
    assert_eq!(ids(&[], "tea"), [0; 0]);
}

#[test]
fn a_time_counts_as_a_rare_word_and_is_no_condition() {
    let at = |id: u128, text, at: &str| Entry { at: at.parse().expect("a moment"), ..entry(id, text) };
    let memories = segment(&[
        at(1, "dinner with Ada", "2026-07-13T18:00:00Z"),
        at(2, "dinner with Grace", "2026-07-27T18:00:00Z"),
        at(3, "walked home", "2026-07-27T23:00:00Z"),
        at(4, "dinner alone", "2026-07-28T00:00:00Z"),
    ]);
    let (text, time) =
        crate::dates::dated("what was dinner yesterday?", "2026-07-28T09:00:00Z".parse().expect("a moment"));
    let hits = search(&[&memories], &text, time.as_ref(), &Filter::default(), |_, _| false, 200).expect("well formed");
    let ids: Vec<_> = hits.iter().map(|hit| hit.id).collect();
    assert_eq!((ids[0], ids.len()), (2, 4));
    let hits = search(&[&memories], "", time.as_ref(), &Filter::default(), |_, _| false, 200).expect("well formed");
    assert_eq!(hits.iter().map(|hit| hit.id).collect::<Vec<_>>(), [3, 2]);
}
