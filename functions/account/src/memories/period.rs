//! Periods of time: the dates between which listed memories were written.

use jean_auth::parameters::Parameters;
use jean_memory::MemoryId;
use jean_pages::{Texts, dates};
use jiff::{Span, Timestamp, ToSpan, civil::Date, tz::TimeZone};

/// The number of months in the list of periods.
const MONTHS: i64 = 12;

/// A period from one date to another, both inclusive, in UTC. Every memory is in the default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) from: Option<Date>,
    pub(super) to: Option<Date>,
}

impl Period {
    /// The period of a query. A malformed date is no bound.
    pub(super) fn read(parameters: &Parameters) -> Self {
        let date = |name| parameters.get(name).and_then(|date| date.trim().parse().ok());
        Self { from: date("from"), to: date("to") }
    }

    pub(super) fn is_limited(&self) -> bool {
        *self != Self::default()
    }

    /// The query parameters.
    pub(super) fn parameters(&self) -> Vec<(&'static str, String)> {
        let bound = |name, date: Option<Date>| date.map(|date| (name, date.to_string()));
        [bound("from", self.from), bound("to", self.to)].into_iter().flatten().collect()
    }

    /// The id before which the memories of the period begin. Ids sort by creation.
    pub(super) fn newest(&self) -> Option<MemoryId> {
        Some(MemoryId::new(midnight(self.to?.tomorrow().ok()?)?, [0; 10]))
    }

    /// `true` if a memory was written before the period.
    pub(super) fn begins_after(&self, id: MemoryId) -> bool {
        self.from.and_then(midnight).is_some_and(|from| id.created_at() < from)
    }

    /// The present week, month and year.
    pub(super) fn current(texts: Texts, now: Timestamp) -> [(&'static str, Self); 3] {
        let today = dates::day(now);
        let monday = today.saturating_sub(i64::from(today.weekday().to_monday_zero_offset()).days());
        let since = |from| Self { from: Some(from), to: None };
        [
            (texts.this_week(), since(monday)),
            (texts.this_month(), since(today.first_of_month())),
            (texts.this_year(), since(today.first_of_year())),
        ]
    }

    /// The last months, the present one first.
    pub(super) fn months(now: Timestamp) -> Vec<(String, Self)> {
        let first = dates::day(now).first_of_month();
        let month = |back: i64| {
            let from = first.saturating_sub(Span::new().months(back));
            (from.strftime("%Y-%m").to_string(), Self { from: Some(from), to: Some(from.last_of_month()) })
        };
        (0..MONTHS).map(month).collect()
    }
}

fn midnight(date: Date) -> Option<Timestamp> {
    TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()
}

#[cfg(test)]
mod tests {
    use jean_pages::Language;

    use super::*;

    fn at(time: &str) -> Timestamp {
        time.parse().expect("a time")
    }

    #[test]
    fn period_contains_its_first_and_last_day() {
        let period = Period { from: Some("2026-02-01".parse().expect("a date")), to: "2026-02-28".parse().ok() };
        let newest = period.newest().expect("bounded");
        for (time, is_in) in [
            ("2026-01-31T23:59:59Z", false),
            ("2026-02-01T00:00:00Z", true),
            ("2026-02-28T23:59:59Z", true),
            ("2026-03-01T00:00:00Z", false),
        ] {
            let id = MemoryId::new(at(time), [1; 10]);
            assert_eq!(id < newest && !period.begins_after(id), is_in, "{time}");
        }
        assert_eq!(Period::default().newest(), None);
    }

    #[test]
    fn week_begins_on_monday_and_months_have_their_last_day() {
        let now = at("2026-03-01T12:00:00Z");
        let current = Period::current(Texts::of(Language::En), now).map(|(_, period)| period.from);
        let expected = ["2026-02-23", "2026-03-01", "2026-01-01"].map(|date| date.parse().ok());
        assert_eq!(current, expected);
        let months = Period::months(now);
        let (name, february) = &months[1];
        assert_eq!((name.as_str(), months.len()), ("2026-02", 12));
        assert_eq!(february.parameters(), [("from", "2026-02-01".into()), ("to", "2026-02-28".into())]);
    }

    #[test]
    fn far_dates_are_no_failure() {
        for date in ["-009999-01-01", "9999-12-31", "0000-01-01"] {
            let date: Date = date.parse().expect("a date");
            let period = Period { from: Some(date), to: Some(date) };
            let _ = (period.newest(), period.begins_after(MemoryId::from(1)));
        }
    }
}
