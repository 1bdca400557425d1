//! The time a memory is about.

use std::{fmt, str::FromStr};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// When something happened: people know the day more often than the hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum OccurredAt {
    /// On this day.
    On(Date),
    /// At this moment.
    At(Timestamp),
}

impl OccurredAt {
    /// The day.
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

/// A text that is no date and no moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a date looks like 2026-07-28, a moment like 2026-07-28T09:30:00Z")]
pub struct MalformedTime;

/// Reads RFC 3339. A time of day without an offset is no moment yet, so of it only the day is kept.
impl FromStr for OccurredAt {
    type Err = MalformedTime;

    fn from_str(text: &str) -> Result<Self, MalformedTime> {
        let text = text.trim();
        let moment = text.parse().map(Self::At);
        moment.or_else(|_| text.parse().map(Self::On)).map_err(|_| MalformedTime)
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

    #[test]
    fn what_happened_is_dated_as_precisely_as_it_was_told() {
        for (told, kept) in [
            ("2026-07-28", "2026-07-28"),
            (" 2026-07-28 ", "2026-07-28"),
            ("2026-07-28T09:30:00Z", "2026-07-28T09:30:00Z"),
            ("2026-07-28T09:30:00+02:00", "2026-07-28T07:30:00Z"),
            ("2026-07-28T09:30:00", "2026-07-28"),
        ] {
            let read: OccurredAt = told.parse().expect(told);
            assert_eq!(read.to_string(), kept);
            assert_eq!(read.date().to_string(), "2026-07-28");
        }
        for told in ["", "yesterday", "2026-13-01", "28.07.2026", "1785228600"] {
            assert_eq!(told.parse::<OccurredAt>(), Err(MalformedTime), "{told}");
        }
    }
}
