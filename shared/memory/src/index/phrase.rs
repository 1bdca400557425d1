//! Phrases: words that stand together in a text. The index has no positions, so only the texts of found memories are
//! compared.

use super::analysis::{analysed, marks::without_marks, normal::normal_form, tokens::Token};
use crate::quotations::quotations;

/// The words of a phrase in normal form without diacritics, each between spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WordPhrase(String);

impl WordPhrase {
    /// The words of a text.
    pub(crate) fn of(text: &str) -> Self {
        let tokens = analysed(text).0;
        Self::of_tokens(tokens.iter())
    }

    fn of_tokens<'a>(tokens: impl Iterator<Item = &'a Token>) -> Self {
        let words: String =
            tokens.filter(|token| !token.is_pair).map(|token| format!("{} ", without_marks(&token.word))).collect();
        Self(format!(" {words}"))
    }

    /// `true` if the words of another phrase stand together in this one.
    pub(crate) fn contains(&self, other: &Self) -> bool {
        self.0.contains(&other.0)
    }

    /// The number of words.
    fn len(&self) -> usize {
        self.0.split_whitespace().count()
    }

    /// The letters of a text, for [`may_be_in`](Self::may_be_in). A fraction of the work of an analysis.
    pub(crate) fn letters(text: &str) -> String {
        let mut letters = String::with_capacity(text.len());
        for character in normal_form(text).chars() {
            match character {
                '\0'..='\u{7F}' => letters.push(character),
                '\u{0300}'..='\u{036F}' => (),
                _ => letters.push_str(&without_marks(character.encode_utf8(&mut [0; 4]))),
            }
        }
        letters
    }

    /// `false` if a text with these letters lacks a word of the phrase. Numbers have several forms and are not considered.
    pub(crate) fn may_be_in(&self, letters: &str) -> bool {
        let mut words = self.0.split_whitespace().filter(|word| word.chars().all(char::is_alphabetic));
        words.all(|word| letters.contains(word))
    }
}

/// The quoted phrases of a query.
pub(crate) fn quoted_phrases(query: &str) -> Vec<WordPhrase> {
    quotations(query).map(WordPhrase::of).filter(|phrase| phrase.len() > 0).collect()
}

/// A query as a phrase, from the first to the last word with a meaning. One word is no phrase.
pub(crate) fn whole_phrase(query: &str) -> Option<WordPhrase> {
    let tokens = analysed(query).0;
    let has_meaning = |token: &Token| !token.is_stop_word;
    let begin = tokens.iter().position(has_meaning).unwrap_or(0);
    let end = tokens.iter().rposition(has_meaning).map_or(tokens.len(), |last| last + 1);
    let whole = WordPhrase::of_tokens(tokens[begin..end].iter());
    (whole.len() > 1).then_some(whole)
}

/// `true` if a text has a word that is no stop word.
pub(crate) fn has_content(text: &str) -> bool {
    analysed(text).0.iter().any(|token| !token.is_stop_word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quoted_words_are_phrases() {
        for query in [
            "the \"green door\" key",
            "\u{201C}Green Door\u{201D}",
            "\u{201E}green door\u{201C}",
            "\u{00AB}green door\u{00BB}",
            "\u{300C}green door\u{300D}",
        ] {
            assert_eq!(quoted_phrases(query), [WordPhrase::of("green door")], "{query}");
        }
        assert_eq!(quoted_phrases("\"green\" \"door\"").len(), 2);
        assert_eq!(quoted_phrases("a 5\" screen"), []);
    }

    #[test]
    fn query_of_several_words_is_a_phrase() {
        for query in ["green door", "where is the green door?"] {
            assert_eq!(whole_phrase(query), Some(WordPhrase::of("green door")), "{query}");
        }
        for query in ["green", "the", "", "where is the door?"] {
            assert_eq!(whole_phrase(query), None, "{query}");
        }
    }

    #[test]
    fn words_of_a_phrase_stand_together() {
        for (text, phrase, expected) in [
            ("The Green Door, upstairs", "green door", true),
            ("the door is green", "green door", false),
            ("greener doors", "green door", false),
            ("私は東京に住む", "東京に", true),
            ("京東に住む", "東京", false),
            ("น้ำและข้าว", "น้ำ", true),
            ("ที่บ้านมีแมว", "บ้าน", true),
            ("มีบ้าน", "มีแมว", false),
            ("Señora Ibáñez", "senora ibanez", true),
        ] {
            assert_eq!(WordPhrase::of(text).contains(&WordPhrase::of(phrase)), expected, "{text}");
            assert!(!expected || WordPhrase::of(phrase).may_be_in(&WordPhrase::letters(text)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_contains_its_own_words(text in "([a-zé東京]{1,4} ?){1,6}") {
            prop_assert!(WordPhrase::of(&text).contains(&WordPhrase::of(&text)));
            prop_assert!(WordPhrase::of(&text).may_be_in(&WordPhrase::letters(&text)));
            let _ = (whole_phrase(&text), quoted_phrases(&text));
        }
    }
}
