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
    table::{Attempts, StoreError, Table},
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
    /// Returns `true` if nothing is left; otherwise, or after a failure, call again.
    ///
    /// New credentials are blocked first, and those of apps and programs revoked; then the memories are deleted, which may
    /// take several calls. The account and its ways in are deleted last, in one transaction, so that the user can return and
    /// continue until then.
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
        let (passkeys, identities) = self.remove_account(user).await?;
        deleted.passkeys += passkeys;
        deleted.identities += identities;
        // Without an account, they are worthless.
        deleted.sign_ins += self.sessions.end_all(id, None).await?;
        Ok(true)
    }

    /// Deletes the account with its passkeys and linked accounts, and returns their numbers.
    async fn remove_account(&self, user: &User) -> Result<(usize, usize), StoreError> {
        let id = &user.user_id;
        let mut attempts = Attempts::new("ways to sign in were removed");
        loop {
            let (passkeys, identities) = (self.passkeys.list(id).await?, self.identities.list(id).await?);
            let of_passkeys = passkeys.iter().flat_map(|passkey| self.passkeys.removals(passkey));
            let of_identities = identities.iter().flat_map(|identity| self.identities.removals(identity));
            if self.users.remove(user, of_passkeys.chain(of_identities).collect()).await? {
                return Ok((passkeys.len(), identities.len()));
            }
            attempts.again()?;
        }
    }
}
