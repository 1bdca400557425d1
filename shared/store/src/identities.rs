//! Accounts of identity providers that are linked to users.
//!
//! As a passkey, a linked account is stored twice, in one transaction: under its id, which a sign-in finds, and in the partition
//! of its user, for listing.

use jean_auth::{
    identity::{IdentityId, LinkedAccount},
    user::UserId,
};

use crate::{
    identity_items::{ENTRY, IDENTITY, additions, by_id, removals},
    table::{StoreError, Table, Written, owner},
    users,
    ways_in::WayIn,
};

/// The linked accounts in the users table.
#[derive(Debug, Clone)]
pub struct Identities(Table);

impl Identities {
    /// Opens the linked accounts of a table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Links an account to its user. Returns `false` if it is linked already, or the user does not exist, is disabled or is being deleted.
    pub async fn link(&self, identity: &LinkedAccount) -> Result<bool, StoreError> {
        let mut writes = additions(&self.0, identity)?;
        writes.push(users::is_active(&self.0, &identity.user_id));
        Ok(self.0.transact(writes).await? == Written::Yes)
    }

    /// Returns the linked account with this id, of any user.
    pub async fn find(&self, id: &IdentityId) -> Result<Option<LinkedAccount>, StoreError> {
        self.0.get(&by_id(id), IDENTITY).await
    }

    /// Returns the user's linked accounts, oldest first.
    pub async fn list(&self, user_id: &UserId) -> Result<Vec<LinkedAccount>, StoreError> {
        let mut identities: Vec<LinkedAccount> = self.0.all(&owner(user_id), ENTRY).await?;
        identities.sort_by_key(|identity| identity.created_at);
        Ok(identities)
    }

    /// Unlinks an account if its user keeps another way to sign in. Returns `false` if that one has
    /// just been removed, or the account linked to another user.
    pub async fn unlink(&self, identity: &LinkedAccount, kept: &WayIn) -> Result<bool, StoreError> {
        let mut writes = removals(&self.0, identity)?;
        writes.push(kept.check(&self.0, &identity.user_id));
        Ok(self.0.transact(writes).await? == Written::Yes)
    }

    /// Unlinks all accounts of a user who is being deleted, and returns their number.
    pub(crate) async fn remove_all(&self, user_id: &UserId) -> Result<usize, StoreError> {
        let identities = self.list(user_id).await?;
        for identity in &identities {
            self.0.transact(removals(&self.0, identity)?).await?;
        }
        Ok(identities.len())
    }
}
