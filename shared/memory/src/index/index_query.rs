//! A query against a list of segments.
//!
//! Document frequencies and the average length are computed over all segments, including deleted documents: these are
//! few, and the next merge removes them.

use std::collections::BTreeSet;

use super::{
    analysis::{days::stating, names::is_abbreviation, number_words::is_number},
    approximate::{Approximated, approximations},
    bytes::MalformedSegment,
    dictionary::Term,
    embedding::{Embedding, TextWord, embedding},
    language::{ENGLISH, Languages, OTHER_SCRIPTS, TextLanguage, is_of_other_script},
    segment::Segment,
    states::changes_of,
    terms::{QueryWord, QueryWords, stems},
};
use crate::dates::{Days, is_calendar_name};

/// Memories with a word from which on it is not approximated.
const FEW: u32 = 5;
/// Approximated words of a query.
const APPROXIMATED: usize = 16;
/// Synonyms per query term, and translations.
const NEIGHBOURS: usize = 5;
const TRANSLATIONS: usize = 5;
/// Weight of a synonym, of the change of a state, and of a translation, relative to the query term.
const NEIGHBOUR_WEIGHT: f32 = 0.5;
const CHANGE_WEIGHT: f32 = 0.5;
const TRANSLATION_WEIGHT: f32 = 0.65;
/// Weight of the English translation of a word that the memories contain: those in its own language come first.
const SECOND_LANGUAGE_WEIGHT: f32 = 0.15;

/// A matching memory.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// The id, as a number.
    pub id: u128,
    /// The score. Only the order is significant.
    pub score: f32,
    /// The relation to the query.
    pub found: Match,
}

/// The relation of a memory to a query, closest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// It contains a word of the query, in some form, or is of the time in the query.
    Exact,
    /// It contains a word of similar spelling or use, or a translation.
    Close,
    /// It is near by meaning, or was written beside a memory that matches.
    Related,
}

/// A parsed query with weighted terms.
#[derive(Debug)]
pub struct IndexQuery<'a> {
    pub(crate) segments: &'a [&'a Segment],
    languages: Languages,
    memories: usize,
    /// The average number of terms per memory.
    pub(crate) average: f32,
    /// The language of the query, if it is known.
    language: Option<TextLanguage>,
    query_terms: Vec<QueryTerm>,
    /// All words of the query, with stop words and question words: they have a share in its meaning.
    spoken: Vec<String>,
    pub(crate) terms: Vec<WeightedTerm<'a>>,
    pub(crate) meaning: Option<Meaning>,
    pub(crate) time: Option<Time>,
    pub(crate) has_neighbours: bool,
}

/// The embedding of a query.
#[derive(Debug)]
pub(crate) struct Meaning {
    pub(crate) embedding: Embedding,
    /// The weight of the words that the table knows, as a share of the weight of all words.
    pub(crate) known: f32,
}

/// A time range in the query.
#[derive(Debug)]
pub(crate) struct Time {
    /// The memories of these days in each segment.
    pub(crate) docs: Vec<BTreeSet<u32>>,
    pub(crate) weight: f32,
}

/// The memories of events on these days, and those that state one of the days in their text.
fn docs_of(segment: &Segment, days: &Days) -> Result<BTreeSet<u32>, MalformedSegment> {
    let mut docs: BTreeSet<u32> =
        (0..).zip(segment.times()).filter(|(_, time)| days.contains(*time)).map(|(doc, _)| doc).collect();
    for term in days.dates().flat_map(stating) {
        for posting in segment.dictionary().find(&term)?.into_iter().flat_map(|term| segment.postings(term.postings)) {
            docs.insert(posting?.doc);
        }
    }
    Ok(docs)
}

/// A word of the query.
#[derive(Debug)]
struct QueryTerm {
    word: String,
    /// The lowest weight of its stems.
    weight: f32,
    /// `true` for a stop word of a title.
    is_stop_word: bool,
    /// The number of memories that contain it in any of its forms, at least.
    doc_freq: u32,
}

/// A term to look up, and its weight.
#[derive(Debug)]
pub(crate) struct WeightedTerm<'a> {
    term: String,
    /// The word of the query. Of the terms of one word, the best counts.
    pub(crate) word: usize,
    pub(crate) kind: Match,
    /// `true` for the change of a state. In a query about something else as well, it does not match alone: "car insurance" is not
    /// "bought".
    pub(crate) is_change: bool,
    pub(crate) weight: f32,
    /// The dictionary entry in each segment.
    pub(crate) found: Vec<Option<Term<'a>>>,
}

impl<'a> IndexQuery<'a> {
    /// Parses the words of a query. Segments must be sorted from oldest to newest.
    pub fn new(segments: &'a [&'a Segment], text: &str) -> Result<Self, MalformedSegment> {
        let languages = segments.iter().map(|segment| segment.languages()).collect();
        let memories: usize = segments.iter().map(|segment| segment.len()).sum();
        let words: u64 = segments.iter().map(|segment| segment.words()).sum();
        let average = words as f32 / memories as f32;
        let QueryWords { asked, spoken, language } = QueryWords::of(text, languages);
        let mut query = Self {
            segments,
            languages,
            memories,
            average,
            language,
            query_terms: vec![],
            spoken,
            terms: vec![],
            meaning: None,
            time: None,
            has_neighbours: false,
        };
        for (at, QueryWord { word, terms, is_stop_word, .. }) in asked.into_iter().enumerate() {
            let (mut least, mut doc_freq) = (query.weight(0), 0);
            for (term, share) in terms {
                let (weight, found) = query.find(&term)?;
                // A memory with the initials of several words may have another spelling of each: "Phillipa", "Philippa".
                if share == 1.0 || !is_abbreviation(&term) {
                    doc_freq = found.iter().flatten().map(|term| term.doc_freq).sum::<u32>().max(doc_freq);
                }
                if share == 1.0 {
                    least = least.min(weight);
                }
                query.terms.push(WeightedTerm {
                    term,
                    word: at,
                    kind: Match::Exact,
                    is_change: false,
                    weight: share * weight,
                    found,
                });
            }
            query.query_terms.push(QueryTerm { word, weight: least, is_stop_word, doc_freq });
        }
        Ok(query)
    }

    /// Adds terms close to the words of no or few memories: typos, beginnings, compounds.
    pub fn approximate(mut self) -> Result<Self, MalformedSegment> {
        let rare = |word: &&QueryTerm| word.doc_freq < FEW && !word.is_stop_word;
        let approximated =
            |word: &QueryTerm| Approximated::new(self.text_word(&word.word), self.languages, word.doc_freq > 0);
        let words: Vec<_> = (0..).zip(&self.query_terms).filter(|(_, word)| rare(word)).collect();
        let asked: Vec<_> = words.iter().take(APPROXIMATED).map(|(_, word)| approximated(word)).collect();
        let words: Vec<usize> = words.into_iter().map(|(at, _)| at).collect();
        for (word, terms) in words.into_iter().zip(approximations(self.segments, &asked)?) {
            let is_new = |(term, _): &(String, f32)| !self.terms.iter().any(|other| other.term == *term);
            let terms: Vec<_> = terms.into_iter().filter(is_new).collect();
            let found = terms.iter().map(|(term, _)| self.find(term)).collect::<Result<Vec<_>, _>>()?;
            let most = found.iter().map(|(weight, _)| *weight).fold(0.0, f32::max);
            for ((term, share), (weight, found)) in terms.into_iter().zip(found) {
                // A rare word is not much more likely to be meant than a common one that is spelled alike.
                let weight = share * most * (weight / most).sqrt().sqrt();
                self.terms.push(WeightedTerm { term, word, kind: Match::Close, is_change: false, weight, found });
            }
        }
        self.terms.sort_by_key(|term| term.word);
        Ok(self)
    }

    /// Expands the query with the changes of the states that it is about, with each word's nearest neighbours in the
    /// embedding table, and with its translations, as far as they occur in the index. Another number, weekday or month means
    /// something else.
    pub fn expand_synonyms(mut self) -> Result<Self, MalformedSegment> {
        let has_other_languages = self.has_other_languages()?;
        for at in 0..self.query_terms.len() {
            let QueryTerm { word, is_stop_word, .. } = &self.query_terms[at];
            if *is_stop_word || is_number(word) {
                continue;
            }
            let word = word.clone();
            self.add_related(changes_of(&word).iter().map(|change| (*change, CHANGE_WEIGHT)), usize::MAX, true)?;
            let weighted = |weight: f32| move |(near, share): (&'static str, f32)| (near, weight * share);
            let Some(known) = self.text_word(&word).known() else { continue };
            if !is_calendar_name(&word) {
                self.add_related(known.neighbours().map(weighted(NEIGHBOUR_WEIGHT)), NEIGHBOURS, false)?;
            }
            let is_written = || self.terms.iter().any(|term| term.word == at && term.found.iter().any(Option::is_some));
            let weight = if known.is_foreign() && is_written() { SECOND_LANGUAGE_WEIGHT } else { TRANSLATION_WEIGHT };
            self.add_related(known.translations(has_other_languages).map(weighted(weight)), TRANSLATIONS, false)?;
        }
        self.terms.sort_by_key(|term| term.word);
        Ok(self)
    }

    /// `true` if some memories are in another language than English, or in another script.
    fn has_other_languages(&self) -> Result<bool, MalformedSegment> {
        if self.languages.iter().any(|language| language != ENGLISH) {
            return Ok(true);
        }
        let first = OTHER_SCRIPTS.to_string();
        for segment in self.segments {
            let mut terms = segment.dictionary().starting_near(&first)?;
            while terms.next()?.is_some() {
                let term = std::str::from_utf8(&terms.term).unwrap_or_default();
                if term.starts_with(is_of_other_script) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Adds the terms of words that occur in the index, at most a number, each as a word of its own.
    fn add_related(
        &mut self,
        words: impl Iterator<Item = (&'static str, f32)>,
        most: usize,
        is_change: bool,
    ) -> Result<(), MalformedSegment> {
        let mut added = 0;
        for (word, share) in words {
            for term in stems(word, self.languages) {
                if added == most {
                    return Ok(());
                }
                if self.terms.iter().any(|other| other.term == term) {
                    continue;
                }
                let (weight, found) = self.find(&term)?;
                if found.iter().any(Option::is_some) {
                    let word = self.terms.len() + self.query_terms.len();
                    self.terms.push(WeightedTerm {
                        term,
                        word,
                        kind: Match::Close,
                        is_change,
                        weight: share * weight,
                        found,
                    });
                    added += 1;
                }
            }
        }
        Ok(())
    }

    /// Re-ranks matches by embedding, as far as the tables know the words of the query. Rare query words have a
    /// higher weight.
    #[must_use]
    pub fn with_embedding(mut self) -> Self {
        let is_title = self.query_terms.iter().all(|word| word.is_stop_word);
        let words = || self.query_terms.iter().filter(|word| !word.is_stop_word || is_title);
        let weights = || words().map(|QueryTerm { word, weight, .. }| (word.as_str(), weight.sqrt()));
        let all: f32 = weights().map(|(_, weight)| weight).sum();
        let is_known = |word| self.text_word(word).is_known() && !is_number(word);
        let known: f32 = weights().filter(|(word, _)| is_known(word)).map(|(_, weight)| weight).sum();
        // Other numbers are used alike.
        let spoken = self.spoken.iter().filter(|word| !is_number(word));
        let embedding = embedding(spoken.map(|word| (self.text_word(word), 1.0))).filter(|_| all > 0.0);
        self.meaning = embedding.map(|embedding| Meaning { embedding, known: known / all });
        self
    }

    /// A word of the query.
    fn text_word<'w>(&self, word: &'w str) -> TextWord<'w> {
        TextWord { word, language: self.language }
    }

    /// The sum of the weights of the words with a meaning, each by its best term that the memories have.
    pub(crate) fn weight_of_words(&self) -> f32 {
        let weight = |(at, word): (usize, &QueryTerm)| {
            let found = self.terms.iter().filter(|term| term.word == at && term.found.iter().any(Option::is_some));
            found.map(|term| term.weight).reduce(f32::max).unwrap_or(word.weight)
        };
        (0..).zip(&self.query_terms).filter(|(_, word)| !word.is_stop_word).map(weight).sum()
    }

    /// `true` if the query is about more than states.
    pub(crate) fn has_topic(&self) -> bool {
        self.query_terms.iter().any(|word| !word.is_stop_word && changes_of(&word.word).is_empty())
    }

    pub(crate) fn is_one_word(&self) -> bool {
        self.query_terms.len() == 1 && self.time.is_none()
    }

    /// Adds a share of the scores of the memories written before and after by the same client.
    #[must_use]
    pub fn with_neighbours(self) -> Self {
        Self { has_neighbours: true, ..self }
    }

    /// Boosts memories of these days, as a term that all of them contain once would: the fewer there are, the more.
    pub fn with_recency(mut self, days: &Days) -> Result<Self, MalformedSegment> {
        let docs = self.segments.iter().map(|segment| docs_of(segment, days)).collect::<Result<Vec<_>, _>>()?;
        let weight = self.weight(docs.iter().map(BTreeSet::len).sum());
        self.time = Some(Time { docs, weight });
        Ok(self)
    }

    /// The weight of a term and its dictionary entries.
    fn find(&self, term: &str) -> Result<(f32, Vec<Option<Term<'a>>>), MalformedSegment> {
        let found =
            self.segments.iter().map(|segment| segment.dictionary().find(term)).collect::<Result<Vec<_>, _>>()?;
        let doc_freq = found.iter().flatten().map(|term| term.doc_freq as usize).sum();
        Ok((self.weight(doc_freq), found))
    }

    /// The inverse document frequency. Never negative, so that even the most frequent term contributes.
    fn weight(&self, doc_freq: usize) -> f32 {
        let (doc_freq, memories) = (doc_freq as f32, self.memories as f32);
        (1.0 + (memories - doc_freq + 0.5).max(0.0) / (doc_freq + 0.5)).ln()
    }
}
