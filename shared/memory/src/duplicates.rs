//! Similarity of texts, to point out near duplicates.

use std::collections::BTreeSet;

use crate::{
    arrangement::{REPLACES, canonical, dice},
    index::{Words, normal_form},
};

/// A text without the differences that `add_memory` ignores: case, white space, apostrophes, equivalent characters of
/// Unicode, and the full stop at the end.
/// The fingerprints of `jean-store` hash the same form.
pub fn normalised(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    let text = normal_form(&words.join(" "));
    text.trim_end_matches(['.', '!']).into()
}

/// `true` if two texts are alike enough to repeat each other, or to be states of one fact: "lives in Berlin", "moved to Oslo".
pub fn may_replace(one: &str, other: &str) -> bool {
    likeness(one, other) >= REPLACES
}

/// The likeness of two texts, from 0 to 1: the [Dice coefficient](dice) of their sets of terms. A change of a state is alike
/// to the state.
fn likeness(one: &str, other: &str) -> f32 {
    let terms = |text| Words::of(text).content().map(canonical).collect::<BTreeSet<_>>();
    dice(&terms(one), &terms(other))
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

    /// SE-15
    #[test]
    fn paraphrase_or_newer_state_may_replace() {
        let tea = "Ada likes her tea green and without sugar";
        assert!(may_replace(tea, "Ada likes green tea, without any sugar"));
        assert!(!may_replace(tea, "Grace likes coffee and rides a horse"));
        assert!(!may_replace(tea, "tea"));
        assert!(may_replace("Ada moved to Oslo", "Ada lives in Berlin"));
        assert!(may_replace("Ada's employer is Fjord Print", "Ada's employer is Ahorn Werk"));
        assert_eq!(likeness("", "!"), 0.0);
    }
}
