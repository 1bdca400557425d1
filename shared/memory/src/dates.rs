//! Time expressions in a query: "last week", "vor drei Tagen", "2023-05-08".
//!
//! A time is a hint and not a filter, because a memory about last week may have been recorded at any time. It is
//! scored like a rare term, see [`with_recency`](crate::index::IndexQuery::with_recency), so a misread expression
//! hides no memory. Days are in UTC, as in the index.

use std::ops::Range;

use jiff::{Span, Timestamp, ToSpan, civil::Date, tz::TimeZone};

use crate::calendar::month;

const NUMBERS: [[&str; 4]; 10] = [
    ["one", "a", "einem", "einer"],
    ["two", "", "zwei", ""],
    ["three", "", "drei", ""],
    ["four", "", "vier", ""],
    ["five", "", "fünf", ""],
    ["six", "", "sechs", ""],
    ["seven", "", "sieben", ""],
    ["eight", "", "acht", ""],
    ["nine", "", "neun", ""],
    ["ten", "", "zehn", ""],
];

#[derive(Debug, Clone, Copy)]
enum Unit {
    Day,
    Week,
    Month,
    Year,
}

/// A time expression in a query.
struct Phrase {
    /// The number of words.
    words: usize,
    days: Range<Date>,
    /// The search text that replaces it: memories contain dates, but not "yesterday".
    instead: Option<String>,
}

/// Extracts the time expression of a query, if there is exactly one. A date is replaced by its form in the index.
pub fn dated(query: &str, now: Timestamp) -> (String, Option<Range<Timestamp>>) {
    let today = TimeZone::UTC.to_datetime(now).date();
    let words: Vec<_> = query.split_whitespace().collect();
    let plain: Vec<_> = words.iter().map(|word| plain(word)).collect();
    let plain: Vec<_> = plain.iter().map(String::as_str).collect();
    let (mut rest, mut found, mut at) = (Vec::new(), None, 0);
    while at < words.len() {
        let Some(phrase) = phrase(&plain[at..], today) else {
            rest.push(words[at].to_owned());
            at += 1;
            continue;
        };
        if found.replace(phrase.days).is_some() {
            return (query.to_owned(), None);
        }
        rest.extend(phrase.instead);
        at += phrase.words;
    }
    let first_moment = |date: Date| TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok();
    match found.and_then(|days| Some(first_moment(days.start)?..first_moment(days.end)?)) {
        Some(times) => (rest.join(" "), Some(times)),
        None => (query.to_owned(), None),
    }
}

/// A word in lower case without surrounding punctuation.
fn plain(word: &str) -> String {
    word.trim_matches(|character: char| !character.is_alphanumeric()).to_lowercase()
}

fn phrase(words: &[&str], today: Date) -> Option<Phrase> {
    let relative = |words, days| Some(Phrase { words, days, instead: None });
    match *words {
        ["today" | "heute", ..] => relative(1, around(today, Unit::Day)?),
        ["day", "before", "yesterday", ..] => relative(3, ago(today, 2, Unit::Day)?),
        ["vorgestern", ..] => relative(1, ago(today, 2, Unit::Day)?),
        ["yesterday" | "gestern", ..] => relative(1, ago(today, 1, Unit::Day)?),
        // "The last week of May" is not relative to today.
        ["last" | "past" | "this", _, "of" | "in", ..] => None,
        [
            "last" | "past" | "letzte" | "letzten" | "letzter" | "letztes" | "vorige" | "vorigen" | "voriges",
            unit,
            ..,
        ] => relative(2, ago(today, 1, period(unit)?)?),
        ["this" | "diese" | "dieser" | "diesen" | "diesem" | "dieses", unit, ..] => {
            relative(2, around(today, period(unit)?)?)
        }
        ["vor", number, name, ..] => relative(3, ago(today, count(number)?, unit(name)?)?),
        [number, name, "ago", ..] => relative(3, ago(today, count(number)?, unit(name)?)?),
        _ => absolute(words),
    }
}

/// An absolute date: a day, or a month of a year.
fn absolute(words: &[&str]) -> Option<Phrase> {
    let day = |words, date: Date| {
        let instead = Some(date.strftime("%-d %B %Y").to_string());
        Some(Phrase { words, days: around(date, Unit::Day)?, instead })
    };
    match *words {
        [date, ..] if date.len() == "2023-05-08".len() && date.parse::<Date>().is_ok() => day(1, date.parse().ok()?),
        [first, second, third, ..] if month(first).is_some() || month(second).is_some() => {
            let (of_month, month_name) = if month(first).is_some() { (second, first) } else { (first, second) };
            let digits = of_month.trim_end_matches(char::is_alphabetic);
            match (digits.parse(), year(third)) {
                (Ok(of_month), Some(year)) => day(3, Date::new(year, month(month_name)?, of_month).ok()?),
                _ => of_year(first, second),
            }
        }
        [first, second, ..] => of_year(first, second),
        _ => None,
    }
}

fn of_year(first: &str, second: &str) -> Option<Phrase> {
    let first_day = Date::new(year(second)?, month(first)?, 1).ok()?;
    let instead = Some(first_day.strftime("%B %Y").to_string());
    Some(Phrase { words: 2, days: around(first_day, Unit::Month)?, instead })
}

fn year(word: &str) -> Option<i16> {
    word.parse().ok().filter(|year| word.len() == 4 && (1000..3000).contains(year))
}

fn count(word: &str) -> Option<i64> {
    let words = (1..).zip(NUMBERS).find(|(_, names)| names.contains(&word)).map(|(number, _)| number);
    words.or_else(|| word.parse().ok().filter(|number| (1..1000).contains(number)))
}

fn unit(word: &str) -> Option<Unit> {
    match word {
        "day" | "days" | "tag" | "tage" | "tagen" => Some(Unit::Day),
        "week" | "weeks" | "woche" | "wochen" => Some(Unit::Week),
        "month" | "months" | "monat" | "monate" | "monaten" => Some(Unit::Month),
        "year" | "years" | "jahr" | "jahre" | "jahren" => Some(Unit::Year),
        _ => None,
    }
}

/// A unit that "last" and "this" apply to: "last day" does not mean yesterday.
fn period(word: &str) -> Option<Unit> {
    match word {
        "week" | "woche" => Some(Unit::Week),
        "month" | "monat" => Some(Unit::Month),
        "year" | "jahr" => Some(Unit::Year),
        _ => None,
    }
}

impl Unit {
    fn span(self, count: i64) -> Span {
        match self {
            Self::Day => count.days(),
            Self::Week => count.weeks(),
            Self::Month => count.months(),
            Self::Year => count.years(),
        }
    }
}

/// The day, week (from Monday), month or year that contains a date.
fn around(date: Date, unit: Unit) -> Option<Range<Date>> {
    let begin = match unit {
        Unit::Day => date,
        Unit::Week => date.checked_sub(i64::from(date.weekday().to_monday_zero_offset()).days()).ok()?,
        Unit::Month => date.first_of_month(),
        Unit::Year => date.first_of_year(),
    };
    Some(begin..begin.checked_add(unit.span(1)).ok()?)
}

fn ago(today: Date, count: i64, unit: Unit) -> Option<Range<Date>> {
    around(today.checked_sub(unit.span(count)).ok()?, unit)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A Tuesday.
    fn now() -> Timestamp {
        "2026-07-28T09:30:00Z".parse().expect("a moment")
    }

    fn read(query: &str) -> (String, String) {
        let (rest, times) = dated(query, now());
        let day = |time: Timestamp| TimeZone::UTC.to_datetime(time).date().to_string();
        (rest, times.map(|times| format!("{}..{}", day(times.start), day(times.end))).unwrap_or_default())
    }

    #[test]
    fn spoken_times_are_parsed() {
        for (query, rest, times) in [
            ("what did I eat yesterday?", "what did I eat", "2026-07-27..2026-07-28"),
            ("the day before yesterday", "the", "2026-07-26..2026-07-27"),
            ("meetings last week", "meetings", "2026-07-20..2026-07-27"),
            ("meetings this week", "meetings", "2026-07-27..2026-08-03"),
            ("Last month's", "Last month's", ""),
            ("plans of last month", "plans of", "2026-06-01..2026-07-01"),
            ("two weeks ago I met", "I met", "2026-07-13..2026-07-20"),
            ("3 days ago", "", "2026-07-25..2026-07-26"),
            ("a year ago", "", "2025-01-01..2026-01-01"),
            ("Wen traf ich letzte Woche?", "Wen traf ich", "2026-07-20..2026-07-27"),
            ("vor drei Tagen", "", "2026-07-25..2026-07-26"),
            ("was war gestern", "was war", "2026-07-27..2026-07-28"),
        ] {
            assert_eq!(read(query), (rest.into(), times.into()), "{query}");
        }
    }

    #[test]
    fn date_is_replaced_by_its_indexed_form() {
        for (query, rest, times) in [
            ("met on 2023-05-08?", "met on 8 May 2023", "2023-05-08..2023-05-09"),
            ("8 May 2023", "8 May 2023", "2023-05-08..2023-05-09"),
            ("on May 8th, 2023", "on 8 May 2023", "2023-05-08..2023-05-09"),
            ("am 8. Mai 2023", "am 8 May 2023", "2023-05-08..2023-05-09"),
            ("in May 2023 we", "in May 2023 we", "2023-05-01..2023-06-01"),
            ("im März 2024", "im March 2024", "2024-03-01..2024-04-01"),
        ] {
            assert_eq!(read(query), (rest.into(), times.into()), "{query}");
        }
    }

    #[test]
    fn ambiguous_expressions_are_not_parsed() {
        for query in [
            "tea",
            "",
            "May I come?",
            "in May",
            "the last week of May",
            "the last day",
            "last resort",
            "2023-13-01",
            "room 2023",
            "between yesterday and last week",
            "zero days ago",
            "vor dem Haus",
        ] {
            assert_eq!(read(query), (query.into(), String::new()), "{query}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_query_does_not_panic(
            query in "((last|this|vor|ago|week|years|999|May|8|2023|0001-01-01|9999-12-31|today|é)[ ,]){0,7}", second in any::<i64>(),
        ) {
            let now = Timestamp::from_second(second % 253_402_000_000).expect("in range");
            let (rest, times) = dated(&query, now);
            prop_assert!(times.is_none_or(|times| times.start < times.end));
            prop_assert!(rest.len() <= query.len() + 20);
        }
    }
}
