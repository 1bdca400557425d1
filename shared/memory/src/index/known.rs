//! Look-up of words in the tables: the entries of a word, its neighbours and its translations.

use super::{
    analysis::marks::without_marks,
    english_table::ENGLISH,
    translation_table::{LANGUAGES, OF_COMPOUND},
    word_table::neighbour,
};

/// The entries of a word, or of its parts.
pub(crate) enum Known {
    English(usize),
    Other(usize),
    /// The words of another language that a compound consists of, the head last.
    Compound(Vec<usize>),
}

/// The language of the text that a word is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KnownText {
    English,
    Other,
    Unknown,
}

impl Known {
    /// The entries of a word without its marks, which no English word has. A word of both tables has the meaning of its text, and
    /// if that is in an unknown language, the English one if it is common in English.
    pub(crate) fn of(word: &str, text: KnownText) -> Option<Self> {
        let plain = without_marks(word);
        let is_marked = plain != word;
        let english = ENGLISH.words.find(&plain).map(Self::English);
        if english.is_some() && !is_marked && text == KnownText::English {
            return english;
        }
        let is_other =
            |entry: &usize| is_marked || text != KnownText::Unknown || !LANGUAGES.is_common_in_english(*entry);
        let other = LANGUAGES.words.find(&plain).filter(is_other).map(Self::Other);
        let inflected = || ENGLISH.base_of(&plain).map(Self::English);
        other.or(english).or_else(inflected).or_else(|| LANGUAGES.parts(&plain).map(Self::Compound))
    }

    pub(crate) fn is_foreign(&self) -> bool {
        matches!(self, Self::Other(_) | Self::Compound(_))
    }

    /// The nearest neighbours of an English word and their cosines, nearest first.
    pub(crate) fn neighbours(&self) -> impl Iterator<Item = (&'static str, f32)> + use<> {
        let list = match self {
            Self::English(entry) => ENGLISH.neighbours(*entry),
            Self::Other(_) | Self::Compound(_) => &[],
        };
        list.iter().map(|near| neighbour(*near)).filter_map(|(entry, cosine)| Some((ENGLISH.words.str(entry)?, cosine)))
    }

    /// The translations of the word and their likelihoods: of a word of another language into English, and of an English
    /// word into all other languages, unless the searched texts have none of them. Those of an entry are the likeliest first.
    pub(crate) fn translations(self, has_other_languages: bool) -> impl Iterator<Item = (&'static str, f32)> {
        let (of_english, of_others, share) = match self {
            Self::English(entry) => (Some(entry).filter(|_| has_other_languages), vec![], 1.0),
            Self::Other(entry) => (None, vec![entry], 1.0),
            Self::Compound(parts) => (None, parts, OF_COMPOUND),
        };
        let others = of_english.into_iter().flat_map(|entry| LANGUAGES.translating(entry));
        let others = others.filter_map(|(entry, likelihood)| Some((LANGUAGES.words.str(entry)?, likelihood)));
        let english = of_others.into_iter().flat_map(|entry| LANGUAGES.in_english(entry));
        others
            .chain(english.filter_map(move |(entry, likelihood)| Some((ENGLISH.words.str(entry)?, share * likelihood))))
    }
}
