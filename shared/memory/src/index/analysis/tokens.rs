//! Splitting of a text into words.

use unicode_segmentation::UnicodeSegmentation;

use super::{
    emoji::emoji,
    normal::{case_folded, composed},
    numbers::whole_amount,
    parts::parts,
    script::WritingSystem,
};
use crate::index::language::ENGLISH;

/// Shorter text without spaces is not taken for an encoding.
const ENCODED_BYTES: usize = 64;
/// The average length of the runs of letters and digits of an encoding: base64 has 32, a URL less than 10.
const ENCODED_RUN: usize = 16;
/// The beginning of an encoding by which it is found: with 120 bits, it is hardly that of another.
pub(crate) const ENCODED_PREFIX: usize = 24;
/// Maximum bytes of a word in the index.
const WORD_BYTES: usize = 64;
/// Maximum bytes of text without spaces to find as a whole, without its separators, as well.
const JOINED_BYTES: usize = 40;

/// A word of a text.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    /// The byte offset in the text.
    pub(crate) at: usize,
    /// The word as written.
    pub(crate) written: String,
    /// Its normal form, as far as it is indexed.
    pub(crate) word: String,
    pub(crate) script: WritingSystem,
    /// `true` for two characters of a script without spaces, which are words of their own as well.
    pub(crate) is_pair: bool,
    /// `true` if it has no inflected forms: emoji, encodings.
    pub(crate) is_literal: bool,
    /// `true` for the first word of a sentence, which is capitalised without being a name.
    pub(crate) begins_sentence: bool,
    /// `true` if no punctuation separates it from the previous word.
    pub(crate) follows: bool,
    /// `true` if a colon alone separates it from the previous word: the minutes of "19:30".
    pub(crate) is_after_colon: bool,
    /// `true` for a word without a meaning of its own in the language of the text.
    pub(crate) is_stop_word: bool,
    /// Further forms by which it is found.
    pub(crate) forms: Vec<TokenForm>,
}

/// A further form of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenForm {
    pub(crate) text: String,
    /// `true` if it has no inflected forms.
    pub(crate) is_literal: bool,
    /// `true` if it counts as much as the word itself.
    pub(crate) is_whole: bool,
    /// The words that it stands for, from this one on: those of a date or of a number in groups.
    pub(crate) words: usize,
}

impl TokenForm {
    /// Another form of a word, with inflections.
    pub(crate) fn word(text: String) -> Self {
        Self { text, is_literal: false, is_whole: false, words: 1 }
    }

    /// A form without inflections that identifies as well as the word.
    pub(crate) fn name(text: String) -> Self {
        Self { text, is_literal: true, is_whole: true, words: 1 }
    }

    /// A form without inflections.
    pub(crate) fn literal(text: String) -> Self {
        Self { text, is_literal: true, is_whole: false, words: 1 }
    }

    /// The same form of several words.
    pub(crate) fn of_words(self, words: usize) -> Self {
        Self { words, ..self }
    }
}

impl Token {
    fn new(written: &str, at: usize) -> Self {
        let word = case_folded(truncated(written));
        let script = WritingSystem::of(&word);
        Self {
            at,
            written: truncated(written).into(),
            word,
            script,
            is_pair: false,
            is_literal: false,
            begins_sentence: false,
            follows: true,
            is_after_colon: false,
            is_stop_word: false,
            forms: vec![],
        }
    }

    fn literal(text: &str, at: usize) -> Self {
        Self { is_literal: true, script: WritingSystem::Common, ..Self::new(text, at) }
    }
}

/// The words of a text, in order ([UAX #29](https://www.unicode.org/reports/tr29/)), and the parts of identifiers. In
/// scripts without spaces, these are single characters; every adjacent pair is added as a word, since most words have two
/// characters and single characters match almost anything: "京都" must not match "東京都" by its characters. A key or an
/// encoding is one word (SR-03).
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let (mut begins_sentence, mut is_separated) = (true, true);
    for chunk in text.split_whitespace() {
        let at = chunk.as_ptr() as usize - text.as_ptr() as usize;
        let first = tokens.len();
        let composed = composed(chunk);
        if is_encoded(&composed) {
            tokens.push(Token::literal(&composed[..ENCODED_PREFIX], at));
        } else {
            let place = |offset: usize| at + chunk.floor_char_boundary(offset * chunk.len() / composed.len().max(1));
            split(&composed, place, &mut tokens);
        }
        if let Some(token) = tokens.get_mut(first) {
            token.begins_sentence = begins_sentence;
            let opening = composed.trim_start_matches(['(', '+', '#', '"', '\'']);
            token.follows = !is_separated && opening.starts_with(char::is_alphanumeric);
            begins_sentence = false;
        }
        let closed = composed.trim_end_matches(['"', '\'', ')', '\u{201D}', '\u{00BB}']);
        begins_sentence |= closed.ends_with(['.', '!', '?', '\u{3002}']);
        is_separated = !closed.ends_with(|character: char| character.is_alphanumeric() || character == '\'');
    }
    tokens
}

/// Splits text without spaces.
fn split(chunk: &str, place: impl Fn(usize) -> usize, tokens: &mut Vec<Token>) {
    let first = tokens.len();
    let (mut end, mut words) = (0, 0);
    let opening = chunk.len() - chunk.trim_start_matches(['(', '"', '\'', '`']).len();
    let mut before: Option<(usize, &str)> = None;
    for (at, word) in chunk.unicode_word_indices() {
        push_emoji(&chunk[end..at], place(end), tokens);
        let follows = !chunk[end..at].contains([',', ';', '!', '?']);
        let is_after_colon = &chunk[end..at] == ":";
        (end, words) = (at + word.len(), words + 1);
        let index = tokens.len();
        let parts = parts(word);
        tokens.extend(parts.iter().map(|part| Token::new(part, place(at))));
        let Some(token) = tokens.get_mut(index) else { continue };
        (token.follows, token.is_after_colon) = (follows, is_after_colon);
        if parts.len() > 1 {
            token.forms.push(TokenForm::word(case_folded(truncated(&parts.concat()))));
            token.forms.extend(whole_amount(word).map(|digits| TokenForm::name(digits).of_words(parts.len())));
        }
        let is_dotted = chunk.get(opening..at) == Some(".");
        if let Some(name) = with_symbol(is_dotted, word, &chunk[end..]) {
            token.forms.push(TokenForm::literal(std::mem::replace(&mut token.word, name)));
            token.is_literal = true;
        }
        let single =
            (token.script == WritingSystem::Unspaced && word.graphemes(true).count() == 1).then_some((at, word));
        if let (Some((first, character)), Some(_)) = (before, single)
            && first + character.len() == at
        {
            let pair = Token::new(&format!("{character}{word}"), place(first));
            tokens.push(Token { is_pair: true, ..pair });
        }
        before = single;
    }
    push_emoji(&chunk[end..], place(end), tokens);
    if words > 1
        && let Some(whole) = whole(chunk)
    {
        tokens[first].forms.push(TokenForm::word(whole));
    }
}

fn push_emoji(gap: &str, at: usize, tokens: &mut Vec<Token>) {
    for emoji in emoji(gap) {
        let mut token = Token::literal(emoji.text, at);
        // "Face with tears of joy" is not found by "with".
        let names = emoji.name.unicode_words().map(case_folded).filter(|name| !ENGLISH.is_stop_word(name));
        token.forms = names.map(|name| TokenForm { is_whole: true, ..TokenForm::word(name) }).collect();
        tokens.push(token);
    }
}

/// A name with its symbols: "c#", "c++"; ".net" at the beginning of a text without spaces.
fn with_symbol(is_dotted: bool, word: &str, rest: &str) -> Option<String> {
    let symbols = rest.bytes().take_while(|byte| matches!(byte, b'#' | b'+')).take(3).count();
    let is_end = !rest[symbols..].starts_with(char::is_alphanumeric);
    let letters = word.chars().all(char::is_alphabetic);
    if (1..3).contains(&symbols) && is_end && letters {
        return Some(case_folded(&format!("{word}{}", &rest[..symbols])));
    }
    (is_dotted && letters).then(|| case_folded(&format!(".{word}")))
}

/// Text without spaces without its separators, unless it is long or has a meaning only in its parts.
fn whole(chunk: &str) -> Option<String> {
    let is_short = chunk.len() <= JOINED_BYTES && !chunk.contains("://");
    let has_letters = chunk.chars().any(|character| WritingSystem::of_character(character) == WritingSystem::Unspaced);
    let separators = ['-', '\u{2010}', '\u{2011}', '.', '/', '_', '@', '&', '+', ':', '\''];
    let core = chunk.trim_matches(|character: char| !character.is_alphanumeric());
    let is_joined = core.chars().all(|character| character.is_alphanumeric() || separators.contains(&character));
    (is_short && !has_letters && is_joined)
        .then(|| case_folded(&core.chars().filter(|character| character.is_alphanumeric()).collect::<String>()))
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
