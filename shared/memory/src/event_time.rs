//! The times of events, and bounds of them in a time zone.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{Memory, OccurredAt};

/// A day in seconds.
pub(crate) const DAY: i64 = 24 * 60 * 60;

/// The event time, or the creation time if the memory has none.
pub(crate) fn event_time(memory: &Memory) -> Timestamp {
    let time = match memory.occurred_at {
        Some(OccurredAt::At(moment)) => Some(moment),
        Some(OccurredAt::On(date)) => TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok(),
        None => None,
    };
    time.unwrap_or(memory.created_at)
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

    /// The begin of a day. Days that begin beyond the years of a timestamp begin at its first or last moment.
    pub(crate) fn day(date: Date, zone: &TimeZone) -> Self {
        let beyond = if date.year() > 0 { Timestamp::MAX } else { Timestamp::MIN };
        Self::of(date, zone).unwrap_or(Self { moment: beyond, midnight: beyond })
    }

    /// A moment. Dates are after it if they begin in the time zone then or later.
    pub(crate) fn at(moment: Timestamp, zone: &TimeZone) -> Option<Self> {
        let date = zone.to_datetime(moment).date();
        let same_day = Self::day(date, zone);
        let midnight =
            if same_day.moment == moment { same_day } else { Self::day(date.tomorrow().ok()?, zone) }.midnight;
        Some(Self { moment, midnight })
    }

    pub(crate) fn moment(self) -> Timestamp {
        self.moment
    }

    pub(crate) fn midnight(self) -> Timestamp {
        self.midnight
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
