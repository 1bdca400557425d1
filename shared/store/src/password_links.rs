//! One-time links that set a password: for the first account, for an invited user, or to reset a forgotten password.

use jean_auth::{
    secret::SecretHash,
    user::{CredentialEpoch, Email, User, UserId},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    link_items::{self, LINK, by_hash},
    table::{Expiring, StoreError, Table, Written, expiring_item},
    users,
};

/// Lifetime of an invitation: a user may open it days later.
pub const INVITATION: SignedDuration = SignedDuration::from_hours(72);
/// Lifetime of a link that replaces a password. The user is waiting for it, and an attacker could find it later.
pub const RESET: SignedDuration = SignedDuration::from_hours(1);

/// The links in the users table.
#[derive(Debug, Clone)]
pub struct PasswordLinks(Table);

/// A password link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordLink {
    /// The user of the account. `None` if the link creates the first account, whose form asks for the email address unless
    /// the link has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The email address of the first account, if the operator has chosen it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// The generation of the credentials that the link replaces.
    #[serde(default)]
    epoch: CredentialEpoch,
    /// The expiry time.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub expires_at: Timestamp,
    /// The submission that used the link, so that a double click gets the same response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_by: Option<String>,
}

impl Expiring for PasswordLink {
    fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

impl PasswordLink {
    /// A link for a user's account, or for the first account.
    pub fn new(user: Option<&User>, expires_at: Timestamp) -> Self {
        let epoch = user.map(|user| user.credential_epoch).unwrap_or_default();
        Self { user_id: user.map(|user| user.user_id.clone()), email: None, epoch, expires_at, used_by: None }
    }

    /// A link for the first account, with this email address.
    pub fn of_first(email: Email, expires_at: Timestamp) -> Self {
        Self { email: Some(email), ..Self::new(None, expires_at) }
    }

    /// `true` if neither a later password nor a later link of `user` has ended this one.
    pub fn is_latest_of(&self, user: &User, hash: &SecretHash) -> bool {
        self.epoch == user.credential_epoch && user.password_link.as_ref().is_none_or(|latest| latest == hash)
    }
}

impl PasswordLinks {
    /// Opens the links of a table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Stores a new link. In the same transaction, it ends the earlier links of its user, or those for the first account with
    /// another address. Returns `false` if the account has been deleted.
    pub async fn create(&self, link: &PasswordLink, hash: &SecretHash) -> Result<bool, StoreError> {
        let mut writes = vec![self.0.insertion(expiring_item(&by_hash(hash), LINK, link)?)];
        if let Some(user_id) = &link.user_id {
            writes.push(users::latest_link(&self.0, user_id, hash));
        }
        if let Some(email) = &link.email {
            writes.push(link_items::latest_address(&self.0, email, link.expires_at)?);
        }
        Ok(self.0.transact(writes).await? == Written::Yes)
    }

    /// Returns the link, or `None` if it is unknown or has expired, or a later one for the first account is for another
    /// address. It may have been used.
    pub async fn find(&self, hash: &SecretHash, now: Timestamp) -> Result<Option<PasswordLink>, StoreError> {
        let link: Option<PasswordLink> = self.0.current(&by_hash(hash), LINK, now).await?;
        if let Some(email) = link.as_ref().and_then(|link| link.email.as_ref())
            && !link_items::is_latest_address(&self.0, email).await?
        {
            return Ok(None);
        }
        Ok(link)
    }
}
