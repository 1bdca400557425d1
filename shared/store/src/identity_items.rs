//! The items of linked accounts, and their writes in a transaction.

use aws_sdk_dynamodb::types::TransactWriteItem;
use jean_auth::identity::{IdentityId, LinkedAccount};

use crate::table::{Lasting, StoreError, Table, item, owner};

/// The sort key of a linked account under its id.
pub(crate) const IDENTITY: &str = "IDENTITY";
/// The beginning of the sort keys of linked accounts in the partition of their user.
pub(crate) const ENTRY: &str = "IDENTITY#";

impl Lasting for LinkedAccount {}

/// The partition key of a linked account.
pub(crate) fn by_id(id: &IdentityId) -> String {
    format!("IDENTITY#{id}")
}

/// The sort key of a linked account in the partition of its user.
pub(crate) fn entry(id: &IdentityId) -> String {
    format!("{ENTRY}{id}")
}

/// The writes of a linked account, for the transaction that links it or creates its user.
pub(crate) fn additions(table: &Table, identity: &LinkedAccount) -> Result<Vec<TransactWriteItem>, StoreError> {
    Ok(vec![
        table.insertion(item(&by_id(&identity.id), IDENTITY, identity)?),
        table.insertion(item(&owner(&identity.user_id), &entry(&identity.id), identity)?),
    ])
}
