//! Tokenisation: the words of a text and their stems.
//!
//! A memory is stemmed in its own language. The language of a short query often cannot be detected ("Katzen?"), so a
//! query is stemmed in every language of the searched memories. A stem of the wrong language matches nothing.

use unicode_segmentation::UnicodeSegmentation;

use super::language::{Languages, TextLanguage};

/// Shorter text without spaces is not taken for an encoding.
const ENCODED_BYTES: usize = 64;
/// The average length of the runs of letters and digits of an encoding: base64 has 32, a URL less than 10.
const ENCODED_RUN: usize = 16;
/// The beginning of an encoding by which it is found: with 120 bits, it is hardly that of another.
const ENCODED_PREFIX: usize = 24;
/// Maximum bytes of a word in the index.
const WORD_BYTES: usize = 64;

/// The content words of a text.
pub(crate) struct Words {
    pub(crate) language: TextLanguage,
    /// The words in lower case, in order.
    pub(crate) words: Vec<String>,
    /// Their stems, in order.
    pub(crate) terms: Vec<String>,
}

/// A content word of a query.
pub(crate) struct QueryWord {
    /// The word in lower case.
    pub(crate) word: String,
    /// Its stems in each language, without those of earlier words.
    pub(crate) terms: Vec<String>,
}

impl Words {
    /// Tokenises a text.
    pub(crate) fn of(text: &str) -> Self {
        let text = folded(text);
        let language = TextLanguage::of(text.unicode_words());
        let stemmer = language.stemmer();
        let words: Vec<_> = words(&text).filter(|word| !language.is_stop_word(word)).collect();
        let terms = words.iter().map(|word| stemmer.stem(word).into_owned()).collect();
        Self { language, words, terms }
    }
}

/// Tokenises a query against memories in these languages.
pub(crate) fn query_words(query: &str, languages: Languages) -> Vec<QueryWord> {
    let query = folded(query);
    let language = TextLanguage::of(query.unicode_words());
    let mut asked: Vec<QueryWord> = Vec::new();
    for word in words(&query).filter(|word| !language.is_stop_word(word)) {
        let mut terms = stems(&word, languages);
        terms.retain(|term| !asked.iter().any(|word| word.terms.contains(term)));
        if !terms.is_empty() {
            asked.push(QueryWord { word, terms });
        }
    }
    asked
}

/// The distinct stems of a word in these languages.
pub(crate) fn stems(word: &str, languages: Languages) -> Vec<String> {
    let mut stems: Vec<_> = languages.iter().map(|language| language.stemmer().stem(word).into_owned()).collect();
    stems.sort_unstable();
    stems.dedup();
    stems
}

/// Folds case, and typographic apostrophes, so that "don’t" equals "don't".
fn folded(text: &str) -> String {
    text.to_lowercase().replace('\u{2019}', "'")
}

/// Splits a text into words ([UAX #29](https://www.unicode.org/reports/tr29/)). In scripts without spaces, this yields
/// single characters; every adjacent pair is added as a word, since most words have two characters and single
/// characters match almost anything: "京都" must not match "東京都" by its characters. A key or an encoding is one word
/// (SR-03).
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split_whitespace().flat_map(|chunk| {
        let whole = is_encoded(chunk).then(|| chunk[..ENCODED_PREFIX].to_owned());
        let parts = whole.is_none().then(|| words_of_chunk(chunk)).into_iter().flatten();
        whole.into_iter().chain(parts)
    })
}

fn words_of_chunk(chunk: &str) -> impl Iterator<Item = String> {
    let mut before: Option<(usize, &str)> = None;
    chunk.unicode_word_indices().flat_map(move |(at, word)| {
        let single = sets_no_spaces(word).then_some((at, word));
        let pair = match (before, single) {
            (Some((first, character)), Some(_)) if first + character.len() == at => Some(format!("{character}{word}")),
            _ => None,
        };
        before = single;
        [Some(truncated(word).to_owned()), pair].into_iter().flatten()
    })
}

/// `true` for text without spaces that consists of long runs of letters and digits: base64, hexadecimal, tokens. The words
/// of a URL, an identifier or code are shorter, and a long word of a language has no digits.
fn is_encoded(chunk: &str) -> bool {
    if chunk.len() < ENCODED_BYTES || !chunk.is_ascii() {
        return false;
    }
    let digits = chunk.bytes().filter(u8::is_ascii_digit).count();
    let runs = chunk.split(|character: char| !character.is_ascii_alphanumeric()).filter(|run| !run.is_empty()).count();
    digits * 32 > chunk.len() && chunk.len() > ENCODED_RUN * runs
}

/// The beginning of a word. Longer ones are no words, and would make the dictionary long.
fn truncated(word: &str) -> &str {
    &word[..word.floor_char_boundary(WORD_BYTES)]
}

/// `true` if a word is a single character of Chinese, Japanese, Thai, Lao, Khmer or Burmese.
fn sets_no_spaces(word: &str) -> bool {
    let mut characters = word.chars();
    let first = characters.next().is_some_and(|character| {
        matches!(character,
            '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{3040}'..='\u{30FF}'
            | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
    });
    // Combining vowels belong to their character.
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
    fn inflected_forms_share_a_stem() {
        assert_eq!(of("Ada's cats were RUNNING"), of("ada cat runs"));
        assert_eq!(of("Wir haben die Häuser der Katzen gesehen")[0], of("Das ist ein Haus und nicht mehr")[0]);
    }

    #[test]
    fn stop_words_and_question_words_are_removed() {
        assert_eq!(of("Where did we go, and why don\u{2019}t I know?"), ["go", "know"]);
        assert_eq!(of("who is it?"), [""; 0]);
        assert_eq!(of("Wo haben wir das Fahrrad gekauft?"), ["fahrrad", "gekauft"]);
    }

    #[test]
    fn query_is_stemmed_in_every_memory_language() {
        let (english, german) = ("the running of the cats", "ich habe die Katzen und die Häuser gesehen");
        assert_eq!(asked("running", &[english]), ["run"]);
        assert_eq!(asked("running Häuser", &[english, german]), ["run", "running", "haus", "häuser"]);
        assert!(asked("Häuser", &[german]).iter().all(|term| of(german).contains(term)));
    }

    /// SR-03
    #[test]
    fn key_or_encoding_is_one_word() {
        let base64 = "iVBORw0KGgoAAAANSUhEUgAAAAUA/AAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg==";
        let hex = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        assert_eq!(
            of(&format!("key {base64} of {hex}")),
            ["key", &base64.to_lowercase()[..ENCODED_PREFIX], &hex[..ENCODED_PREFIX]]
        );
        let url = "https://example.com/travel/2026/a-very-long-article-about-the-cats-of-istanbul-and-their-2000-years";
        assert!(of(url).contains(&String::from("istanbul")));
        assert_eq!(of(&"x".repeat(5000)), ["x".repeat(WORD_BYTES)]);
        let compound = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz";
        assert_eq!(of(compound).len(), 1);
    }

    #[test]
    fn scripts_without_spaces_yield_characters_and_pairs() {
        assert_eq!(of("東京に住む"), ["東", "京", "東京", "に", "京に", "住", "に住", "む", "住む"]);
        assert_eq!(of("猫、犬 tea"), ["猫", "犬", "tea"]);
        assert!(of("ฉันรักแมว").contains(&String::from("แม")));
    }
}
