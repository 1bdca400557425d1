//! Memories: one item each, under the person whose they are.
//!
//! A person's partition is the only thing ever addressed, and its name is made from a [`UserId`] that a token or a key
//! proved (RS-08, T-15). An id of somebody else's memory therefore finds nothing: there is no look-up it could win.

mod adding;
mod changes;
mod deleting;
mod importing;
pub mod index;
mod kept;
mod reach;
mod text;

use std::{fmt, str::FromStr};

use auth::{
    api_key::ApiKeyId,
    client::{ClientId, ShortName},
    grant::GrantId,
    user::UserId,
};
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use ulid::Ulid;

pub use self::{adding::Added, changes::Change, importing::Imported, reach::Reach};
use self::{
    kept::{Kept, entry},
    text::Text,
};
use crate::table::{StoreError, Table, key, owner};

/// One memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Its id.
    pub id: MemoryId,
    /// What is remembered.
    pub text: String,
    /// What it is filed under.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Where it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// When what it tells of happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<OccurredAt>,
    /// When it was written down.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: Timestamp,
    /// Who wrote it down.
    pub written_by: Writer,
    /// When it was last changed, if it was.
    #[serde(with = "jiff::fmt::serde::timestamp::second::optional", default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// Who changed it last: the words may be theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<Writer>,
    /// The document it is a piece of, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Piece>,
}

/// Where in a document a memory stands. The ids of a document's pieces follow one another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// The document: the id of its first piece.
    pub id: MemoryId,
    /// What it is called.
    pub title: String,
    /// Which piece it is, from 1 on.
    pub part: u32,
    /// How many there are.
    pub parts: u32,
}

/// Who wrote a memory: told with it, for whoever reads it has to know whose words these are (T-29).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writer {
    /// What people call the client.
    pub client: ShortName,
    /// What let it write.
    pub credential: Credential,
}

impl Writer {
    /// The person whose memories they are. Clients are told so by this name.
    pub fn person() -> Self {
        Self { client: ShortName::of("person"), credential: Credential::Person }
    }
}

/// What a caller showed to be let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// An access token of this grant.
    Grant {
        /// The client it was issued to.
        client_id: ClientId,
        /// The grant.
        grant_id: GrantId,
    },
    /// An API key of the older endpoint (SD-02).
    ApiKey(ApiKeyId),
    /// A sign-in: the person themselves, on the pages of their account.
    Person,
}

impl Credential {
    /// The client, if it proved which one it is.
    pub fn client_id(&self) -> Option<&ClientId> {
        match self {
            Self::Grant { client_id, .. } => Some(client_id),
            Self::ApiKey(_) | Self::Person => None,
        }
    }
}

/// Names a memory: a ULID, which sorts by the time it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MemoryId(Ulid);

impl MemoryId {
    /// The id of a memory made now: 48 bits of time, 80 of randomness.
    pub fn new(now: Timestamp, entropy: [u8; 10]) -> Self {
        let random = entropy.iter().fold(0, |bits, byte| bits << 8 | u128::from(*byte));
        // Before 1970 there were no memories.
        Self(Ulid::from_parts(now.as_millisecond().try_into().unwrap_or_default(), random))
    }

    /// As a number, which sorts as the text does.
    pub fn to_u128(self) -> u128 {
        self.0.0
    }

    /// The id that comes `places` after this one.
    pub fn plus(self, places: u32) -> Self {
        Self(Ulid(self.0.0.saturating_add(places.into())))
    }
}

impl fmt::Display for MemoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<MemoryId> for String {
    fn from(id: MemoryId) -> Self {
        id.to_string()
    }
}

impl From<u128> for MemoryId {
    fn from(number: u128) -> Self {
        Self(Ulid(number))
    }
}

/// A text that names no memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a memory's id has 26 letters and digits, like 01J9ZQ4T5N8M2X7R3K6W1V0YBC")]
pub struct MalformedId;

impl FromStr for MemoryId {
    type Err = MalformedId;

    fn from_str(text: &str) -> Result<Self, MalformedId> {
        Ulid::from_string(text).map(Self).map_err(|_| MalformedId)
    }
}

impl TryFrom<String> for MemoryId {
    type Error = MalformedId;

    fn try_from(text: String) -> Result<Self, MalformedId> {
        text.parse()
    }
}

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

/// Some of a person's memories, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The memories.
    pub memories: Vec<Memory>,
    /// After which one to go on, if there are more.
    pub next: Option<MemoryId>,
}

/// The memories table.
#[derive(Debug, Clone)]
pub struct Memories(Table);

impl Memories {
    /// The memories kept in this table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// The memory with this id, if it is within reach.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn one(&self, reach: &Reach, id: MemoryId) -> Result<Option<Memory>, StoreError> {
        Ok(self.kept(reach, id).await?.map(|kept| kept.memory))
    }

    /// Those of these memories that are there and within reach, in no order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn some(&self, reach: &Reach, ids: &[MemoryId]) -> Result<Vec<Memory>, StoreError> {
        let mut sks: Vec<_> = ids.iter().map(|id| entry(*id)).collect();
        // DynamoDB refuses to be asked for one thing twice.
        sks.sort_unstable();
        sks.dedup();
        let items = self.0.some(&owner(reach.user_id()), &sks).await?;
        let memories: Vec<Memory> = serde_dynamo::from_items(items)?;
        Ok(memories.into_iter().filter(|memory| reach.includes(memory)).collect())
    }

    /// At most `limit` of a person's memories, newest first, from the one after `after` on. There may be fewer although
    /// there are more: DynamoDB reads a megabyte at a time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn page(&self, user_id: &UserId, after: Option<MemoryId>, limit: usize) -> Result<Page, StoreError> {
        let pk = owner(user_id);
        let read = self
            .0
            .client()
            .query()
            .table_name(self.0.name())
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", AttributeValue::S(pk.clone()))
            .expression_attribute_values(":prefix", AttributeValue::S(MEMORY.into()))
            .set_exclusive_start_key(after.map(|id| key(&pk, &entry(id))))
            .scan_index_forward(false)
            // One more than is shown, or the last page would promise another.
            .limit(i32::try_from(limit).unwrap_or(i32::MAX).saturating_add(1))
            .consistent_read(true)
            .send()
            .await?;
        let mut memories: Vec<Memory> = serde_dynamo::from_items(read.items.unwrap_or_default())?;
        let more = memories.len() > limit || read.last_evaluated_key.is_some();
        memories.truncate(limit);
        let next = memories.last().filter(|_| more).map(|memory| memory.id);
        Ok(Page { memories, next })
    }

    /// Lets nothing more be written for a person, ever: for an account that is being deleted. Who holds an access token
    /// still would write for somebody whom nobody finds any more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn close(&self, user_id: &UserId) -> Result<(), StoreError> {
        // It may be there already, from a deletion that was cut short.
        self.0.insert(key(&owner(user_id), GONE)).await.map(drop)
    }

    /// As [`Table::try_all`], for what is new: nothing of it for somebody who is gone.
    async fn try_new(&self, pk: &str, mut writes: Vec<TransactWriteItem>) -> Result<Vec<usize>, StoreError> {
        let last = writes.len();
        writes.push(self.0.check(pk, GONE, "attribute_not_exists(pk)"));
        let unmet = self.0.try_all(writes).await?;
        if unmet.contains(&last) { Err(StoreError::Gone) } else { Ok(unmet) }
    }

    /// All of a person's memories, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn all(&self, user_id: &UserId) -> Result<Vec<Memory>, StoreError> {
        self.0.all(&owner(user_id), MEMORY).await
    }
}

const MEMORY: &str = "MEMORY#";
/// Behind all that is removed with a person.
const GONE: &str = "~GONE";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_sorts_by_its_time_and_reads_back() {
        let id = |second, byte| MemoryId::new(Timestamp::from_second(second).expect("in range"), [byte; 10]);
        assert!(id(1, 0xff) < id(2, 0));
        assert!(id(1, 0xff).to_string() < id(2, 0).to_string());
        assert!(id(1, 7) < id(1, 7).plus(1) && id(1, 7).plus(1) < id(1, 7).plus(2));
        assert_eq!(id(1_800_000_000, 7).to_string().parse(), Ok(id(1_800_000_000, 7)));
        for text in ["", "01J9Z", "01J9ZQ4T5N8M2X7R3K6W1V0YB#", "MEMORY#01J9ZQ4T5N8M2X7R3K6"] {
            assert_eq!(text.parse::<MemoryId>(), Err(MalformedId), "{text}");
        }
    }

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

    #[test]
    fn an_item_reads_back_as_the_memory_it_was_made_of() {
        let memory = Memory {
            id: MemoryId::new(Timestamp::UNIX_EPOCH, [1; 10]),
            text: "Tea, never coffee.".into(),
            tags: vec!["taste".into()],
            source_url: None,
            occurred_at: Some(OccurredAt::On(jiff::civil::date(2026, 7, 28))),
            created_at: Timestamp::UNIX_EPOCH,
            written_by: Writer {
                client: "claude".parse().expect("valid"),
                credential: Credential::Grant {
                    client_id: "claude_abc123".parse().expect("valid"),
                    grant_id: "grant".parse().expect("valid"),
                },
            },
            updated_at: Some(Timestamp::UNIX_EPOCH),
            updated_by: None,
            document: None,
        };
        for changes in [0, 7] {
            let kept = Kept { memory: memory.clone(), changes, text: Some(Text::from_hash("hash")) };
            let read = Kept::read(kept.item("USER#ada").expect("an item")).expect("a memory");
            assert_eq!((read.memory, read.changes, read.text), (kept.memory, changes, kept.text));
        }
    }
}
