//! Time expressions in a query: "last week", "vor drei Tagen", "el lunes pasado", 三天前, "2023-05-08".
//!
//! A time is a hint and not a filter, because a memory about last week may have been recorded at any time. It is
//! scored like a rare term, see [`with_recency`](crate::index::IndexQuery::with_recency), so a misread expression
//! hides no memory.

use std::ops::Range;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

mod calendar;
mod days;
mod grammar;
mod tokens;
mod vocabulary;

pub use days::Days;
pub(crate) use vocabulary::{is_calendar_name, month};

use grammar::TimeReader;
use tokens::{QueryToken, push, tokens, without_particle};

/// Extracts the time expression of a query, if there is exactly one. A date is replaced by its form in the index. Days begin
/// in the time zone. A query that is only a time keeps its words, since they may be a name: "Yesterday".
pub fn dated(query: &str, now: Timestamp, zone: &TimeZone) -> (String, Option<Days>) {
    let found = extracted(query, zone.to_datetime(now).date());
    let Some((rest, days)) = found.and_then(|(rest, days)| Some((rest, Days::new(&days, zone)?))) else {
        return (query.into(), None);
    };
    let has_other_words = rest.contains(char::is_alphanumeric);
    (if has_other_words { rest } else { query.into() }, Some(days))
}

fn reader<'a>(tokens: &'a [QueryToken<'a>], at: usize, today: Date) -> TimeReader<'a> {
    TimeReader { tokens: &tokens[at..], before: at.checked_sub(1).map(|before| &tokens[before]), today }
}

/// The query without its only time expression, and the days.
fn extracted(query: &str, today: Date) -> Option<(String, Range<Date>)> {
    let tokens = tokens(query);
    let (mut rest, mut found, mut at, mut is_after_time) = (String::new(), None, 0, false);
    while at < tokens.len() {
        let token = &tokens[at];
        let Some(expression) = reader(&tokens, at, today).read() else {
            let text = if is_after_time && token.is_joined { without_particle(token.text) } else { token.text };
            push(&mut rest, text, token.is_joined);
            (at, is_after_time) = (at + 1, false);
            continue;
        };
        if found.replace(expression.days).is_some() {
            return None;
        }
        is_after_time = expression.instead.is_none();
        push(&mut rest, &expression.instead.unwrap_or_default(), token.is_joined);
        at += expression.tokens;
    }
    Some((rest, found?))
}

#[cfg(test)]
mod tests;
