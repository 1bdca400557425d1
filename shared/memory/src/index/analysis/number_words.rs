//! Numbers in words, and numbers with a scale: "thirty-two", "zweitausend", "1.2 million", "72k".

use std::{collections::HashMap, sync::LazyLock};

use super::tokens::Token;

/// English, German, French, Spanish and Italian words for the numbers from 1 to 20. "one" is left out: it is a pronoun.
const WORDS: [&[&str]; 20] = [
    &["first", "erste", "ersten", "erster"],
    &["two", "second", "zwei", "zweite", "zweiten", "zweiter", "deux", "dos", "due"],
    &["three", "third", "drei", "dritte", "dritten", "dritter", "trois", "tres", "tre"],
    &["four", "fourth", "vier", "vierte", "vierten", "vierter", "quatre", "cuatro", "quattro"],
    &["five", "fifth", "fünf", "fünfte", "fünften", "fünfter", "cinq", "cinco", "cinque"],
    &["six", "sixth", "sechs", "sechste", "sechsten", "sechster", "seis", "sei"],
    &["seven", "seventh", "sieben", "siebte", "siebten", "siebter", "sept", "siete", "sette"],
    &["eight", "eighth", "acht", "achte", "achten", "achter", "huit", "ocho", "otto"],
    &["nine", "ninth", "neun", "neunte", "neunten", "neunter", "neuf", "nueve", "nove"],
    &["ten", "tenth", "zehn", "zehnte", "zehnten", "zehnter", "dix", "diez", "dieci"],
    &["eleven", "eleventh", "elf", "elfte", "elften", "onze", "once", "undici"],
    &["twelve", "twelfth", "zwölf", "zwölfte", "zwölften", "douze", "doce", "dodici"],
    &["thirteen", "thirteenth", "dreizehn", "treize", "trece", "tredici"],
    &["fourteen", "fourteenth", "vierzehn", "quatorze", "catorce", "quattordici"],
    &["fifteen", "fifteenth", "fünfzehn", "quinze", "quince", "quindici"],
    &["sixteen", "sixteenth", "sechzehn", "seize", "dieciséis", "sedici"],
    &["seventeen", "seventeenth", "siebzehn"],
    &["eighteen", "eighteenth", "achtzehn"],
    &["nineteen", "nineteenth", "neunzehn"],
    &["twenty", "twentieth", "zwanzig", "vingt", "veinte", "venti"],
];
/// Words for the tens from 30.
const TENS: [&[&str]; 7] = [
    &["thirty", "thirtieth", "dreissig", "trente", "treinta", "trenta"],
    &["forty", "fortieth", "vierzig", "quarante", "cuarenta", "quaranta"],
    &["fifty", "fiftieth", "fünfzig", "cinquante", "cincuenta", "cinquanta"],
    &["sixty", "sixtieth", "sechzig", "soixante", "sesenta", "sessanta"],
    &["seventy", "seventieth", "siebzig", "septante", "setenta", "settanta"],
    &["eighty", "eightieth", "achtzig", "ochenta", "ottanta"],
    &["ninety", "ninetieth", "neunzig", "nonante", "noventa", "novanta"],
];
/// Words for one that count only within a number.
const ONES: [&str; 5] = ["one", "ein", "un", "uno", "une"];
/// Words that multiply the number before them. French "cent" is left out: it is a coin.
const SCALES: [(u64, &[&str]); 4] = [
    (100, &["hundred", "hundert"]),
    (1000, &["thousand", "tausend", "mille", "mila", "mil"]),
    (1_000_000, &["million", "millions", "millionen", "mio", "millón", "millones", "milione", "milioni"]),
    (1_000_000_000, &["billion", "billions", "milliarde", "milliarden", "mrd", "milliard", "milliards"]),
];
/// Words within a number.
const AND: [&str; 4] = ["and", "und", "et", "y"];
/// Digits of a number with a scale.
const DIGITS: usize = 9;
/// Words of a number to read. Without a limit, a long text would be read from each of its words.
const MOST_WORDS: usize = 16;

/// A number, and the number of words that it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FoundNumber {
    pub(crate) number: u64,
    pub(crate) words: usize,
}

/// The number at the beginning of these words, unless it is written in digits alone.
pub(crate) fn number(tokens: &[Token]) -> Option<FoundNumber> {
    let run = tokens.iter().take(MOST_WORDS).enumerate().take_while(|(at, token)| *at == 0 || token.follows).count();
    with_scale(&tokens[..run]).or_else(|| in_words(&tokens[..run]))
}

/// The number that a word stands for.
pub(crate) fn of_word(word: &str) -> Option<u64> {
    static NUMBERS: LazyLock<HashMap<&str, u64>> = LazyLock::new(|| {
        let numbers = (1..).zip(WORDS).chain((3..).map(|tens| 10 * tens).zip(TENS)).chain(SCALES);
        numbers.flat_map(|(number, words)| words.iter().map(move |word| (*word, number))).collect()
    });
    NUMBERS.get(word).copied().or_else(|| compound(word))
}

/// `true` for a number, in digits or as a word. Other numbers are used alike and mean something else.
pub(crate) fn is_number(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit()) || of_word(word).is_some()
}

/// A number in one word: "zweiunddreissig", "dreihundertfünfzig", "trentadue".
fn compound(word: &str) -> Option<u64> {
    let part = |word: &str| if ONES.contains(&word) { Some(1) } else { of_word(word) };
    for (scale, names) in SCALES.into_iter().take(2).rev() {
        if let Some((before, after)) = names.iter().find_map(|name| split_once(word, name)) {
            let (before, after) = (before, after.strip_prefix("und").unwrap_or(after));
            let factor = if before.is_empty() { 1 } else { part(before)? };
            let rest = if after.is_empty() { 0 } else { part(after)? };
            return (rest < scale && factor < 1000).then_some(factor * scale + rest);
        }
    }
    let (tens, unit) = match split_once(word, "und") {
        Some((unit, tens)) => (of_word(tens)?, unit),
        None => (2..).zip([WORDS[19]].into_iter().chain(TENS)).find_map(|(tens, names)| {
            let unit = names.iter().find_map(|name| word.strip_prefix(name).or_else(|| elided(word, name)))?;
            Some((10 * tens, unit))
        })?,
    };
    let unit = part(unit).filter(|unit| *unit < 10)?;
    (tens % 10 == 0 && (20..100).contains(&tens)).then_some(tens + unit)
}

/// As [`str::split_once`], which prepares a search: in a short word, that takes much longer than the search.
fn split_once<'a>(word: &'a str, part: &str) -> Option<(&'a str, &'a str)> {
    let at = word.as_bytes().windows(part.len()).position(|bytes| bytes == part.as_bytes())?;
    Some((word.get(..at)?, word.get(at + part.len()..)?))
}

/// The unit after the tens of an Italian number, which lose their last vowel: "ventuno".
fn elided<'a>(word: &'a str, tens: &str) -> Option<&'a str> {
    word.strip_prefix(tens.strip_suffix(['a', 'i'])?).filter(|unit| unit.starts_with(['u', 'o']))
}

/// Digits before a scale: "1.2 million", "2 thousand", "72k", "1.2M".
fn with_scale(tokens: &[Token]) -> Option<FoundNumber> {
    let digits_of = |token: &Token| token.word.bytes().take_while(u8::is_ascii_digit).count();
    let first = tokens.first()?;
    let mut last = first;
    let (whole, mut decimals, mut words) = (&first.word[..digits_of(first)], "", 1);
    let next = tokens.get(1).filter(|next| next.at == first.at && whole == first.word);
    if let Some(next) = next.filter(|next| (1..=2).contains(&digits_of(next))) {
        (last, decimals, words) = (next, &next.word[..digits_of(next)], 2);
    }
    let letters = last.written.get(digits_of(last)..)?;
    let scale = if letters.is_empty() {
        let next = tokens.get(words)?;
        words += 1;
        scale(&next.word).or_else(|| scale_letter(&next.written))?
    } else {
        scale_letter(letters)?
    };
    if whole.is_empty() || whole.len() > DIGITS {
        return None;
    }
    let hundredths: u64 = format!("{whole}{decimals:0<2}").parse().ok()?;
    Some(FoundNumber { number: hundredths.checked_mul(scale)? / 100, words })
}

fn scale(word: &str) -> Option<u64> {
    SCALES.iter().find(|(_, names)| names.contains(&word)).map(|(scale, _)| *scale)
}

/// A small "m" is metres.
fn scale_letter(written: &str) -> Option<u64> {
    match written {
        "k" | "K" => Some(1000),
        "M" => Some(1_000_000),
        _ => None,
    }
}

/// "thirty two", "two hundred and fifty", "eighteen ninety-five", "quatre-vingt-dix".
fn in_words(tokens: &[Token]) -> Option<FoundNumber> {
    let is_number = |token: &&Token| !token.is_stop_word;
    let first = tokens.first().filter(is_number)?;
    let (mut thousands, mut group) = (0_u64, of_word(&first.word).or_else(|| one(tokens))?);
    let mut words = 1;
    if group >= 1000 {
        (thousands, group) = (group, 0);
    }
    while let Some(token) = tokens.get(words) {
        let skipped = usize::from(AND.contains(&token.word.as_str()));
        let Some(token) = tokens.get(words + skipped) else { break };
        if let Some(scale) = scale(&token.word).filter(|_| skipped == 0) {
            match scale {
                100 if group < 100 => group *= 100,
                _ if group > 0 && scale > 100 => (thousands, group) = (thousands + group.checked_mul(scale)?, 0),
                _ => break,
            }
        } else {
            let is_unit = ONES.contains(&token.word.as_str());
            let Some(next) = is_number(&token).then(|| of_word(&token.word)).flatten().or(is_unit.then_some(1)) else {
                break;
            };
            group = match (group % 100, next) {
                (4, 20) if token.word.starts_with("vingt") => group + 76,
                (0, 1..100) if group > 0 || thousands > 0 => group + next,
                (20.., 1..10) if group % 10 == 0 => group + next,
                (60 | 80, 10..20) => group + next,
                // A year.
                (10..=20, 10..100) if thousands == 0 && skipped == 0 && group < 100 => 100 * group + next,
                _ => break,
            };
        }
        words += skipped + 1;
    }
    Some(FoundNumber { number: thousands + group, words })
}

/// One, if a scale follows: "one hundred".
fn one(tokens: &[Token]) -> Option<u64> {
    let [one, next, ..] = tokens else { return None };
    (ONES.contains(&one.word.as_str()) && scale(&next.word).is_some()).then_some(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::analysis::analysed;

    fn numbers(text: &str) -> Vec<(u64, usize)> {
        let tokens = analysed(text).0;
        let found = (0..tokens.len()).filter_map(|at| number(&tokens[at..]));
        found.take(1).map(|found| (found.number, found.words)).collect()
    }

    /// SE-04
    #[test]
    fn numbers_in_words_are_read() {
        for (text, number, words) in [
            ("fifth", 5, 1),
            ("thirty-two teeth", 32, 2),
            ("forty", 40, 1),
            ("two thousand dollars", 2000, 2),
            ("one hundred guests", 100, 2),
            ("two hundred and fifty grams", 250, 4),
            ("three thousand four hundred", 3400, 4),
            ("two million euros", 2_000_000, 2),
            ("built eighteen ninety-five", 1895, 3),
            ("zweiunddreißig Zähne", 32, 1),
            ("einundzwanzig", 21, 1),
            ("zweitausend Euro", 2000, 1),
            ("dreihundertfünfzig Gramm", 350, 1),
            ("trente-deux dents", 32, 2),
            ("soixante-douze ans", 72, 2),
            ("quatre-vingt-dix", 90, 3),
            ("treinta y dos dientes", 32, 3),
            ("trentadue", 32, 1),
            ("ventuno", 21, 1),
            ("duemila euro", 2000, 1),
            ("1.2 million euros", 1_200_000, 3),
            ("1.2M", 1_200_000, 3),
            ("72k a year", 72_000, 1),
            ("1,5k", 1500, 2),
            ("3 thousand", 3000, 2),
        ] {
            assert_eq!(numbers(text), [(number, words)], "{text}");
        }
        for text in ["tea", "one of them", "160 m", "hundreds", "und", "wunderbar", "12 500"] {
            assert_eq!(numbers(text), [], "{text}");
        }
        assert_eq!(numbers("two, three"), [(2, 1)]);
        assert_eq!(numbers("two three"), [(2, 1)]);
    }
}
