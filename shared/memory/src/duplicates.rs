//! Whether two texts say the same.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use crate::index::Words;

/// From which likeness on two memories are worth a look side by side.
pub const ALIKE: f32 = 0.8;

/// The same for texts that differ in nothing but case, white space, the shape of apostrophes and a full stop at the
/// end. A hash, so that it says nothing of the text.
pub fn key(text: &str) -> [u8; 32] {
    let words: Vec<_> = text.split_whitespace().collect();
    let text = words.join(" ").to_lowercase().replace('\u{2019}', "'");
    Sha256::digest(text.trim_end_matches(['.', '!'])).into()
}

/// How alike two texts are, from 0 to 1: the share of their words, each counted once, that both have (Dice 1945).
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
    fn what_is_the_same_but_for_its_dress_is_a_duplicate() {
        let same = ["Ada doesn't like tea.", " ada  doesn\u{2019}t\nlike TEA", "Ada doesn't like tea!"];
        assert!(same.iter().all(|text| key(text) == key(same[0])));
        for other in ["Ada does like tea", "Ada doesn't like tea?", "2 + 2", "2 - 2", ""] {
            assert_ne!(key(other), key(same[0]));
        }
        assert_ne!(key("2 + 2"), key("2 - 2"));
    }

    #[test]
    fn what_says_the_same_in_nearly_the_same_words_is_alike() {
        let tea = "Ada likes her tea green and without sugar";
        assert!(likeness(tea, "Ada likes green tea, without any sugar") >= ALIKE);
        assert!(likeness(tea, "Grace likes coffee without sugar") < ALIKE);
        assert!(likeness(tea, "tea") < ALIKE);
        assert_eq!(likeness("", "!"), 0.0);
    }
}
