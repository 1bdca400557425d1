//! The items of linked accounts, and their writes in a transaction.

use aws_sdk_dynamodb::types::TransactWriteItem;
use jean_auth::identity::{IdentityId, LinkedAccount};

use crate::table::{Condition, Lasting, StoreError, Table, item, owner};

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

/// The deletions of a linked account, with the condition that it is linked to no other user. A request that has read the link
/// could otherwise delete that of the user to whom the account has been linked in the meantime (SR-30).
pub(crate) fn removals(table: &Table, identity: &LinkedAccount) -> Result<Vec<TransactWriteItem>, StoreError> {
    let LinkedAccount { id, user_id, .. } = identity;
    let condition = Condition::of("attribute_not_exists(pk) OR #user = :user")
        .name("#user", "user_id")
        .value(":user", serde_dynamo::to_attribute_value(user_id)?);
    Ok(vec![table.removal_if(&by_id(id), IDENTITY, condition), table.removal(&owner(user_id), &entry(id))])
}
