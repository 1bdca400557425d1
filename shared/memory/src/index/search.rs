//! Search across segments.
//!
//! Documents are scored by BM25 (Robertson and Zaragoza 2009, §3.4.2); the best are then re-ranked by embedding. Only if the
//! words find few documents, all others are compared by embedding, too, and the nearest are ranked among them.

use std::collections::{BTreeSet, HashSet};

use super::{
    bytes::{MalformedSegment, size},
    direction::Direction,
    entry::Label,
    fusion::fuse,
    index_query::{Hit, IndexQuery, Match, Time, WeightedTerm},
    postings::WHOLE,
    segment::Segment,
    top_k::{Candidate, TopK},
    vector_pages::VectorPage,
};
use crate::{Filter, TimeOrder, dates::Days};

/// Saturation of repeated terms. This and [`B`] are lower than usual because memories are short: a repeated word adds
/// little, and a long memory is not less relevant.
const K1: f32 = 0.9;
/// Normalisation by length.
const B: f32 = 0.4;
/// The minimum number of documents to re-rank by embedding.
const FUSED: usize = 200;
/// Documents found by words from which no others are searched by meaning, and the number of these.
const RELATED: usize = 10;
/// Scores relative to the best from which documents are ordered by time. A query for the newest names only its topic; "first"
/// is also a part of names.
const BAND_OF_NEWEST: f32 = 0.7;
const BAND_OF_OLDEST: f32 = 0.85;
/// Pages with the vectors of the best documents, which bound the units that a cold search of many memories reads. Each
/// segment is the same in all instances, so a warm one re-ranks the same documents.
const PAGES: usize = 48;
/// Pages to load if all documents are compared by embedding.
const PAGES_OF_ALL: usize = 90;

/// Returns the best matches, at most `limit`, best first; of equal scores, the newest first. Segments must be sorted
/// from oldest to newest. Deleted documents, `is_deleted(segment, doc)`, are not returned. Missing vectors do not
/// count; see [`candidates`](IndexQuery::candidates).
///
/// `time` are the days that the query names, see [`dated`](crate::dates::dated).
///
/// The filter is exact for tags and client. Times are compared by whole seconds, with inclusive bounds, so a caller
/// that needs exact times must filter the memories again.
pub fn search(
    segments: &[&Segment],
    text: &str,
    time: Option<&Days>,
    filter: &Filter,
    is_deleted: impl Fn(usize, u32) -> bool,
    limit: usize,
) -> Result<Vec<Hit>, MalformedSegment> {
    Ok(IndexQuery::parse(segments, text, time)?.candidates(filter, is_deleted, limit)?.rank(limit))
}

/// The documents with the best lexical scores, before they are re-ranked by embedding.
pub struct Candidates<'a> {
    segments: &'a [&'a Segment],
    best: Vec<Candidate>,
    /// The pages with the vectors of the best of them. The vectors of the others do not count.
    pages: BTreeSet<(usize, VectorPage)>,
    /// Documents to compare by embedding only, newest first, if the words find few.
    others: Vec<(usize, u32)>,
    /// The embedding of the query, and the share of its words that the table has.
    direction: Option<(Direction, f32)>,
    /// `true` if the query is one word, which has no context: memories that contain it come first.
    is_one_word: bool,
    order: Option<TimeOrder>,
    /// The lexical score of a document with all words of the query.
    complete: f32,
}

impl Candidates<'_> {
    /// The pages of vectors to load before [`rank`](Candidates::rank), each with the position of its segment.
    pub fn missing_pages(&self) -> BTreeSet<(usize, VectorPage)> {
        let is_missing = |(segment, page): &(usize, VectorPage)| self.segments[*segment].vectors.is_missing(*page);
        let mut pages: BTreeSet<_> = self.pages.iter().copied().filter(is_missing).collect();
        for (segment, doc) in &self.others {
            if pages.len() >= PAGES_OF_ALL {
                break;
            }
            pages.extend(Some((*segment, VectorPage::of(*doc))).filter(is_missing));
        }
        pages
    }

    /// Orders the documents that match about as well as the best by time.
    #[must_use]
    pub fn in_order(self, order: Option<TimeOrder>) -> Self {
        Self { order, ..self }
    }

    /// The best matches, at most `limit`, best first.
    pub fn rank(self, limit: usize) -> Vec<Hit> {
        let nearest = self.nearest();
        let ranked = if self.best.is_empty() { nearest } else { self.ranked(nearest) };
        let hit = |Candidate { score, segment, doc, found }| {
            self.segments[segment].id(doc).map(|id| Hit { id, score, found })
        };
        ranked.into_iter().take(limit).filter_map(hit).collect()
    }

    /// The documents found by words, re-ranked together with the nearest of the others.
    fn ranked(&self, nearest: Vec<Candidate>) -> Vec<Candidate> {
        let mut ranked = self.best.clone();
        if let Some((direction, known)) = &self.direction {
            let with_nearness = |candidate: Candidate| {
                let has_page = self.pages.contains(&(candidate.segment, VectorPage::of(candidate.doc)));
                let vector = self.segments[candidate.segment].vector(candidate.doc).filter(|_| has_page);
                (candidate, vector.map(|vector| direction.nearness(vector)))
            };
            let by_meaning = nearest.into_iter().map(|near| (Candidate { score: 0.0, ..near }, Some(near.score)));
            ranked = fuse(ranked.into_iter().map(with_nearness).chain(by_meaning).collect(), *known, self.complete);
        }
        if self.is_one_word {
            ranked.sort_by_key(|candidate| candidate.found != Match::Exact);
        }
        if let Some(order) = self.order {
            self.sort_by_time(&mut ranked, order);
        }
        ranked
    }

    /// Sorts the documents that match about as well as the best by time.
    fn sort_by_time(&self, ranked: &mut [Candidate], order: TimeOrder) {
        let band = match order {
            TimeOrder::Newest => BAND_OF_NEWEST,
            TimeOrder::Oldest => BAND_OF_OLDEST,
            TimeOrder::Past => return,
        };
        let lowest = ranked.first().map_or(0.0, |best| best.score * band);
        // Memories that contain the only word come first, and the scores descend among these and the others.
        let end = ranked.iter().position(|candidate| candidate.score < lowest).unwrap_or(ranked.len());
        let best = &mut ranked[..end];
        // Memories of one moment are in the order in which they were added.
        best.sort_by_cached_key(|Candidate { segment, doc, .. }| (self.segments[*segment].time(*doc), *segment, *doc));
        if order == TimeOrder::Newest {
            best.reverse();
        }
    }

    /// The documents nearest by meaning among those without a word of the query, nearest first.
    fn nearest(&self) -> Vec<Candidate> {
        let Some((direction, _)) = &self.direction else { return vec![] };
        // Opposite directions count only if there is nothing else: a search does not end empty (SE-12).
        let offset = if self.best.is_empty() { 1.0 } else { 0.0 };
        let mut nearest = TopK::new(RELATED);
        for (segment, doc) in &self.others {
            let vector = self.segments[*segment].vector(*doc);
            let score = vector.map_or(0.0, |vector| direction.nearness(vector) + offset);
            if score >= nearest.threshold() {
                nearest.push(Candidate { score, segment: *segment, doc: *doc, found: Match::Related });
            }
        }
        nearest.finish()
    }
}

impl<'a> IndexQuery<'a> {
    /// A query with close terms, synonyms, embedding, neighbours and time.
    pub fn parse(segments: &'a [&'a Segment], text: &str, time: Option<&Days>) -> Result<Self, MalformedSegment> {
        let query = Self::new(segments, text)?.approximate()?.expand_synonyms()?.with_embedding().with_neighbours();
        Ok(match time {
            Some(time) => query.with_recency(time)?,
            None => query,
        })
    }

    /// The documents to rank for `limit` hits. The arguments are those of [`search()`].
    pub fn candidates(
        &self,
        filter: &Filter,
        is_deleted: impl Fn(usize, u32) -> bool,
        limit: usize,
    ) -> Result<Candidates<'a>, MalformedSegment> {
        let mut best = TopK::new(limit.max(FUSED));
        let mut matching_docs = Vec::with_capacity(self.segments.len());
        for (at, segment) in self.segments.iter().enumerate() {
            let matching = matching(segment, filter)?;
            let is_match = |doc: u32| matching.as_ref().is_none_or(|matching| matching[doc as usize]);
            let (scores, found) = self.scores(segment, at, |doc| is_deleted(at, doc))?;
            for ((doc, score), found) in (0..).zip(scores).zip(found) {
                if score >= best.threshold() && is_match(doc) && !is_deleted(at, doc) {
                    best.push(Candidate { score, segment: at, doc, found });
                }
            }
            matching_docs.push(matching);
        }
        let best = best.finish();
        let direction = self.meaning.as_ref().map(|meaning| (Direction::from(&meaning.embedding), meaning.known));
        let by_words = best.iter().filter(|candidate| candidate.found != Match::Related).count();
        let pages = if direction.is_some() { pages_of(&best) } else { BTreeSet::new() };
        let mut others = Vec::new();
        if self.has_neighbours && direction.is_some() && by_words < RELATED.min(limit) {
            let known: HashSet<_> = best.iter().map(|candidate| (candidate.segment, candidate.doc)).collect();
            for (at, segment) in self.segments.iter().enumerate().rev() {
                let is_match = |doc: u32| matching_docs[at].as_ref().is_none_or(|matching| matching[doc as usize]);
                let docs = (0..size(segment.len())).rev().filter(|doc| is_match(*doc) && !is_deleted(at, *doc));
                others.extend(docs.map(|doc| (at, doc)).filter(|other| !known.contains(other)));
            }
        }
        let is_one_word = self.is_one_word();
        let complete = self.weight_of_words() / (1.0 + K1);
        Ok(Candidates { segments: self.segments, best, pages, others, direction, is_one_word, order: None, complete })
    }

    /// The lexical score of each document of a segment, and the kind of its match.
    fn scores(
        &self,
        segment: &Segment,
        at: usize,
        is_deleted: impl Fn(u32) -> bool,
    ) -> Result<(Vec<f32>, Vec<Match>), MalformedSegment> {
        let lengths = segment.lengths();
        let (length_norm, for_length) = (K1 * (1.0 - B), K1 * B / self.average);
        let (mut scores, mut kinds) = (vec![0.0; segment.len()], vec![Match::Related; segment.len()]);
        // The score for the current word, of the documents that it is found in.
        let (mut of_word, mut with_word, mut current) = (vec![0.0_f32; segment.len()], Vec::new(), 0);
        // Documents with more than changes of a state.
        let mut is_about = vec![!self.has_topic(); segment.len()];
        for WeightedTerm { weight, found, word, kind, is_change, .. } in &self.terms {
            if current != *word {
                with_word.drain(..).for_each(|doc: usize| of_word[doc] = 0.0);
                current = *word;
            }
            for posting in found[at].into_iter().flat_map(|term| segment.postings(term.postings)) {
                let posting = posting?;
                let (doc, count) = (posting.doc as usize, posting.halves as f32 / WHOLE as f32);
                let length = f32::from(u16::from_le_bytes(lengths[doc]));
                let score = weight * count / (count + length_norm + for_length * length);
                if score > of_word[doc] {
                    scores[doc] += score - of_word[doc];
                    of_word[doc] = score;
                    with_word.push(doc);
                }
                kinds[doc] = kinds[doc].min(*kind);
                is_about[doc] |= !is_change;
            }
        }
        for ((score, kind), _) in scores.iter_mut().zip(&mut kinds).zip(is_about).filter(|(_, is_about)| !is_about) {
            (*score, *kind) = (0.0, Match::Related);
        }
        if self.has_neighbours {
            segment.add_neighbours(&mut scores, is_deleted)?;
        }
        if let Some(Time { docs, weight }) = &self.time {
            for doc in docs[at].iter().map(|doc| *doc as usize) {
                (scores[doc], kinds[doc]) = (scores[doc] + weight / (1.0 + K1), Match::Exact);
            }
        }
        Ok((scores, kinds))
    }
}

/// The first pages with vectors of candidates, in their order.
fn pages_of(candidates: &[Candidate]) -> BTreeSet<(usize, VectorPage)> {
    let mut pages = BTreeSet::new();
    for Candidate { segment, doc, .. } in candidates {
        if pages.len() == PAGES {
            break;
        }
        pages.insert((*segment, VectorPage::of(*doc)));
    }
    pages
}

/// The documents of a segment that match a filter, or `None` if all match.
fn matching(segment: &Segment, filter: &Filter) -> Result<Option<Vec<bool>>, MalformedSegment> {
    if filter.matches_all() {
        return Ok(None);
    }
    let in_time = |at: i64| {
        filter.after.is_none_or(|after| after.may_be_reached(at))
            && filter.before.is_none_or(|before| before.may_be_ahead(at))
    };
    let mut matching: Vec<_> = segment.times().map(in_time).collect();
    let tags = filter.tags.iter().map(|tag| Label::Tag(tag));
    for label in tags.chain(filter.client.as_ref().map(|client| Label::Client(client.as_str()))) {
        let mut labelled = vec![false; segment.len()];
        for posting in
            segment.dictionary().find(&label.term())?.into_iter().flat_map(|term| segment.postings(term.postings))
        {
            labelled[posting?.doc as usize] = true;
        }
        matching.iter_mut().zip(labelled).for_each(|(matching, labelled)| *matching &= labelled);
    }
    Ok(Some(matching))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Entry;

    /// SE-15
    #[test]
    fn weak_match_of_one_word_is_not_ordered_by_time() {
        let entries: Vec<_> = (0..6)
            .map(|id| Entry {
                id,
                text: "tea".into(),
                date: String::new(),
                previous: String::new(),
                tags: vec![],
                at: jiff::Timestamp::from_second(id as i64).expect("in range"),
                client: String::new(),
                grant: String::new(),
                bytes: 3,
            })
            .collect();
        let (segment, close) = (Segment::build(&entries), Match::Close);
        let best =
            [(1.0, Match::Exact), (0.9, Match::Exact), (0.3, Match::Exact), (0.8, close), (0.8, close), (0.8, close)];
        let best = (0..).zip(best).map(|(doc, (score, found))| Candidate { score, segment: 0, doc, found }).collect();
        let candidates = Candidates {
            segments: &[&segment],
            best,
            pages: BTreeSet::new(),
            others: vec![],
            direction: None,
            is_one_word: true,
            order: Some(TimeOrder::Newest),
            complete: 0.0,
        };
        let ids: Vec<_> = candidates.rank(6).iter().map(|hit| hit.id).collect();
        assert_eq!(ids, [1, 0, 2, 3, 4, 5]);
    }
}
