//! Language detection, which determines stop words and stemming.
//!
//! A text is in the language with the most stop words in it. This needs no model, costs one look-up per word, and
//! works for texts of a sentence or more. English, the default, wins ties with one stop word: "cat" is a stop word in
//! Romanian, but "bought cat food" is about a cat.

use std::{collections::HashMap, sync::LazyLock};

use rust_stemmers::{Algorithm, Stemmer};

/// The languages with stop words (by their name in NLTK's lists) and a Snowball stemmer. The index of a language is
/// stored in segments, so new ones must be appended.
const LANGUAGES: [(&str, Algorithm); 16] = [
    ("en", Algorithm::English),
    ("de", Algorithm::German),
    ("fr", Algorithm::French),
    ("es", Algorithm::Spanish),
    ("it", Algorithm::Italian),
    ("pt", Algorithm::Portuguese),
    ("nl", Algorithm::Dutch),
    ("da", Algorithm::Danish),
    ("sv", Algorithm::Swedish),
    ("no", Algorithm::Norwegian),
    ("fi", Algorithm::Finnish),
    ("hu", Algorithm::Hungarian),
    ("ro", Algorithm::Romanian),
    ("ru", Algorithm::Russian),
    ("el", Algorithm::Greek),
    ("tr", Algorithm::Turkish),
];

/// The languages in which a word is a stop word.
static STOP_WORDS: LazyLock<HashMap<&str, Languages>> = LazyLock::new(|| {
    let words = |language: TextLanguage| stop_words::lookup(LANGUAGES[language.0].0).unwrap_or_default();
    // Preallocated: growing the map would take longer than filling it, and delays the first search.
    let most = Languages(u32::MAX).iter().map(|language| words(language).len()).sum();
    let mut by_word: HashMap<&str, Languages> = HashMap::with_capacity(most);
    for language in Languages(u32::MAX).iter() {
        for word in words(language) {
            by_word.entry(word).or_default().insert(language);
        }
    }
    by_word
});

/// A supported language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextLanguage(usize);

/// A set of languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Languages(pub(crate) u32);

impl TextLanguage {
    /// The language of a text with these lower-case words. Ties go to the first language.
    pub(crate) fn of<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        let mut votes = [0; LANGUAGES.len()];
        votes[0] = 1;
        for languages in words.filter_map(|word| STOP_WORDS.get(word)) {
            languages.iter().for_each(|language| votes[language.0] += 1);
        }
        Self((0..votes.len()).rev().max_by_key(|language| votes[*language]).unwrap_or_default())
    }

    /// `true` if a word is a stop word in this language. Question words are stop words too: "where does Ada live" is
    /// about Ada and living, and removing them improves recall by a tenth.
    pub(crate) fn is_stop_word(self, word: &str) -> bool {
        STOP_WORDS.get(word).is_some_and(|languages| languages.contains(self))
    }

    /// The stemmer of this language.
    pub(crate) fn stemmer(self) -> Stemmer {
        Stemmer::create(LANGUAGES[self.0].1)
    }
}

impl Languages {
    pub(crate) fn insert(&mut self, language: TextLanguage) {
        self.0 |= 1 << language.0;
    }

    pub(crate) fn contains(self, language: TextLanguage) -> bool {
        self.0 & (1 << language.0) != 0
    }

    /// The known languages of the set. A later version may have stored others.
    pub(crate) fn iter(self) -> impl Iterator<Item = TextLanguage> {
        (0..LANGUAGES.len()).map(TextLanguage).filter(move |language| self.contains(*language))
    }
}

impl FromIterator<Languages> for Languages {
    fn from_iter<I: IntoIterator<Item = Languages>>(all: I) -> Self {
        all.into_iter().fold(Self::default(), |all, some| Self(all.0 | some.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(text: &str) -> &'static str {
        LANGUAGES[TextLanguage::of(text.split_whitespace()).0].0
    }

    #[test]
    fn language_is_detected_by_stop_words() {
        for (text, expected) in [
            ("when did we go to the lake", "en"),
            ("ich habe gestern mit der katze gespielt", "de"),
            ("nous avons acheté une maison dans le village", "fr"),
            ("he comprado una casa en el pueblo", "es"),
            ("мы купили дом в деревне и живём там", "ru"),
            ("ada lovelace", "en"),
            ("bought cat food", "en"),
            ("", "en"),
        ] {
            assert_eq!(language(text), expected, "{text}");
        }
    }

    #[test]
    fn every_language_has_stop_words() {
        for (name, _) in LANGUAGES {
            assert!(stop_words::lookup(name).is_some_and(|words| words.len() > 40), "{name}");
        }
    }
}
