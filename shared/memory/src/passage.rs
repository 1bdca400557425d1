//! The passage of a text that answers a query, for results that cannot show the whole text.

use std::{collections::HashMap, ops::Range};

use crate::index::{ENGLISH, Languages, MemoryTerm, QueryWords, Words, is_of_other_script, related_words};

/// Characters from which the beginning of a word counts as the word.
const BEGINNING: usize = 4;
/// Weight of a related word.
const RELATED: f32 = 0.3;

/// An occurrence of a word of the query.
struct Occurrence {
    /// The position in characters.
    at: usize,
    word: AskedWord,
}

/// The number of a word in the query, and `true` for a related word.
type AskedWord = (usize, bool);

/// The bytes of the passage of at most `characters` characters with most of a query's words, rare ones first. The whole
/// text if it is shorter, and its beginning if it contains none of the words.
pub fn passage(text: &str, query: &str, characters: usize) -> Range<usize> {
    if text.char_indices().nth(characters).is_none() {
        return 0..text.len();
    }
    let occurrences = occurrences(text, query);
    let mut counts = HashMap::<AskedWord, f32>::new();
    occurrences.iter().for_each(|occurrence| *counts.entry(occurrence.word).or_default() += 1.0);
    let weight = |word: AskedWord| {
        let share = if word.1 { RELATED } else { 1.0 };
        share * (1.0 + 1.0 / counts.get(&word).copied().unwrap_or(1.0))
    };
    let (mut begin, mut score, mut best) = (0, 0.0, (0.0, 0..0));
    let mut inside = HashMap::<AskedWord, usize>::new();
    for (end, last) in occurrences.iter().enumerate() {
        let count = inside.entry(last.word).or_default();
        *count += 1;
        score += if *count == 1 { weight(last.word) } else { 0.0 };
        while last.at - occurrences[begin].at > characters * 3 / 4 {
            let word = occurrences[begin].word;
            let count = inside.entry(word).or_default();
            *count -= 1;
            score -= if *count == 0 { weight(word) } else { 0.0 };
            begin += 1;
        }
        if score > best.0 + f32::EPSILON {
            best = (score, occurrences[begin].at..occurrences[end].at);
        }
    }
    around(text, &best.1, characters)
}

/// The occurrences of the words of a query, in order.
fn occurrences(text: &str, query: &str) -> Vec<Occurrence> {
    let memory = Words::of(text);
    let language = memory.language();
    let mut languages = Languages::default();
    languages.insert(language);
    let has_other_languages = language != ENGLISH || text.chars().any(is_of_other_script);
    let mut word_of = HashMap::new();
    let words = QueryWords::of(query, languages).asked;
    for (word, asked) in words.iter().enumerate() {
        for (term, _) in &asked.terms {
            word_of.entry(term.clone()).or_insert((word, false));
        }
    }
    for (word, asked) in words.iter().enumerate() {
        for term in related_words(asked.text_word(), languages, has_other_languages) {
            word_of.entry(term).or_insert((word, true));
        }
    }
    let mut by_beginning = HashMap::<&str, Vec<usize>>::new();
    for (word, asked) in words.iter().enumerate() {
        beginning(&asked.word).into_iter().for_each(|first| by_beginning.entry(first).or_default().push(word));
    }
    let begins = |term: &str| {
        let is_alike = |word: &&usize| {
            let word = &words[**word].word;
            term.starts_with(word.as_str()) || word.starts_with(term)
        };
        by_beginning.get(beginning(term)?)?.iter().find(is_alike).map(|word| (*word, false))
    };
    let mut position = Position { text, byte: 0, characters: 0 };
    let occurrence = |MemoryTerm { term, at, .. }: &MemoryTerm| {
        let word = word_of.get(term).copied().or_else(|| begins(term))?;
        Some(Occurrence { at: position.of(*at), word })
    };
    memory.terms.iter().filter_map(occurrence).collect()
}

/// The first characters of a word, if it is long enough.
fn beginning(word: &str) -> Option<&str> {
    let (last, character) = word.char_indices().nth(BEGINNING - 1)?;
    Some(&word[..last + character.len_utf8()])
}

/// Converts ascending byte offsets to characters.
struct Position<'a> {
    text: &'a str,
    byte: usize,
    characters: usize,
}

impl Position<'_> {
    fn of(&mut self, byte: usize) -> usize {
        if let Some(between) = self.text.get(self.byte..byte) {
            (self.byte, self.characters) = (byte, self.characters + between.chars().count());
        }
        self.characters
    }
}

/// A passage of `characters` characters around a range of them, from the beginning of a word.
fn around(text: &str, range: &Range<usize>, characters: usize) -> Range<usize> {
    let lead = (characters - range.len().min(characters)) / 2;
    let all = text.chars().count();
    let begin = range.start.saturating_sub(lead).min(all - characters);
    let byte = |character| text.char_indices().nth(character).map_or(text.len(), |(at, _)| at);
    let (mut start, end) = (byte(begin), byte(begin + characters));
    if start > 0
        && let Some(space) = text[start..end].find(char::is_whitespace).filter(|space| *space < lead)
    {
        start += space + 1;
    }
    text.ceil_char_boundary(start)..end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// SE-17
    #[test]
    fn passage_surrounds_the_words_of_the_query() {
        let filler = "The garden was quiet and the gate was closed. ".repeat(60);
        let text = format!("{filler}The spare key hangs behind the boiler. {filler}");
        let shown = |query| &text[passage(&text, query, 300)];
        assert!(shown("where is the spare key?").contains("spare key hangs behind the boiler"));
        assert!(shown("boilers").contains("boiler"));
        assert!(shown("Kessel").starts_with("The garden"));
        assert!(!shown("key").starts_with(' '));
        let short = "The spare key";
        assert_eq!(passage(short, "key", 300), 0..short.len());
    }

    #[test]
    fn passage_has_most_words_of_the_query() {
        let filler = "Nothing of note happened on that day. ".repeat(40);
        let text = format!("The key was lost. {filler}The blue key opens the shed. {filler}");
        assert!(text[passage(&text, "blue key of the shed", 200)].contains("The blue key opens the shed."));
    }

    proptest! {
        #[test]
        fn passage_is_within_the_text(text in "[a-zé京 ]{0,80}", query in "[a-zé京 ]{0,9}", characters in 1..40usize) {
            let shown = &text[passage(&text, &query, characters)];
            prop_assert!(shown.chars().count() <= characters);
        }
    }
}
