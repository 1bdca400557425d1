//! An account ends, with all that is kept about its person.

use jean_auth::user::User;
use jiff::Timestamp;

use crate::{
    api_keys::ApiKeys,
    grants::Grants,
    memories::Memories,
    notifications::Notifications,
    passkeys::Passkeys,
    sessions::Sessions,
    table::{StoreError, Table},
    users::Users,
};

/// Everything that is kept about people.
#[derive(Debug, Clone)]
pub struct Deletion {
    grants: Grants,
    sessions: Sessions,
    notices: Notifications,
    api_keys: ApiKeys,
    passkeys: Passkeys,
    users: Users,
    memories: Memories,
}

/// What was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deleted {
    /// Memories.
    pub memories: usize,
    /// Clients that were connected.
    pub connections: usize,
    /// Browsers that were signed in.
    pub sign_ins: usize,
    /// Keys of the older endpoint.
    pub api_keys: usize,
    /// Passkeys.
    pub passkeys: usize,
}

impl Deletion {
    /// Of what is kept in these tables.
    pub fn new(auth: Table, users: Table, memories: Table) -> Self {
        Self {
            grants: Grants::new(auth.clone()),
            sessions: Sessions::new(auth.clone()),
            notices: Notifications::new(auth),
            api_keys: ApiKeys::new(users.clone()),
            passkeys: Passkeys::new(users.clone()),
            users: Users::new(users),
            memories: Memories::new(memories),
        }
    }

    /// Deletes everything about a person, as long as `goes_on` says so, and adds it to what was deleted. Whether nothing
    /// is left. If something is, or if it fails, the same once more does the rest: the account itself goes last.
    ///
    /// First nothing new can be made that opens the account; what is out is ended; then the memories go, which may take
    /// long. The sign-ins end with the account, so that its person can come back and go on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn run(
        &self,
        user: &User,
        deleted: &mut Deleted,
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
        for passkey in self.passkeys.list(id).await? {
            deleted.passkeys += usize::from(self.passkeys.remove(id, &passkey.id).await?);
        }
        while let Some(memories) = self.memories.remove_some(id).await? {
            deleted.memories += memories;
            if !goes_on() {
                return Ok(false);
            }
        }
        self.notices.remove_all(id).await?;
        deleted.sign_ins += self.sessions.end_all(id, None).await?;
        self.users.remove(user).await?;
        Ok(true)
    }
}
