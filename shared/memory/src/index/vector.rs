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

fn pack(Meaning(values): &Meaning) -> PackedVector {
    let values = &values[..DIMENSIONS];
    let deviation = (values.iter().map(|value| value * value).sum::<f32>() / DIMENSIONS as f32).sqrt();
    let step = |value: f32| ((value / deviation * STEPS).round().clamp(-LARGEST, LARGEST) + f32::from(ZERO)) as u8;
    std::array::from_fn(|at| step(values[2 * at]) << 4 | step(values[2 * at + 1]))
}

/// How near a memory is to what a query means: the cosine of the angle between them, but for the length of the query's
/// vector, which is the same for all.
pub(crate) fn nearness(Meaning(query): &Meaning, packed: &PackedVector) -> f32 {
    let (mut product, mut squares) = (0.0, 0.0);
    for (pair, query) in packed.iter().zip(query.as_chunks::<2>().0) {
        let (high, low) = (f32::from(pair >> 4) - f32::from(ZERO), f32::from(pair & 15) - f32::from(ZERO));
        product += high * query[0] + low * query[1];
        squares += high * high + low * low;
    }
    if squares == 0.0 { 0.0 } else { product / squares.sqrt() }
}
