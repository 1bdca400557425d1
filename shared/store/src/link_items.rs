//! The items of password links, and their use in a transaction of the account.

use aws_sdk_dynamodb::types::TransactWriteItem;
use jean_auth::secret::SecretHash;

use crate::table::{Condition, Table, text};

/// The sort key of a link.
pub(crate) const LINK: &str = "LINK";

/// The partition key of a link.
pub(crate) fn by_hash(hash: &SecretHash) -> String {
    format!("LINK#{}", hash.as_str())
}

/// The write that uses up a link, for the transaction that the link authorises. Of two concurrent requests, one
/// succeeds.
pub(crate) fn use_up(table: &Table, hash: &SecretHash, page: &str) -> TransactWriteItem {
    let is_unused = Condition::of("attribute_exists(pk) AND attribute_not_exists(used_by)").value(":page", text(page));
    table.change(&by_hash(hash), LINK, "SET used_by = :page", is_unused)
}
