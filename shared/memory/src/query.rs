//! What may be asked for.

use crate::{Memory, OccurredAt};
use jean_auth::client::ClientId;
use jiff::{Timestamp, tz::TimeZone};

/// The longest query: a long question with room to spare.
const QUERY_BYTES: usize = 4096;
const LARGEST_LIMIT: u32 = 50;

/// How many memories are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u32);

/// A search that can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Query {
    /// The words to look for.
    pub text: String,
    /// Which memories are considered.
    pub filter: Filter,
    /// The maximum number of results.
    pub limit: Limit,
}

/// Which memories are wanted, whatever their words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    pub(crate) tags: Vec<String>,
    pub(crate) after: Option<Timestamp>,
    pub(crate) before: Option<Timestamp>,
    pub(crate) client: Option<ClientId>,
}

/// Why something can't be asked for, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuery {
    /// There is no query.
    #[error("The query is empty. Write the words that the memory you look for would have.")]
    Empty,
    /// The query is a document.
    #[error("The query has more than {QUERY_BYTES} bytes. Ask for a few words instead.")]
    TooLong,
    /// Nothing or too much is wanted.
    #[error("The limit is 1 to {LARGEST_LIMIT}. Leave it out for {}.", Limit::default().0)]
    Limit,
    /// A bound can't be read.
    #[error("after and before are dates like 2026-07-28, or moments like 2026-07-28T09:30:00Z.")]
    Time,
}

impl Limit {
    /// Reads what a client sent.
    ///
    /// # Errors
    /// [`InvalidQuery::Limit`].
    pub fn new(limit: u32) -> Result<Self, InvalidQuery> {
        if (1..=LARGEST_LIMIT).contains(&limit) { Ok(Self(limit)) } else { Err(InvalidQuery::Limit) }
    }

    /// The number.
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
    /// Reads what a client sent.
    ///
    /// # Errors
    /// [`InvalidQuery`], for the client to correct.
    pub fn new(text: String, filter: Filter, limit: Limit) -> Result<Self, InvalidQuery> {
        if text.trim().is_empty() {
            return Err(InvalidQuery::Empty);
        }
        if text.len() > QUERY_BYTES {
            return Err(InvalidQuery::TooLong);
        }
        Ok(Self { text, filter, limit })
    }
}

impl Filter {
    /// Reads what a client sent: memories that have all of `tags`, of things that happened at or after `after`, and
    /// before `before`. A day stands for its beginning.
    ///
    /// # Errors
    /// [`InvalidQuery::Time`], for the client to correct.
    pub fn new(tags: &[String], after: Option<&str>, before: Option<&str>) -> Result<Self, InvalidQuery> {
        let moment = |time: &str| time.parse().ok().and_then(begins).ok_or(InvalidQuery::Time);
        Ok(Self {
            tags: tags.iter().map(|tag| tag.trim().to_lowercase()).collect(),
            after: after.map(moment).transpose()?,
            before: before.map(moment).transpose()?,
            client: None,
        })
    }

    /// Of those, the ones that this client wrote.
    #[must_use]
    pub fn written_by(self, client: ClientId) -> Self {
        Self { client: Some(client), ..self }
    }

    /// Whether a memory is one of those. The case of tags makes no difference: nobody remembers theirs.
    pub fn wants(&self, memory: &Memory) -> bool {
        let at = happened_at(memory);
        self.tags.iter().all(|wanted| memory.tags.iter().any(|tag| tag.to_lowercase() == *wanted))
            && self.after.is_none_or(|after| at >= after)
            && self.before.is_none_or(|before| at < before)
            && self.client.as_ref().is_none_or(|client| memory.written_by.credential.client_id() == Some(client))
    }

    /// Whether it wants all there are.
    pub fn wants_all(&self) -> bool {
        *self == Self::default()
    }
}

/// When it was: what nobody dated happened when it was noted.
pub(crate) fn happened_at(memory: &Memory) -> Timestamp {
    memory.occurred_at.and_then(begins).unwrap_or(memory.created_at)
}

fn begins(time: OccurredAt) -> Option<Timestamp> {
    match time {
        OccurredAt::At(moment) => Some(moment),
        OccurredAt::On(date) => TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_has_words_and_a_limit_is_1_to_50() {
        let query = |text: &str| Query::new(text.into(), Filter::default(), Limit::default()).map(|_| ());
        assert_eq!(query("tea"), Ok(()));
        assert_eq!(query(" \n"), Err(InvalidQuery::Empty));
        assert_eq!(query(&"tea ".repeat(2000)), Err(InvalidQuery::TooLong));
        for (limit, valid) in [(0, false), (1, true), (50, true), (51, false)] {
            assert_eq!(Limit::new(limit).is_ok(), valid, "{limit}");
        }
        assert_eq!(InvalidQuery::Limit.to_string(), "The limit is 1 to 50. Leave it out for 10.");
    }

    #[test]
    fn all_tags_have_to_be_there_whatever_their_case() {
        let filter = Filter::new(&["Work".into(), "home ".into()], None, None).expect("valid");
        let tagged = |tags: &[&str]| Memory { tags: tags.iter().map(|tag| (*tag).into()).collect(), ..memory() };
        assert!(filter.wants(&tagged(&["HOME", "other", "work"])));
        assert!(!filter.wants(&tagged(&["work"])));
    }

    #[test]
    fn a_day_begins_a_time_and_the_next_ends_it() {
        let happened = |time: &str| Memory { occurred_at: time.parse().ok(), ..memory() };
        let filter = Filter::new(&[], Some("2026-07-28"), Some("2026-07-29T00:00:00Z")).expect("valid");
        for (time, wanted) in [
            ("2026-07-27T23:59:59Z", false),
            ("2026-07-28", true),
            ("2026-07-28T23:59:59Z", true),
            ("2026-07-29", false),
        ] {
            assert_eq!(filter.wants(&happened(time)), wanted, "{time}");
        }
        assert!(!filter.wants(&memory()), "noted in 1970");
        assert_eq!(Filter::new(&[], Some("yesterday"), None), Err(InvalidQuery::Time));
        assert!(Filter::new(&[], None, None).expect("valid").wants_all());
    }

    #[test]
    fn a_client_that_is_asked_for_has_to_have_written_it() {
        let written_by = |client: &str| {
            let credential = crate::Credential::Grant {
                client_id: client.parse().expect("valid"),
                grant_id: "grant".parse().expect("valid"),
            };
            let client = "claude".parse().expect("valid");
            Memory { written_by: crate::Writer { client, credential }, ..memory() }
        };
        let filter = Filter::default().written_by("claude_1".parse().expect("valid"));
        assert!(filter.wants(&written_by("claude_1")));
        assert!(!filter.wants(&written_by("claude_2")));
        assert!(!filter.wants(&memory()), "by a key");
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
                credential: crate::Credential::ApiKey("key".parse().expect("valid")),
            },
            updated_at: None,
            updated_by: None,
            document: None,
        }
    }
}
