//! Times, as the pages show them.

use jiff::{Timestamp, tz::Offset};

/// A time to the minute, the same in every language. It is that of Greenwich: nothing tells where a browser is.
pub(crate) fn minute(time: Timestamp) -> String {
    Offset::UTC.to_datetime(time).strftime("%Y-%m-%d, %H:%M UTC").to_string()
}
