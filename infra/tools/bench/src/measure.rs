//! Measures of ranking quality.

use std::collections::BTreeSet;

use crate::generator::Generator;

/// Samples of a bootstrap interval, and its seed.
const SAMPLES: usize = 2000;
const SEED: u64 = 29;

/// Sums over a number of questions, shown as means.
#[derive(Debug, Clone, Default)]
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
    /// Recall at 10 of each question, in order.
    each: Vec<f64>,
}

impl Measures {
    /// Adds the ranking of one question.
    pub(crate) fn add(&mut self, ranking: &[usize], relevant: &BTreeSet<usize>) {
        let found: Vec<_> = ranking.iter().map(|place| relevant.contains(place)).collect();
        let recall = |among| found.iter().take(among).filter(|found| **found).count() as f64 / relevant.len() as f64;
        self.recall.iter_mut().zip([5, 10, 20]).for_each(|(sum, among)| *sum += recall(among));
        self.each.push(recall(10));
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

    /// The difference of recall@10 to another row of the same questions, in per cent, with its 95 % interval: a paired
    /// bootstrap (Efron and Tibshirani 1993, chapter 13). The same in every run.
    pub(crate) fn difference(&self, before: &Self) -> String {
        let differences: Vec<_> =
            self.each.iter().zip(&before.each).map(|(one, before)| 100.0 * (one - before)).collect();
        let mut random = Generator::new(SEED);
        let mut resampled = || {
            let sum: f64 = differences.iter().map(|_| differences[random.below(differences.len())]).sum();
            sum / differences.len() as f64
        };
        let mut means: Vec<_> = (0..SAMPLES).map(|_| resampled()).collect();
        means.sort_unstable_by(f64::total_cmp);
        let mean = differences.iter().sum::<f64>() / differences.len().max(1) as f64;
        format!("{mean:+.1} [{:+.1}, {:+.1}]", means[SAMPLES / 40], means[SAMPLES - 1 - SAMPLES / 40])
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

    #[test]
    fn difference_has_an_interval() {
        let of = |rankings: &[usize]| {
            let mut measures = Measures::default();
            rankings.iter().for_each(|found| measures.add(&[*found], &BTreeSet::from([1])));
            measures
        };
        let before = of(&[[0; 50], [1; 50]].concat());
        assert_eq!(before.difference(&before), "+0.0 [+0.0, +0.0]");
        assert_eq!(of(&[1; 100]).difference(&of(&[0; 100])), "+100.0 [+100.0, +100.0]");
        // The standard error is 5.
        assert_eq!(of(&[1; 100]).difference(&before), "+50.0 [+40.0, +60.0]");
    }
}
