//! Stop words as names, and initials of names.

use super::{
    script::WritingSystem,
    tokens::{Token, TokenForm},
};
use crate::index::language::TextLanguage;

/// Marks a capitalised stop word: "The Who", "IT".
const CAPITALISED: char = '\u{4}';
/// Marks an abbreviation in capitals, and the initials of a name. They would match words otherwise, and each other: "Damp
/// Socks" is no "deploy script".
const ABBREVIATION: char = '\u{5}';
const INITIALS: char = '\u{8}';
/// Marks two adjacent stop words.
const PAIR: char = '\u{6}';
/// Stop words in a row from which they may be a quotation or a title.
const QUOTED: usize = 4;
/// Words of a name with initials.
const NAMES: std::ops::RangeInclusive<usize> = 2..=6;
/// Words of a query that a memory may abbreviate.
const MOST_INITIALS: usize = 5;
/// Letters of a word from which it may be written with their number.
const NUMERONYM: usize = 8;

/// The term of a capitalised stop word.
pub(crate) fn capitalised(word: &str) -> String {
    format!("{CAPITALISED}{word}")
}

/// The term of two adjacent stop words.
pub(crate) fn pair(one: &str, next: &str) -> String {
    format!("{PAIR}{one} {next}")
}

/// The abbreviations of the first two words with a meaning, of the first three, and so on: "human resources" is "HR". With the
/// number of words that they stand for, stop words included.
pub(crate) fn abbreviations(tokens: &[Token]) -> impl Iterator<Item = (String, usize)> {
    let mut initials = String::from(ABBREVIATION);
    let run = tokens.iter().enumerate().take_while(|(at, token)| *at == 0 || token.follows);
    let words = run.filter(|(_, token)| !token.is_stop_word && !token.is_literal);
    let letters = words.map_while(|(at, token)| {
        let letter = token.word.chars().next().filter(|_| token.script == WritingSystem::Latin);
        letter.map(|letter| (letter, at + 1))
    });
    let all = letters.map(move |(letter, words)| {
        initials.push(letter);
        (initials.clone(), words)
    });
    all.take(MOST_INITIALS).skip(1)
}

/// `true` for the term of an abbreviation.
pub(crate) fn is_abbreviation(term: &str) -> bool {
    term.starts_with(ABBREVIATION)
}

/// The terms to look up for a form of a query: for an abbreviation also the names with these initials, and for the initials of a
/// name its abbreviation.
pub(crate) fn expanded(form: &str) -> impl Iterator<Item = String> {
    let (first, second) = match (form.strip_prefix(ABBREVIATION), form.strip_prefix(INITIALS)) {
        (Some(letters), _) => (form.into(), Some(format!("{INITIALS}{letters}"))),
        (None, Some(letters)) => (format!("{ABBREVIATION}{letters}"), None),
        (None, None) => (form.into(), None),
    };
    [Some(first), second].into_iter().flatten()
}

/// A word by its first letter, the number of letters between, and its last letter: "k8s" for "kubernetes".
pub(crate) fn numeronym(token: &Token) -> Option<String> {
    let word = token.word.as_str();
    let (first, last) = (word.get(..1)?, word.get(word.len().checked_sub(1)?..)?);
    let is_long = word.len() >= NUMERONYM && word.bytes().all(|byte| byte.is_ascii_lowercase());
    is_long.then(|| format!("{first}{}{last}", word.len() - 2))
}

/// `true` for a word in capitals.
pub(crate) fn is_in_capitals(written: &str) -> bool {
    written.len() > 1 && written.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// The stage: many stop words in a row, "to be or not to be".
pub(super) fn add_quotations(tokens: &mut [Token], _: TextLanguage) {
    let mut begin = 0;
    while begin < tokens.len() {
        let run = tokens[begin..].iter().take_while(|token| token.is_stop_word).count();
        if run >= QUOTED {
            for at in begin + 1..begin + run {
                let pair = pair(&tokens[at - 1].word, &tokens[at].word);
                tokens[at].forms.push(TokenForm::name(pair));
            }
        }
        begin += run.max(1);
    }
}

/// The stage: capitalised stop words within a sentence, words in capitals, and initials of names.
pub(super) fn add(tokens: &mut [Token], _: TextLanguage) {
    for token in tokens.iter_mut().filter(|token| token.script == WritingSystem::Latin) {
        let is_capitalised = token.written.starts_with(char::is_uppercase);
        let is_in_capitals = is_in_capitals(&token.written);
        if token.is_stop_word && is_capitalised && (is_in_capitals || !token.begins_sentence) {
            token.forms.push(TokenForm::name(capitalised(&token.written)));
        }
        let singular = token.written.strip_suffix('s').filter(|singular| self::is_in_capitals(singular));
        let letters = singular.or(is_in_capitals.then_some(token.written.as_str())).map(str::to_ascii_lowercase);
        if let Some(letters) = letters.filter(|letters| NAMES.contains(&letters.len())) {
            // It identifies better than the word: "US", "us".
            token.forms.push(TokenForm::name(format!("{ABBREVIATION}{letters}")));
        }
    }
    let mut begin = 0;
    while begin < tokens.len() {
        let run = tokens[begin..].iter().enumerate();
        let end = begin + run.take_while(|(at, token)| is_of_name(token) && (*at == 0 || token.follows)).count();
        // The first word of a sentence is not always of the name.
        let first = usize::from(tokens[begin].begins_sentence);
        for from in 0..=first {
            let words = tokens[begin..end].iter().filter(|token| !token.is_stop_word).skip(from);
            let initials: String = words.filter_map(|token| token.word.chars().next()).collect();
            if NAMES.contains(&initials.len()) {
                tokens[begin].forms.push(TokenForm::literal(format!("{INITIALS}{initials}")));
            }
        }
        begin = end.max(begin + 1);
    }
}

/// `true` for a capitalised word, and for a stop word between those of a name.
fn is_of_name(token: &Token) -> bool {
    let mut letters = token.written.chars();
    let is_capitalised = letters.next().is_some_and(char::is_uppercase) && letters.any(char::is_lowercase);
    token.script == WritingSystem::Latin && (is_capitalised || token.is_stop_word && token.written.len() <= 3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::analysis::analysed;

    fn names(text: &str) -> Vec<String> {
        let forms = analysed(text).0.into_iter().flat_map(|token| token.forms);
        forms.map(|form| form.text).filter(|text| text.starts_with([CAPITALISED, ABBREVIATION, INITIALS])).collect()
    }

    /// SE-11
    #[test]
    fn capitalised_stop_words_are_names() {
        assert_eq!(names("the band is The Them"), ["\u{4}The", "\u{4}Them"]);
        assert_eq!(names("It is here. He is there."), [""; 0]);
        assert_eq!(names("the IT desk"), ["\u{4}IT", "\u{5}it"]);
    }

    #[test]
    fn names_have_initials() {
        assert_eq!(names("met at the European Space Agency today"), ["\u{8}esa"]);
        assert_eq!((names("ESA"), names("two ESAs")), (vec!["\u{5}esa".into()], vec!["\u{5}esa".into()]));
        assert_eq!(names("Works for the European Space Agency"), ["\u{8}wesa", "\u{8}esa"]);
        assert_eq!(names("Ada, Grace"), [""; 0]);
    }

    /// SE-03
    #[test]
    fn initials_match_abbreviations_only() {
        let of = |form: &str| expanded(form).collect::<Vec<_>>();
        assert_eq!(of("\u{5}esa"), ["\u{5}esa", "\u{8}esa"]);
        assert_eq!((of("\u{8}esa"), of("esa")), (vec!["\u{5}esa".into()], vec!["esa".into()]));
    }

    #[test]
    fn words_of_a_query_have_abbreviations() {
        let of = |text: &str| abbreviations(&analysed(text).0).collect::<Vec<_>>();
        let expected = [("\u{5}dm", 2), ("\u{5}dmv", 4), ("\u{5}dmvo", 5)];
        assert_eq!(of("department motor of vehicles office, Oslo"), expected.map(|(term, words)| (term.into(), words)));
        assert_eq!(of("tea"), []);
        let numeronyms = |text: &str| analysed(text).0.iter().filter_map(numeronym).collect::<Vec<_>>();
        assert_eq!(numeronyms("kubernetes internationalization tea café-terrasse"), ["k8s", "i18n", "t6e"]);
    }
}
