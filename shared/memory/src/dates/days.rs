//! Days as a range of times, in a time zone.

use std::ops::Range;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::event_time::{DAY, TimeBound};

/// Whole days in a time zone. A date without a time is stored as its midnight in UTC, and belongs to the days by its date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Days {
    /// Seconds since 1970 of moments.
    moments: Range<i64>,
    /// Those of dates.
    midnights: Range<i64>,
}

impl Days {
    /// The days of a range of dates, or `None` beyond the years that a timestamp has.
    pub(crate) fn new(dates: &Range<Date>, zone: &TimeZone) -> Option<Self> {
        let (start, end) = (TimeBound::of(dates.start, zone)?, TimeBound::of(dates.end, zone)?);
        let seconds = |bound: fn(TimeBound) -> Timestamp| bound(start).as_second()..bound(end).as_second();
        Some(Self { moments: seconds(TimeBound::moment), midnights: seconds(TimeBound::midnight) })
    }

    /// The dates of the days, unless they are many.
    pub(crate) fn dates(&self) -> impl Iterator<Item = Date> {
        const MOST: i64 = 62;
        let is_few = self.midnights.end - self.midnights.start <= MOST * DAY;
        let midnights = self.midnights.clone().step_by(DAY as usize).filter(move |_| is_few);
        let time = |second| Timestamp::from_second(second).ok().map(|time| TimeZone::UTC.to_datetime(time).date());
        midnights.filter_map(time)
    }

    /// `true` if an event at this time, in seconds since 1970, was on one of the days.
    pub(crate) fn contains(&self, at: i64) -> bool {
        if at % DAY == 0 { self.midnights.contains(&at) } else { self.moments.contains(&at) }
    }
}
