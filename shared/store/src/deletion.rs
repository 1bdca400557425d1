//! Deletion of an account and everything stored for it.

use jean_auth::user::User;
use jiff::Timestamp;

use crate::{
    api_keys::ApiKeys,
    grants::Grants,
    identities::Identities,
    memories::Memories,
    notifications::Notifications,
    passkeys::Passkeys,
    sessions::Sessions,
    table::{StoreError, Table},
    users::Users,
};

/// Deletes accounts from all three tables.
#[derive(Debug, Clone)]
pub struct Deletion {
    grants: Grants,
    sessions: Sessions,
    notifications: Notifications,
    api_keys: ApiKeys,
    passkeys: Passkeys,
    identities: Identities,
    users: Users,
    memories: Memories,
}

/// The number of deleted items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeletionReport {
    /// Memories.
    pub memories: usize,
    /// Connected apps.
    pub connections: usize,
    /// Sessions.
    pub sign_ins: usize,
    /// API keys for the legacy endpoint.
    pub api_keys: usize,
    /// Passkeys.
    pub passkeys: usize,
    /// Linked accounts of identity providers.
    pub identities: usize,
}

impl Deletion {
    /// Opens the three tables.
    pub fn new(auth: Table, users: Table, memories: Table) -> Self {
        Self {
            grants: Grants::new(auth.clone()),
            sessions: Sessions::new(auth.clone()),
            notifications: Notifications::new(auth),
            api_keys: ApiKeys::new(users.clone()),
            passkeys: Passkeys::new(users.clone()),
            identities: Identities::new(users.clone()),
            users: Users::new(users),
            memories: Memories::new(memories),
        }
    }

    /// Deletes everything stored for the user while `goes_on` returns `true`, and adds to the counts in `deleted`.
    /// Returns `true` if nothing is left; otherwise, or after a failure, call again. The account itself is deleted
    /// last.
    ///
    /// New credentials are blocked first, and those of apps and programs revoked; then the memories are deleted, which may
    /// take several calls. The ways to sign in and the sessions are deleted with the account, so that the user can return and
    /// continue.
    pub async fn run(
        &self,
        user: &User,
        deleted: &mut DeletionReport,
        now: Timestamp,
        goes_on: impl Fn() -> bool,
    ) -> Result<bool, StoreError> {
        let id = &user.user_id;
        self.users.leave(id).await?;
        self.memories.close(id).await?;
        deleted.connections += self.grants.close(id, now).await?;
        for key in self.api_keys.list(id).await? {
            deleted.api_keys += usize::from(self.api_keys.revoke(id, &key.key_id).await?);
        }
        while let Some(memories) = self.memories.remove_some(id).await? {
            deleted.memories += memories;
            if !goes_on() {
                return Ok(false);
            }
        }
        self.notifications.remove_all(id).await?;
        for passkey in self.passkeys.list(id).await? {
            deleted.passkeys += usize::from(self.passkeys.remove(id, &passkey.id).await?);
        }
        deleted.identities += self.identities.remove_all(id).await?;
        deleted.sign_ins += self.sessions.end_all(id, None).await?;
        self.users.remove(user).await?;
        Ok(true)
    }
}
