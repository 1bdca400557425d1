//! The best of many, without sorting them all.

use std::cmp::Ordering;

/// A memory and its score.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate {
    pub(crate) score: f32,
    pub(crate) segment: usize,
    pub(crate) place: u32,
}

/// Collects candidates: when twice as many are there as are wanted, the worse half goes.
#[derive(Debug)]
pub(crate) struct Best {
    wanted: usize,
    least: f32,
    candidates: Vec<Candidate>,
}

impl Best {
    pub(crate) fn new(wanted: usize) -> Self {
        Self { wanted, least: f32::MIN_POSITIVE, candidates: Vec::with_capacity(2 * wanted) }
    }

    /// What a score has to be at least to be worth a look: more than nothing, and not less than that of so many others.
    pub(crate) fn least(&self) -> f32 {
        self.least
    }

    pub(crate) fn push(&mut self, candidate: Candidate) {
        self.candidates.push(candidate);
        if self.candidates.len() >= 2 * self.wanted {
            self.cut();
            self.least = self.candidates.iter().map(|candidate| candidate.score).fold(f32::MAX, f32::min);
        }
    }

    /// The best first.
    pub(crate) fn finish(mut self) -> Vec<Candidate> {
        self.cut();
        self.candidates.sort_unstable_by(Candidate::order);
        self.candidates
    }

    fn cut(&mut self) {
        if self.candidates.len() > self.wanted {
            self.candidates.select_nth_unstable_by(self.wanted, Candidate::order);
            self.candidates.truncate(self.wanted);
        }
    }
}

impl Candidate {
    /// The better one first, and of equal ones the newer.
    pub(crate) fn order(one: &Self, other: &Self) -> Ordering {
        let newer = || (other.segment, other.place).cmp(&(one.segment, one.place));
        other.score.total_cmp(&one.score).then_with(newer)
    }
}
