//! What a text is searched by: its words, in the form that all their forms share.
//!
//! A memory is stemmed in its own language. The language of a query is often not to be told ("Katzen?"), so a query is
//! stemmed in every language that the memories it looks among are in; a stem that is none in the others finds nothing
//! there, and does no harm.

use unicode_segmentation::UnicodeSegmentation;

use super::language::{Language, Languages};

/// A text's terms, in its order, and the language they are in.
pub(crate) fn terms(text: &str) -> (Language, Vec<String>) {
    let text = folded(text);
    let language = Language::of(text.unicode_words());
    let stemmer = language.stemmer();
    let said = words(&text).filter(|word| !language.leaves_out(word));
    (language, said.map(|word| stemmer.stem(&word).into_owned()).collect())
}

/// The terms that a query asks for among memories in these languages, each once.
pub(crate) fn query_terms(query: &str, languages: Languages) -> Vec<String> {
    let query = folded(query);
    let language = Language::of(query.unicode_words());
    let stemmers: Vec<_> = languages.iter().map(Language::stemmer).collect();
    let mut terms: Vec<String> = Vec::new();
    for word in words(&query).filter(|word| !language.leaves_out(word)) {
        for stem in stemmers.iter().map(|stemmer| stemmer.stem(&word)) {
            if !terms.iter().any(|term| *term == *stem) {
                terms.push(stem.into_owned());
            }
        }
    }
    terms
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
        terms(text).1
    }

    fn asked(query: &str, memories: &[&str]) -> Vec<String> {
        let mut languages = Languages::default();
        memories.iter().for_each(|memory| languages.insert(terms(memory).0));
        query_terms(query, languages)
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
        assert_eq!(asked("running Häuser", &[english, german]), ["run", "running", "häuser", "haus"]);
        assert!(asked("Häuser", &[german]).iter().all(|term| of(german).contains(term)));
    }

    #[test]
    fn scripts_without_spaces_are_found_by_characters_and_by_pairs() {
        assert_eq!(of("東京に住む"), ["東", "京", "東京", "に", "京に", "住", "に住", "む", "住む"]);
        assert_eq!(of("猫、犬 tea"), ["猫", "犬", "tea"]);
        assert!(of("ฉันรักแมว").contains(&String::from("แม")));
    }
}
