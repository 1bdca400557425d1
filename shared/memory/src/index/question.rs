//! A question, as it is asked of some segments.
//!
//! How rare a word is and how long a memory is on average are taken over all segments, dead memories included: they are
//! few, and gone at the next merge.

use std::ops::Range;

use jiff::Timestamp;

use super::{
    bytes::MalformedSegment,
    dictionary::Term,
    embedding::{Meaning, meaning, neighbours},
    language::Languages,
    segment::Segment,
    terms::{QueryWord, query_words, stems},
};

/// How many words are looked for beside one that is asked for.
const NEIGHBOURS: usize = 5;
/// What they count for, of what they would if they had been asked for and were the same.
const NEIGHBOUR: f32 = 0.5;

/// A memory that answers a question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Its id, as a number.
    pub id: u128,
    /// How well it answers; only the order means something.
    pub score: f32,
}

/// What is looked for in some segments.
#[derive(Debug)]
pub struct Question<'a> {
    pub(crate) segments: &'a [&'a Segment],
    languages: Languages,
    memories: usize,
    /// How many words a memory has on average.
    pub(crate) average: f32,
    said: Vec<Said>,
    pub(crate) terms: Vec<Sought<'a>>,
    pub(crate) meaning: Option<Meaning>,
    pub(crate) time: Option<Time>,
}

/// A time that is asked for.
#[derive(Debug)]
pub(crate) struct Time {
    /// Seconds since 1970.
    pub(crate) seconds: Range<i64>,
    pub(crate) weight: f32,
}

/// A word of the question.
#[derive(Debug)]
struct Said {
    word: String,
    /// By the commonest of its terms.
    weight: f32,
}

/// A term that is looked for.
#[derive(Debug)]
pub(crate) struct Sought<'a> {
    term: String,
    pub(crate) weight: f32,
    /// In each segment.
    pub(crate) found: Vec<Option<Term<'a>>>,
}

impl<'a> Question<'a> {
    /// Asks for the words of a text, and nothing else. Segments come oldest first.
    ///
    /// # Errors
    /// [`MalformedSegment`].
    pub fn new(segments: &'a [&'a Segment], text: &str) -> Result<Self, MalformedSegment> {
        let languages = segments.iter().map(|segment| segment.languages()).collect();
        let memories: usize = segments.iter().map(|segment| segment.len()).sum();
        let words: u64 = segments.iter().map(|segment| segment.words()).sum();
        let average = words as f32 / memories as f32;
        let mut question =
            Self { segments, languages, memories, average, said: vec![], terms: vec![], meaning: None, time: None };
        for QueryWord { said: word, terms } in query_words(text, languages) {
            let mut least = question.weight(0);
            for term in terms {
                let (weight, found) = question.find(&term)?;
                least = least.min(weight);
                question.terms.push(Sought { term, weight, found });
            }
            question.said.push(Said { word, weight: least });
        }
        Ok(question)
    }

    /// Asks also for the words that are used most like those of the text, if there are memories that have them.
    ///
    /// # Errors
    /// [`MalformedSegment`].
    pub fn and_what_is_near(mut self) -> Result<Self, MalformedSegment> {
        for at in 0..self.said.len() {
            let mut left = NEIGHBOURS;
            for (word, cosine) in neighbours(&self.said[at].word) {
                for term in stems(word, self.languages) {
                    if left == 0 || self.terms.iter().any(|sought| sought.term == term) {
                        continue;
                    }
                    let (weight, found) = self.find(&term)?;
                    if found.iter().any(Option::is_some) {
                        self.terms.push(Sought { term, weight: NEIGHBOUR * cosine * weight, found });
                        left -= 1;
                    }
                }
            }
        }
        Ok(self)
    }

    /// Ranks what has the words by what it means as well. Of the words of the text, a rare one means more.
    #[must_use]
    pub fn and_meaning(mut self) -> Self {
        let words = self.said.iter().map(|Said { word, weight }| (word.as_str(), weight.sqrt()));
        self.meaning = meaning(words, |_| 1.0);
        self
    }

    /// Asks also for what happened in a time. It counts as a word does that all memories of that time have, once each:
    /// the fewer there are, the more.
    #[must_use]
    pub fn and_time(mut self, time: &Range<Timestamp>) -> Self {
        let seconds = time.start.as_second()..time.end.as_second();
        let times = self.segments.iter().flat_map(|segment| segment.times());
        let weight = self.weight(times.filter(|time| seconds.contains(time)).count());
        self.time = Some(Time { seconds, weight });
        self
    }

    /// What a term counts for, and where it is.
    fn find(&self, term: &str) -> Result<(f32, Vec<Option<Term<'a>>>), MalformedSegment> {
        let found =
            self.segments.iter().map(|segment| segment.dictionary().find(term)).collect::<Result<Vec<_>, _>>()?;
        let having = found.iter().flatten().map(|term| term.having as usize).sum();
        Ok((self.weight(having), found))
    }

    /// A rare word says more than a common one; even the commonest says something.
    fn weight(&self, having: usize) -> f32 {
        let (having, memories) = (having as f32, self.memories as f32);
        (1.0 + (memories - having + 0.5).max(0.0) / (having + 0.5)).ln()
    }
}
