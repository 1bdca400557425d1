//! Fusion of the lexical and the semantic ranking.

use super::top_k::Candidate;

/// Re-ranks candidates, which are sorted by lexical score, by the mean of two scores in 0..1: the lexical score
/// relative to the best, and the similarity scaled between the lowest and the highest.
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
    fn lexical_and_semantic_scores_weigh_the_same() {
        let mut candidates: Vec<_> =
            [(4.0, 0), (3.0, 1), (2.0, 2)].map(|(score, doc)| Candidate { score, segment: 0, doc }).into();
        fuse(&mut candidates, |candidate| [-0.2, 0.6, 0.2][candidate.doc as usize]);
        let scores: Vec<_> = candidates.iter().map(|candidate| (candidate.doc, candidate.score)).collect();
        assert_eq!(scores, [(1, 0.875), (2, 0.5), (0, 0.5)]);
    }

    #[test]
    fn equal_similarity_keeps_the_order() {
        let mut candidates: Vec<_> =
            [(4.0, 0), (3.0, 1)].map(|(score, doc)| Candidate { score, segment: 0, doc }).into();
        fuse(&mut candidates, |_| 0.0);
        assert_eq!(candidates.iter().map(|candidate| candidate.doc).collect::<Vec<_>>(), [0, 1]);
        fuse(&mut [], |_| 0.0);
    }
}
