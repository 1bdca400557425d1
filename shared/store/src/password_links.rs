//! One-time links that set a password: the owner's first, an invited person's, or one that was forgotten.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use jean_auth::{secret::SecretHash, user::UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::table::{Item, StoreError, Table, item};

/// The links in the users table.
#[derive(Debug, Clone)]
pub struct PasswordLinks(Table);

/// What a link is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordLink {
    /// Whose password it sets. Without one it makes the first account, the owner's, and asks for the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// When it ends.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub expires_at: Timestamp,
    /// The page that used it up, once one did: its second click is told the same as its first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_by: Option<String>,
}

#[derive(Serialize)]
struct Kept<'a> {
    #[serde(flatten)]
    link: &'a PasswordLink,
    ttl: i64,
}

impl PasswordLinks {
    /// The links kept in this table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Keeps a new link.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn create(&self, link: &PasswordLink, hash: &SecretHash) -> Result<(), StoreError> {
        let kept = Kept { link, ttl: link.expires_at.as_second() };
        self.0.insert(item(&by_hash(hash), LINK, &kept)?).await.map(drop)
    }

    /// The link, if it is not over. It may be used up.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find(&self, hash: &SecretHash, now: Timestamp) -> Result<Option<PasswordLink>, StoreError> {
        let link: Option<PasswordLink> = self.0.get(&by_hash(hash), LINK).await?;
        Ok(link.filter(|link| link.expires_at > now))
    }
}

/// Uses a link up, for the transaction that does what it allows: of two at once only one goes on.
pub(crate) fn use_up(table: &Table, hash: &SecretHash, page: &str) -> TransactWriteItem {
    let condition = "attribute_exists(pk) AND attribute_not_exists(used_by)";
    let values = Item::from([(":page".into(), AttributeValue::S(page.into()))]);
    table.change(&by_hash(hash), LINK, "SET used_by = :page", condition, values)
}

const LINK: &str = "LINK";

fn by_hash(hash: &SecretHash) -> String {
    format!("LINK#{}", hash.as_str())
}
