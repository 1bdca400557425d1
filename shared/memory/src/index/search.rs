//! Searching segments, as if they were one.
//!
//! The formula is BM25 (Robertson and Zaragoza 2009, §3.4.2). How rare a word is and how long a memory is on average are
//! taken over all segments, dead memories included: they are few, and gone at the next merge.

use super::{
    bytes::{MalformedSegment, size},
    dictionary::Term,
    entry::{GRANT, Label},
    language::Languages,
    segment::Segment,
    terms::query_terms,
};
use crate::Filter;

/// How fast a repeated word stops to count. This and [`B`] are lower than usual, since memories are short: a word said
/// twice means little more than once, and a long memory is not less about its subject.
pub(crate) const K1: f32 = 0.9;
/// How much a long memory is marked down.
pub(crate) const B: f32 = 0.4;

/// A memory that answers a query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Its id, as a number.
    pub id: u128,
    /// How well it answers; only the order means something.
    pub score: f32,
}

/// The memories that answer a query best, best first, and of equal ones the newest; at most `limit`. Segments come
/// oldest first. A memory that is `dead` (segment, place) is not among them.
///
/// What the filter wants is exact for tags and client. Times are compared by whole seconds, bounds included: a reader
/// of the memories themselves has the last word.
///
/// # Errors
/// [`MalformedSegment`].
pub fn search(
    segments: &[&Segment],
    query: &str,
    filter: &Filter,
    dead: impl Fn(usize, u32) -> bool,
    limit: usize,
) -> Result<Vec<Hit>, MalformedSegment> {
    let languages: Languages = segments.iter().map(|segment| segment.languages()).collect();
    let terms = query_terms(query, languages);
    let memories: usize = segments.iter().map(|segment| segment.len()).sum();
    let words: u64 = segments.iter().map(|segment| segment.words()).sum();
    let average = words as f32 / memories as f32;
    let mut found = vec![Vec::with_capacity(terms.len()); segments.len()];
    let mut having = vec![0; terms.len()];
    for (segment, found) in segments.iter().zip(&mut found) {
        for (term, having) in terms.iter().zip(&mut having) {
            let term = segment.dictionary().find(term)?;
            *having += term.map_or(0, |term| term.having as usize);
            found.push(term);
        }
    }
    let weights: Vec<_> = having.into_iter().map(|having| weight(having, memories)).collect();
    let mut best = Best::new(limit);
    for (at, segment) in segments.iter().enumerate() {
        let scores = scores(segment, &found[at], &weights, average)?;
        let wanted = wanted(segment, filter)?;
        for (place, score) in (0..).zip(scores) {
            if score > 0.0
                && score >= best.least
                && wanted.as_ref().is_none_or(|wanted| wanted[place as usize])
                && !dead(at, place)
            {
                best.push(Candidate { score, segment: at, place });
            }
        }
    }
    let hit = |Candidate { score, segment, place }| segments[segment].id(place).map(|id| Hit { id, score });
    Ok(best.finish().into_iter().filter_map(hit).collect())
}

/// A rare word says more than a common one; even the commonest says something.
fn weight(having: usize, memories: usize) -> f32 {
    let (having, memories) = (having as f32, memories as f32);
    (1.0 + (memories - having + 0.5) / (having + 0.5)).ln()
}

/// What each memory of a segment scores.
fn scores(
    segment: &Segment,
    terms: &[Option<Term>],
    weights: &[f32],
    average: f32,
) -> Result<Vec<f32>, MalformedSegment> {
    let lengths = segment.lengths();
    let mut scores = vec![0.0; segment.len()];
    for (term, weight) in terms.iter().zip(weights).filter_map(|(term, weight)| Some(((*term)?, weight))) {
        for posting in segment.postings(term.postings) {
            let posting = posting?;
            let (place, count) = (posting.place as usize, posting.count as f32);
            let length = f32::from(u16::from_le_bytes(lengths[place]));
            scores[place] += weight * count / (count + K1 * (1.0 - B + B * length / average));
        }
    }
    Ok(scores)
}

/// Which memories of a segment a filter wants; none, if it wants all.
fn wanted(segment: &Segment, filter: &Filter) -> Result<Option<Vec<bool>>, MalformedSegment> {
    if filter.wants_all() {
        return Ok(None);
    }
    let mut wanted: Vec<_> = (0..size(segment.len()))
        .map(|place| {
            let at = segment.time(place);
            filter.after.is_none_or(|after| at >= Some(after.as_second()))
                && filter.before.is_none_or(|before| at <= Some(before.as_second()))
        })
        .collect();
    let tags = filter.tags.iter().map(|tag| Label::Tag(tag));
    for label in tags.chain(filter.client.as_ref().map(|client| Label::Client(client.as_str()))) {
        let mut having = vec![false; segment.len()];
        if let Some(term) = segment.dictionary().find(&label.term())? {
            for posting in segment.postings(term.postings) {
                having[posting?.place as usize] = true;
            }
        }
        wanted.iter_mut().zip(having).for_each(|(wanted, having)| *wanted &= having);
    }
    Ok(Some(wanted))
}

/// A memory and its score.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    score: f32,
    segment: usize,
    place: u32,
}

/// The best of many, without sorting them all: when twice as many are there as are wanted, the worse half goes.
struct Best {
    limit: usize,
    /// What a score has to be at least to be worth a look.
    least: f32,
    candidates: Vec<Candidate>,
}

impl Best {
    fn new(limit: usize) -> Self {
        Self { limit, least: 0.0, candidates: Vec::with_capacity(2 * limit) }
    }

    fn push(&mut self, candidate: Candidate) {
        self.candidates.push(candidate);
        if self.candidates.len() >= 2 * self.limit {
            self.cut();
        }
    }

    fn cut(&mut self) {
        if self.candidates.len() > self.limit {
            self.candidates.select_nth_unstable_by(self.limit, Candidate::order);
            self.candidates.truncate(self.limit);
            self.least = self.candidates.iter().map(|candidate| candidate.score).fold(f32::MAX, f32::min);
        }
    }

    fn finish(mut self) -> Vec<Candidate> {
        self.cut();
        self.candidates.sort_unstable_by(Candidate::order);
        self.candidates
    }
}

impl Candidate {
    /// The better one first.
    fn order(one: &Self, other: &Self) -> std::cmp::Ordering {
        let newer = || (other.segment, other.place).cmp(&(one.segment, one.place));
        other.score.total_cmp(&one.score).then_with(newer)
    }
}

/// How many memories were written under each grant or API key, but for those that are `dead` (segment, place).
///
/// # Errors
/// [`MalformedSegment`].
pub fn count_by_grant(
    segments: &[&Segment],
    dead: impl Fn(usize, u32) -> bool,
) -> Result<std::collections::BTreeMap<String, u64>, MalformedSegment> {
    let mut counts = std::collections::BTreeMap::new();
    for (at, segment) in segments.iter().enumerate() {
        let mut terms = segment.dictionary().from(0)?;
        while let Some(term) = terms.next()? {
            // Labels come before all words.
            if terms.term.as_slice() >= "\u{4}".as_bytes() {
                break;
            }
            let Some(grant) = terms.term.strip_prefix(GRANT.as_bytes()) else { continue };
            let grant = String::from_utf8_lossy(grant).into_owned();
            for posting in segment.postings(term.postings) {
                let place = posting?.place;
                *counts.entry(grant.clone()).or_default() += u64::from(!dead(at, place));
            }
        }
    }
    Ok(counts)
}
