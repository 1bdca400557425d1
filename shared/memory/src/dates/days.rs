//! Days as a range of times, in a time zone.

use std::ops::Range;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{Memory, OccurredAt, query::event_time};

/// Whole days in a time zone. A date without a time is stored as its midnight in UTC, and belongs to the days by its date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Days {
    /// Seconds since 1970 of moments.
    moments: Range<i64>,
    /// Those of dates.
    midnights: Range<i64>,
}

const DAY: i64 = 24 * 60 * 60;

impl Days {
    /// The days of a range of dates, or `None` beyond the years that a timestamp has.
    pub(crate) fn new(dates: &Range<Date>, zone: &TimeZone) -> Option<Self> {
        let (start, end) = (TimeBound::of(dates.start, zone)?, TimeBound::of(dates.end, zone)?);
        let seconds = |bound: fn(TimeBound) -> Timestamp| bound(start).as_second()..bound(end).as_second();
        Some(Self { moments: seconds(|bound| bound.moment), midnights: seconds(|bound| bound.midnight) })
    }

    /// `true` if an event at this time, in seconds since 1970, was on one of the days.
    pub(crate) fn contains(&self, at: i64) -> bool {
        if at % DAY == 0 { self.midnights.contains(&at) } else { self.moments.contains(&at) }
    }
}

/// A bound of time: a moment, and the midnight as which the first date after it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeBound {
    moment: Timestamp,
    midnight: Timestamp,
}

impl TimeBound {
    /// The begin of a day, or `None` beyond the years that a timestamp has.
    pub(crate) fn of(date: Date, zone: &TimeZone) -> Option<Self> {
        let begin = |zone: &TimeZone| zone.to_timestamp(date.at(0, 0, 0, 0)).ok();
        Some(Self { moment: begin(zone)?, midnight: begin(&TimeZone::UTC)? })
    }

    /// A moment. Dates are after it if they begin in the time zone then or later.
    pub(crate) fn at(moment: Timestamp, zone: &TimeZone) -> Option<Self> {
        let date = zone.to_datetime(moment).date();
        let same_day = Self::of(date, zone)?;
        let midnight =
            if same_day.moment == moment { same_day } else { Self::of(date.tomorrow().ok()?, zone)? }.midnight;
        Some(Self { moment, midnight })
    }

    /// `true` if a memory's event was then or later.
    pub(crate) fn is_reached(&self, memory: &Memory) -> bool {
        match memory.occurred_at {
            Some(OccurredAt::On(_)) => event_time(memory) >= self.midnight,
            _ => event_time(memory) >= self.moment,
        }
    }

    /// `true` if an event at this time, in seconds since 1970 as the index has it, may have been then or later.
    pub(crate) fn may_be_reached(&self, at: i64) -> bool {
        at >= self.moment.as_second() || at % DAY == 0 && at >= self.midnight.as_second()
    }

    /// `true` if it may have been earlier, or in the same second.
    pub(crate) fn may_be_ahead(&self, at: i64) -> bool {
        at <= self.moment.as_second() || at % DAY == 0 && at < self.midnight.as_second()
    }
}
