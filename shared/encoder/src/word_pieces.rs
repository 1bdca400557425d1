//! The tokenizer of the model: words without case and accents, split into the longest known pieces.

use std::collections::HashMap;

use icu_normalizer::DecomposingNormalizerBorrowed;

/// The marker of a piece that continues a word.
const CONTINUED: &str = "##";
/// Maximum characters of a word. Longer ones are unknown, as to the model's own tokenizer.
const WORD_CHARACTERS: usize = 100;
/// Bytes of a text to look at: a token rarely has more than a few.
const LOOKED_AT: usize = 4096;

/// The vocabulary.
#[derive(Debug)]
pub(crate) struct WordPieces {
    places: HashMap<&'static str, usize>,
    unknown: usize,
    begin: usize,
    end: usize,
}

impl WordPieces {
    /// Reads a vocabulary with one entry per line.
    pub(crate) fn of(lines: &'static str) -> Option<Self> {
        let places: HashMap<_, _> = lines.lines().zip(0..).collect();
        let [unknown, begin, end] = ["[UNK]", "[CLS]", "[SEP]"].map(|marker| places.get(marker).copied());
        Some(Self { unknown: unknown?, begin: begin?, end: end?, places })
    }

    /// The tokens of a text with the markers of begin and end, or `None` if it has no known piece. `longest` bounds their
    /// number.
    pub(crate) fn of_text(&self, text: &str, longest: usize) -> Option<Vec<usize>> {
        let mut tokens = vec![self.begin];
        for word in words(&text[..text.floor_char_boundary(LOOKED_AT)]) {
            self.add(&word, &mut tokens);
            if tokens.len() >= longest {
                break;
            }
        }
        tokens.truncate(longest - 1);
        tokens[1..].iter().any(|token| *token != self.unknown).then(|| {
            tokens.push(self.end);
            tokens
        })
    }

    /// Adds the pieces of a word, or the unknown one if there are none for a part of it.
    fn add(&self, word: &str, tokens: &mut Vec<usize>) {
        let known = tokens.len();
        let mut rest = word;
        while !rest.is_empty() && word.chars().nth(WORD_CHARACTERS).is_none() {
            let marker = if rest.len() == word.len() { "" } else { CONTINUED };
            let ends = rest.char_indices().rev().map(|(at, character)| at + character.len_utf8());
            let longest = ends.into_iter().find_map(|end| {
                let place = self.places.get(format!("{marker}{}", &rest[..end]).as_str())?;
                Some((*place, end))
            });
            let Some((place, end)) = longest else { break };
            tokens.push(place);
            rest = &rest[end..];
        }
        if !rest.is_empty() {
            tokens.truncate(known);
            tokens.push(self.unknown);
        }
    }
}

/// The words of a text in lower case and without accents. Punctuation marks and Han characters are words of their own.
fn words(text: &str) -> Vec<String> {
    let plain = DecomposingNormalizerBorrowed::new_nfd().normalize(text).to_lowercase();
    let mut words = vec![String::new()];
    for character in plain.chars().filter(|character| !is_accent(*character)) {
        if character.is_whitespace() || character.is_control() {
            words.push(String::new());
        } else if is_alone(character) {
            words.extend([character.into(), String::new()]);
        } else if let Some(word) = words.last_mut() {
            word.push(character);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn is_accent(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36F}')
}

fn is_alone(character: char) -> bool {
    let is_han = matches!(character, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}');
    let is_mark = matches!(character, '\u{A1}'..='\u{BF}' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205E}' | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}');
    character.is_ascii_punctuation() || is_han || is_mark && !character.is_alphanumeric()
}
