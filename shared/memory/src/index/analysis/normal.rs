//! The form in which texts, tags and duplicate keys are compared: NFKC ([UAX #15](https://www.unicode.org/reports/tr15/)),
//! case folded, with one kind of apostrophe and without vowel marks.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

pub(crate) use super::case_folding::case_folded;

/// The normal form of a text.
pub(crate) fn normal_form(text: &str) -> String {
    case_folded(&composed(text))
}

/// Replaces compatibility characters: full-width letters, half-width katakana, ligatures, decomposed accents.
pub(crate) fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    ComposingNormalizerBorrowed::new_nfkc().normalize(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// SE-01, SE-02
    #[test]
    fn equal_texts_have_one_form() {
        for (one, other) in [
            ("Cafe\u{301}", "CAFÉ"),
            ("ＫＬ９０", "kl90"),
            ("ﾃﾚﾋﾞ", "テレビ"),
            ("ﬂour", "Flour"),
            ("STRASSE", "Straße"),
            ("ΟΔΟΣ", "οδος"),
            ("İzmir", "izmir"),
            ("كِتَاب", "كتاب"),
            ("שָׁלוֹם", "שלום"),
            ("don\u{2019}t", "DON'T"),
        ] {
            assert_eq!(normal_form(one), normal_form(other));
        }
        assert_ne!(normal_form("José"), normal_form("Jose"));
    }

    proptest! {
        #[test]
        fn normal_form_is_its_own(text in any::<String>()) {
            let once = normal_form(&text);
            prop_assert_eq!(normal_form(&once), once);
        }
    }
}
