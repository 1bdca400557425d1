//! Words without their diacritics, for writers who leave them out.

use std::borrow::Cow;

use icu_normalizer::DecomposingNormalizerBorrowed;

use super::script::WritingSystem;

/// A word in normal form without diacritics.
pub(crate) fn without_marks(word: &str) -> Cow<'_, str> {
    if word.is_ascii()
        || !matches!(WritingSystem::of(word), WritingSystem::Latin | WritingSystem::Cyrillic | WritingSystem::Greek)
    {
        return Cow::Borrowed(word);
    }
    let mut plain = String::with_capacity(word.len());
    for character in DecomposingNormalizerBorrowed::new_nfd().normalize(word).chars() {
        match character {
            // A breve makes another letter of и.
            '\u{0306}' if plain.ends_with('и') => plain.push(character),
            '\u{0300}'..='\u{036F}' => (),
            'đ' | 'ð' => plain.push('d'),
            'ł' => plain.push('l'),
            'ø' => plain.push('o'),
            'ı' => plain.push('i'),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'þ' => plain.push_str("th"),
            _ => plain.push(character),
        }
    }
    icu_normalizer::ComposingNormalizerBorrowed::new_nfc().normalize(&plain).into_owned().into()
}

/// Other spellings of a word of a query: "ue" for ü and the reverse, as where keyboards have no umlauts.
pub(crate) fn transliterated(word: &str) -> Option<String> {
    let spelled = if word.is_ascii() {
        word.replace("ae", "a").replace("oe", "o").replace("ue", "u").replace("aa", "a")
    } else {
        word.replace('ä', "ae").replace(['ö', 'ø'], "oe").replace('ü', "ue").replace('å', "aa").replace('æ', "ae")
    };
    (spelled != word && spelled.len() > 2).then_some(spelled)
}

/// A word of a query in the other of the two Japanese syllabaries.
pub(crate) fn in_other_kana(word: &str) -> Option<String> {
    const APART: u32 = 'ア' as u32 - 'あ' as u32;
    let is_katakana = word.starts_with(|character| matches!(character, 'ァ'..='ヶ'));
    let other = |character: char| match character {
        'ァ'..='ヶ' if is_katakana => char::from_u32(u32::from(character) - APART),
        'ぁ'..='ゖ' if !is_katakana => char::from_u32(u32::from(character) + APART),
        'ー' => Some(character),
        _ => None,
    };
    word.chars().map(other).collect::<Option<String>>().filter(|other| other != word)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SE-02
    #[test]
    fn diacritics_are_removed_within_their_script() {
        for (word, plain) in [
            ("josé", "jose"),
            ("hà", "ha"),
            ("phở", "pho"),
            ("łódź", "lodz"),
            ("smørrebrød", "smorrebrod"),
            ("ёлка", "елка"),
            ("йогурт", "йогурт"),
            ("θεσσαλονίκη", "θεσσαλονικη"),
            ("ısparta", "isparta"),
            ("ガ", "ガ"),
            ("हैं", "हैं"),
        ] {
            assert_eq!(without_marks(word), plain);
        }
    }

    /// SE-07
    #[test]
    fn kana_are_written_in_two_ways() {
        assert_eq!(in_other_kana("リンゴ").as_deref(), Some("りんご"));
        assert_eq!(in_other_kana("ころ").as_deref(), Some("コロ"));
        for word in ["林檎", "リんご", "ー", "tea", ""] {
            assert_eq!(in_other_kana(word), None, "{word}");
        }
    }

    #[test]
    fn umlauts_are_spelled_in_two_ways() {
        assert_eq!(transliterated("juergens").as_deref(), Some("jurgens"));
        assert_eq!(transliterated("jürgens").as_deref(), Some("juergens"));
        assert_eq!(transliterated("tea"), None);
    }
}
