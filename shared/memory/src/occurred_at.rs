//! The time of the event that a memory describes.

use std::{fmt, str::FromStr};

use jiff::{
    Timestamp, ZonedDateTime,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};

/// The time of an event. Users know the day more often than the hour, so it is a date or a timestamp.
///
/// ```
/// use jean_memory::OccurredAt;
///
/// let day: OccurredAt = "2026-07-28".parse()?;
/// let moment: OccurredAt = "2026-07-28T09:30:00+02:00".parse()?;
/// assert_eq!(day.date(), moment.date());
/// assert_eq!(moment.to_string(), "2026-07-28T07:30:00Z");
/// assert!("yesterday".parse::<OccurredAt>().is_err());
/// # Ok::<(), jean_memory::MalformedTime>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum OccurredAt {
    /// A date.
    On(Date),
    /// A timestamp.
    At(Timestamp),
}

impl OccurredAt {
    /// The date, in UTC.
    pub fn date(self) -> Date {
        match self {
            Self::On(date) => date,
            Self::At(moment) => TimeZone::UTC.to_datetime(moment).date(),
        }
    }
}

impl fmt::Display for OccurredAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On(date) => date.fmt(f),
            Self::At(moment) => moment.fmt(f),
        }
    }
}

impl From<OccurredAt> for String {
    fn from(occurred_at: OccurredAt) -> Self {
        occurred_at.to_string()
    }
}

/// The error for a text that is neither a date nor a timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a date such as 2026-07-28 or a time such as 2026-07-28T09:30:00Z")]
pub struct MalformedTime;

/// Parses [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339), with `T` or a space before the time. Without an offset, a
/// time is in UTC, unless the name of its time zone follows in brackets
/// ([RFC 9557](https://www.rfc-editor.org/rfc/rfc9557)).
impl FromStr for OccurredAt {
    type Err = MalformedTime;

    fn from_str(text: &str) -> Result<Self, MalformedTime> {
        let text = text.trim();
        if let Ok(moment) = text.parse() {
            return Ok(Self::At(moment));
        }
        if let Some((time, _)) = text.split_once('[') {
            // jiff would take a date for its midnight.
            let local: ZonedDateTime = text.parse().ok().filter(|_| time.contains(':')).ok_or(MalformedTime)?;
            return Ok(Self::At(local.timestamp()));
        }
        if text.contains([':', 'T', 't']) {
            let local: DateTime = text.parse().map_err(|_| MalformedTime)?;
            return TimeZone::UTC.to_timestamp(local).map(Self::At).map_err(|_| MalformedTime);
        }
        text.parse().map(Self::On).map_err(|_| MalformedTime)
    }
}

impl TryFrom<String> for OccurredAt {
    type Error = MalformedTime;

    fn try_from(text: String) -> Result<Self, MalformedTime> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TO-23
    #[test]
    fn precision_of_the_input_is_preserved() {
        for (input, expected) in [
            ("2026-07-28", "2026-07-28"),
            (" 2026-07-28 ", "2026-07-28"),
            ("2026-07-28T09:30:00Z", "2026-07-28T09:30:00Z"),
            ("2026-07-28T09:30:00+02:00", "2026-07-28T07:30:00Z"),
            ("2026-07-28T09:30:00", "2026-07-28T09:30:00Z"),
            ("2026-07-28 09:30", "2026-07-28T09:30:00Z"),
            ("2026-07-28T09:30:00+02:00[Europe/Berlin]", "2026-07-28T07:30:00Z"),
            ("2026-07-28T09:30:00[Europe/Berlin]", "2026-07-28T07:30:00Z"),
        ] {
            let read: OccurredAt = input.parse().expect(input);
            assert_eq!(read.to_string(), expected);
            assert_eq!(read.date().to_string(), "2026-07-28");
        }
        for input in [
            "",
            "yesterday",
            "2026-13-01",
            "28.07.2026",
            "1785228600",
            "2026-07-28[Europe/Berlin]",
            "2026-07-28T09:30:00[Europe/Nowhere]",
            "2026-07-28T",
            "2026-07-28Tx",
        ] {
            assert_eq!(input.parse::<OccurredAt>(), Err(MalformedTime), "{input}");
        }
    }
}
