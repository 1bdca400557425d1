//! The list of all accounts, by email address, for owners.
//!
//! Accounts have partitions of their own, and no function may scan. One partition therefore has an entry for each account,
//! written with it. Accounts of before December 2026 have none until [`AccountList::add_missing`] adds them.

use aws_sdk_dynamodb::types::TransactWriteItem;
use jean_auth::user::{Email, User, UserId};
use serde::{Deserialize, Serialize};

use crate::table::{Condition, Item, Lasting, StoreError, Table, item, text};

/// The list in the users table.
#[derive(Debug, Clone)]
pub struct AccountList(Table);

#[derive(Serialize, Deserialize)]
struct ListEntry {
    user_id: UserId,
}

impl Lasting for ListEntry {}

impl AccountList {
    /// Opens the list of a table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Returns at most `limit` accounts by address, from the beginning or after one. An account may just have been deleted.
    pub async fn page(&self, after: Option<&Email>, limit: usize) -> Result<Vec<UserId>, StoreError> {
        // A space sorts before every address.
        let after = after.map_or_else(|| " ".into(), Email::key);
        let page = self
            .0
            .client()
            .query()
            .table_name(self.0.name())
            .key_condition_expression("pk = :pk AND sk > :after")
            .expression_attribute_values(":pk", text(ACCOUNTS))
            .expression_attribute_values(":after", text(&after))
            .limit(limit.try_into().unwrap_or(i32::MAX))
            .consistent_read(true)
            .send()
            .await?;
        let entries: Vec<ListEntry> = serde_dynamo::from_items(page.items.unwrap_or_default())?;
        Ok(entries.into_iter().map(|entry| entry.user_id).collect())
    }

    /// Adds the entries that accounts of earlier versions lack. For the operator's command line, which has read all accounts.
    pub async fn add_missing(&self, users: &[User]) -> Result<(), StoreError> {
        self.0.put_each(users.iter().map(entry).collect::<Result<_, _>>()?).await
    }
}

/// The partition of the list.
const ACCOUNTS: &str = "ACCOUNTS";

/// The entry of an account.
pub(crate) fn entry(user: &User) -> Result<Item, StoreError> {
    item(ACCOUNTS, &user.email.key(), &ListEntry { user_id: user.user_id.clone() })
}

/// The deletion of an entry, with the condition that no other account has the address.
pub(crate) fn removal(table: &Table, user: &User) -> TransactWriteItem {
    table.removal_if(ACCOUNTS, &user.email.key(), Condition::absent_or_of(&user.user_id))
}
