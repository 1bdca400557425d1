//! What a text is searched by: its words, in the form that all their forms share.

use std::{collections::HashSet, sync::LazyLock};

use rust_stemmers::{Algorithm, Stemmer};
use unicode_segmentation::UnicodeSegmentation;

/// Words that say nothing of what a text is about. Question words are among them: "where does Ada live" is about Ada
/// and living, and leaving them out is worth a tenth of the recall.
static STOP_WORDS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| stop_words::lookup("en").unwrap_or_default().iter().copied().collect());

/// The words of a text by UAX #29, in lower case, without stop words, stemmed. Scripts that set no spaces come out a
/// character at a time, which is what they are searched by.
pub(crate) fn words(text: &str) -> Vec<String> {
    let stemmer = Stemmer::create(Algorithm::English);
    // Typographic apostrophes, or "don’t" would be another word than "don't".
    let text = text.to_lowercase().replace('\u{2019}', "'");
    let said = text.unicode_words().filter(|word| !STOP_WORDS.contains(word));
    said.map(|word| stemmer.stem(word).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_a_word_are_one_word() {
        assert_eq!(words("Ada's cats were RUNNING"), words("ada cat runs"));
    }

    #[test]
    fn stop_words_and_question_words_are_left_out() {
        assert_eq!(words("Where did we go, and why don\u{2019}t I know?"), ["go", "know"]);
        assert_eq!(words("who is it?"), [""; 0]);
    }

    #[test]
    fn scripts_without_spaces_are_split_by_character() {
        assert_eq!(words("東京に住む"), ["東", "京", "に", "住", "む"]);
    }
}
