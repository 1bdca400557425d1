//! The direction of a query in the space of the stored vectors.

use super::{
    embedding::Embedding,
    vector::{PackedVector, VECTOR_BYTES, ZERO},
};

/// The largest value of a query: sums over all dimensions stay far below 2^31.
const FINEST: f32 = 4095.0;

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
    use crate::index::{
        embedding::{TextWord, embedding, vector_of},
        vector::{UNKNOWN, pack},
    };

    fn words(text: &str) -> impl Iterator<Item = (TextWord<'_>, f32)> {
        text.split(' ').map(|word| (TextWord { word, language: None }, 1.0))
    }

    fn of_text(text: &str) -> PackedVector {
        vector_of(words(text))
    }

    fn nearness(query: &str, memory: &str) -> f32 {
        let embedding = embedding(words(query)).expect("known words");
        Direction::from(&embedding).nearness(&of_text(memory))
    }

    #[test]
    fn related_texts_are_near() {
        assert!(nearness("violin", "cello orchestra") > nearness("violin", "garage engine"));
        assert!(nearness("unbelievably tired", "exhausted sleepy") > nearness("unbelievably tired", "green paint"));
    }

    #[test]
    fn quantisation_preserves_direction() {
        let exact = embedding(words("hiking mountains weekend")).expect("known words");
        let direction = Direction::from(&exact);
        let cosine = direction.nearness(&pack(&exact.0));
        assert!(cosine > 0.96, "{cosine}");
    }

    #[test]
    fn unknown_words_have_no_similarity() {
        assert_eq!(of_text("ξενοδοχείο?"), of_text("ξενοδοχείο?"));
        assert_eq!(nearness("violin", "\u{1F980}"), 0.0);
        assert_eq!(vector_of(std::iter::empty()), UNKNOWN);
    }
}
