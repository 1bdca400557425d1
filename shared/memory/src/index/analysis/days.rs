//! Dates in a text, in any of the usual forms, as one term: 20310417. Also as one without the year, which many texts leave out.

use jiff::civil::Date;

use crate::dates::month;

/// Words between the parts of a date.
const BETWEEN: [&str; 10] = ["of", "the", "de", "del", "年", "月", "日", "년", "월", "일"];

/// Marks a date without its year, and one that a text states without it.
const YEARLESS: char = '\u{e}';
const ANNUAL: char = '\u{f}';

/// A date, and the number of words that it takes.
pub(crate) struct FoundDate {
    pub(crate) words: usize,
    /// The terms. A date such as 04/05/2031 has two, and one without a year has none.
    pub(crate) terms: Vec<String>,
    /// Those without the year.
    pub(crate) yearless: Vec<String>,
}

/// `true` for a word that a date may begin with.
pub(crate) fn may_begin(word: &str) -> bool {
    word.starts_with(|character: char| character.is_ascii_digit()) || month(word).is_some()
}

/// The date at the beginning of these words, which are in lower case.
pub(crate) fn date(words: &[&str]) -> Option<FoundDate> {
    may_begin(words.first()?).then_some(())?;
    let mut parts = Vec::with_capacity(3);
    // The words up to each part.
    let mut counts = [0; 3];
    for (at, word) in words.iter().enumerate().take(8) {
        if at > 0 && BETWEEN.contains(word) {
            continue;
        }
        parts.push(*word);
        // "17th" is two words of one identifier.
        if parts.len() > 1 && ["st", "nd", "rd", "th", "er", "e"].contains(word) {
            parts.pop();
        }
        counts[parts.len() - 1] = at + 1;
        if parts.len() == 3 {
            break;
        }
    }
    let of_year = || if let [one, two, three] = parts[..] { full(one, two, three, counts[2]) } else { None };
    of_year().or_else(|| without_year(parts.first()?, parts.get(1)?, counts[1]))
}

/// The terms of texts that state a date, with its year or without one.
pub(crate) fn stating(date: Date) -> [String; 2] {
    [full_term(date), annual_term(date)]
}

fn full_term(date: Date) -> String {
    date.strftime("%Y%m%d").to_string()
}

fn yearless_term(date: Date) -> String {
    date.strftime(&format!("{YEARLESS}%m%d")).to_string()
}

fn annual_term(date: Date) -> String {
    date.strftime(&format!("{ANNUAL}%m%d")).to_string()
}

fn full(one: &str, two: &str, three: &str, words: usize) -> Option<FoundDate> {
    let day_and_month = match (month(one), month(two)) {
        (Some(month), None) => vec![(two, three, month)],
        (None, Some(month)) => vec![(one, three, month)],
        (Some(_), Some(_)) => vec![],
        (None, None) => numeric(one, two, three),
    };
    let date = |(day, year, month): (&str, &str, i8)| {
        let year = (year.len() == 4).then(|| year.parse().ok()).flatten()?;
        Date::new(year, month, day_of_month(day)?).ok()
    };
    let dates: Vec<_> = day_and_month.into_iter().filter_map(date).collect();
    let terms = |term: fn(Date) -> String| dates.iter().copied().map(term).collect();
    (!dates.is_empty()).then(|| FoundDate { words, terms: terms(full_term), yearless: terms(yearless_term) })
}

/// "14 January", "March 17".
fn without_year(one: &str, two: &str, words: usize) -> Option<FoundDate> {
    /// Has the 29th of February.
    const LEAP_YEAR: i16 = 2028;
    let (day, month) = match (month(one), month(two)) {
        (Some(month), None) => (two, month),
        (None, Some(month)) => (one, month),
        _ => return None,
    };
    let date = Date::new(LEAP_YEAR, month, day_of_month(day)?).ok()?;
    Some(FoundDate { words, terms: vec![], yearless: vec![yearless_term(date), annual_term(date)] })
}

/// Also an ordinal: "1º", "17e".
fn day_of_month(word: &str) -> Option<i8> {
    let day = word.trim_end_matches(char::is_alphabetic);
    (day.len() <= 2).then(|| day.parse().ok()).flatten()
}

/// The possible readings of three numbers: day, year and month.
fn numeric<'a>(one: &'a str, two: &'a str, three: &'a str) -> Vec<(&'a str, &'a str, i8)> {
    let number = |text: &str| (text.len() <= 2).then(|| text.parse::<i8>().ok()).flatten();
    if one.len() == 4 {
        return number(two).map(|month| (three, one, month)).into_iter().collect();
    }
    let day_first = number(two).map(|month| (one, three, month));
    let month_first = number(one).map(|month| (two, three, month)).filter(|_| one != two);
    day_first.into_iter().chain(month_first).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SE-04
    #[test]
    fn usual_forms_of_a_date_have_one_term() {
        let terms = |words: &str| {
            let words: Vec<_> = words.split(' ').collect();
            date(&words).map(|found| (found.words, found.terms)).unwrap_or_default()
        };
        for (words, count) in [
            ("2028 11 23", 3),
            ("23 november 2028", 3),
            ("november 23 2028 tea", 3),
            ("november 23 rd 2028", 4),
            ("23 rd of november 2028", 5),
            ("23 de noviembre de 2028", 5),
            ("23 11 2028", 3),
            ("11 23 2028", 3),
            ("23 ноября 2028", 3),
            ("23 listopada 2028", 3),
            ("23 kasım 2028", 3),
            ("23 नवंबर 2028", 3),
            ("23 e nov 2028", 4),
            ("23o novembre 2028", 3),
            ("2028 年 11 月 23 日", 5),
            ("2028 년 11 월 23 일에", 5),
        ] {
            assert_eq!(terms(words), (count, vec![String::from("20281123")]), "{words}");
        }
        assert_eq!(terms("4 5 2031").1, ["20310504", "20310405"]);
        let yearless = |words: &str| {
            let words: Vec<_> = words.split(' ').collect();
            date(&words).map(|found| (found.words, found.yearless)).unwrap_or_default()
        };
        for (words, count) in
            [("23 november", 2), ("november 23 tea", 2), ("23 rd of november 19 00", 4), ("23 november 2028", 3)]
        {
            let terms = ["\u{e}1123", "\u{f}1123"].map(String::from);
            let known = if words.ends_with("2028") { &terms[..1] } else { &terms };
            assert_eq!(yearless(words), (count, known.to_vec()), "{words}");
        }
        assert_eq!(yearless("29 february").1, ["\u{e}0229", "\u{f}0229"]);
        assert_eq!((yearless("31 february").1, yearless("may 2031").1, yearless("12 500").1), (vec![], vec![], vec![]));
        for words in ["12 500", "31 february 2030", "1 2 3", "may may 2030", "tea", "170 1234567 5"] {
            assert_eq!(terms(words).1, [""; 0], "{words}");
        }
    }
}
