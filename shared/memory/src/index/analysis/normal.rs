//! The form in which texts, tags and duplicate keys are compared: NFKC ([UAX #15](https://www.unicode.org/reports/tr15/)),
//! case folded, with one kind of apostrophe and of digits, and without vowel marks and invisible controls.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

pub(crate) use super::case_folding::case_folded;

/// The normal form of a text.
pub(crate) fn normal_form(text: &str) -> String {
    case_folded(&composed(text))
}

/// Replaces compatibility characters: full-width letters, half-width katakana, ligatures, decomposed accents; apostrophes
/// and digits of all scripts. Removes the controls that programs put around numbers and names.
pub(crate) fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let composed = NFKC.normalize(text);
    if composed.chars().all(|character| unified(character) == Some(character)) {
        return composed;
    }
    let unified: String = composed.chars().filter_map(unified).collect();
    // A control may have stood between a letter and its accent.
    NFKC.normalize(&unified).into_owned().into()
}

const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();

/// The zeros of scripts with digits of their own, each followed by the other nine.
const ZEROS: [char; 18] = ['٠', '۰', '߀', '०', '০', '੦', '૦', '୦', '௦', '౦', '೦', '൦', '๐', '໐', '༠', '၀', '០', '᠐'];

/// The character for all that are used alike; `None` for a control. Joiners distinguish words in some scripts.
fn unified(character: char) -> Option<char> {
    match character {
        '\0'..='\u{7F}' => Some(character),
        '\u{2018}' | '\u{2019}' | '\u{02BC}' | '\u{05F3}' => Some('\''),
        '\u{05F4}' => Some('"'),
        '\u{00AD}'
        | '\u{061C}'
        | '\u{200E}'
        | '\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{2069}'
        | '\u{FEFF}' => None,
        _ if character.is_numeric() => Some(ascii_digit(character).unwrap_or(character)),
        _ => Some(character),
    }
}

fn ascii_digit(digit: char) -> Option<char> {
    let value =
        |zero: char| u32::from(digit).checked_sub(u32::from(zero)).and_then(|value| char::from_digit(value, 10));
    ZEROS.into_iter().find_map(value)
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
            ("\u{2066}+49 170\u{2069}", "+49 170"),
            ("e\u{2060}\u{301}", "é"),
            ("צה״ל", "צה\"ל"),
            ("ג׳ירפה", "ג'ירפה"),
            ("४५६७ ๓๓๔๔", "4567 3344"),
            ("۸۸۷۶ ٢٠", "8876 20"),
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
