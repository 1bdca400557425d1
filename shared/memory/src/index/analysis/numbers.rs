//! Numbers: words for small ones, and the end of long ones.

use std::{collections::HashMap, sync::LazyLock};

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
/// Digits at the end of a telephone number, independent of country code, the area code's zero and spaces.
const SUBSCRIBER: usize = 7;

/// The number that a word stands for.
pub(crate) fn of_word(word: &str) -> Option<usize> {
    static NUMBERS: LazyLock<HashMap<&str, usize>> = LazyLock::new(|| {
        let numbers = (1..).zip(WORDS);
        numbers.flat_map(|(number, words)| words.iter().map(move |word| (*word, number))).collect()
    });
    NUMBERS.get(word).copied()
}

/// `true` for a number, in digits or as a word. Other numbers are used alike and mean something else.
pub(crate) fn is_number(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit()) || of_word(word).is_some()
}

/// The end of a telephone number. Numbers of other lengths are no telephone numbers.
pub(crate) fn subscriber(digits: &str) -> Option<&str> {
    let is_phone = (9..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_phone.then(|| &digits[digits.len() - SUBSCRIBER..])
}

/// The digits of an amount in groups without its two decimals: 1299 of "1,299.99". The parts of others are words of their own.
pub(crate) fn whole_amount(word: &str) -> Option<String> {
    let groups: Vec<_> = word.split(|character: char| !character.is_ascii_digit()).collect();
    let (decimals, groups) = groups.split_last()?;
    let (first, others) = groups.split_first()?;
    let is_grouped = (1..=3).contains(&first.len()) && others.iter().all(|group| group.len() == 3);
    (is_grouped && !others.is_empty() && decimals.len() == 2).then(|| groups.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SE-04
    #[test]
    fn telephone_numbers_end_alike() {
        assert_eq!(subscriber("4917612345678"), subscriber("017612345678"));
        assert_eq!(subscriber("2031"), None);
        assert_eq!(of_word("fifth"), Some(5));
        assert_eq!(of_word("tea"), None);
    }

    /// SE-04
    #[test]
    fn amount_is_found_without_its_decimals() {
        for (word, digits) in [
            ("1,299.99", Some("1299")),
            ("1.250,50", Some("1250")),
            ("12'500.00", Some("12500")),
            ("12,500", None),
            ("4.40", None),
            ("192.168.1.10", None),
            ("12.05.99", None),
            ("tea", None),
        ] {
            assert_eq!(whole_amount(word).as_deref(), digits, "{word}");
        }
    }
}
