//! Accounts of identity providers that are linked to users.
//!
//! As a passkey, a linked account is stored twice, in one transaction: under its id, which a sign-in finds, and in the partition
//! of its user, for listing.

use aws_sdk_dynamodb::types::TransactWriteItem;
use jean_auth::{
    identity::{IdentityId, LinkedAccount},
    user::{User, UserId},
};

use crate::{
    identity_items::{ENTRY, IDENTITY, additions, by_id, entry},
    table::{Condition, StoreError, Table, Written, owner},
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

    /// Links an account to its user, as read. Returns `false` if it is linked already, the user does not exist, is disabled or
    /// is being deleted, or the sessions of the user have ended since.
    pub async fn link(&self, identity: &LinkedAccount, user: &User) -> Result<bool, StoreError> {
        let mut writes = additions(&self.0, identity)?;
        writes.push(users::may_add_credentials(&self.0, user)?);
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
        let kept = kept.check(&self.0, &identity.user_id);
        let writes = self.removals(identity).into_iter().chain([kept]).collect();
        Ok(self.0.transact(writes).await? == Written::Yes)
    }

    /// The deletions of a linked account, with the condition that it is linked to no other user (SR-30), for the transaction
    /// that deletes its user.
    pub(crate) fn removals(&self, identity: &LinkedAccount) -> [TransactWriteItem; 2] {
        let LinkedAccount { id, user_id, .. } = identity;
        let link = self.0.removal_if(&by_id(id), IDENTITY, Condition::absent_or_of(user_id));
        [link, self.0.removal(&owner(user_id), &entry(id))]
    }
}
