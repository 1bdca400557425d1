//! The parts of identifiers, addresses, file names and measures.

use super::script::WritingSystem;

/// Minimum letters of a part beside digits: "cm" of "160cm". Another letter belongs to the number.
const LETTERS: usize = 2;
/// Units of one letter.
const UNITS: [u8; 6] = [b'm', b'g', b'l', b'h', b'w', b'v'];
/// Borders of letters and digits from which a word is a code or a hash: its parts mean nothing.
const CODE_BORDERS: usize = 3;

/// Splits a word as [UAX #29](https://www.unicode.org/reports/tr29/) finds it: at punctuation, at a change from small to
/// capital letters, and between letters and digits. One part if there is nothing to split. Apostrophes do not split.
pub(crate) fn parts(word: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for part in word.split(|character: char| !character.is_alphanumeric() && character != '\'' && !is_mark(character)) {
        split_case(part, &mut parts);
    }
    parts
}

/// A combining mark, which belongs to the letter before it.
fn is_mark(character: char) -> bool {
    !character.is_ascii()
        && !character.is_ascii_punctuation()
        && !matches!(character, '·' | '․' | '‧' | '‿' | '、' | '。')
}

fn split_case<'a>(word: &'a str, parts: &mut Vec<&'a str>) {
    let mut begin = 0;
    let borders = borders(word);
    for end in borders.into_iter().chain([word.len()]) {
        if begin < end {
            parts.push(&word[begin..end]);
        }
        begin = end;
    }
}

/// The byte offsets at which parts begin.
fn borders(word: &str) -> Vec<usize> {
    if !word.bytes().skip(1).any(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && !word.as_bytes().first().is_some_and(u8::is_ascii_digit)
    {
        return vec![];
    }
    let characters: Vec<_> = word.char_indices().collect();
    let class = |at: usize| {
        let character = characters[at].1;
        match () {
            () if character == '\'' => Class::Apostrophe,
            () if character.is_numeric() => Class::Digit,
            () if character.is_uppercase() => Class::Capital,
            () => Class::Small,
        }
    };
    let is_digit_border = |at: usize| (class(at) == Class::Digit) != (class(at - 1) == Class::Digit);
    // A counter or unit of one syllable: "3층".
    let is_hangul = |at: usize| WritingSystem::of_character(characters[at].1) == WritingSystem::Hangul;
    let is_code = (1..characters.len()).filter(|at| is_digit_border(*at)).count() >= CODE_BORDERS;
    let is_measure = word.as_bytes().split_last().is_some_and(|(unit, number)| {
        UNITS.contains(&unit.to_ascii_lowercase()) && !number.is_empty() && number.iter().all(u8::is_ascii_digit)
    });
    // "160x80".
    let mut lengths = word.split(['x', 'X']);
    let is_dimensions = lengths.all(|length| !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit()));
    let letters = |at: usize| {
        let before = (0..at).rev().take_while(|at| class(*at) != Class::Digit).count();
        before.max((at..characters.len()).take_while(|at| class(*at) != Class::Digit).count())
    };
    let is_border = |at: &usize| {
        let at = *at;
        if [at - 1, at].into_iter().any(|at| class(at) == Class::Apostrophe) {
            return false;
        }
        if is_digit_border(at) && [at - 1, at].into_iter().any(is_hangul) {
            return true;
        }
        if is_digit_border(at) {
            return is_dimensions || !is_code && (letters(at) >= LETTERS || is_measure);
        }
        let is_plural = at + 2 == characters.len() && characters[at + 1].1 == 's';
        let begins_word = class(at) == Class::Capital
            && (class(at - 1) == Class::Small
                || (at + 1 < characters.len() && class(at + 1) == Class::Small && !is_plural));
        begins_word && at > 1 && !is_code
    };
    (1..characters.len()).filter(is_border).map(|at| characters[at].0).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Small,
    Capital,
    Digit,
    Apostrophe,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// SE-03
    #[test]
    fn words_are_split_at_their_borders() {
        for (word, expected) in [
            ("findOrderByDate", &["find", "Order", "By", "Date"][..]),
            ("HTTPServer", &["HTTP", "Server"]),
            ("db_pool_size", &["db", "pool", "size"]),
            ("app.cache.ttl", &["app", "cache", "ttl"]),
            ("75kg", &["75", "kg"]),
            ("30m", &["30", "m"]),
            ("160x80", &["160", "x", "80"]),
            ("55X40X20", &["55", "X", "40", "X", "20"]),
            ("x80", &["x80"]),
            ("7b", &["7b"]),
            ("12,500", &["12", "500"]),
            ("n2345", &["n2345"]),
            ("4b1f9e2", &["4b1f9e2"]),
            ("don't", &["don't"]),
            ("McDonald", &["Mc", "Donald"]),
            ("iPhone", &["iPhone"]),
            ("हैं", &["हैं"]),
            ("TEA", &["TEA"]),
            ("PDFs", &["PDFs"]),
            ("D'Arcy's", &["D'Arcy's"]),
            ("NASA's", &["NASA's"]),
            ("3층에", &["3", "층에"]),
            ("2031년", &["2031", "년"]),
            ("2031년11월9일", &["2031", "년", "11", "월", "9", "일"]),
        ] {
            assert_eq!(parts(word), expected);
        }
    }

    proptest! {
        #[test]
        fn parts_lose_no_letter(word in "[a-zA-Z0-9é]{0,20}") {
            prop_assert_eq!(parts(&word).concat(), word);
        }
    }
}
