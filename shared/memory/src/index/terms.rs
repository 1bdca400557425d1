//! What a text is searched by: its words, in the form that all their forms share.
//!
//! A memory is stemmed in its own language. The language of a query is often not to be told ("Katzen?"), so a query is
//! stemmed in every language that the memories it looks among are in; a stem that is none in the others finds nothing
//! there, and does no harm.

use unicode_segmentation::UnicodeSegmentation;

use super::language::{Language, Languages};

/// The words of a text that say what it is about.
pub(crate) struct Words {
    pub(crate) language: Language,
    /// As they are said, in lower case and in their order.
    pub(crate) said: Vec<String>,
    /// What they are searched by, likewise.
    pub(crate) terms: Vec<String>,
}

/// A word of a query.
pub(crate) struct QueryWord {
    /// As it is said, in lower case.
    pub(crate) said: String,
    /// What it is searched by in each language; none that another word of the query has.
    pub(crate) terms: Vec<String>,
}

impl Words {
    /// Those of a text.
    pub(crate) fn of(text: &str) -> Self {
        let text = folded(text);
        let language = Language::of(text.unicode_words());
        let stemmer = language.stemmer();
        let said: Vec<_> = words(&text).filter(|word| !language.leaves_out(word)).collect();
        let terms = said.iter().map(|word| stemmer.stem(word).into_owned()).collect();
        Self { language, said, terms }
    }
}

/// What a query asks for among memories in these languages.
pub(crate) fn query_words(query: &str, languages: Languages) -> Vec<QueryWord> {
    let query = folded(query);
    let language = Language::of(query.unicode_words());
    let mut asked: Vec<QueryWord> = Vec::new();
    for said in words(&query).filter(|word| !language.leaves_out(word)) {
        let mut terms = stems(&said, languages);
        terms.retain(|term| !asked.iter().any(|word| word.terms.contains(term)));
        if !terms.is_empty() {
            asked.push(QueryWord { said, terms });
        }
    }
    asked
}

/// A word's stems in these languages, each once.
pub(crate) fn stems(word: &str, languages: Languages) -> Vec<String> {
    let mut stems: Vec<_> = languages.iter().map(|language| language.stemmer().stem(word).into_owned()).collect();
    stems.sort_unstable();
    stems.dedup();
    stems
}

/// Typographic apostrophes become plain ones, or "don’t" would be another word than "don't".
fn folded(text: &str) -> String {
    text.to_lowercase().replace('\u{2019}', "'")
}

/// The words of a text by UAX #29. Scripts that set no spaces come out of it a character at a time; of those, every two
/// that stand together are a word as well, since most words have two: "京都" is not found in "東京都" by its characters
/// alone any better than by chance.
fn words(text: &str) -> impl Iterator<Item = String> {
    let mut before: Option<(usize, &str)> = None;
    text.unicode_word_indices().flat_map(move |(at, word)| {
        let single = sets_no_spaces(word).then_some((at, word));
        let pair = match (before, single) {
            (Some((first, character)), Some(_)) if first + character.len() == at => Some(format!("{character}{word}")),
            _ => None,
        };
        before = single;
        [Some(word.to_owned()), pair].into_iter().flatten()
    })
}

/// Whether a word is one character of Chinese, Japanese, Thai, Lao, Khmer or Burmese.
fn sets_no_spaces(word: &str) -> bool {
    let mut characters = word.chars();
    let first = characters.next().is_some_and(|character| {
        matches!(character,
            '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{3040}'..='\u{30FF}'
            | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
    });
    // Combining vowels stay with their character.
    first && word.graphemes(true).count() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        Words::of(text).terms
    }

    fn asked(query: &str, memories: &[&str]) -> Vec<String> {
        let mut languages = Languages::default();
        memories.iter().for_each(|memory| languages.insert(Words::of(memory).language));
        query_words(query, languages).into_iter().flat_map(|word| word.terms).collect()
    }

    #[test]
    fn the_forms_of_a_word_are_one_word() {
        assert_eq!(of("Ada's cats were RUNNING"), of("ada cat runs"));
        assert_eq!(of("Wir haben die Häuser der Katzen gesehen")[0], of("Das ist ein Haus und nicht mehr")[0]);
    }

    #[test]
    fn stop_words_and_question_words_are_left_out() {
        assert_eq!(of("Where did we go, and why don\u{2019}t I know?"), ["go", "know"]);
        assert_eq!(of("who is it?"), [""; 0]);
        assert_eq!(of("Wo haben wir das Fahrrad gekauft?"), ["fahrrad", "gekauft"]);
    }

    #[test]
    fn a_query_is_stemmed_in_the_languages_of_the_memories() {
        let (english, german) = ("the running of the cats", "ich habe die Katzen und die Häuser gesehen");
        assert_eq!(asked("running", &[english]), ["run"]);
        assert_eq!(asked("running Häuser", &[english, german]), ["run", "running", "haus", "häuser"]);
        assert!(asked("Häuser", &[german]).iter().all(|term| of(german).contains(term)));
    }

    #[test]
    fn scripts_without_spaces_are_found_by_characters_and_by_pairs() {
        assert_eq!(of("東京に住む"), ["東", "京", "東京", "に", "京に", "住", "に住", "む", "住む"]);
        assert_eq!(of("猫、犬 tea"), ["猫", "犬", "tea"]);
        assert!(of("ฉันรักแมว").contains(&String::from("แม")));
    }
}
