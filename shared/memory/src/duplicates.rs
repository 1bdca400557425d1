//! Similarity of texts, to point out near duplicates.

use std::collections::BTreeSet;

use crate::index::{Words, normal_form};

/// Likeness from which two memories are considered near duplicates.
pub const ALIKE: f32 = 0.8;

/// A text without the differences that `add_memory` ignores: case, white space, apostrophes, equivalent characters of
/// Unicode, and the full stop at the end.
/// The fingerprints of `jean-store` hash the same form.
pub fn normalised(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    let text = normal_form(&words.join(" "));
    text.trim_end_matches(['.', '!']).into()
}

/// The likeness of two texts, from 0 to 1: the Dice coefficient of their sets of terms (Dice 1945).
pub fn likeness(one: &str, other: &str) -> f32 {
    let terms = |text| Words::of(text).content().map(String::from).collect::<BTreeSet<_>>();
    let (one, other) = (terms(one), terms(other));
    let words = one.len() + other.len();
    if words == 0 { 0.0 } else { 2.0 * one.intersection(&other).count() as f32 / words as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TO-35
    #[test]
    fn case_space_and_full_stop_are_ignored() {
        assert_eq!(normalised(" ada  doesn\u{2019}t\nlike TEA!"), normalised("Ada doesn't like tea."));
        assert_eq!(normalised("Cafe\u{301} ＡＢ１２"), normalised("café ab12"));
        assert_ne!(normalised("Ada doesn't like tea?"), normalised("Ada doesn't like tea."));
    }

    #[test]
    fn paraphrase_with_shared_words_is_alike() {
        let tea = "Ada likes her tea green and without sugar";
        assert!(likeness(tea, "Ada likes green tea, without any sugar") >= ALIKE);
        assert!(likeness(tea, "Grace likes coffee without sugar") < ALIKE);
        assert!(likeness(tea, "tea") < ALIKE);
        assert_eq!(likeness("", "!"), 0.0);
    }
}
