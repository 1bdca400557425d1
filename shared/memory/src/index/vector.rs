//! What a memory means, as it lies in a segment: a direction of 192 dimensions, four bits each.
//!
//! The table has more dimensions, in the order of how much they tell apart. A memory's vector never changes, so the
//! words in it count by how common they are in the language; how rare they are among this person's memories counts on
//! the side of the query.

use super::embedding::{Meaning, meaning};

/// Which table the vectors of a segment are made with. Zero would be none.
pub(crate) const MODEL: u8 = 1;
const DIMENSIONS: usize = 192;
pub(crate) const VECTOR_BYTES: usize = DIMENSIONS / 2;
/// Steps for each standard deviation of a dimension: with fifteen of them, few values lie outside.
const STEPS: f32 = 2.5;
const LARGEST: f32 = 7.0;
const ZERO: u8 = 8;
/// As large a value as a query may have: sums of all dimensions stay far below 2^31.
const FINEST: f32 = 4095.0;
/// So many entries of the vocabulary are no words, and come before all that are.
const MARKERS: u16 = 999;

pub(crate) type PackedVector = [u8; VECTOR_BYTES];

/// Of a text none of whose words has a meaning that is known.
pub(crate) const UNKNOWN: PackedVector = [ZERO << 4 | ZERO; VECTOR_BYTES];

/// What a text means that has these words.
pub(crate) fn of_words(words: &[String]) -> PackedVector {
    // The vocabulary is sorted by how common its words are: by Zipf's law, the logarithm of the rank is how much they say.
    let weigh = |rank: u16| f32::from(rank.saturating_sub(MARKERS).saturating_add(1)).ln();
    meaning(words.iter().map(|word| (word.as_str(), 1.0)), weigh).map_or(UNKNOWN, |meaning| pack(&meaning))
}

fn pack(meaning: &Meaning) -> PackedVector {
    let values = &meaning.0[..DIMENSIONS];
    let deviation = (values.iter().map(|value| value * value).sum::<f32>() / DIMENSIONS as f32).sqrt();
    let step = |value: f32| ((value / deviation * STEPS).round().clamp(-LARGEST, LARGEST) + f32::from(ZERO)) as u8;
    let (first, second) = values.split_at(VECTOR_BYTES);
    std::array::from_fn(|at| step(first[at]) << 4 | step(second[at]))
}

/// What a query means, in whole numbers: a sum of those is done many at a time.
pub(crate) struct Direction {
    first: [i16; VECTOR_BYTES],
    second: [i16; VECTOR_BYTES],
}

impl From<&Meaning> for Direction {
    fn from(meaning: &Meaning) -> Self {
        let (first, second) = meaning.0[..DIMENSIONS].split_at(VECTOR_BYTES);
        let largest = meaning.0.iter().fold(0.0, |largest: f32, value| largest.max(value.abs()));
        let whole = |values: &[f32]| std::array::from_fn(|at| (values[at] / largest * FINEST).round() as i16);
        Self { first: whole(first), second: whole(second) }
    }
}

impl Direction {
    /// How near a memory is: the cosine of the angle between them, times the length of this, which is the same for all.
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
        of_words(&text.split(' ').map(String::from).collect::<Vec<_>>())
    }

    fn nearness(query: &str, memory: &str) -> f32 {
        let meaning = meaning(query.split(' ').map(|word| (word, 1.0)), |_| 1.0).expect("known words");
        Direction::from(&meaning).nearness(&of_text(memory))
    }

    #[test]
    fn what_means_alike_is_near() {
        assert!(nearness("violin", "cello orchestra") > nearness("violin", "garage engine"));
        assert!(nearness("unbelievably tired", "exhausted sleepy") > nearness("unbelievably tired", "green paint"));
    }

    #[test]
    fn four_bits_keep_the_direction() {
        let words = [("hiking", 1.0), ("mountains", 1.0), ("weekend", 1.0)];
        let exact = meaning(words.into_iter(), |_| 1.0).expect("known words");
        let direction = Direction::from(&exact);
        let length = |values: &[f32]| values.iter().map(|value| value * value).sum::<f32>().sqrt();
        let whole: Vec<_> = direction.first.iter().chain(&direction.second).map(|value| f32::from(*value)).collect();
        let cosine = direction.nearness(&pack(&exact)) / length(&whole);
        assert!(cosine > 0.96, "{cosine}");
    }

    #[test]
    fn what_is_not_known_is_near_nothing() {
        assert_eq!(of_text("ξενοδοχείο?"), of_text("ξενοδοχείο?"));
        assert_eq!(nearness("violin", "\u{1F980}"), 0.0);
        assert_eq!(of_words(&[]), UNKNOWN);
    }
}
