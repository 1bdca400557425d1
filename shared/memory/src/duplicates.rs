//! Similarity of texts, to point out near duplicates.

use std::collections::BTreeSet;

use crate::index::Words;

/// Likeness from which two memories are considered near duplicates.
pub const ALIKE: f32 = 0.8;

/// The likeness of two texts, from 0 to 1: the Dice coefficient of their sets of terms (Dice 1945).
pub fn likeness(one: &str, other: &str) -> f32 {
    let terms = |text| Words::of(text).terms.into_iter().collect::<BTreeSet<_>>();
    let (one, other) = (terms(one), terms(other));
    let words = one.len() + other.len();
    if words == 0 { 0.0 } else { 2.0 * one.intersection(&other).count() as f32 / words as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paraphrase_with_shared_words_is_alike() {
        let tea = "Ada likes her tea green and without sugar";
        assert!(likeness(tea, "Ada likes green tea, without any sugar") >= ALIKE);
        assert!(likeness(tea, "Grace likes coffee without sugar") < ALIKE);
        assert!(likeness(tea, "tea") < ALIKE);
        assert_eq!(likeness("", "!"), 0.0);
    }
}
