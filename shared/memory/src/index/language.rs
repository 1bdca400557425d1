//! Which language a text is in: that decides what is left out of it, and how its words are stemmed.
//!
//! A text is in the language most of whose stop words it has. That needs no model, costs a look-up a word, and is right
//! where it matters: a text of a sentence or more. One stop word is not enough for any but English, which is what a text
//! counts as when in doubt: "cat" is a stop word in Romanian, and "bought cat food" is about a cat.

use std::{collections::HashMap, sync::LazyLock};

use rust_stemmers::{Algorithm, Stemmer};

/// Each language that has both stop words (by their name in NLTK's lists) and a Snowball stemmer. A language's place is
/// its number in stored segments: new ones go at the end.
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

/// Which languages have a word as a stop word.
static STOP_WORDS: LazyLock<HashMap<&str, Languages>> = LazyLock::new(|| {
    let words = |language: Language| stop_words::lookup(LANGUAGES[language.0].0).unwrap_or_default();
    // Large enough from the beginning: to grow it would take longer than to fill it, and the first search waits for it.
    let most = Languages(u32::MAX).iter().map(|language| words(language).len()).sum();
    let mut having: HashMap<&str, Languages> = HashMap::with_capacity(most);
    for language in Languages(u32::MAX).iter() {
        for word in words(language) {
            having.entry(word).or_default().insert(language);
        }
    }
    having
});

/// One of the languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Language(usize);

/// Some of the languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Languages(pub(crate) u32);

impl Language {
    /// The language of a text with these words, in lower case. Of languages with as many of their stop words in it, the
    /// first.
    pub(crate) fn of<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        let mut votes = [0; LANGUAGES.len()];
        votes[0] = 1;
        for languages in words.filter_map(|word| STOP_WORDS.get(word)) {
            languages.iter().for_each(|language| votes[language.0] += 1);
        }
        Self((0..votes.len()).rev().max_by_key(|language| votes[*language]).unwrap_or_default())
    }

    /// Whether a word says nothing of what a text in this language is about. Question words are among those: "where
    /// does Ada live" is about Ada and living, and leaving them out is worth a tenth of the recall.
    pub(crate) fn leaves_out(self, word: &str) -> bool {
        STOP_WORDS.get(word).is_some_and(|languages| languages.contains(self))
    }

    /// What turns the forms of a word into one.
    pub(crate) fn stemmer(self) -> Stemmer {
        Stemmer::create(LANGUAGES[self.0].1)
    }
}

impl Languages {
    pub(crate) fn insert(&mut self, language: Language) {
        self.0 |= 1 << language.0;
    }

    pub(crate) fn contains(self, language: Language) -> bool {
        self.0 & (1 << language.0) != 0
    }

    /// Those of them that are known: a later version's segment may have others.
    pub(crate) fn iter(self) -> impl Iterator<Item = Language> {
        (0..LANGUAGES.len()).map(Language).filter(move |language| self.contains(*language))
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
        LANGUAGES[Language::of(text.split_whitespace()).0].0
    }

    #[test]
    fn a_text_is_in_the_language_of_its_stop_words() {
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
