//! The stored form of embeddings: 192 dimensions of four bits each.
//!
//! The table has more dimensions, sorted by how much they discriminate. The vector of a memory weights its words by
//! their frequency in the language; the query weights them by their frequency in the user's memories.

use super::embedding::{Embedding, embedding};

/// The embedding table that a segment was built with. Never zero.
pub(crate) const MODEL: u8 = 1;
const DIMENSIONS: usize = 192;
pub(crate) const VECTOR_BYTES: usize = DIMENSIONS / 2;
/// Quantisation steps per standard deviation: with fifteen steps, few values are clamped.
const STEPS: f32 = 2.5;
const LARGEST: f32 = 7.0;
const ZERO: u8 = 8;
/// The largest value of a query: sums over all dimensions stay far below 2^31.
const FINEST: f32 = 4095.0;
/// Leading entries of the vocabulary: markers instead of words.
const MARKERS: u16 = 999;

pub(crate) type PackedVector = [u8; VECTOR_BYTES];

/// The vector of a text without a known word.
pub(crate) const UNKNOWN: PackedVector = [ZERO << 4 | ZERO; VECTOR_BYTES];

/// The vector of a text with these weighted words.
pub(crate) fn of_words<'a>(words: impl Iterator<Item = (&'a str, f32)>) -> PackedVector {
    // The vocabulary is sorted by frequency: by Zipf's law, the logarithm of the rank approximates the information of
    // a word.
    let weigh = |rank: u16| f32::from(rank.saturating_sub(MARKERS).saturating_add(1)).ln();
    embedding(words, weigh).map_or(UNKNOWN, |embedding| pack(&embedding))
}

fn pack(embedding: &Embedding) -> PackedVector {
    let values = &embedding.0[..DIMENSIONS];
    let deviation = (values.iter().map(|value| value * value).sum::<f32>() / DIMENSIONS as f32).sqrt();
    let step = |value: f32| ((value / deviation * STEPS).round().clamp(-LARGEST, LARGEST) + f32::from(ZERO)) as u8;
    let (first, second) = values.split_at(VECTOR_BYTES);
    std::array::from_fn(|at| step(first[at]) << 4 | step(second[at]))
}

/// The embedding of a query, as integers, so that dot products are vectorised.
pub(crate) struct Direction {
    first: [i16; VECTOR_BYTES],
    second: [i16; VECTOR_BYTES],
}

impl From<&Embedding> for Direction {
    fn from(embedding: &Embedding) -> Self {
        let (first, second) = embedding.0[..DIMENSIONS].split_at(VECTOR_BYTES);
        let largest = embedding.0.iter().fold(0.0, |largest: f32, value| largest.max(value.abs()));
        let whole = |values: &[f32]| std::array::from_fn(|at| (values[at] / largest * FINEST).round() as i16);
        Self { first: whole(first), second: whole(second) }
    }
}

impl Direction {
    /// The similarity of a document: the cosine, times the length of the query, which is the same for all documents.
    pub(crate) fn nearness(&self, packed: &PackedVector) -> f32 {
        let (mut product, mut squares) = (0, 0);
        for ((pair, first), second) in packed.iter().zip(&self.first).zip(&self.second) {
            let (high, low) = (i16::from(pair >> 4) - i16::from(ZERO), i16::from(pair & 15) - i16::from(ZERO));
            product += i32::from(high) * i32::from(*first) + i32::from(low) * i32::from(*second);
            squares += i32::from(high) * i32::from(high) + i32::from(low) * i32::from(low);
        }
        if squares == 0 { 0.0 } else { product as f32 / (squares as f32).sqrt() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_text(text: &str) -> PackedVector {
        of_words(text.split(' ').map(|word| (word, 1.0)))
    }

    fn nearness(query: &str, memory: &str) -> f32 {
        let embedding = embedding(query.split(' ').map(|word| (word, 1.0)), |_| 1.0).expect("known words");
        Direction::from(&embedding).nearness(&of_text(memory))
    }

    #[test]
    fn related_texts_are_near() {
        assert!(nearness("violin", "cello orchestra") > nearness("violin", "garage engine"));
        assert!(nearness("unbelievably tired", "exhausted sleepy") > nearness("unbelievably tired", "green paint"));
    }

    #[test]
    fn quantisation_preserves_direction() {
        let words = [("hiking", 1.0), ("mountains", 1.0), ("weekend", 1.0)];
        let exact = embedding(words.into_iter(), |_| 1.0).expect("known words");
        let direction = Direction::from(&exact);
        let length = |values: &[f32]| values.iter().map(|value| value * value).sum::<f32>().sqrt();
        let whole: Vec<_> = direction.first.iter().chain(&direction.second).map(|value| f32::from(*value)).collect();
        let cosine = direction.nearness(&pack(&exact)) / length(&whole);
        assert!(cosine > 0.96, "{cosine}");
    }

    #[test]
    fn unknown_words_have_no_similarity() {
        assert_eq!(of_text("ξενοδοχείο?"), of_text("ξενοδοχείο?"));
        assert_eq!(nearness("violin", "\u{1F980}"), 0.0);
        assert_eq!(of_words(std::iter::empty()), UNKNOWN);
    }
}
