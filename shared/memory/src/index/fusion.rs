//! Fusion of the lexical and the semantic ranking.

use super::top_k::Candidate;

/// The least difference of cosines between the nearest and the farthest candidate that counts as much as one between the best
/// match and none. Among a few candidates, all may be equally far.
const SPAN: f32 = 0.4;
/// The share of the lexical score of all words of the query that counts as a full match. Without it, a memory with one light word
/// of several would, if it is the best.
const FULL: f32 = 0.75;

/// Ranks candidates, each with its cosine to the query, by the weighted mean of two scores in 0..1: the lexical score relative to
/// the best, or to a `complete` one, and the similarity scaled between the lowest of those found by words and the highest. The
/// similarity weighs half if the embedding table has all words of the query, and less otherwise: `known` is the share of those
/// that it has. Candidates without a cosine count as the farthest.
pub(crate) fn fuse(candidates: Vec<(Candidate, Option<f32>)>, known: f32, complete: f32) -> Vec<Candidate> {
    let full = candidates.iter().map(|(candidate, _)| candidate.score).fold(FULL * complete, f32::max);
    let nearest = candidates.iter().filter_map(|(_, near)| *near).fold(f32::MIN, f32::max);
    let by_words = candidates.iter().filter(|(candidate, _)| candidate.score > 0.0);
    let farthest = by_words.filter_map(|(_, near)| *near).fold(f32::MAX, f32::min);
    let weight = known / 2.0;
    let fused = candidates.into_iter().map(|(candidate, near)| {
        let near = near.map_or(0.0, |near| (near - farthest) / (nearest - farthest).max(SPAN));
        Candidate { score: (1.0 - weight) * candidate.score / full + weight * near, ..candidate }
    });
    let mut fused: Vec<_> = fused.collect();
    fused.sort_unstable_by(Candidate::order);
    fused
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Match;

    /// The documents with these lexical scores and cosines, ranked.
    fn ranked(candidates: &[(f32, Option<f32>)], known: f32, complete: f32) -> Vec<(u32, f32)> {
        let candidate = |(doc, (score, near)): (u32, &(f32, Option<f32>))| {
            (Candidate { score: *score, segment: 0, doc, found: Match::Exact }, *near)
        };
        let fused = fuse((0..).zip(candidates).map(candidate).collect(), known, complete);
        fused.iter().map(|candidate| (candidate.doc, candidate.score)).collect()
    }

    #[test]
    fn lexical_and_semantic_scores_weigh_the_same() {
        let scores = ranked(&[(4.0, Some(-0.2)), (3.0, Some(0.6)), (2.0, Some(0.2))], 1.0, 0.0);
        assert_eq!(scores, [(1, 0.875), (2, 0.5), (0, 0.5)]);
    }

    #[test]
    fn equal_similarity_keeps_the_order() {
        for near in [Some(0.0), None] {
            let docs: Vec<_> = ranked(&[(4.0, near), (3.0, near)], 1.0, 0.0).iter().map(|(doc, _)| *doc).collect();
            assert_eq!(docs, [0, 1]);
        }
        assert_eq!(ranked(&[], 1.0, 0.0), []);
    }

    #[test]
    fn unknown_words_give_the_weight_to_the_lexical_score() {
        for (known, first) in [(0.0, 0), (0.3, 0), (1.0, 1)] {
            assert_eq!(ranked(&[(4.0, Some(0.0)), (3.0, Some(1.0))], known, 0.0)[0].0, first, "{known}");
        }
    }

    /// SE-13
    #[test]
    fn near_memory_precedes_one_with_few_of_the_words() {
        for (complete, first) in [(2.0, 0), (8.0, 1)] {
            let scores = ranked(&[(2.0, Some(0.1)), (0.0, Some(0.4))], 1.0, complete);
            assert_eq!(scores[0].0, first, "{complete}");
        }
    }
}
