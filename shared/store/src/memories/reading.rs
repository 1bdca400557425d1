//! The table, and reads from it.

use aws_sdk_dynamodb::{
    operation::query::builders::QueryFluentBuilder,
    types::{AttributeValue, TransactWriteItem},
};
use jean_auth::user::UserId;
use jean_memory::{AccessScope, Memory, MemoryId};

use super::record::{LAST_MEMORY, MEMORY, memory_key};
use crate::table::{Consistency, Item, StoreError, Table, key, owner};

/// A page of memories, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryPage {
    /// The memories of this page.
    pub memories: Vec<Memory>,
    /// The id to continue after, if there are more memories.
    pub next: Option<MemoryId>,
}

/// The memories in the memories table.
#[derive(Debug, Clone)]
pub struct Memories(pub(super) Table);

impl Memories {
    /// Opens the memories of a table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Returns a memory, or `None` if the scope has none with this id.
    pub async fn one(&self, scope: &AccessScope, id: MemoryId) -> Result<Option<Memory>, StoreError> {
        Ok(self.record(scope, id).await?.map(|record| record.memory))
    }

    /// Returns the memories with these ids that exist in the scope, in no particular order. Marks of
    /// [confirmed deletions](Self::confirm_deletion) are not considered: the caller knows them from the index.
    pub async fn some(&self, scope: &AccessScope, ids: &[MemoryId]) -> Result<Vec<Memory>, StoreError> {
        let mut sks: Vec<_> = ids.iter().map(|id| memory_key(*id)).collect();
        // DynamoDB rejects batches with duplicate keys.
        sks.sort_unstable();
        sks.dedup();
        let items = self.0.some(&owner(scope.user_id()), &sks, Consistency::Strong).await?;
        let memories: Vec<Memory> = serde_dynamo::from_items(items)?;
        Ok(memories.into_iter().filter(|memory| scope.includes(memory)).collect())
    }

    /// Returns at most `limit` of the user's memories, newest first, starting after `after`. A page may be shorter
    /// although there are more memories, since DynamoDB reads at most a megabyte per request.
    pub async fn page(
        &self,
        user_id: &UserId,
        after: Option<MemoryId>,
        limit: usize,
    ) -> Result<MemoryPage, StoreError> {
        let pk = owner(user_id);
        let cleared = self.cleared(user_id).await?;
        let first = cleared.through().map_or(MEMORY.into(), |id| memory_key(id.plus(1)));
        if after.is_some_and(|after| memory_key(after) <= first) {
            return Ok(MemoryPage { memories: vec![], next: None });
        }
        let read = self
            .range(user_id, &first, LAST_MEMORY)
            .set_exclusive_start_key(after.map(|id| key(&pk, &memory_key(id))))
            .scan_index_forward(false)
            // One more than requested, so that the last page has no `next`.
            .limit(i32::try_from(limit).unwrap_or(i32::MAX).saturating_add(1))
            .send()
            .await?;
        let mut memories: Vec<Memory> = serde_dynamo::from_items(read.items.unwrap_or_default())?;
        let more = memories.len() > limit || read.last_evaluated_key.is_some();
        memories.truncate(limit);
        let next = memories.last().filter(|_| more).map(|memory| memory.id);
        memories.retain(|memory| !cleared.hides(memory));
        Ok(MemoryPage { memories, next })
    }

    /// Returns memories after `after`, oldest first, and whether there are more. At most `limit`, and at most a megabyte.
    /// Marks of [confirmed deletions](Self::confirm_deletion) are not considered.
    pub async fn after(
        &self,
        user_id: &UserId,
        after: Option<MemoryId>,
        limit: usize,
    ) -> Result<(Vec<Memory>, bool), StoreError> {
        let first = after.map_or(MEMORY.into(), |id| memory_key(id.plus(1)));
        let read =
            self.range(user_id, &first, LAST_MEMORY).limit(i32::try_from(limit).unwrap_or(i32::MAX)).send().await?;
        let more = read.last_evaluated_key.is_some();
        Ok((serde_dynamo::from_items(read.items.unwrap_or_default())?, more))
    }

    /// A strongly consistent Query of the user's items between two keys, both inclusive.
    pub(super) fn range(&self, user_id: &UserId, first: &str, last: &str) -> QueryFluentBuilder {
        let query = self.0.client().query().table_name(self.0.name()).consistent_read(true);
        query
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", AttributeValue::S(owner(user_id)))
            .expression_attribute_values(":first", AttributeValue::S(first.into()))
            .expression_attribute_values(":last", AttributeValue::S(last.into()))
    }

    /// The id of the newest memory, whether hidden or not.
    pub(super) async fn newest(&self, user_id: &UserId) -> Result<Option<MemoryId>, StoreError> {
        let read = self.range(user_id, MEMORY, LAST_MEMORY).scan_index_forward(false).limit(1).send().await?;
        let newest: Vec<Memory> = serde_dynamo::from_items(read.items.unwrap_or_default())?;
        Ok(newest.first().map(|memory| memory.id))
    }

    /// Permanently blocks writes for a user during the deletion of the account. Access tokens that have not expired
    /// yet could otherwise still create items for a deleted account.
    pub async fn close(&self, user_id: &UserId) -> Result<(), StoreError> {
        // It already exists if an earlier deletion was interrupted.
        self.0.insert(key(&owner(user_id), ACCOUNT_TOMBSTONE)).await.map(drop)
    }

    /// Applies the writes of new memories, as [`Table::try_all`], unless the account has been deleted.
    ///
    /// The account is checked after the writes: those before the tombstone are found by the deletion of the account, those
    /// after it are deleted here. A condition of the transaction would make all additions of one user
    /// conflict with each other.
    pub(super) async fn try_new(&self, pk: &str, writes: Vec<TransactWriteItem>) -> Result<Vec<usize>, StoreError> {
        let written: Vec<_> = writes.iter().filter_map(|write| Some(item_key(write.put()?.item()))).collect();
        let unmet = self.0.try_all(writes).await?;
        if unmet.is_empty() {
            self.unless_deleted(pk, written).await?;
        }
        Ok(unmet)
    }

    /// Deletes the items just written if the account has been deleted.
    pub(super) async fn unless_deleted(&self, pk: &str, written: Vec<Item>) -> Result<(), StoreError> {
        if self.0.item(pk, ACCOUNT_TOMBSTONE).await?.is_some() {
            self.0.remove_each(written).await?;
            return Err(StoreError::AccountDeleted);
        }
        Ok(())
    }
}

/// Sort key of the tombstone of a deleted account. `~` sorts after every other item of the user, so a range delete leaves
/// it in place.
const ACCOUNT_TOMBSTONE: &str = "~GONE";

/// The key of an item.
pub(super) fn item_key(item: &Item) -> Item {
    let of = |name: &str| Some((name.to_owned(), item.get(name)?.clone()));
    ["pk", "sk"].into_iter().filter_map(of).collect()
}
