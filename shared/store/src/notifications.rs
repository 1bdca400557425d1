//! What a person should know of: a new connection, a sign-in from a browser that was not seen before.

use jean_auth::{grant::Grant, secret::SecretHash, user::UserId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::table::{Item, StoreError, Table, Written, item, owner};

/// How long a notice waits to be seen.
const LIFETIME: SignedDuration = SignedDuration::from_hours(180 * 24);
/// How long a browser is known that nobody signs in from any more: as long as browsers keep a cookie (RFC 6265bis §5.5).
const BROWSER_LIFETIME: SignedDuration = SignedDuration::from_hours(400 * 24);

/// The notices in the auth table, and the browsers that were seen.
#[derive(Debug, Clone)]
pub struct Notifications(Table);

/// One notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// Its id: the random part of its key.
    pub id: String,
    /// When it happened.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub at: Timestamp,
    /// What happened.
    pub what: NotificationKind,
}

/// What a person is told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NotificationKind {
    /// A sign-in from a browser that was not seen before.
    NewBrowser {
        /// What it says it is.
        browser: String,
    },
    /// A passkey was made: whoever has it gets in, whatever the password becomes.
    NewPasskey {
        /// In which browser, as it says.
        browser: String,
    },
    /// A client was allowed to connect.
    Connection {
        /// What people call it.
        client: String,
    },
}

#[derive(Serialize)]
struct Kept<'a> {
    #[serde(flatten)]
    notice: &'a Notification,
    ttl: i64,
}

#[derive(Serialize)]
struct Seen {
    ttl: i64,
}

#[derive(Deserialize)]
struct Key {
    sk: String,
}

impl Notifications {
    /// The notices kept in this table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Keeps a notice.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add(&self, user_id: &UserId, notice: &Notification) -> Result<(), StoreError> {
        self.0.insert(kept(user_id, notice)?).await.map(drop)
    }

    /// A person's notices, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list(&self, user_id: &UserId, now: Timestamp) -> Result<Vec<Notification>, StoreError> {
        let mut notices: Vec<Notification> = self.0.all(&owner(user_id), NOTICE).await?;
        notices.retain(|notice| notice.at + LIFETIME > now);
        notices.reverse();
        Ok(notices)
    }

    /// Deletes those up to the newest that a page showed: what came after it was not seen yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn dismiss(&self, user_id: &UserId, newest: &str) -> Result<(), StoreError> {
        let notices: Vec<Notification> = self.0.all(&owner(user_id), NOTICE).await?;
        let Some(seen) = notices.iter().position(|notice| notice.id == newest) else { return Ok(()) };
        for notice in &notices[..=seen] {
            self.0.remove(&owner(user_id), &entry(notice)).await?;
        }
        Ok(())
    }

    /// Notes that a person signed in from a browser. Whether it is a new one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_new(&self, user_id: &UserId, browser: &SecretHash, now: Timestamp) -> Result<bool, StoreError> {
        let seen = Seen { ttl: (now + BROWSER_LIFETIME).as_second() };
        let seen = item(&owner(user_id), &format!("{BROWSER}{}", browser.as_str()), &seen)?;
        Ok(self.0.insert(seen).await? == Written::Yes)
    }

    /// Deletes all notices of a person, and the browsers they were seen with.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_all(&self, user_id: &UserId) -> Result<(), StoreError> {
        let pk = owner(user_id);
        for prefix in [NOTICE, BROWSER] {
            for key in self.0.all::<Key>(&pk, prefix).await? {
                self.0.remove(&pk, &key.sk).await?;
            }
        }
        Ok(())
    }
}

const NOTICE: &str = "NOTICE#";
const BROWSER: &str = "BROWSER#";

/// The item that tells of a new connection, for the transaction that makes it.
pub(crate) fn of_connection(grant: &Grant) -> Result<Item, StoreError> {
    let what = NotificationKind::Connection { client: grant.client.as_str().into() };
    kept(&grant.user_id, &Notification { id: grant.grant_id.to_string(), at: grant.created_at, what })
}

fn kept(user_id: &UserId, notice: &Notification) -> Result<Item, StoreError> {
    item(&owner(user_id), &entry(notice), &Kept { notice, ttl: (notice.at + LIFETIME).as_second() })
}

/// In the order of time.
fn entry(notice: &Notification) -> String {
    format!("{NOTICE}{:010}#{}", notice.at.as_second(), notice.id)
}
