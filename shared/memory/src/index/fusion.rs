//! One ranking of two: by words and by meaning.

use super::best::Candidate;

/// Ranks candidates, which come best first by their words, by what they mean as well, each counting as much as the
/// other: the first as a share of the best, the second between the farthest and the nearest.
pub(crate) fn fuse(candidates: &mut [Candidate], nearness: impl Fn(&Candidate) -> f32) {
    let Some(best) = candidates.first().map(|candidate| candidate.score) else { return };
    let near: Vec<_> = candidates.iter().map(nearness).collect();
    let nearest = near.iter().copied().fold(f32::MIN, f32::max);
    let farthest = near.iter().copied().fold(f32::MAX, f32::min);
    for (candidate, near) in candidates.iter_mut().zip(near) {
        let near = if nearest > farthest { (near - farthest) / (nearest - farthest) } else { 0.0 };
        candidate.score = (candidate.score / best + near) / 2.0;
    }
    candidates.sort_unstable_by(Candidate::order);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_meaning_count_alike() {
        let mut candidates: Vec<_> =
            [(4.0, 0), (3.0, 1), (2.0, 2)].map(|(score, place)| Candidate { score, segment: 0, place }).into();
        fuse(&mut candidates, |candidate| [-0.2, 0.6, 0.2][candidate.place as usize]);
        let scores: Vec<_> = candidates.iter().map(|candidate| (candidate.place, candidate.score)).collect();
        assert_eq!(scores, [(1, 0.875), (2, 0.5), (0, 0.5)]);
    }

    #[test]
    fn what_means_the_same_stays_in_its_order() {
        let mut candidates: Vec<_> =
            [(4.0, 0), (3.0, 1)].map(|(score, place)| Candidate { score, segment: 0, place }).into();
        fuse(&mut candidates, |_| 0.0);
        assert_eq!(candidates.iter().map(|candidate| candidate.place).collect::<Vec<_>>(), [0, 1]);
        fuse(&mut [], |_| 0.0);
    }
}
