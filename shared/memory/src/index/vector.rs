//! The stored form of embeddings: 192 dimensions of four bits each.
//!
//! The vectors of the [table](super::embedding), those of memories, and those of queries are in one space: the principal
//! components of all-MiniLM-L6-v2's sentence vectors.

/// The embedding table that a segment was built with. Never zero.
pub(crate) const MODEL: u8 = 2;
/// The dimensions of a vector.
pub const DIMENSIONS: usize = 192;
pub(crate) const VECTOR_BYTES: usize = DIMENSIONS / 2;
/// Quantisation steps per standard deviation: with fifteen steps, few values are clamped.
const STEPS: f32 = 2.5;
const LARGEST: f32 = 7.0;
pub(crate) const ZERO: u8 = 8;

pub(crate) type PackedVector = [u8; VECTOR_BYTES];

/// The vector of a text without a known word.
pub(crate) const UNKNOWN: PackedVector = [ZERO << 4 | ZERO; VECTOR_BYTES];

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
