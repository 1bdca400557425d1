//! Generated memories and queries, the same in every run.

use jean_memory::index::Entry;
use jiff::{SignedDuration, Timestamp};

use crate::vocabulary::vocabulary;

/// A seeded generator of English texts. Words follow Zipf's law, and texts have the length of typical memories.
pub(crate) struct Generator(u64);

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Fills a buffer with random bytes.
    pub(crate) fn fill(&mut self, buffer: &mut [u8]) {
        buffer.chunks_mut(8).for_each(|chunk| chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]));
    }

    pub(crate) fn text(&mut self) -> String {
        let length = 12 + self.below(28);
        self.words(length)
    }

    pub(crate) fn entry(&mut self, id: usize) -> Entry {
        let (length, at) = (12 + self.below(28), Timestamp::UNIX_EPOCH + SignedDuration::from_hours(id as i64));
        let text = self.words(length);
        let grant = format!("grant-{}", self.below(3));
        Entry {
            id: (id as u128) << 80 | u128::from(self.next()),
            bytes: text.len() as u32,
            text,
            date: at.strftime("%A %-d %B %Y").to_string(),
            previous: String::new(),
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

    /// A word with a frequency inversely proportional to its rank in the vocabulary, the most common word first.
    fn word(&mut self) -> &'static str {
        let share = self.next() as f64 / u64::MAX as f64;
        let words = vocabulary();
        words[(words.len() as f64).powf(share) as usize - 1]
    }

    /// A number below a limit.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// The next number of SplitMix64.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}
