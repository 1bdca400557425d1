//! What a search costs: made-up memories, packed as a person's would be, with the newest in a segment of their own.

use std::{
    error::Error,
    hint::black_box,
    time::{Duration, Instant},
};

use indicatif::ProgressIterator;
use jean_memory::{
    Filter,
    index::{Entry, Segment, merge, search},
};
use jiff::{SignedDuration, Timestamp};

use crate::{say, vocabulary::vocabulary};

const SIZES: [usize; 3] = [1_000, 10_000, 50_000];
const QUERIES: usize = 500;
/// How often each is asked. The quickest counts, since other programs take their turns.
const REPEATED: usize = 5;
/// How many memories are in the segment of the newest.
const TAIL: usize = 256;
/// How many memories a search ranks.
const RANKED: usize = 200;

pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    say("| memories | bytes | each | packed in ms | merged in ms | opened in us | search, median us | 95 % in us |");
    say("|---|---|---|---|---|---|---|---|");
    for size in SIZES {
        let mut writer = MadeUp(7);
        let entries: Vec<_> = (0..size).progress().map(|id| writer.entry(id)).collect();
        let (old, tail) = entries.split_at(size - TAIL);
        let began = Instant::now();
        let old = Segment::build(old);
        let packed = began.elapsed();
        let tail = Segment::build(tail);
        let (bytes, copy) = (old.len() + tail.len(), old.clone());
        let began = Instant::now();
        let old = Segment::open(copy)?;
        let opened = began.elapsed();
        let tail = Segment::open(tail)?;
        let segments = [&old, &tail];
        let began = Instant::now();
        black_box(merge(&segments, |_, _| false)?);
        let merged = began.elapsed();
        let queries: Vec<_> = (0..QUERIES).map(|_| writer.query()).collect();
        let mut took = Vec::with_capacity(QUERIES);
        for query in &queries {
            let mut quickest = Duration::MAX;
            for _ in 0..REPEATED {
                let began = Instant::now();
                black_box(search(&segments, query, None, &Filter::default(), |_, _| false, RANKED)?);
                quickest = quickest.min(began.elapsed());
            }
            took.push(quickest.as_micros());
        }
        took.sort_unstable();
        say(&format!(
            "| {size} | {bytes} | {} | {} | {} | {} | {} | {} |",
            bytes / size,
            packed.as_millis(),
            merged.as_millis(),
            opened.as_micros(),
            took[QUERIES / 2],
            took[QUERIES * 95 / 100],
        ));
    }
    Ok(())
}

/// Writes texts: of English words, each as often as it is in English by Zipf's law, and of as many words as people's.
pub(crate) struct MadeUp(u64);

impl MadeUp {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn text(&mut self) -> String {
        let length = 12 + self.below(28);
        self.words(length)
    }

    fn entry(&mut self, id: usize) -> Entry {
        let (length, at) = (12 + self.below(28), Timestamp::UNIX_EPOCH + SignedDuration::from_hours(id as i64));
        let text = format!("{} {}", self.words(length), at.strftime("%A %-d %B %Y"));
        let grant = format!("grant-{}", self.below(3));
        Entry {
            id: (id as u128) << 80 | u128::from(self.next()),
            text,
            tags: vec![],
            at,
            client: "client".into(),
            grant,
        }
    }

    pub(crate) fn query(&mut self) -> String {
        let length = 4 + self.below(6);
        format!("what did {}", self.words(length))
    }

    fn words(&mut self, count: usize) -> String {
        let words: Vec<_> = (0..count).map(|_| self.word()).collect();
        words.join(" ")
    }

    /// The vocabulary is sorted by how common its words are.
    fn word(&mut self) -> &'static str {
        let share = self.next() as f64 / u64::MAX as f64;
        let words = vocabulary();
        words[(words.len() as f64).powf(share) as usize - 1]
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// SplitMix64: the same numbers every time.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}
