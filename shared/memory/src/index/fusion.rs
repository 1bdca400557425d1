//! Fusion of the lexical and the semantic ranking.

use super::top_k::Candidate;

/// The least difference of cosines between the nearest and the farthest candidate that counts as much as one between the best
/// match and none. Among a few candidates, all may be equally far.
const SPAN: f32 = 0.4;

/// Re-ranks candidates, which are sorted by lexical score, by the weighted mean of two scores in 0..1: the lexical score
/// relative to the best, and the similarity scaled between the lowest and the highest. The similarity weighs half if the
/// embedding table has all words of the query, and less otherwise: `known` is the share of those that it has. Candidates
/// without a vector count as the farthest.
pub(crate) fn fuse(candidates: &mut [Candidate], known: f32, nearness: impl Fn(&Candidate) -> Option<f32>) {
    let Some(best) = candidates.first().map(|candidate| candidate.score) else { return };
    let near: Vec<_> = candidates.iter().map(nearness).collect();
    let nearest = near.iter().flatten().copied().fold(f32::MIN, f32::max);
    let farthest = near.iter().flatten().copied().fold(f32::MAX, f32::min);
    let weight = known / 2.0;
    for (candidate, near) in candidates.iter_mut().zip(near) {
        let near = near.map_or(0.0, |near| (near - farthest) / (nearest - farthest).max(SPAN));
        candidate.score = (1.0 - weight) * candidate.score / best + weight * near;
    }
    candidates.sort_unstable_by(Candidate::order);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Match;

    #[test]
    fn lexical_and_semantic_scores_weigh_the_same() {
        let mut candidates: Vec<_> = [(4.0, 0), (3.0, 1), (2.0, 2)]
            .map(|(score, doc)| Candidate { score, segment: 0, doc, found: Match::Exact })
            .into();
        fuse(&mut candidates, 1.0, |candidate| Some([-0.2, 0.6, 0.2][candidate.doc as usize]));
        let scores: Vec<_> = candidates.iter().map(|candidate| (candidate.doc, candidate.score)).collect();
        assert_eq!(scores, [(1, 0.875), (2, 0.5), (0, 0.5)]);
    }

    #[test]
    fn equal_similarity_keeps_the_order() {
        let mut candidates: Vec<_> =
            [(4.0, 0), (3.0, 1)].map(|(score, doc)| Candidate { score, segment: 0, doc, found: Match::Exact }).into();
        fuse(&mut candidates, 1.0, |_| Some(0.0));
        assert_eq!(candidates.iter().map(|candidate| candidate.doc).collect::<Vec<_>>(), [0, 1]);
        fuse(&mut [], 1.0, |_| Some(0.0));
        fuse(&mut candidates, 1.0, |_| None);
        assert_eq!(candidates.iter().map(|candidate| candidate.doc).collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn unknown_words_give_the_weight_to_the_lexical_score() {
        let candidates =
            [(4.0, 0), (3.0, 1)].map(|(score, doc)| Candidate { score, segment: 0, doc, found: Match::Exact });
        for (known, first) in [(0.0, 0), (0.3, 0), (1.0, 1)] {
            let mut candidates = candidates;
            fuse(&mut candidates, known, |candidate| Some(candidate.doc as f32));
            assert_eq!(candidates[0].doc, first, "{known}");
        }
    }
}
