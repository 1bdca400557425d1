//! Searching segments, as if they were one.
//!
//! First come the memories that have the words, by BM25 (Robertson and Zaragoza 2009, §3.4.2); then the best of them are
//! ranked by what they mean as well. What shares no word with a question, nor one that is used like it, is not found:
//! the meaning of every memory is too much to look at.

use std::ops::Range;

use jiff::Timestamp;

use super::{
    best::{Best, Candidate},
    bytes::MalformedSegment,
    entry::Label,
    fusion::fuse,
    question::{Hit, Question, Sought, Time},
    segment::Segment,
    vector::Direction,
};
use crate::Filter;

/// How fast a repeated word stops to count. This and [`B`] are lower than usual, since memories are short: a word said
/// twice means little more than once, and a long memory is not less about its subject.
const K1: f32 = 0.9;
/// How much a long memory is marked down.
const B: f32 = 0.4;
/// How many of those that have the words are ranked by their meaning too, at least.
const FUSED: usize = 200;

/// The memories that answer a question best, best first, and of equal ones the newest; at most `limit`. Segments come
/// oldest first. A memory that is `dead` (segment, place) is not among them.
///
/// `time` is when it happened, if the question says so, see [`dated`](crate::dates::dated).
///
/// What the filter wants is exact for tags and client. Times are compared by whole seconds, bounds included: whoever
/// reads the memories themselves has the last word.
///
/// # Errors
/// [`MalformedSegment`].
pub fn search(
    segments: &[&Segment],
    text: &str,
    time: Option<&Range<Timestamp>>,
    filter: &Filter,
    dead: impl Fn(usize, u32) -> bool,
    limit: usize,
) -> Result<Vec<Hit>, MalformedSegment> {
    let question = Question::new(segments, text)?.and_what_is_near()?.and_meaning();
    match time {
        Some(time) => question.and_time(time),
        None => question,
    }
    .search(filter, dead, limit)
}

impl Question<'_> {
    /// As [`search()`], of what this question asks for.
    ///
    /// # Errors
    /// [`MalformedSegment`].
    pub fn search(
        &self,
        filter: &Filter,
        dead: impl Fn(usize, u32) -> bool,
        limit: usize,
    ) -> Result<Vec<Hit>, MalformedSegment> {
        let mut best = Best::new(limit.max(FUSED));
        for (at, segment) in self.segments.iter().enumerate() {
            let wanted = wanted(segment, filter)?;
            let is_wanted = |place: u32| wanted.as_ref().is_none_or(|wanted| wanted[place as usize]);
            for (place, score) in (0..).zip(self.scores(segment, at)?) {
                if score >= best.least() && is_wanted(place) && !dead(at, place) {
                    best.push(Candidate { score, segment: at, place });
                }
            }
        }
        let mut best = best.finish();
        if let Some(meaning) = &self.meaning {
            let direction = Direction::from(meaning);
            fuse(&mut best, |candidate| {
                let vector = self.segments[candidate.segment].vector(candidate.place);
                vector.map_or(0.0, |vector| direction.nearness(vector))
            });
        }
        let hit = |Candidate { score, segment, place }| self.segments[segment].id(place).map(|id| Hit { id, score });
        Ok(best.into_iter().take(limit).filter_map(hit).collect())
    }

    /// What each memory of a segment scores by its words.
    fn scores(&self, segment: &Segment, at: usize) -> Result<Vec<f32>, MalformedSegment> {
        let lengths = segment.lengths();
        let (patience, for_length) = (K1 * (1.0 - B), K1 * B / self.average);
        let mut scores = vec![0.0; segment.len()];
        for Sought { weight, found, .. } in &self.terms {
            for posting in found[at].into_iter().flat_map(|term| segment.postings(term.postings)) {
                let posting = posting?;
                let (place, count) = (posting.place as usize, posting.count as f32);
                let length = f32::from(u16::from_le_bytes(lengths[place]));
                scores[place] += weight * count / (count + patience + for_length * length);
            }
        }
        if let Some(Time { seconds, weight }) = &self.time {
            let once = weight / (1.0 + K1);
            for (score, time) in scores.iter_mut().zip(segment.times()) {
                *score += if seconds.contains(&time) { once } else { 0.0 };
            }
        }
        Ok(scores)
    }
}

/// Which memories of a segment a filter wants; none, if it wants all.
fn wanted(segment: &Segment, filter: &Filter) -> Result<Option<Vec<bool>>, MalformedSegment> {
    if filter.wants_all() {
        return Ok(None);
    }
    let in_time = |at: i64| {
        filter.after.is_none_or(|after| at >= after.as_second())
            && filter.before.is_none_or(|before| at <= before.as_second())
    };
    let mut wanted: Vec<_> = segment.times().map(in_time).collect();
    let tags = filter.tags.iter().map(|tag| Label::Tag(tag));
    for label in tags.chain(filter.client.as_ref().map(|client| Label::Client(client.as_str()))) {
        let mut having = vec![false; segment.len()];
        for posting in
            segment.dictionary().find(&label.term())?.into_iter().flat_map(|term| segment.postings(term.postings))
        {
            having[posting?.place as usize] = true;
        }
        wanted.iter_mut().zip(having).for_each(|(wanted, having)| *wanted &= having);
    }
    Ok(Some(wanted))
}
