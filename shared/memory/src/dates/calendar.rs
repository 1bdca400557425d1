//! Days, weeks, months and other periods, relative to today.

use std::ops::Range;

use jiff::{Span, ToSpan, civil::Date};

use super::vocabulary::{Unit, WordSense};

/// The most recent period that has begun, or that is over.
pub(super) fn latest(today: Date, period: WordSense, is_over: bool) -> Option<Range<Date>> {
    let back = |days: Range<Date>, unit: Unit, is_over: bool| {
        let is_due = if is_over { days.end <= today } else { days.start <= today };
        if is_due { Some(days) } else { Some(plus(days.start, unit, -1)?..plus(days.end, unit, -1)?) }
    };
    match period {
        WordSense::Unit(unit) => around(plus(today, unit, -1)?, unit),
        WordSense::Night => around(today.yesterday().ok()?, Unit::Day),
        WordSense::Weekend => back(current(today, period)?, Unit::Week, is_over),
        // "On Monday", said on a Monday, is not today.
        WordSense::Weekday(_) => back(current(today, period)?, Unit::Week, true),
        WordSense::Month(_) => back(current(today, period)?, Unit::Year, is_over),
        WordSense::Season(season) => {
            let start = Date::new(today.year(), 3 * season + 3, 1).ok()?;
            back(start..plus(start, Unit::Month, 3)?, Unit::Year, is_over)
        }
        _ => None,
    }
}

/// The first period that begins after today.
pub(super) fn coming(today: Date, period: WordSense) -> Option<Range<Date>> {
    let unit = match period {
        WordSense::Unit(unit) => unit,
        WordSense::Weekend | WordSense::Weekday(_) => Unit::Week,
        _ => Unit::Year,
    };
    let days = current(today, period)?;
    if days.start > today {
        return Some(days);
    }
    Some(plus(days.start, unit, 1)?..plus(days.end, unit, 1)?)
}

/// The period of this week, or of this year.
pub(super) fn current(today: Date, period: WordSense) -> Option<Range<Date>> {
    let monday = around(today, Unit::Week)?.start;
    match period {
        WordSense::Unit(unit) => around(today, unit),
        WordSense::Daytime => around(today, Unit::Day),
        WordSense::Weekend => Some(plus(monday, Unit::Day, 5)?..plus(monday, Unit::Day, 7)?),
        WordSense::Weekday(day) => around(plus(monday, Unit::Day, day.into())?, Unit::Day),
        WordSense::Month(month) => around(Date::new(today.year(), month, 1).ok()?, Unit::Month),
        WordSense::Season(_) => latest(today, period, false),
        _ => None,
    }
}

impl Unit {
    fn span(self, count: i64) -> Option<Span> {
        match self {
            Self::Day => Span::new().try_days(count),
            Self::Week => Span::new().try_weeks(count),
            Self::Month => Span::new().try_months(count),
            Self::Year => Span::new().try_years(count),
        }
        .ok()
    }
}

pub(super) fn plus(date: Date, unit: Unit, count: i64) -> Option<Date> {
    date.checked_add(unit.span(count)?).ok()
}

/// The day, week (from Monday), month or year that contains a date.
pub(super) fn around(date: Date, unit: Unit) -> Option<Range<Date>> {
    let begin = match unit {
        Unit::Day => date,
        Unit::Week => date.checked_sub(i64::from(date.weekday().to_monday_zero_offset()).days()).ok()?,
        Unit::Month => date.first_of_month(),
        Unit::Year => date.first_of_year(),
    };
    Some(begin..plus(begin, unit, 1)?)
}
