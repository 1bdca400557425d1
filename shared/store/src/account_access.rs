//! Ends the access to an account, and blocks it while the account is disabled (SR-33).
//!
//! One transaction over both tables changes the account; its effects do not depend on the deletions that follow:
//!
//! | access | ends because |
//! |---|---|
//! | sessions, password links | the credential epoch is raised |
//! | sign-in by password, passkey or provider | [`Sessions::person`] and the sign-in reject a disabled account |
//! | codes | the user's item `CLOSED` exists |
//! | apps, API keys | they are deleted after the transaction, in which new ones are blocked |
//!
//! A failure in between is an error; the same request again completes it.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use jean_auth::user::UserId;
use jiff::Timestamp;

use crate::{
    api_keys::ApiKeys,
    grants::{self, Grants},
    notifications::{Notification, NotificationKind, Notifications},
    sessions::Sessions,
    table::{Condition, StoreError, Table, Written, number, owner},
    users::PROFILE,
};

/// The access to accounts, in the auth and users tables.
#[derive(Debug, Clone)]
pub struct AccountAccess {
    auth: Table,
    users: Table,
    grants: Grants,
    sessions: Sessions,
    api_keys: ApiKeys,
    notifications: Notifications,
}

/// The person who changes the access to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Administrator<'a> {
    /// The operator, on the command line.
    Operator,
    /// An owner, on the account pages. Must still be one when the change is written, and changes no account of their own:
    /// two owners who disable each other at once cannot both succeed.
    Owner(&'a UserId),
}

/// A change of the access to an account by an administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessChange {
    /// [`AccountAccess::disable`].
    Disable,
    /// [`AccountAccess::enable`].
    Enable,
    /// [`AccountAccess::end_all`].
    SignOut,
    /// [`AccountAccess::lift_lock`].
    LiftLock,
}

/// The number of deleted items.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EndedAccess {
    /// Sessions.
    pub sessions: usize,
    /// Connected apps.
    pub apps: usize,
    /// API keys.
    pub api_keys: usize,
}

impl AccountAccess {
    /// Opens both tables.
    pub fn new(auth: Table, users: Table) -> Self {
        Self {
            grants: Grants::new(auth.clone()),
            sessions: Sessions::new(auth.clone()),
            api_keys: ApiKeys::new(users.clone()),
            notifications: Notifications::new(auth.clone()),
            auth,
            users,
        }
    }

    /// Makes a change and notifies the user of it. `id` is the random part of the notification's key. Returns the ended
    /// access, or `None` if the account does not exist or is being deleted, or the administrator may not change it.
    pub async fn change(
        &self,
        change: AccessChange,
        user_id: &UserId,
        by: Administrator<'_>,
        (id, now): (String, Timestamp),
    ) -> Result<Option<EndedAccess>, StoreError> {
        let none_ended = |is_done: bool| is_done.then(EndedAccess::default);
        let (ended, what) = match change {
            AccessChange::Disable => (self.disable(user_id, by, now).await?, NotificationKind::AccountDisabled),
            AccessChange::Enable => (none_ended(self.enable(user_id, by).await?), NotificationKind::AccountEnabled),
            AccessChange::SignOut => (self.end_all(user_id, by, now).await?, NotificationKind::SignedOutEverywhere),
            AccessChange::LiftLock => (none_ended(self.lift_lock(user_id, by).await?), NotificationKind::LockLifted),
        };
        if ended.is_some() {
            self.notifications.add(user_id, &Notification { id, at: now, what }).await?;
        }
        Ok(ended)
    }

    /// Disables an account and ends all access to it. Passwords, passkeys and linked accounts stay, for when it is enabled
    /// again. Returns `None` if the account does not exist or is being deleted, or the administrator may not change it.
    pub async fn disable(
        &self,
        user_id: &UserId,
        by: Administrator<'_>,
        now: Timestamp,
    ) -> Result<Option<EndedAccess>, StoreError> {
        let closing = vec![grants::closing(&self.auth, user_id)?, grants::ending(&self.auth, user_id, now)?];
        let update = "SET is_disabled = :yes REMOVE password_link ADD credential_epoch :one";
        let condition = is_staying().value(":yes", AttributeValue::Bool(true)).value(":one", number(1));
        if !self.write(user_id, update, condition, closing, by).await? {
            return Ok(None);
        }
        self.end_rest(user_id).await.map(Some)
    }

    /// Enables an account. Apps and API keys stay ended. Returns `false` if the account does not exist or is being deleted, or
    /// the administrator may not change it.
    pub async fn enable(&self, user_id: &UserId, by: Administrator<'_>) -> Result<bool, StoreError> {
        let reopening = vec![grants::reopening(&self.auth, user_id)];
        self.write(user_id, "REMOVE is_disabled", is_staying(), reopening, by).await
    }

    /// Ends all sessions, password links, codes, apps and API keys of an account. Returns `None` as
    /// [`AccountAccess::disable`] does.
    pub async fn end_all(
        &self,
        user_id: &UserId,
        by: Administrator<'_>,
        now: Timestamp,
    ) -> Result<Option<EndedAccess>, StoreError> {
        let ending = vec![grants::ending(&self.auth, user_id, now)?];
        let update = "REMOVE password_link ADD credential_epoch :one";
        let condition = is_staying().value(":one", number(1));
        if !self.write(user_id, update, condition, ending, by).await? {
            return Ok(None);
        }
        self.end_rest(user_id).await.map(Some)
    }

    /// Lifts the sign-in lock of an account: attempts to sign in with its password are counted from the beginning. Those that
    /// are counted by source alone stay. Returns `false` as [`AccountAccess::enable`] does.
    pub async fn lift_lock(&self, user_id: &UserId, by: Administrator<'_>) -> Result<bool, StoreError> {
        let condition = is_staying().value(":one", number(1));
        self.write(user_id, "ADD attempt_epoch :one", condition, Vec::new(), by).await
    }

    async fn write(
        &self,
        user_id: &UserId,
        update: &str,
        condition: Condition,
        grants: Vec<TransactWriteItem>,
        by: Administrator<'_>,
    ) -> Result<bool, StoreError> {
        let mut writes = vec![self.users.change(&owner(user_id), PROFILE, update, condition)];
        writes.extend(grants);
        match by {
            Administrator::Operator => {}
            Administrator::Owner(own_id) if own_id == user_id => return Ok(false),
            Administrator::Owner(own_id) => {
                let condition = Condition::of("attribute_exists(is_owner) AND attribute_not_exists(is_disabled)");
                writes.push(self.users.check(&owner(own_id), PROFILE, condition));
            }
        }
        Ok(self.users.transact(writes).await? == Written::Yes)
    }

    async fn end_rest(&self, user_id: &UserId) -> Result<EndedAccess, StoreError> {
        let mut ended = EndedAccess { apps: self.grants.revoke_all(user_id).await?, ..EndedAccess::default() };
        for key in self.api_keys.list(user_id).await? {
            ended.api_keys += usize::from(self.api_keys.revoke(user_id, &key.key_id).await?);
        }
        ended.sessions = self.sessions.end_all(user_id, None).await?;
        Ok(ended)
    }
}

/// The condition that the account exists and is not being deleted.
fn is_staying() -> Condition {
    Condition::of("attribute_exists(pk) AND attribute_not_exists(leaving)")
}
