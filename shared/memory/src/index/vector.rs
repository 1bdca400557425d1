//! The stored form of embeddings: 192 dimensions of four bits each.
//!
//! The vectors of the [table](super::embedding), those of memories, and those of queries are in one space: the principal
//! components of all-MiniLM-L6-v2's sentence vectors.

use super::embedding::{Embedding, embedding};

/// The embedding table that a segment was built with. Never zero.
pub(crate) const MODEL: u8 = 2;
/// The dimensions of a vector.
pub const DIMENSIONS: usize = 192;
pub(crate) const VECTOR_BYTES: usize = DIMENSIONS / 2;
/// Quantisation steps per standard deviation: with fifteen steps, few values are clamped.
const STEPS: f32 = 2.5;
const LARGEST: f32 = 7.0;
const ZERO: u8 = 8;
/// The largest value of a query: sums over all dimensions stay far below 2^31.
const FINEST: f32 = 4095.0;

pub(crate) type PackedVector = [u8; VECTOR_BYTES];

/// The vector of a text without a known word.
pub(crate) const UNKNOWN: PackedVector = [ZERO << 4 | ZERO; VECTOR_BYTES];

/// The vector of a text with these weighted words.
pub(crate) fn of_words<'a>(words: impl Iterator<Item = (&'a str, f32)>) -> PackedVector {
    embedding(words).map_or(UNKNOWN, |embedding| pack(&embedding.0))
}

/// The stored form of a vector.
pub(crate) fn pack(values: &[f32; DIMENSIONS]) -> PackedVector {
    let deviation = (values.iter().map(|value| value * value).sum::<f32>() / DIMENSIONS as f32).sqrt();
    let step = |value: f32| ((value / deviation * STEPS).round().clamp(-LARGEST, LARGEST) + f32::from(ZERO)) as u8;
    let (first, second) = values.split_at(VECTOR_BYTES);
    std::array::from_fn(|at| step(first[at]) << 4 | step(second[at]))
}

/// The values of a vector. Only their direction is significant.
pub(crate) fn unpacked(packed: &PackedVector) -> [f32; DIMENSIONS] {
    std::array::from_fn(|at| {
        let pair = packed[at % VECTOR_BYTES];
        f32::from(if at < VECTOR_BYTES { pair >> 4 } else { pair & 15 }) - f32::from(ZERO)
    })
}

/// Computes better vectors of memories than the table, in the same space, but too slowly for a request.
pub trait Encoder: std::fmt::Debug + Send + Sync {
    /// The vector of a text, or `None` if the encoder does not know its words.
    fn encode(&self, text: &str) -> Option<[f32; DIMENSIONS]>;
}

/// The embedding of a query, as integers, so that dot products are vectorised.
pub(crate) struct Direction {
    first: [i16; VECTOR_BYTES],
    second: [i16; VECTOR_BYTES],
    length: f32,
}

impl From<&Embedding> for Direction {
    fn from(embedding: &Embedding) -> Self {
        let (first, second) = embedding.0.split_at(VECTOR_BYTES);
        let largest = embedding.0.iter().fold(0.0, |largest: f32, value| largest.max(value.abs()));
        let whole = |values: &[f32]| std::array::from_fn(|at| (values[at] / largest * FINEST).round() as i16);
        let length = embedding.0.iter().map(|value| value * value).sum::<f32>().sqrt() / largest * FINEST;
        Self { first: whole(first), second: whole(second), length }
    }
}

impl Direction {
    /// The cosine to a document.
    pub(crate) fn nearness(&self, packed: &PackedVector) -> f32 {
        let (mut product, mut squares) = (0, 0);
        for ((pair, first), second) in packed.iter().zip(&self.first).zip(&self.second) {
            let (high, low) = (i16::from(pair >> 4) - i16::from(ZERO), i16::from(pair & 15) - i16::from(ZERO));
            product += i32::from(high) * i32::from(*first) + i32::from(low) * i32::from(*second);
            squares += i32::from(high) * i32::from(high) + i32::from(low) * i32::from(low);
        }
        if squares == 0 { 0.0 } else { product as f32 / (squares as f32).sqrt() / self.length }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_text(text: &str) -> PackedVector {
        of_words(text.split(' ').map(|word| (word, 1.0)))
    }

    fn nearness(query: &str, memory: &str) -> f32 {
        let embedding = embedding(query.split(' ').map(|word| (word, 1.0))).expect("known words");
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
        let exact = embedding(words.into_iter()).expect("known words");
        let direction = Direction::from(&exact);
        let cosine = direction.nearness(&pack(&exact.0));
        assert!(cosine > 0.96, "{cosine}");
    }

    #[test]
    fn unknown_words_have_no_similarity() {
        assert_eq!(of_text("ξενοδοχείο?"), of_text("ξενοδοχείο?"));
        assert_eq!(nearness("violin", "\u{1F980}"), 0.0);
        assert_eq!(of_words(std::iter::empty()), UNKNOWN);
    }
}
