//! Times as the pages show them, in UTC: a browser does not send its time zone.

use jiff::{Timestamp, civil::Date, tz::Offset};

/// The date of a time.
///
/// ```
/// let time = "2026-07-28T23:59:30Z".parse().unwrap();
/// assert_eq!(jean_pages::dates::day(time).to_string(), "2026-07-28");
/// assert_eq!(jean_pages::dates::minute(time), "2026-07-28, 23:59 UTC");
/// ```
pub fn day(time: Timestamp) -> Date {
    Offset::UTC.to_datetime(time).date()
}

/// A time to the minute, in the same format in every language.
pub fn minute(time: Timestamp) -> String {
    Offset::UTC.to_datetime(time).strftime("%Y-%m-%d, %H:%M UTC").to_string()
}
