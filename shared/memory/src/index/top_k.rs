//! Selection of the highest scores without a full sort.

use std::cmp::Ordering;

use super::index_query::Match;

/// A document and its score.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate {
    pub(crate) score: f32,
    pub(crate) segment: usize,
    pub(crate) doc: u32,
    pub(crate) found: Match,
}

/// Collects candidates. Whenever there are 2k of them, the lower half is discarded.
#[derive(Debug)]
pub(crate) struct TopK {
    k: usize,
    threshold: f32,
    candidates: Vec<Candidate>,
}

impl TopK {
    pub(crate) fn new(k: usize) -> Self {
        Self { k, threshold: f32::MIN_POSITIVE, candidates: Vec::with_capacity(2 * k) }
    }

    /// The lowest score that can still be among the k highest; never zero.
    pub(crate) fn threshold(&self) -> f32 {
        self.threshold
    }

    pub(crate) fn push(&mut self, candidate: Candidate) {
        self.candidates.push(candidate);
        if self.candidates.len() >= 2 * self.k {
            self.truncate();
            self.threshold = self.candidates.iter().map(|candidate| candidate.score).fold(f32::MAX, f32::min);
        }
    }

    /// The candidates, best first.
    pub(crate) fn finish(mut self) -> Vec<Candidate> {
        self.truncate();
        self.candidates.sort_unstable_by(Candidate::order);
        self.candidates
    }

    fn truncate(&mut self) {
        if self.candidates.len() > self.k {
            self.candidates.select_nth_unstable_by(self.k, Candidate::order);
            self.candidates.truncate(self.k);
        }
    }
}

impl Candidate {
    /// Orders by descending score, then newest first.
    pub(crate) fn order(one: &Self, other: &Self) -> Ordering {
        let newer = || (other.segment, other.doc).cmp(&(one.segment, one.doc));
        other.score.total_cmp(&one.score).then_with(newer)
    }
}
