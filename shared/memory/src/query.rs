//! Validated search queries and filters.

use crate::{
    Memory, OccurredAt,
    blank::is_blank,
    event_time::TimeBound,
    index::{Words, normal_form},
};
use jean_auth::client::ClientId;
use jiff::tz::TimeZone;

/// Maximum bytes of a query.
const QUERY_BYTES: usize = 4096;
const LARGEST_LIMIT: u32 = 50;

/// The maximum number of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u32);

/// A validated search query.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Query {
    /// The words to look for.
    pub text: String,
    /// The memories to consider.
    pub filter: Filter,
    /// The maximum number of results.
    pub limit: Limit,
    /// The time zone in which the days of the text begin.
    pub zone: TimeZone,
}

/// The memories to consider, by tags, time and client.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    pub(crate) tags: Vec<String>,
    pub(crate) after: Option<TimeBound>,
    pub(crate) before: Option<TimeBound>,
    pub(crate) client: Option<ClientId>,
}

/// A violated limit. The message tells the client how to correct the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuery {
    /// The query is empty.
    #[error("The query is empty. Write the words that the memory you look for would have.")]
    Empty,
    /// The query is too long.
    #[error("The query has more than {QUERY_BYTES} bytes. Ask for a few words instead.")]
    TooLong,
    /// The limit is out of range.
    #[error("limit must be between 1 and {LARGEST_LIMIT} (default {}).", Limit::default().0)]
    Limit,
    /// A time bound is malformed.
    #[error("after and before are dates like 2026-07-28, or moments like 2026-07-28T09:30:00Z.")]
    Time,
    /// No time is between the bounds.
    #[error("after must be earlier than before. Exchange them, or use the next day as before to select one day.")]
    EmptyTime,
    /// The time zone is unknown.
    #[error("timezone is a name of the IANA time zone database, such as Europe/Berlin. Omit it for UTC.")]
    TimeZone,
}

impl Limit {
    /// Validates a limit.
    ///
    /// # Errors
    /// [`InvalidQuery::Limit`] if it is out of range.
    pub fn new(limit: u32) -> Result<Self, InvalidQuery> {
        if (1..=LARGEST_LIMIT).contains(&limit) { Ok(Self(limit)) } else { Err(InvalidQuery::Limit) }
    }

    /// The limit as a number.
    pub fn get(self) -> usize {
        self.0 as usize
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(10)
    }
}

impl Query {
    /// Validates a query.
    ///
    /// # Errors
    /// [`InvalidQuery`] if it is empty or too long.
    pub fn new(text: String, filter: Filter, limit: Limit) -> Result<Self, InvalidQuery> {
        if is_blank(&text) {
            return Err(InvalidQuery::Empty);
        }
        if text.len() > QUERY_BYTES {
            return Err(InvalidQuery::TooLong);
        }
        Ok(Self { text, filter, limit, zone: TimeZone::UTC })
    }

    /// The query of a user in another time zone than UTC.
    #[must_use]
    pub fn in_zone(self, zone: TimeZone) -> Self {
        Self { zone, ..self }
    }

    /// `true` if there is something to search for: a query of punctuation matches nothing.
    pub fn has_words(&self) -> bool {
        !Words::of(&self.text).terms.is_empty()
    }
}

impl Filter {
    /// A filter by tags: memories with all of them.
    pub fn tagged(tags: &[String]) -> Self {
        Self { tags: tags.iter().map(|tag| tag_form(tag)).collect(), ..Self::default() }
    }

    /// Restricts the filter to memories of events at or after `after` and before `before`. A date stands for its first
    /// moment in the time zone.
    ///
    /// # Errors
    /// [`InvalidQuery::Time`] if a bound is malformed, [`InvalidQuery::EmptyTime`] if no time is between them.
    pub fn between(self, after: Option<&str>, before: Option<&str>, zone: &TimeZone) -> Result<Self, InvalidQuery> {
        let parsed = |time: &str| match time.parse().ok()? {
            OccurredAt::At(moment) => TimeBound::at(moment, zone),
            OccurredAt::On(date) => Some(TimeBound::day(date, zone)),
        };
        let bound = |time: Option<&str>| time.map(|time| parsed(time).ok_or(InvalidQuery::Time)).transpose();
        let (after, before) = (bound(after)?, bound(before)?);
        if after.zip(before).is_some_and(|(after, before)| after.moment() >= before.moment()) {
            return Err(InvalidQuery::EmptyTime);
        }
        Ok(Self { after, before, ..self })
    }

    /// Restricts the filter to memories that this client wrote.
    #[must_use]
    pub fn written_by(self, client: ClientId) -> Self {
        Self { client: Some(client), ..self }
    }

    /// `true` if a memory matches. The case of tags is ignored.
    pub fn matches(&self, memory: &Memory) -> bool {
        self.tags.iter().all(|wanted| memory.tags.iter().any(|tag| tag_form(tag) == *wanted))
            && self.after.is_none_or(|after| after.is_reached(memory))
            && self.before.is_none_or(|before| !before.is_reached(memory))
            && self.client.as_ref().is_none_or(|client| memory.written_by.credential.client_id() == Some(client))
    }

    /// `true` if the filter matches every memory.
    pub fn matches_all(&self) -> bool {
        *self == Self::default()
    }
}

/// The form in which tags are compared.
pub(crate) fn tag_form(tag: &str) -> String {
    normal_form(tag.trim())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn query_and_limit_are_validated() {
        let query = |text: &str| Query::new(text.into(), Filter::default(), Limit::default()).map(|_| ());
        assert_eq!(query("tea"), Ok(()));
        assert_eq!(query(" \n"), Err(InvalidQuery::Empty));
        assert_eq!(query(&"tea ".repeat(2000)), Err(InvalidQuery::TooLong));
        for (limit, valid) in [(0, false), (1, true), (50, true), (51, false)] {
            assert_eq!(Limit::new(limit).is_ok(), valid, "{limit}");
        }
        assert_eq!(InvalidQuery::Limit.to_string(), "limit must be between 1 and 50 (default 10).");
    }

    #[test]
    fn filter_requires_all_tags_ignoring_case() {
        let filter = Filter::tagged(&["Work".into(), "home ".into()]);
        let tagged = |tags: &[&str]| Memory { tags: tags.iter().map(|tag| (*tag).into()).collect(), ..memory() };
        assert!(filter.matches(&tagged(&["HOME", "other", "work"])));
        assert!(!filter.matches(&tagged(&["work"])));
        let filter = Filter::tagged(&["cafe\u{301}".into()]);
        assert!(filter.matches(&tagged(&["Café"])), "SE-01");
    }

    #[test]
    fn date_bounds_are_half_open() {
        let happened = |time: &str| Memory { occurred_at: time.parse().ok(), ..memory() };
        let filter =
            Filter::default().between(Some("2026-07-28"), Some("2026-07-29T00:00:00Z"), &TimeZone::UTC).expect("valid");
        for (time, wanted) in [
            ("2026-07-27T23:59:59Z", false),
            ("2026-07-28", true),
            ("2026-07-28T23:59:59Z", true),
            ("2026-07-29", false),
        ] {
            assert_eq!(filter.matches(&happened(time)), wanted, "{time}");
        }
        assert!(!filter.matches(&memory()), "noted in 1970");
        let invalid = Filter::default().between(Some("yesterday"), None, &TimeZone::UTC);
        assert_eq!(invalid, Err(InvalidQuery::Time));
        assert!(Filter::tagged(&[]).matches_all());
    }

    /// SE-16
    #[test]
    fn days_begin_in_the_time_zone() {
        let zone = TimeZone::fixed(jiff::tz::offset(-5));
        let happened = |time: &str| Memory { occurred_at: time.parse().ok(), ..memory() };
        let filter = Filter::default().between(Some("2026-07-28"), Some("2026-07-29"), &zone).expect("valid");
        for (time, wanted) in [
            ("2026-07-28T04:59:59Z", false),
            ("2026-07-28T05:00:00Z", true),
            ("2026-07-29T00:00:00Z", true),
            ("2026-07-29T05:00:00Z", false),
            ("2026-07-27", false),
            ("2026-07-28", true),
            ("2026-07-29", false),
        ] {
            assert_eq!(filter.matches(&happened(time)), wanted, "{time}");
        }
        let moment = Filter::default().between(Some("2026-07-28T05:00:01Z"), None, &zone).expect("valid");
        assert!(!moment.matches(&happened("2026-07-28")), "the day began before");
        assert!(moment.matches(&happened("2026-07-29")));
    }

    #[test]
    fn last_day_is_a_bound_and_empty_ranges_are_refused() {
        let between = |after, before| Filter::default().between(after, before, &TimeZone::UTC).map(|_| ());
        for (after, before) in [(None, Some("9999-12-31")), (Some("9999-12-31"), None), (Some("-009999-01-01"), None)] {
            assert_eq!(between(after, before), Ok(()), "{after:?} {before:?}");
        }
        let open = Filter::default().between(None, Some("9999-12-31"), &TimeZone::UTC).expect("valid");
        assert!(open.matches(&Memory { occurred_at: "2026-07-28".parse().ok(), ..memory() }));
        for before in ["2026-07-27", "2026-07-28"] {
            assert_eq!(between(Some("2026-07-28"), Some(before)), Err(InvalidQuery::EmptyTime));
        }
    }

    #[test]
    fn filter_by_client_excludes_others() {
        let written_by = |client: &str| {
            let credential = crate::Credential::Grant {
                client_id: client.parse().expect("valid"),
                grant_id: "grant".parse().expect("valid"),
            };
            let client = "claude".parse().expect("valid");
            Memory { written_by: crate::Writer { client, host: None, credential }, ..memory() }
        };
        let filter = Filter::default().written_by("claude_1".parse().expect("valid"));
        assert!(filter.matches(&written_by("claude_1")));
        assert!(!filter.matches(&written_by("claude_2")));
        assert!(!filter.matches(&memory()), "by a key");
    }

    fn memory() -> Memory {
        Memory {
            id: crate::MemoryId::new(Timestamp::UNIX_EPOCH, [0; 10]),
            text: "tea".into(),
            tags: vec![],
            source_url: None,
            occurred_at: None,
            created_at: Timestamp::UNIX_EPOCH,
            written_by: crate::Writer {
                client: "claude".parse().expect("valid"),
                host: None,
                credential: crate::Credential::ApiKey("key".parse().expect("valid")),
            },
            updated_at: None,
            updated_by: None,
            document: None,
        }
    }
}
