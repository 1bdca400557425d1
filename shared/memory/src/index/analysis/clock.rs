//! Clock times in a text, as terms of 24 hours: "7pm" is 19:00, and "half past six" may be 6:30 and 18:30.

use super::{number_words, tokens::Token};

/// Marks a time. It would match the number otherwise.
const TIME: char = '\u{8}';
/// Words before an hour, in English and German, and the minutes that they add to it.
const BEFORE_HOUR: [(&[&str], i64); 7] = [
    (&["half", "past"], 30),
    (&["quarter", "past"], 15),
    (&["quarter", "after"], 15),
    (&["quarter", "to"], -15),
    (&["halb"], -30),
    (&["viertel", "nach"], 15),
    (&["viertel", "vor"], -15),
];
/// Words of a time to read: "half past six o'clock".
const MOST_WORDS: usize = 6;
/// Minutes of half a day and of a day.
const NOON: i64 = 12 * 60;
const DAY: i64 = 2 * NOON;

/// A time, and the number of words that it takes.
pub(crate) struct FoundTime {
    pub(crate) words: usize,
    /// The terms. A time before noon, or without "pm", has two.
    pub(crate) terms: Vec<String>,
}

/// The suffix of a time: "pm".
#[derive(Clone, Copy, PartialEq, Eq)]
enum Suffix {
    Am,
    Pm,
    /// "o'clock", "Uhr".
    Clock,
}

/// The time at the beginning of these words.
pub(crate) fn time(tokens: &[Token]) -> Option<FoundTime> {
    let run = tokens.iter().take(MOST_WORDS).enumerate().take_while(|(at, token)| *at == 0 || token.follows).count();
    let tokens = &tokens[..run];
    let (ahead, offset) = BEFORE_HOUR
        .iter()
        .find(|(words, _)| words.len() <= run && words.iter().zip(tokens).all(|(word, token)| token.word == *word))
        .map_or((0, 0), |(words, offset)| (words.len(), *offset));
    let hour_token = tokens.get(ahead)?;
    let hour = number(hour_token, 24).or_else(|| {
        let named = number_words::of_word(&hour_token.word).filter(|hour| (2..=12).contains(hour));
        named.and_then(|hour| i64::try_from(hour).ok())
    })?;
    let mut words = ahead + 1;
    let mut minutes = None;
    if let Some(next) = tokens.get(words).filter(|next| ahead == 0 && next.written.len() == 2) {
        // "7.30 Uhr": only the word after it tells that it is a time.
        let is_time = next.is_after_colon || next.at == hour_token.at && suffix(&tokens[words + 1..]).is_some();
        minutes = number(next, 59).filter(|_| is_time);
        words += usize::from(minutes.is_some());
    }
    let suffix = suffix(&tokens[words..]);
    if ahead == 0 && minutes.is_none() && suffix.is_none() {
        return None;
    }
    words += suffix.map_or(0, |(_, words)| words);
    let time = hour * 60 + minutes.unwrap_or(0) + offset;
    let is_of_day = hour_token.written.starts_with('0') || time > NOON + 59;
    let terms = match suffix {
        Some((Suffix::Am, _)) => vec![time % NOON],
        Some((Suffix::Pm, _)) => vec![time % NOON + NOON],
        _ if is_of_day => vec![time],
        _ => vec![time, time + NOON],
    };
    let term = |time: i64| {
        let time = time.rem_euclid(DAY);
        format!("{TIME}{}:{:02}", time / 60, time % 60)
    };
    Some(FoundTime { words, terms: terms.into_iter().map(term).collect() })
}

fn number(token: &Token, largest: i64) -> Option<i64> {
    let is_short = token.word.len() <= 2 && token.word.bytes().all(|byte| byte.is_ascii_digit());
    token.word.parse().ok().filter(|number| is_short && *number <= largest)
}

/// The suffix at the beginning of these words, and the number of its words. "a.m." is two.
fn suffix(tokens: &[Token]) -> Option<(Suffix, usize)> {
    let word = tokens.first()?.word.as_str();
    match (word, tokens.get(1).map(|next| next.word.as_str())) {
        ("am", _) => Some((Suffix::Am, 1)),
        ("pm", _) => Some((Suffix::Pm, 1)),
        ("a", Some("m")) => Some((Suffix::Am, 2)),
        ("p", Some("m")) => Some((Suffix::Pm, 2)),
        ("uhr" | "o'clock" | "oclock", _) => Some((Suffix::Clock, 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::analysis::tokens::tokens;

    /// SE-04
    #[test]
    fn clock_times_have_the_terms_of_24_hours() {
        let times = |text: &str| {
            let tokens = tokens(text);
            let found = time(&tokens)?;
            let terms: Vec<_> = found.terms.iter().map(|term| term.trim_start_matches(TIME).to_owned()).collect();
            Some((terms.join(" "), found.words))
        };
        for (text, terms, words) in [
            ("7pm", "19:00", 2),
            ("7 p.m.", "19:00", 3),
            ("12 am", "0:00", 2),
            ("12 pm", "12:00", 2),
            ("9:15 pm", "21:15", 3),
            ("21:15", "21:15", 2),
            ("07:30", "7:30", 2),
            ("7:30", "7:30 19:30", 2),
            ("half past six", "6:30 18:30", 3),
            ("quarter to seven", "6:45 18:45", 3),
            ("halb sieben", "6:30 18:30", 2),
            ("19.30 Uhr", "19:30", 3),
            ("seven o'clock", "7:00 19:00", 2),
        ] {
            assert_eq!(times(text), Some((terms.into(), words)), "{text}");
        }
        for text in ["7", "7.30", "six", "25:00", "7:5", "half past", "half a dozen", "7, pm", "tea"] {
            assert_eq!(times(text), None, "{text}");
        }
    }
}
