//! Passkeys.
//!
//! A passkey is stored twice, in one transaction: under its id, which a sign-in presents, and in the partition of its
//! user, for listing.

use aws_sdk_dynamodb::types::TransactWriteItem;
use jean_auth::{
    passkey::{Passkey, PasskeyId},
    user::{User, UserId},
};
use jiff::Timestamp;

use crate::{
    table::{Condition, Lasting, StoreError, Table, Written, item, owner, text},
    users,
    ways_in::{WayIn, passkey_entry},
};

/// The passkeys in the users table.
#[derive(Debug, Clone)]
pub struct Passkeys(Table);

impl Lasting for Passkey {}

impl Passkeys {
    /// Opens the passkeys of a table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Stores a new passkey of a user, as read. Returns `false` if its id is taken, the account does not exist, is disabled or is
    /// being deleted, or the sessions of the user have ended since.
    pub async fn create(&self, passkey: &Passkey, user: &User) -> Result<bool, StoreError> {
        let writes = vec![
            users::may_add_credentials(&self.0, user)?,
            self.0.insertion(item(&by_id(&passkey.id), PASSKEY, passkey)?),
            self.0.insertion(item(&owner(&passkey.user_id), &passkey_entry(&passkey.id), passkey)?),
        ];
        Ok(self.0.transact(writes).await? == Written::Yes)
    }

    /// Returns the passkey with this id, of any user.
    pub async fn find(&self, id: &PasskeyId) -> Result<Option<Passkey>, StoreError> {
        self.0.get(&by_id(id), PASSKEY).await
    }

    /// Returns the user's passkeys, oldest first.
    pub async fn list(&self, user_id: &UserId) -> Result<Vec<Passkey>, StoreError> {
        let mut passkeys: Vec<Passkey> = self.0.all(&owner(user_id), "PASSKEY#").await?;
        passkeys.sort_by_key(|passkey| passkey.created_at);
        Ok(passkeys)
    }

    /// Stores the signature counter of a passkey, if it still exists. Only the item under the passkey's id is updated,
    /// since sign-ins read no other.
    pub async fn count(&self, id: &PasskeyId, credential: &str) -> Result<(), StoreError> {
        let used = Condition::exists().value(":credential", text(credential));
        self.0.update(&by_id(id), PASSKEY, "SET credential = :credential", used).await.map(drop)
    }

    /// Records a sign-in with a passkey, if it still exists. Only the item in the user's partition is updated, which is the
    /// one that is listed.
    pub async fn note_use(&self, passkey: &Passkey, now: Timestamp) -> Result<(), StoreError> {
        self.0.note_use(&owner(&passkey.user_id), &passkey_entry(&passkey.id), now).await
    }

    /// Deletes one of the user's passkeys if the user keeps another way to sign in. Returns `false` if that one has just been
    /// removed.
    pub async fn remove_beside(&self, user_id: &UserId, id: &PasskeyId, kept: &WayIn) -> Result<bool, StoreError> {
        let kept = kept.check(&self.0, user_id);
        let writes = self.removals_of(user_id, id).into_iter().chain([kept]).collect();
        Ok(self.0.transact(writes).await? == Written::Yes)
    }

    /// The deletions of a passkey, for the transaction that deletes its user.
    pub(crate) fn removals(&self, passkey: &Passkey) -> [TransactWriteItem; 2] {
        self.removals_of(&passkey.user_id, &passkey.id)
    }

    fn removals_of(&self, user_id: &UserId, id: &PasskeyId) -> [TransactWriteItem; 2] {
        [self.0.removal(&by_id(id), PASSKEY), self.0.removal(&owner(user_id), &passkey_entry(id))]
    }
}

const PASSKEY: &str = "PASSKEY";

fn by_id(id: &PasskeyId) -> String {
    format!("PASSKEY#{id}")
}
