//! Language detection, which determines stop words and stemming.
//!
//! The script decides first: a word of another script than Latin is never stemmed as English. A text in Latin script is in
//! the language with the most stop words in it. This needs no model, costs one look-up per word, and
//! works for texts of a sentence or more. One stop word of another language is not enough unless the tables of words agree:
//! "cat" is a stop word in Romanian, but "bought cat food" is about a cat, and "de" is one in "fecha de nacimiento".

use std::borrow::Cow;

use rust_stemmers::{Algorithm, Stemmer};

use super::{
    analysis::script::WritingSystem,
    known::{Known, KnownText},
};

/// The languages with stop words (by their name in NLTK's lists, to which question_words.txt adds those that these lack) and a
/// Snowball stemmer. The index of a language is
/// stored in segments, so new ones must be appended, also to the list in build.rs.
const LANGUAGES: [(&str, Algorithm); 17] = [
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
    ("ar", Algorithm::Arabic),
];
pub(crate) const ENGLISH: TextLanguage = TextLanguage(0);
/// The first letter after those of Latin script.
pub(crate) const OTHER_SCRIPTS: char = '\u{370}';
const RUSSIAN: TextLanguage = TextLanguage(13);
const GREEK: TextLanguage = TextLanguage(14);
const ARABIC: TextLanguage = TextLanguage(16);

/// `true` for a letter of another script than Latin; `false` for a dash, a quotation mark or an emoji.
pub(crate) fn is_of_other_script(character: char) -> bool {
    character >= OTHER_SCRIPTS && character.is_alphabetic()
}

// The stop words of all languages in normal form: their ranges in a text, sorted by word, with their languages as bits.
include!(concat!(env!("OUT_DIR"), "/stop_words.rs"));

/// The languages in which a word is a stop word.
fn languages_with(word: &str) -> Languages {
    let range = |(begin, end, _): &(u16, u16, u32)| &TEXT[usize::from(*begin)..usize::from(*end)];
    STOP_WORDS.binary_search_by_key(&word, range).map(|at| Languages(STOP_WORDS[at].2)).unwrap_or_default()
}

/// `true` if the tables have more of these words in other languages than in English, where names are. A word with marks counts
/// twice, since English has none, and a stop word does not: "esa" may be an abbreviation.
pub(crate) fn are_foreign<'a>(words: impl Iterator<Item = &'a str>) -> bool {
    let content = words.filter(|word| languages_with(word) == Languages::default());
    let balance = |word: &str| {
        let is_foreign = Known::of(word, KnownText::Unknown)?.is_foreign();
        Some(if !is_foreign {
            -1
        } else if word.is_ascii() {
            1
        } else {
            2
        })
    };
    content.filter_map(balance).sum::<i32>() > 0
}

/// A supported language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextLanguage(usize);

/// A set of languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Languages(pub(crate) u32);

impl TextLanguage {
    /// The language of a text with these words in Latin script, in normal form. Ties go to the first language. `None` if they
    /// do not tell: then it is to be taken for English.
    pub(crate) fn of<'a>(words: impl Iterator<Item = &'a str> + Clone) -> Option<Self> {
        let mut votes = [0; LANGUAGES.len()];
        votes[0] = 1;
        for languages in words.clone().map(languages_with) {
            let latin = languages.iter().filter(|language| language.script() == WritingSystem::Latin);
            latin.for_each(|language| votes[language.0] += 1);
        }
        if votes[0] == 1 && votes[1..].contains(&1) && are_foreign(words) {
            votes[0] = 0;
        }
        let most = (0..votes.len()).rev().max_by_key(|language| votes[*language]).unwrap_or_default();
        (most > 0 || votes[0] > 1).then_some(Self(most))
    }

    /// `true` if a word is a stop word in this language. Question words are stop words too: "where does Ada live" is
    /// about Ada and living, and removing them improves recall by a tenth.
    pub(crate) fn is_stop_word(self, word: &str) -> bool {
        languages_with(word).contains(self)
    }

    /// The language with the rules for a word of a script, in a text of this language.
    pub(crate) fn for_script(self, script: WritingSystem) -> Option<Self> {
        match script {
            WritingSystem::Latin => Some(self),
            WritingSystem::Cyrillic => Some(RUSSIAN),
            WritingSystem::Greek => Some(GREEK),
            WritingSystem::Arabic => Some(ARABIC),
            _ => None,
        }
    }

    /// The stem of a word in a text of this language. Unchanged in scripts and alphabets without a stemmer.
    pub(crate) fn stem<'a>(self, word: &'a str, script: WritingSystem) -> Cow<'a, str> {
        let language = self.for_script(script).filter(|language| language.writes(word));
        language.map_or(Cow::Borrowed(word), |language| Stemmer::create(LANGUAGES[language.0].1).stem(word))
    }

    fn script(self) -> WritingSystem {
        match self {
            RUSSIAN => WritingSystem::Cyrillic,
            GREEK => WritingSystem::Greek,
            ARABIC => WritingSystem::Arabic,
            _ => WritingSystem::Latin,
        }
    }

    /// `false` for a word with letters that only other languages of the same script have.
    fn writes(self, word: &str) -> bool {
        match self {
            RUSSIAN => word.chars().all(|letter| matches!(letter, 'а'..='я' | 'ё') || !letter.is_alphabetic()),
            ARABIC => !word.contains(['پ', 'چ', 'ژ', 'گ', 'ک', 'ی', 'ے', 'ٹ', 'ڈ', 'ڑ', 'ں']),
            _ => true,
        }
    }
}

impl Languages {
    pub(crate) fn insert(&mut self, language: TextLanguage) {
        self.0 |= 1 << language.0;
    }

    pub(crate) fn contains(self, language: TextLanguage) -> bool {
        self.0 & (1 << language.0) != 0
    }

    /// The languages of the set; English if there are none.
    pub(crate) fn or_english(self) -> impl Iterator<Item = TextLanguage> {
        let languages = if self == Self::default() { Self(1) } else { self };
        languages.iter()
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
    use crate::index::analysis::normal::case_folded;

    const QUESTION_WORDS: &str = include_str!("question_words.txt");

    fn language(text: &str) -> &'static str {
        TextLanguage::of(text.split_whitespace()).map_or("", |language| LANGUAGES[language.0].0)
    }

    #[test]
    fn language_is_detected_by_stop_words() {
        for (text, expected) in [
            ("when did we go to the lake", "en"),
            ("ich habe gestern mit der katze gespielt", "de"),
            ("nous avons acheté une maison dans le village", "fr"),
            ("he comprado una casa en el pueblo", "es"),
            ("comment s'appelle mon chien", "fr"),
            ("wann hat der hund geburtstag", "de"),
            ("numéro de sécurité sociale", "fr"),
            ("ada lovelace", ""),
            ("bought cat food", ""),
            ("", ""),
        ] {
            assert_eq!(language(text), expected, "{text}");
        }
    }

    /// SE-06
    #[test]
    fn words_of_other_scripts_never_get_english_rules() {
        let english = TextLanguage(0);
        let stem = |word| english.stem(word, WritingSystem::of(word)).into_owned();
        assert_eq!(stem("running"), "run");
        assert_eq!(stem("книгами"), stem("книга"));
        assert_eq!(stem("θάλασσας"), stem("θάλασσα"));
        assert_eq!(stem("المدرسة"), stem("مدرسة"));
        for word in ["їжаками", "کتاب", "학교에서", "घरों", "ירושלים", "東"] {
            assert_eq!(stem(word), word);
        }
    }

    #[test]
    fn every_language_has_its_stop_words() {
        for language in Languages(u32::MAX).iter() {
            let name = LANGUAGES[language.0].0;
            let words = stop_words::lookup(name).expect("a known language");
            assert!(words.len() > 40, "{name}");
            assert!(words.iter().all(|word| language.is_stop_word(&case_folded(word))), "{name}");
            let asked = QUESTION_WORDS.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            let asked: Vec<_> = asked.into_iter().flat_map(|words| words.split(", ")).collect();
            for word in &asked {
                assert!(language.is_stop_word(&case_folded(word)) && !words.contains(word), "{name}: {word}");
            }
            let all = STOP_WORDS.iter().filter(|(_, _, languages)| Languages(*languages).contains(language));
            assert!(all.count() <= words.len() + asked.len(), "{name} has the words of another language");
        }
        assert_eq!(languages_with("lake"), Languages::default());
    }
}
