//! Properties of the index as a whole.

mod bm25_oracle;
mod hostile;
mod languages;
mod rows;

use std::{collections::BTreeMap, io::Read};

use flate2::{
    Compression,
    read::{DeflateDecoder, DeflateEncoder},
};
use jiff::{Timestamp, tz::TimeZone};
use proptest::prelude::*;

use self::bm25_oracle::rank;
use super::*;
use crate::{Filter, Usage, dates::Days};

/// Entries of few words, so that many share them.
fn entries(sizes: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Entry>> {
    let text = "((tea|Teas|cup|Tee|Katze|the|und|東京|rain) ){0,9}";
    let entry = (0..40u128, text, "(work|Home)?", -9_999_999_999..9_999_999_999i64, "[ab]").prop_map(
        |(id, text, tag, at, client)| Entry {
            id,
            bytes: text.len() as u32,
            text,
            date: String::new(),
            previous: String::new(),
            tags: Some(tag).filter(|tag| !tag.is_empty()).into_iter().collect(),
            at: Timestamp::from_second(at).expect("in range"),
            grant: format!("grant-of-{client}"),
            client,
        },
    );
    prop::collection::vec(entry, sizes)
}

/// Of words with one stem in all languages of the texts: the oracle does not match approximately.
fn queries() -> impl Strategy<Value = String> {
    "((tea|cup|Tee|Katzen|the|京|東京|rains|snow) ?){0,4}"
}

fn segment(entries: &[Entry]) -> Segment {
    Segment::build(entries)
}

/// The last entry of each id.
fn last_of_each(entries: &[Entry]) -> BTreeMap<u128, Entry> {
    entries.iter().map(|entry| (entry.id, entry.clone())).collect()
}

fn found(segments: &[&Segment], query: &str, filter: &Filter) -> Vec<Hit> {
    let index_query = IndexQuery::new(segments, query).expect("well formed");
    index_query.candidates(filter, |_, _| false, 200).expect("well formed").rank(200)
}

/// Compares hits by id and, approximately, by score.
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
    fn encoded_bm25_equals_the_oracle(entries in entries(0..24), query in queries()) {
        let entries: Vec<_> = last_of_each(&entries).into_values().collect();
        let naive = rank(&query, entries.iter().map(|entry| &entry.text));
        let naive: Vec<_> = naive.iter().map(|hit| Hit { id: entries[hit.index].id, score: hit.score as f32, found: Match::Exact }).collect();
        let hits = found(&[&segment(&entries)], &query, &Filter::default());
        prop_assert!(hits.is_sorted_by(|one, next| one.score >= next.score));
        assert_same(&hits, &naive)?;
    }

    #[test]
    fn several_segments_equal_one(entries in entries(0..24), query in queries(), cut in any::<prop::sample::Index>()) {
        let entries: Vec<_> = last_of_each(&entries).into_values().collect();
        let (old, new) = entries.split_at(cut.index(entries.len() + 1));
        let (whole, old, new) = (segment(&entries), segment(old), segment(new));
        let expected = found(&[&whole], &query, &Filter::default());
        assert_same(&found(&[&old, &new], &query, &Filter::default()), &expected)?;
    }

    #[test]
    fn merged_segment_equals_rebuilt_one(
        lists in prop::collection::vec(entries(0..20), 0..5), deleted in prop::collection::btree_set(0..40u128, 0..9),
    ) {
        let segments: Vec<_> = lists.iter().map(|entries| segment(entries)).collect();
        let segments: Vec<_> = segments.iter().collect();
        let is_deleted = |at: usize, doc: u32| segments[at].id(doc).is_some_and(|id| deleted.contains(&id));
        let merged = merge(&segments, is_deleted).expect("well formed");
        let mut counting = last_of_each(&lists.concat());
        counting.retain(|id, _| !deleted.contains(id));
        let mut built = Segment::build(&counting.into_values().collect::<Vec<_>>());
        // The languages of deleted memories are not removed by a merge.
        built.bytes[12..16].copy_from_slice(&merged.bytes[12..16]);
        prop_assert_eq!(&merged.bytes, &built.bytes);
        prop_assert!(merged.pages().eq(built.pages()));
    }

    #[test]
    fn filter_selects_hits(
        entries in entries(0..24), query in queries(), tag in "(WORK|home)?", client in "[abc]?", after in -9_999_999_999..9_999_999_999i64,
    ) {
        let entries: Vec<_> = last_of_each(&entries).into_values().collect();
        let after = Timestamp::from_second(after).expect("in range");
        let tags: Vec<_> = Some(tag).filter(|tag| !tag.is_empty()).into_iter().collect();
        let mut filter = Filter::tagged(&tags).between(Some(&after.to_string()), None, &TimeZone::UTC).expect("valid");
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
    fn deleted_documents_are_neither_found_nor_counted(entries in entries(0..24), query in queries(), deleted in 0..40u128) {
        let (entries, segment) = (last_of_each(&entries), segment(&entries));
        let doc = segment.find(deleted);
        prop_assert_eq!(doc.is_some(), entries.contains_key(&deleted));
        let is_deleted = |_, other| Some(other) == doc;
        let index_query = [&segment];
        let index_query = IndexQuery::new(&index_query, &query).expect("well formed");
        let hits = index_query.candidates(&Filter::default(), is_deleted, 200).expect("well formed").rank(200);
        let mut expected = found(&[&segment], &query, &Filter::default());
        expected.retain(|hit| hit.id != deleted);
        prop_assert_eq!(hits, expected);
        let counts = count_by_grant(&[&segment], is_deleted).expect("well formed");
        let kept = || entries.values().filter(|entry| entry.id != deleted);
        let bytes = kept().map(|entry| u64::from(entry.bytes)).sum();
        prop_assert_eq!(usage(&[&segment], is_deleted), Ok(Usage { memories: kept().count() as u64, bytes }));
        for (grant, count) in counts {
            let expected = entries.values().filter(|entry| entry.grant == grant && entry.id != deleted).count();
            prop_assert_eq!(count, expected as u64, "{}", grant);
        }
    }

    #[test]
    fn limit_returns_the_best(entries in entries(0..24), query in queries(), limit in 1..9usize) {
        let segment = segment(&entries);
        let search = |limit| search(&[&segment], &query, None, &Filter::default(), |_, _| false, limit).expect("well formed");
        let mut all = search(200);
        // Memories that contain a query of one word precede those that are near it.
        let precedes = |one: &Hit, next: &Hit| one.found == Match::Exact && next.found != Match::Exact;
        prop_assert!(all.is_sorted_by(|one, next| one.score >= next.score || precedes(one, next)));
        all.truncate(limit);
        prop_assert_eq!(search(limit), all);
    }

    /// Synonyms add matches, and embeddings only change the order.
    #[test]
    fn expansion_keeps_lexical_matches(entries in entries(0..24), query in queries()) {
        let segment = segment(&entries);
        let hits = search(&[&segment], &query, None, &Filter::default(), |_, _| false, 200).expect("well formed");
        for hit in found(&[&segment], &query, &Filter::default()) {
            prop_assert!(hits.iter().any(|other| other.id == hit.id));
        }
    }

    /// Exercises every read of malformed bytes.
    #[test]
    fn malformed_bytes_do_not_panic(
        entries in entries(0..30), flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6), cut in 0..9usize,
        noise in prop::collection::vec(any::<u8>(), 0..99),
    ) {
        let mut bytes = Segment::build(&entries).bytes;
        bytes.truncate(bytes.len() - cut.min(bytes.len()));
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        for bytes in [bytes, noise] {
            let Ok(segment) = Segment::without_vectors(bytes) else { continue };
            let filter = Filter::tagged(&["work".into()]).between(Some("2020-01-01"), None, &TimeZone::UTC).expect("valid");
        let days = Days::new(&(jiff::civil::date(1900, 1, 1)..jiff::civil::date(1970, 1, 1)), &TimeZone::UTC).expect("in range");
            let _ = search(&[&segment], "tea cup Katze 東京", Some(&days), &filter, |_, _| false, 200);
            let _ = search(&[&segment], "tea cup Katze 東京", Some(&days), &Filter::default(), |_, _| false, 200);
            let _ = count_by_grant(&[&segment, &segment], |_, _| false);
            let _ = merge(&[&segment, &segment], |_, _| false);
            let _ = (segment.find(7), segment.ids().count());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// AW-02: the vectors are stored apart, and a search loads only the pages that it names.
    #[test]
    fn stored_segment_equals_the_built_one(entries in entries(0..90), query in queries()) {
        let built = segment(&entries);
        let stored = Segment::unpack(&built.pack().expect("well formed")).expect("well formed");
        prop_assert_eq!(&stored.bytes, &built.bytes);
        prop_assert_eq!(stored.pages().count(), 0);
        let (segments, pages) = ([&stored], built.pages().collect::<BTreeMap<_, _>>());
        let query_of_stored = IndexQuery::parse(&segments, &query, None).expect("well formed");
        let candidates = query_of_stored.candidates(&Filter::default(), |_, _| false, 200).expect("well formed");
        for (_, page) in candidates.missing_pages() {
            stored.load_page(page, pages[&page].into()).expect("its size");
        }
        prop_assert!(candidates.missing_pages().is_empty());
        let expected = search(&[&built], &query, None, &Filter::default(), |_, _| false, 200).expect("well formed");
        prop_assert_eq!(candidates.rank(200), expected);
    }

    #[test]
    fn malformed_stored_bytes_do_not_panic(
        entries in entries(0..30), flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        noise in prop::collection::vec(any::<u8>(), 0..99),
    ) {
        let mut bytes = Segment::build(&entries).pack().expect("well formed");
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let uncompressed = [&[1, 1, 96, 0], &*noise].concat();
        let columns = [&[3, 9, 0, 0, 0], &*noise].concat();
        for bytes in [bytes, noise, uncompressed, columns, SEGMENT_OF_NOVEMBER[..SEGMENT_OF_NOVEMBER.len() - 1].into()] {
            let Ok(segment) = Segment::unpack(&bytes) else { continue };
            let _ = search(&[&segment], "tea cup", None, &Filter::default(), |_, _| false, 200);
        }
    }

    /// Changed before they are compressed, since few changes of deflated bytes can be inflated.
    #[test]
    fn malformed_columns_do_not_panic(
        entries in entries(0..30), flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        of_header in any::<bool>(),
    ) {
        let bytes = Segment::build(&entries).pack().expect("well formed");
        let begin = 5 + bytes::u32_at(&bytes, 1).expect("a size") as usize;
        let mut columns = Vec::new();
        DeflateDecoder::new(&bytes[begin..]).read_to_end(&mut columns).expect("deflated");
        for (at, byte) in flips {
            let at = at.index(if of_header { 32 } else { columns.len() });
            columns[at] = byte;
        }
        let mut bytes = bytes[..begin].to_vec();
        DeflateEncoder::new(&*columns, Compression::fast()).read_to_end(&mut bytes).expect("reads from memory");
        if let Ok(segment) = Segment::unpack(&bytes) {
            let _ = search(&[&segment], "tea cup", None, &Filter::default(), |_, _| false, 200);
            let _ = merge(&[&segment], |_, _| false).map(|merged| merged.pack().expect("a merged segment is well formed"));
        }
    }
}

/// A stored segment, as the code of November 2026 wrote it.
const SEGMENT_OF_NOVEMBER: &[u8] = include_bytes!("tests/segment_of_november.bin");

/// AW-04
#[test]
fn segment_of_november_is_searchable() {
    let segment = Segment::unpack(SEGMENT_OF_NOVEMBER).expect("well formed");
    assert_eq!((segment.len(), segment.missing_pages().count()), (6, 0));
    assert_eq!(ids(&[&segment], "which instruments does she play?")[0], 1 << 90);
    assert_eq!(ids(&[&segment], "Katzen"), [4 << 90]);
    let merged = merge(&[&segment], |_, doc| doc == 0).expect("well formed");
    assert_eq!(ids(&[&merged], "employment")[0], 3 << 90);
}

/// A stored segment, as the code before the format of November 2026 changed again wrote it: whole occurrences.
const SEGMENT_OF_WHOLES: &[u8] = include_bytes!("tests/segment_of_wholes.bin");

/// AW-04
#[test]
fn segment_of_whole_occurrences_is_searchable_and_merged() {
    let segment = Segment::unpack(SEGMENT_OF_WHOLES).expect("well formed");
    assert_eq!(ids(&[&segment], "Katzen"), [4 << 90]);
    assert_eq!(ids(&[&segment], "the red car")[0], 2 << 90);
    let newer = self::segment(&[entry(6 << 90, "The car was sold")]);
    let merged = merge(&[&segment, &newer], |_, _| false).expect("well formed");
    let scores = |segment: &Segment| found(&[segment], "car", &Filter::default());
    assert_eq!(scores(&merged).iter().map(|hit| hit.id).collect::<Vec<_>>(), [2 << 90, 6 << 90]);
    let again = segment_of(&merged, 2 << 90);
    assert_eq!(again, segment_of(&segment, 2 << 90), "the occurrences are the same");
}

/// A stored segment, as the code of November 2026 before columns wrote it: deflated as a whole.
const SEGMENT_DEFLATED_WHOLE: &[u8] = include_bytes!("tests/segment_deflated_whole.bin");

/// AW-04
#[test]
fn segment_deflated_whole_is_searchable_and_merged() {
    let segment = Segment::unpack(SEGMENT_DEFLATED_WHOLE).expect("well formed");
    assert_eq!((segment.len(), segment.missing_pages().count()), (6, 1));
    assert_eq!(ids(&[&segment], "Katzen"), [4 << 90]);
    let newer = self::segment(&[entry(7 << 90, "The car was sold")]);
    let merged = merge(&[&segment, &newer], |_, _| false).expect("well formed");
    assert_eq!(merged.len(), 7);
    for segment in [segment, merged] {
        let again = Segment::unpack(&segment.pack().expect("well formed")).expect("well formed");
        assert_eq!(again.bytes, segment.bytes, "stored without loss");
    }
}

/// The occurrences of "car" in one document.
fn segment_of(segment: &Segment, id: u128) -> Option<u32> {
    let term = segment.dictionary().find("car").expect("well formed")?;
    let doc = segment.find(id)?;
    segment.postings(term.postings).flatten().find(|posting| posting.doc == doc).map(|posting| posting.halves)
}

/// AW-02
#[test]
fn few_pages_of_vectors_are_used_whether_they_are_loaded_or_not() {
    // Every page of 41 has three or four matches, and there are sixty pages.
    let text = |number: u128| if number.is_multiple_of(12) { "The garden in summer" } else { "A cup of tea" };
    let built = segment(&(1..2460).map(|number| entry(number, text(number))).collect::<Vec<_>>());
    let stored = Segment::unpack(&built.pack().expect("well formed")).expect("well formed");
    let (segments, pages) = ([&stored], built.pages().collect::<BTreeMap<_, _>>());
    let query = IndexQuery::parse(&segments, "garden flowers", None).expect("well formed");
    let candidates = query.candidates(&Filter::default(), |_, _| false, 200).expect("well formed");
    assert_eq!((pages.len(), candidates.missing_pages().len()), (60, 48));
    for (_, page) in candidates.missing_pages() {
        stored.load_page(page, pages[&page].into()).expect("its size");
    }
    let warm = search(&[&built], "garden flowers", None, &Filter::default(), |_, _| false, 200).expect("well formed");
    let cold = candidates.rank(200);
    assert_eq!((warm.len(), &cold), (200, &warm));
}

/// SE-18
#[test]
fn words_of_the_previous_piece_count_half() {
    let piece = |id, text: &str, previous: &str| Entry { previous: previous.into(), ..entry(id, text) };
    let pieces = segment(&[piece(1, "green tea with lemon", ""), piece(2, "a long walk home", "green tea with lemon")]);
    let hits = found(&[&pieces], "lemon", &Filter::default());
    assert_eq!(hits.iter().map(|hit| hit.id).collect::<Vec<_>>(), [1, 2]);
    assert!(hits[1].score < 0.75 * hits[0].score, "{hits:?}");
}

#[test]
fn other_version_does_not_open() {
    let mut bytes = Segment::build(&[]).pack().expect("well formed");
    assert!(Segment::unpack(&bytes).is_ok_and(|segment| segment.is_empty()));
    bytes[0] += 1;
    assert_eq!(Segment::unpack(&bytes).map(|_| ()), Err(MalformedSegment));
    assert_eq!(Segment::unpack(&[]).map(|_| ()), Err(MalformedSegment));
}

fn entry(id: u128, text: &str) -> Entry {
    let (client, grant) = (format!("client-{id}"), "key".into());
    let previous = String::new();
    Entry {
        id,
        text: text.into(),
        date: String::new(),
        previous,
        tags: vec![],
        at: Timestamp::UNIX_EPOCH,
        client,
        grant,
        bytes: text.len() as u32,
    }
}

fn ids(segments: &[&Segment], query: &str) -> Vec<u128> {
    let hits = search(segments, query, None, &Filter::default(), |_, _| false, 200).expect("well formed");
    hits.iter().filter(|hit| hit.found != Match::Related).map(|hit| hit.id).collect()
}

/// SE-12, SE-13
#[test]
fn memories_near_by_meaning_are_found_and_marked() {
    let memories = segment(&[
        entry(1, "Ada gets a migraine from bright light"),
        entry(2, "The car is at the garage"),
        entry(3, "Grace plays chess"),
    ]);
    let find = |query| search(&[&memories], query, None, &Filter::default(), |_, _| false, 10).expect("well formed");
    let hits = find("headache triggers");
    assert_eq!((hits[0].id, hits[0].found), (1, Match::Related));
    let hits = find("the car at Grace's");
    let kinds: Vec<_> = hits.iter().map(|hit| (hit.id, hit.found)).collect();
    assert_eq!(kinds[2], (1, Match::Related));
    assert_eq!((kinds[0].1, kinds[1].1), (Match::Exact, Match::Exact));
    assert_eq!(find("garrage")[0].found, Match::Close);
    assert_eq!(find("!"), []);
}

#[test]
fn newest_of_equal_memories_comes_first() {
    let (old, new) = (segment(&[entry(1, "tea"), entry(2, "tea")]), segment(&[entry(3, "tea")]));
    assert_eq!(ids(&[&old, &new], "tea"), [3, 2, 1]);
}

#[test]
fn synonym_finds_related_memory() {
    let memories = segment(&[
        entry(1, "Ada practises the violin in the evenings"),
        entry(2, "The car is at the garage"),
        entry(3, "Grace has a new job as a nurse"),
    ]);
    assert_eq!(ids(&[&memories], "which instruments does she play?")[0], 1);
    assert_eq!(ids(&[&memories], "employment")[0], 3);
}

#[test]
fn query_without_terms_matches_nothing() {
    let memories = segment(&[entry(1, "Who are you?"), entry(2, "tea")]);
    for query in ["", "!", "photosynthesis", "xqzt"] {
        assert_eq!(ids(&[&memories], query), [0; 0], "{query}");
    }
    assert_eq!(ids(&[], "tea"), [0; 0]);
    assert_eq!(ids(&[&memories], "who are you?"), [1], "SE-11");
}

#[test]
fn time_boosts_and_does_not_filter() {
    let at = |id: u128, text, at: &str| Entry { at: at.parse().expect("a moment"), ..entry(id, text) };
    let memories = segment(&[
        at(1, "dinner with Ada", "2026-07-13T18:00:00Z"),
        at(2, "dinner with Grace", "2026-07-27T18:00:00Z"),
        at(3, "walked home", "2026-07-27T23:00:00Z"),
        at(4, "dinner alone", "2026-07-28T00:00:00Z"),
    ]);
    let (text, time) = crate::dates::dated(
        "what was dinner yesterday?",
        "2026-07-28T09:00:00Z".parse().expect("a moment"),
        &TimeZone::UTC,
    );
    let hits = search(&[&memories], &text, time.as_ref(), &Filter::default(), |_, _| false, 200).expect("well formed");
    let ids: Vec<_> = hits.iter().map(|hit| hit.id).collect();
    assert_eq!((ids[0], ids.len()), (2, 4));
    let hits = search(&[&memories], "", time.as_ref(), &Filter::default(), |_, _| false, 200).expect("well formed");
    assert_eq!(hits.iter().map(|hit| hit.id).collect::<Vec<_>>(), [3, 2]);
}

/// SE-12, SE-16
#[test]
fn memory_that_states_a_day_is_of_it() {
    let now = "2030-03-06T09:00:00Z".parse().expect("a moment");
    let texts = [
        "The interview is on 7 March 2030.",
        "The recital is on 8 March at six.",
        "The lease ends on 7 March 2031.",
        "The hens lay eggs.",
    ];
    let mut memories: Vec<_> = (1..).zip(texts).map(|(id, text)| entry(id << 90, text)).collect();
    memories.iter_mut().for_each(|entry| entry.at = Timestamp::UNIX_EPOCH);
    let memories = segment(&memories);
    let first = |query| {
        let (text, time) = crate::dates::dated(query, now, &TimeZone::UTC);
        let hits =
            search(&[&memories], &text, time.as_ref(), &Filter::default(), |_, _| false, 5).expect("well formed");
        hits.first().map(|hit| (hit.id >> 90, hit.found))
    };
    assert_eq!(first("what do I have tomorrow?"), Some((1, Match::Exact)));
    assert_eq!(first("what do I have the day after tomorrow?"), Some((2, Match::Exact)));
    assert_eq!(first("what did I do yesterday?").map(|(_, found)| found), Some(Match::Related));
}
