//! Times as people and products write them: one rule for fields and lists (TO-23).
//!
//! A form has one meaning, or it is not understood. `01/02/2026` could be of January or February, and `1/14/26` of the
//! year 26.

use std::collections::BTreeSet;

use jean_memory::{OccurredAt, transfer::second};
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use serde_json::Value;

/// Parses a time as the tools do, or a day in another form, such as `14.01.2026`, `Jan 14, 2026` or `14/01/2026`.
pub(crate) fn written(text: &str) -> Option<OccurredAt> {
    let text = text.trim();
    text.parse().ok().or_else(|| compact(text)).or_else(|| written_day(text).map(OccurredAt::On))
}

/// The time of a field: a written time, or seconds or milliseconds since 1970. Eight digits are a day if there is one, such
/// as `20260114`.
pub(crate) fn of_value(value: &Value) -> Option<OccurredAt> {
    let text = match value {
        Value::String(text) => text.trim(),
        Value::Number(number) => return of_number(&number.to_string()),
        _ => return None,
    };
    if text.parse::<f64>().is_ok() { of_number(text) } else { written(text) }
}

/// The time of a field, in whole seconds.
pub(crate) fn time(value: &Value) -> Option<Timestamp> {
    of_value(value).and_then(second)
}

/// `true` for a time that programs write for none: the first of the years 0, 1 and 1970.
pub(crate) fn is_zero(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default().trim();
    let number = value.as_f64().or_else(|| text.parse().ok());
    number == Some(0.0)
        || ["0000-00-00", "0001-01-01"].iter().any(|zero| text.starts_with(zero))
        || of_value(value) == Some(OccurredAt::At(Timestamp::UNIX_EPOCH))
}

fn of_number(digits: &str) -> Option<OccurredAt> {
    /// From this number on, a time is in milliseconds: in seconds, it would be in the year 5138.
    const MILLISECONDS: f64 = 1e11;
    let is_day = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(day) =
        Some(digits).filter(|_| is_day).and_then(|digits| digits.parse().ok()).or_else(|| compact(digits))
    {
        return Some(day);
    }
    let number: f64 = digits.parse().ok()?;
    let seconds = if number.abs() < MILLISECONDS { number } else { number / 1000.0 };
    // A year or another small number is no time.
    let is_time = seconds.abs() > 100_000.0;
    is_time.then(|| Timestamp::from_second(seconds.floor() as i64).ok()).flatten().map(OccurredAt::At)
}

/// A time of 14 digits, such as `20260114100000`, in UTC.
fn compact(digits: &str) -> Option<OccurredAt> {
    let is_time = digits.len() == 14 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let time = is_time.then(|| DateTime::strptime("%Y%m%d%H%M%S", digits).ok()).flatten()?;
    TimeZone::UTC.to_timestamp(time).ok().map(OccurredAt::At)
}

fn written_day(text: &str) -> Option<Date> {
    const FORMS: [&str; 9] =
        ["%d.%m.%Y", "%Y/%m/%d", "%Y.%m.%d", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y"];
    // The parser takes `26` for the year 26, and `January 2026` for the 20th of January 26.
    let parsed = |form: &str| Date::strptime(form, text).ok().filter(|date| date.year() >= 1000);
    // The day or the month first: one of them is a date, or both are the same.
    let orders: BTreeSet<_> = ["%d/%m/%Y", "%m/%d/%Y"].into_iter().filter_map(parsed).collect();
    let slashed = || if orders.len() == 1 { orders.first().copied() } else { None };
    FORMS.into_iter().find_map(parsed).or_else(slashed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// TO-23
    #[test]
    fn form_has_one_meaning_or_is_not_understood() {
        for (value, expected) in [
            (json!("2026-01-14"), "2026-01-14"),
            (json!("20260114"), "2026-01-14"),
            (json!(20_260_114), "2026-01-14"),
            (json!("14.01.2026"), "2026-01-14"),
            (json!("14.1.2026"), "2026-01-14"),
            (json!("2026/01/14"), "2026-01-14"),
            (json!("Jan 14, 2026"), "2026-01-14"),
            (json!("jan 14 2026"), "2026-01-14"),
            (json!("14 January 2026"), "2026-01-14"),
            (json!("1/14/2026"), "2026-01-14"),
            (json!("02/02/2026"), "2026-02-02"),
            (json!("20260114T100000Z"), "2026-01-14T10:00:00Z"),
            (json!("20260114100000"), "2026-01-14T10:00:00Z"),
            (json!(1_768_384_800), "2026-01-14T10:00:00Z"),
            (json!("1768384800000"), "2026-01-14T10:00:00Z"),
            (json!(17_723_880), "1970-07-25T03:18:00Z"),
        ] {
            assert_eq!(of_value(&value).expect("is read").to_string(), expected, "{value}");
        }
        for value in
            ["14.1.26", "1/14/26", "26/01/14", "01/02/2026", "January 2026", "May 2026", "2026-01", "2026", "nan"]
        {
            assert_eq!(of_value(&value.into()), None, "{value}");
        }
    }

    /// TO-33
    #[test]
    fn zero_is_no_time() {
        for value in [
            json!(0),
            json!("0"),
            json!(0.0),
            json!("0001-01-01T00:00:00Z"),
            json!("0000-00-00 00:00:00"),
            json!("1970-01-01T00:00:00Z"),
        ] {
            assert!(is_zero(&value), "{value}");
        }
        for value in [json!("2026-01-14"), json!("1970-01-01"), json!("soon"), json!(null)] {
            assert!(!is_zero(&value), "{value}");
        }
    }
}
