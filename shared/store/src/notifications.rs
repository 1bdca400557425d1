//! Security notifications: new connections, passkeys, and sign-ins from new browsers.
//!
//! Browsers are remembered as long as they keep a cookie ([RFC 6265bis
//! §5.5](https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-5.5)).

use jean_auth::{client::ShortName, grant::Grant, known_client::ClientHost, secret::SecretHash, user::UserId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::table::{Expiring, Item, StoreError, Table, Written, expiring_item, owner};

/// Lifetime of a notification.
const LIFETIME: SignedDuration = SignedDuration::from_hours(180 * 24);
/// Lifetime of the mark of a daily notification. Its key has the date, so it is never read as that of another day.
const DAILY_LIFETIME: SignedDuration = SignedDuration::from_hours(48);
/// Lifetime of a remembered browser after its first sign-in.
const BROWSER_LIFETIME: SignedDuration = SignedDuration::from_hours(400 * 24);
/// Maximum number of listed notifications. An intruder could otherwise add so many that no page of the account opens.
const SHOWN: i32 = 500;
/// The number of deletions in a transaction.
const REMOVED_AT_ONCE: usize = 100;

/// The notifications in the auth table, and the browsers of each user.
#[derive(Debug, Clone)]
pub struct Notifications(Table);

/// A notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// The random part of its key.
    pub id: String,
    /// The time of the event.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub at: Timestamp,
    /// The event.
    pub what: NotificationKind,
}

/// The event that a notification reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NotificationKind {
    /// A sign-in from a new browser.
    NewBrowser {
        /// The browser's name, derived from its `User-Agent`.
        browser: String,
    },
    /// A new passkey. Its holder can sign in even after the password is changed.
    NewPasskey {
        /// The name of the browser that created it, derived from its `User-Agent`.
        browser: String,
    },
    /// A new password, set by the user or with a password link.
    NewPassword {
        /// The name of the browser that set it, derived from its `User-Agent`.
        browser: String,
    },
    /// A linked account of an identity provider. Its holder can sign in even after the password is changed.
    NewIdentity {
        /// The name of the provider.
        provider: String,
        /// The name of the browser that linked it, derived from its `User-Agent`.
        browser: String,
    },
    /// An account of an identity provider that no longer signs in.
    IdentityUnlinked {
        /// The name of the provider.
        provider: String,
        /// The name of the browser that unlinked it, derived from its `User-Agent`.
        browser: String,
    },
    /// A new API key. Its holder has access even after the password is changed.
    NewApiKey {
        /// The name that the user gave it.
        name: String,
    },
    /// A refresh token that was used again after its replacement, which ended the connection. It may be stolen.
    TokenReuse {
        /// The client's short name.
        client: ShortName,
        /// The host at which it took the code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        host: Option<ClientHost>,
    },
    /// An authorization code that was redeemed twice, which ended the connection. It may be stolen.
    CodeReplay {
        /// The client's short name.
        client: ShortName,
        /// The host at which it took the code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        host: Option<ClientHost>,
    },
    /// Two sources that refreshed a grant within the grace of a refresh token. One of them may be a thief.
    TwoSources {
        /// The client's short name.
        client: ShortName,
        /// The host at which it took the code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        host: Option<ClientHost>,
    },
    /// An owner or the operator disabled the account. Shown once it is enabled again.
    AccountDisabled,
    /// An owner or the operator enabled the account again.
    AccountEnabled,
    /// An owner or the operator ended all sessions, apps and API keys.
    SignedOutEverywhere,
    /// An owner or the operator lifted the lock after too many incorrect passwords.
    LockLifted,
    /// A new connected app.
    Connection {
        /// The client's short name.
        client: ShortName,
        /// The host at which it took the code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        host: Option<ClientHost>,
    },
    /// An event of a newer release, which runs beside this one during a deployment.
    #[serde(other)]
    Unknown,
}

impl Expiring for Notification {
    fn expires_at(&self) -> Timestamp {
        self.at + LIFETIME
    }
}

/// An item of which only the presence matters.
#[derive(Serialize)]
struct Mark {
    #[serde(skip)]
    expires_at: Timestamp,
}

impl Expiring for Mark {
    fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

#[derive(Deserialize)]
struct Key {
    sk: String,
}

impl Notifications {
    /// Opens the notifications of a table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Stores a notification.
    pub async fn add(&self, user_id: &UserId, notification: &Notification) -> Result<(), StoreError> {
        self.0.insert(notification_item(user_id, notification)?).await.map(drop)
    }

    /// Stores a notification about `subject` if it is the first of the day in UTC. Returns `false` otherwise.
    pub async fn add_daily(
        &self,
        user_id: &UserId,
        subject: &str,
        notification: &Notification,
    ) -> Result<bool, StoreError> {
        let day = notification.at.strftime("%F");
        let mark = Mark { expires_at: notification.at + DAILY_LIFETIME };
        let mark = expiring_item(&owner(user_id), &format!("{DAILY}{subject}#{day}"), &mark)?;
        let writes = vec![self.0.insertion(mark), self.0.insertion(notification_item(user_id, notification)?)];
        Ok(self.0.transact(writes).await? == Written::Yes)
    }

    /// Returns the newest 500 of the user's unexpired notifications, newest first.
    pub async fn list(&self, user_id: &UserId, now: Timestamp) -> Result<Vec<Notification>, StoreError> {
        let mut notifications: Vec<Notification> = self.0.last(&owner(user_id), NOTICE, SHOWN).await?;
        let is_shown = |notification: &Notification| notification.what != NotificationKind::Unknown;
        notifications.retain(|notification| notification.is_current(now) && is_shown(notification));
        Ok(notifications)
    }

    /// Deletes the notifications up to `newest`, the newest that the user has seen.
    pub async fn dismiss(&self, user_id: &UserId, newest: &str) -> Result<(), StoreError> {
        let notifications: Vec<Notification> = self.0.all(&owner(user_id), NOTICE).await?;
        let Some(seen) = notifications.iter().position(|notification| notification.id == newest) else { return Ok(()) };
        self.remove_each(user_id, notifications[..=seen].iter().map(entry)).await
    }

    async fn remove_each(&self, user_id: &UserId, sks: impl Iterator<Item = String>) -> Result<(), StoreError> {
        let mut removals = sks.map(|sk| self.0.removal(&owner(user_id), &sk)).peekable();
        while removals.peek().is_some() {
            self.0.transact(removals.by_ref().take(REMOVED_AT_ONCE).collect()).await?;
        }
        Ok(())
    }

    /// Records a sign-in from a browser. Stores this notification and returns `true` if the browser is new.
    pub async fn add_for_browser(
        &self,
        user_id: &UserId,
        browser: &SecretHash,
        notification: Option<&Notification>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let seen = Mark { expires_at: now + BROWSER_LIFETIME };
        let seen = expiring_item(&owner(user_id), &format!("{BROWSER}{}", browser.as_str()), &seen)?;
        let mut writes = vec![self.0.insertion(seen)];
        if let Some(notification) = notification {
            writes.push(self.0.insertion(notification_item(user_id, notification)?));
        }
        Ok(self.0.transact(writes).await? == Written::Yes)
    }

    /// Deletes all notifications, their marks and the browsers of the user.
    pub async fn remove_all(&self, user_id: &UserId) -> Result<(), StoreError> {
        let pk = owner(user_id);
        for prefix in [NOTICE, DAILY, BROWSER] {
            let keys = self.0.all::<Key>(&pk, prefix).await?;
            self.remove_each(user_id, keys.into_iter().map(|key| key.sk)).await?;
        }
        Ok(())
    }
}

const NOTICE: &str = "NOTICE#";
const DAILY: &str = "DAILY#";
const BROWSER: &str = "BROWSER#";

/// The notification of a new connection, for the transaction that creates the grant.
pub(crate) fn of_connection(grant: &Grant) -> Result<Item, StoreError> {
    let what = NotificationKind::Connection { client: grant.client.clone(), host: grant.client_host.clone() };
    notification_item(&grant.user_id, &Notification { id: grant.grant_id.to_string(), at: grant.created_at, what })
}

fn notification_item(user_id: &UserId, notification: &Notification) -> Result<Item, StoreError> {
    expiring_item(&owner(user_id), &entry(notification), notification)
}

/// Sorts by time.
fn entry(notification: &Notification) -> String {
    format!("{NOTICE}{:010}#{}", notification.at.as_second(), notification.id)
}
