//! The items of password links, and their use in a transaction of the account.
//!
//! The link for a stack's owner names the address of the first account. An operator who corrects the address would otherwise
//! leave a link with which a stranger becomes the owner, so a link for another address than the latest has ended (SR-32).

use aws_sdk_dynamodb::types::TransactWriteItem;
use jean_auth::{secret::SecretHash, user::Email};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::table::{Condition, Expiring, StoreError, Table, expiring_item, text};

/// The sort key of a link.
pub(crate) const LINK: &str = "LINK";

/// The partition key of a link.
pub(crate) fn by_hash(hash: &SecretHash) -> String {
    format!("LINK#{}", hash.as_str())
}

/// The address that the latest link for a stack's owner is for.
#[derive(Debug, Serialize, Deserialize)]
struct OwnersAddress {
    /// As [`Email::key`] returns it.
    email: String,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    expires_at: Timestamp,
}

impl Expiring for OwnersAddress {
    fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

/// The key of [`OwnersAddress`]: no hash is as short.
const OWNER: &str = "LINK#OWNER";
const ADDRESS: &str = "ADDRESS";

/// The write that ends the links for other addresses, for the transaction that creates one for this address.
pub(crate) fn latest_address(
    table: &Table,
    email: &Email,
    expires_at: Timestamp,
) -> Result<TransactWriteItem, StoreError> {
    Ok(table.put(expiring_item(OWNER, ADDRESS, &OwnersAddress { email: email.key(), expires_at })?))
}

/// Returns `true` if no later link for a stack's owner is for another address.
pub(crate) async fn is_latest_address(table: &Table, email: &Email) -> Result<bool, StoreError> {
    let latest: Option<OwnersAddress> = table.get(OWNER, ADDRESS).await?;
    Ok(latest.is_none_or(|latest| latest.email == email.key()))
}

/// The condition of [`is_latest_address`], for the transaction that the link authorises.
pub(crate) fn is_still_latest_address(table: &Table, email: &Email) -> TransactWriteItem {
    let condition = Condition::of("attribute_not_exists(pk) OR email = :email");
    table.check(OWNER, ADDRESS, condition.value(":email", text(&email.key())))
}

/// The write that uses up a link, for the transaction that the link authorises. Of two concurrent requests, one
/// succeeds.
pub(crate) fn use_up(table: &Table, hash: &SecretHash, page: &str) -> TransactWriteItem {
    let is_unused = Condition::of("attribute_exists(pk) AND attribute_not_exists(used_by)").value(":page", text(page));
    table.change(&by_hash(hash), LINK, "SET used_by = :page", is_unused)
}
