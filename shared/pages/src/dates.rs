//! Times, as the pages show them.

use jiff::{Timestamp, civil::Date, tz::Offset};

/// The day, in Greenwich.
pub fn day(time: Timestamp) -> Date {
    Offset::UTC.to_datetime(time).date()
}

/// A time to the minute, the same in every language. It is that of Greenwich: nothing tells where a browser is.
pub fn minute(time: Timestamp) -> String {
    Offset::UTC.to_datetime(time).strftime("%Y-%m-%d, %H:%M UTC").to_string()
}
