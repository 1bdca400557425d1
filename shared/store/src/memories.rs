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
mod text;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use jean_auth::user::UserId;
use jean_memory::{AccessScope, Memory, MemoryId};

use self::kept::entry;
pub use self::{adding::Added, importing::Imported};
use crate::table::{StoreError, Table, key, owner};

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
    pub async fn one(&self, reach: &AccessScope, id: MemoryId) -> Result<Option<Memory>, StoreError> {
        Ok(self.kept(reach, id).await?.map(|kept| kept.memory))
    }

    /// Those of these memories that are there and within reach, in no order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn some(&self, reach: &AccessScope, ids: &[MemoryId]) -> Result<Vec<Memory>, StoreError> {
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
        if unmet.contains(&last) { Err(StoreError::AccountDeleted) } else { Ok(unmet) }
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
    use jean_memory::{Credential, OccurredAt, Writer};
    use jiff::Timestamp;

    use super::{kept::Kept, text::Text, *};

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
