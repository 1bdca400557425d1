//! Measures of ranking quality.

use std::collections::BTreeSet;

/// Sums over a number of questions, shown as means.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Measures {
    /// Recall at 5, 10 and 20.
    pub(crate) recall: [f64; 3],
    /// The reciprocal rank of the first relevant document (MRR).
    pub(crate) reciprocal_rank: f64,
    /// Questions with a relevant first result (success@1).
    pub(crate) first: f64,
    /// The normalised discounted cumulative gain of the first 10 (nDCG@10).
    pub(crate) gain: f64,
    pub(crate) questions: usize,
}

impl Measures {
    /// Adds the ranking of one question.
    pub(crate) fn add(&mut self, ranking: &[usize], relevant: &BTreeSet<usize>) {
        let found: Vec<_> = ranking.iter().map(|place| relevant.contains(place)).collect();
        for (recall, among) in self.recall.iter_mut().zip([5, 10, 20]) {
            *recall += found.iter().take(among).filter(|found| **found).count() as f64 / relevant.len() as f64;
        }
        let first = found.iter().position(|found| *found);
        self.reciprocal_rank += first.map_or(0.0, |place| 1.0 / (place + 1) as f64);
        self.first += f64::from(u8::from(first == Some(0)));
        let gain = |place: usize| 1.0 / ((place + 2) as f64).log2();
        let largest: f64 = (0..relevant.len().min(10)).map(gain).sum();
        let gained: f64 = (0..found.len().min(10)).filter(|place| found[*place]).map(gain).sum();
        self.gain += gained / largest;
        self.questions += 1;
    }

    /// The means in per cent, as cells of a Markdown table.
    pub(crate) fn row(&self) -> String {
        let mean = |sum: f64| 100.0 * sum / self.questions as f64;
        let [five, ten, twenty] = self.recall.map(mean);
        let (rank, gain, first) = (mean(self.reciprocal_rank), mean(self.gain), mean(self.first));
        format!("{five:.1} | {ten:.1} | {twenty:.1} | {rank:.1} | {gain:.1} | {first:.1}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_follow_their_definitions() {
        let mut measures = Measures::default();
        measures.add(&[7, 1, 8, 9, 10, 11, 2], &BTreeSet::from([1, 2]));
        assert_eq!(measures.recall, [0.5, 1.0, 1.0]);
        assert_eq!(measures.reciprocal_rank, 0.5);
        let expected = (1.0 / 3f64.log2() + 1.0 / 8f64.log2()) / (1.0 + 1.0 / 3f64.log2());
        assert!((measures.gain - expected).abs() < 1e-9);
        measures.add(&[], &BTreeSet::from([1]));
        assert_eq!(measures.row(), "25.0 | 50.0 | 50.0 | 25.0 | 29.6 | 0.0");
    }
}
