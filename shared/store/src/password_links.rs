//! One-time links that set a password: for the first account, for an invited user, or to reset a forgotten password.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use jean_auth::{secret::SecretHash, user::UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::table::{Item, StoreError, Table, item};

/// The links in the users table.
#[derive(Debug, Clone)]
pub struct PasswordLinks(Table);

/// A password link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordLink {
    /// The user of the account. `None` if the link creates the first account, whose form asks for the email address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The expiry time.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub expires_at: Timestamp,
    /// The submission that used the link, so that a double click gets the same response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_by: Option<String>,
}

#[derive(Serialize)]
struct PasswordLinkRecord<'a> {
    #[serde(flatten)]
    link: &'a PasswordLink,
    ttl: i64,
}

impl PasswordLinks {
    /// Opens the links of a table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Stores a new link.
    pub async fn create(&self, link: &PasswordLink, hash: &SecretHash) -> Result<(), StoreError> {
        let record = PasswordLinkRecord { link, ttl: link.expires_at.as_second() };
        self.0.insert(item(&by_hash(hash), LINK, &record)?).await.map(drop)
    }

    /// Returns the link, or `None` if it is unknown or has expired. It may have been used.
    pub async fn find(&self, hash: &SecretHash, now: Timestamp) -> Result<Option<PasswordLink>, StoreError> {
        let link: Option<PasswordLink> = self.0.get(&by_hash(hash), LINK).await?;
        Ok(link.filter(|link| link.expires_at > now))
    }
}

/// The write that uses up a link, for the transaction that the link authorises. Of two concurrent requests, one
/// succeeds.
pub(crate) fn use_up(table: &Table, hash: &SecretHash, page: &str) -> TransactWriteItem {
    let condition = "attribute_exists(pk) AND attribute_not_exists(used_by)";
    let values = Item::from([(":page".into(), AttributeValue::S(page.into()))]);
    table.change(&by_hash(hash), LINK, "SET used_by = :page", condition, values)
}

const LINK: &str = "LINK";

fn by_hash(hash: &SecretHash) -> String {
    format!("LINK#{}", hash.as_str())
}
