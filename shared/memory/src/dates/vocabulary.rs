//! The words of time expressions, in the languages of the pages and the larger ones of the table of word vectors.
//!
//! A word has a meaning in each of its languages: "on" is a preposition in English, and ten in Turkish. The grammar, which is
//! the same for all, decides by its neighbours. Words with a frequent other meaning in a language of the pages are left
//! out: French "hier" is German for "here". Seasons are those of the northern hemisphere.

/// A length of time, or a part of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Day,
    Week,
    Month,
    Year,
}

/// A meaning of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WordSense {
    /// Days from today: "yesterday" is -1, "tomorrow" 1.
    Day(i64),
    /// "last", before its noun.
    Last,
    /// "last", after its noun: "pasado".
    LastAfter,
    This,
    /// "next", before its noun.
    Next,
    /// "next", after its noun: "que viene".
    NextAfter,
    /// "next" and "upcoming" before any noun: "next appointment".
    Upcoming,
    /// A phrase that begins like a time and is none: "next to".
    NoTime,
    /// A word for the last one, this one or the next one, such as 上周.
    LastOf(Unit),
    ThisOf(Unit),
    NextOf(Unit),
    Unit(Unit),
    Weekend,
    Night,
    /// "morning", which with "this" is today.
    Daytime,
    /// From Monday, 0.
    Weekday(i8),
    /// From January, 1.
    Month(i8),
    /// A short form, which means a month in a date only: "mar" is the sea in Spanish.
    ShortMonth(i8),
    /// From spring, 0.
    Season(i8),
    Number(i64),
    /// "ago", before or after the time.
    AgoBefore,
    AgoAfter,
    In,
    Article,
    Of,
}

impl WordSense {
    /// The number of the month that the word means in a date.
    pub(super) fn month(self) -> Option<i8> {
        match self {
            Month(month) | ShortMonth(month) => Some(month),
            _ => None,
        }
    }
}

use WordSense::{
    AgoAfter, AgoBefore, Article, Day, Daytime, In, Last, LastAfter, LastOf, Month, Next, NextAfter, NextOf, Night,
    NoTime, Number, Of, Season, ShortMonth, This, ThisOf, Upcoming, Weekday, Weekend,
};

/// The most words of a phrase.
pub(super) const LONGEST: usize = 3;

// Each word or phrase of words.txt with each of its meanings, sorted.
include!(concat!(env!("OUT_DIR"), "/words_of_times.rs"));

/// The meanings of a word or phrase in lower case, beside it.
pub(super) fn senses(words: &str) -> &'static [(&'static str, WordSense)] {
    let begin = BY_WORDS.partition_point(|(word, _)| *word < words);
    let end = BY_WORDS[begin..].iter().take_while(|(word, _)| *word == words).count();
    &BY_WORDS[begin..begin + end]
}

/// The number of a month, by a name or short form in lower case.
pub(crate) fn month(word: &str) -> Option<i8> {
    senses(word).iter().find_map(|(_, sense)| sense.month())
}

/// `true` for the name of a weekday or month in lower case. Others are used alike and mean something else.
pub(crate) fn is_calendar_name(word: &str) -> bool {
    senses(word).iter().any(|(_, sense)| matches!(sense, Weekday(_) | Month(_)))
}

/// The number of bytes of the longest word of this vocabulary at the beginning of a text without spaces, or 0.
pub(super) fn longest_prefix(text: &str) -> usize {
    const CHARACTERS: usize = 6;
    let ends = text.char_indices().skip(1).map(|(at, _)| at).chain([text.len()]).take(CHARACTERS);
    ends.filter(|end| !senses(&text[..*end]).is_empty()).last().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_phrase_is_longer_than_the_longest() {
        let longest = BY_WORDS.iter().map(|(phrase, _)| phrase.split(' ').count()).max();
        assert_eq!(longest, Some(LONGEST));
    }

    #[test]
    fn words_are_written_as_queries_are_read() {
        for (word, meaning) in BY_WORDS {
            assert_eq!(word, word.to_lowercase(), "{meaning:?}");
            let is_plain =
                word.trim() == word && !word.is_empty() && !word.contains([',', '\n']) && !word.contains("  ");
            assert!(is_plain, "{meaning:?}: {word:?}");
        }
    }
}
