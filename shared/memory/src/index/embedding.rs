//! Word embeddings: the vectors of texts, near each other if their words have a similar use.
//!
//! The sum of the vectors of a text's words approximates the sentence vector of all-MiniLM-L6-v2, see `embedding/README.md`
//! in this package. Those of English words are in a [table](super::english_table), and those of words of other languages
//! follow from their [translations](super::translation_table). The tables are part of the binary and are used without
//! decoding. A text without a known word has no vector and is ranked by its terms alone.

use super::{
    analysis::marks::without_marks,
    english_table::ENGLISH,
    known::{Known, KnownText},
    language::{self, TextLanguage},
    translation_table::LANGUAGES,
    vector::{DIMENSIONS, PackedVector, UNKNOWN, pack},
};

/// A word in normal form, and the language of the text that it is from, if it is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TextWord<'a> {
    pub(crate) word: &'a str,
    pub(crate) language: Option<TextLanguage>,
}

/// The embedding of a text. Only its direction is significant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Embedding(pub(crate) [f32; DIMENSIONS]);

/// The vector of a text with these weighted words.
pub(crate) fn vector_of<'a>(words: impl Iterator<Item = (TextWord<'a>, f32)>) -> PackedVector {
    embedding(words).map_or(UNKNOWN, |embedding| pack(&embedding.0))
}

/// The embedding of weighted words, or `None` if no word is known.
pub(crate) fn embedding<'a>(words: impl Iterator<Item = (TextWord<'a>, f32)>) -> Option<Embedding> {
    let mut sum = [0.0; DIMENSIONS];
    for (word, weight) in words {
        match word.known() {
            Some(Known::English(entry)) => ENGLISH.add(&mut sum, entry, weight),
            Some(Known::Other(entry)) => LANGUAGES.add(&mut sum, entry, weight),
            Some(Known::Compound(parts)) => {
                let weight = weight / parts.len() as f32;
                parts.into_iter().for_each(|part| LANGUAGES.add(&mut sum, part, weight));
            }
            // The pieces of a word of another script are letters, which mean nothing.
            None => {
                let plain = without_marks(word.word);
                let pieces = if plain.is_ascii() { ENGLISH.pieces(&plain) } else { vec![] };
                pieces.into_iter().for_each(|piece| ENGLISH.add(&mut sum, piece, weight));
            }
        }
    }
    sum.iter().any(|value| *value != 0.0).then_some(Embedding(sum))
}

impl TextWord<'_> {
    /// The entries of the word, which has the meaning of its text.
    pub(crate) fn known(self) -> Option<Known> {
        let text = match self.language {
            Some(language::ENGLISH) => KnownText::English,
            Some(_) => KnownText::Other,
            None => KnownText::Unknown,
        };
        Known::of(self.word, text)
    }

    /// `true` if the tables have the word or its parts. A single letter means nothing, nor do the pieces of an unknown word.
    pub(crate) fn is_known(self) -> bool {
        self.word.len() > 1 && self.known().is_some()
    }

    /// `true` if a table has the word as a whole.
    pub(crate) fn is_whole(self) -> bool {
        matches!(self.known(), Some(Known::English(_) | Known::Other(_)))
    }

    /// `true` for a whole word of another language. A word with a typo may look like a compound.
    pub(crate) fn is_spelled(self) -> bool {
        matches!(self.known(), Some(Known::Other(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A word of a text in an unknown language.
    fn word(word: &str) -> TextWord<'_> {
        TextWord { word, language: None }
    }

    fn translations(word: TextWord<'_>, has_other_languages: bool) -> Vec<(&'static str, f32)> {
        word.known().map(|known| known.translations(has_other_languages).collect()).unwrap_or_default()
    }

    fn is_foreign(word: TextWord<'_>) -> bool {
        word.known().is_some_and(|known| known.is_foreign())
    }

    fn of_word(text: &str) -> [f32; DIMENSIONS] {
        embedding([(word(text), 1.0)].into_iter()).expect("a known word").0
    }

    /// SE-14
    #[test]
    fn words_of_languages_are_near_their_translations() {
        for (foreign, english, other) in [
            ("hund", "dog", "church"),
            ("hermano", "brother", "bread"),
            ("katze", "cat", "church"),
            ("schwester", "sister", "bread"),
            ("schule", "school", "bread"),
            ("perro", "dog", "church"),
            ("boda", "wedding", "bread"),
            ("fratello", "brother", "bread"),
            ("fiets", "bike", "church"),
            ("irmã", "sister", "bread"),
            ("köpek", "dog", "church"),
            ("война", "war", "bread"),
            ("вода", "water", "church"),
            ("학교", "school", "bread"),
            ("学校", "school", "bread"),
            ("狗", "dog", "church"),
            ("घर", "house", "bread"),
        ] {
            let cosine = |one: &[f32], other: &[f32]| {
                let product = |one: &[f32], other: &[f32]| one.iter().zip(other).map(|(a, b)| a * b).sum::<f32>();
                product(one, other) / (product(one, one) * product(other, other)).sqrt()
            };
            let near = |english| cosine(&of_word(foreign), &of_word(english));
            assert!(word(foreign).is_known());
            assert!(
                near(english) > 0.5 && near(english) > near(other) + 0.3,
                "{foreign}: {}, {}",
                near(english),
                near(other)
            );
            assert!(translations(word(foreign), false).iter().any(|(near, _)| *near == english), "{foreign}");
            let plain = without_marks(foreign);
            assert!(translations(word(english), true).iter().any(|(near, _)| *near == plain), "{foreign}");
        }
    }

    /// SE-14
    #[test]
    fn word_of_two_languages_has_the_meaning_of_its_text() {
        let of = |word, text: &'static str| TextWord { word, language: TextLanguage::of(text.split(' ')) };
        let german = |word| of(word, "ich nicht");
        let means = |word: TextWord<'_>, english| translations(word, false).iter().any(|(near, _)| *near == english);
        assert!(means(german("kind"), "child"));
        assert!(!is_foreign(word("kind")) && translations(word("kind"), false).is_empty());
        // No English word has marks, and few English texts have these words.
        for (foreign, english) in [("mère", "mother"), ("casa", "house"), ("maison", "house"), ("vida", "life")] {
            assert!(means(word(foreign), english), "{foreign}");
        }
        assert!(!is_foreign(german("hand")));
        // A name, not an island.
        assert!(is_foreign(word("ada")) && !is_foreign(of("ada", "ada is at the lake")));
    }

    #[test]
    fn english_words_are_translated_for_texts_in_other_languages_only() {
        assert_eq!(translations(word("xqzt"), true), []);
        assert_eq!((translations(word("dog"), false).len(), translations(word("katze"), false).len()), (0, 3));
    }

    /// SE-08, SE-14
    #[test]
    fn compound_of_another_language_means_its_parts() {
        for (compound, parts) in [
            ("lieblingsfarbe", ["love", "color"]),
            ("geburtstagsgeschenk", ["birthday", "gift"]),
            ("vinterjacka", ["winter", "jacket"]),
        ] {
            let translations = translations(word(compound), false);
            let has = |part| translations.iter().any(|(near, _)| *near == part);
            assert!(parts.into_iter().all(has), "{compound}: {translations:?}");
            assert!(is_foreign(word(compound)) && !word(compound).is_spelled());
        }
        for unknown in ["xqztxqzt", "snowboardingly"] {
            assert_eq!(translations(word(unknown), false), [], "{unknown}");
        }
    }

    /// SE-02, SE-14
    #[test]
    fn marks_make_no_difference() {
        for (marked, plain) in [("también", "tambien"), ("später", "spater"), ("ещё", "еще")] {
            assert_eq!(of_word(marked), of_word(plain));
            assert!(word(marked).is_known() && word(plain).is_known());
            assert_eq!(translations(word(marked), true), translations(word(plain), true));
        }
    }

    #[test]
    fn neighbours_have_similar_use() {
        let near: Vec<_> = word("violin").known().expect("a known word").neighbours().collect();
        assert!(near.iter().any(|(word, _)| *word == "cello"));
        assert!(near.is_sorted_by(|(_, one), (_, next)| one >= next));
        assert!(near.iter().all(|(word, cosine)| *word != "violin" && (0.49..1.0).contains(cosine)));
        assert!(word("xqzt").known().is_none());
    }
}
