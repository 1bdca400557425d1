//! API keys for the legacy endpoint.
//!
//! A key is stored twice, in one transaction: under its hash, which is the only item that the MCP function may read,
//! and in the partition of its user, for listing.
//!
//! The number of a user's keys is limited. Two concurrent requests could each count one key less than the limit, and create one
//! more than it. The profile therefore counts the keys ever created, and the transaction of a creation raises this counter on
//! condition that it has not changed since the keys were counted.

use jean_auth::{
    api_key::{ApiKeyId, IssuedApiKey},
    secret::SecretHash,
    user::{CredentialEpoch, User, UserId},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    table::{Attempts, Condition, Lasting, StoreError, Table, item, number, owner},
    users::{self, PROFILE},
};

/// The maximum number of keys of a user. Revoking all of them has to fit into one request.
pub const MAX_KEYS: usize = 50;

/// Room for another key of a user, who had fewer than [`MAX_KEYS`].
#[derive(Debug)]
pub struct KeyRoom {
    /// The number of keys that had been created.
    created: u64,
    /// The credential epoch of the user, as read.
    epoch: CredentialEpoch,
}

/// The result of creating a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyCreation {
    /// The key was created.
    Created,
    /// Its id is taken, the account does not exist, is disabled or is being deleted, or the sessions of the user have ended.
    Rejected,
    /// Concurrent requests have created [`MAX_KEYS`].
    NoRoom,
}

/// The API keys in the users table.
#[derive(Debug, Clone)]
pub struct ApiKeys(Table);

/// The item in the user's partition. It contains the hash, so that the other item can be found by key id.
#[derive(Serialize, Deserialize)]
struct OwnedApiKey {
    #[serde(flatten)]
    key: IssuedApiKey,
    hash: SecretHash,
}

/// The attribute of the profile that counts the keys ever created.
#[derive(Deserialize)]
struct KeyCounter {
    #[serde(default)]
    keys_created: u64,
}

/// A write of a creation, by its condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyWrite {
    /// The profile, of an active account without another creation.
    Room,
    /// The key, unless its id is taken.
    Key,
}

impl KeyRoom {
    /// The condition that no key has been created since.
    fn is_unused(&self) -> Condition {
        match self.created {
            0 => Condition::of("attribute_not_exists(keys_created)"),
            created => Condition::of("keys_created = :created").value(":created", number(created)),
        }
    }
}

impl Lasting for IssuedApiKey {}
impl Lasting for OwnedApiKey {}

impl ApiKeys {
    /// Opens the API keys of a table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Returns room for another key of a user, as read, or `None` if the user has [`MAX_KEYS`].
    pub async fn room(&self, user: &User) -> Result<Option<KeyRoom>, StoreError> {
        self.room_in(&user.user_id, user.credential_epoch).await
    }

    async fn room_in(&self, user_id: &UserId, epoch: CredentialEpoch) -> Result<Option<KeyRoom>, StoreError> {
        // Before the count: a creation in between would otherwise go unnoticed.
        let counter: Option<KeyCounter> = self.0.get(&owner(user_id), PROFILE).await?;
        let created = counter.map_or(0, |counter| counter.keys_created);
        Ok((self.count(user_id).await? < MAX_KEYS).then_some(KeyRoom { created, epoch }))
    }

    /// Stores a new key, if there still is room for it.
    pub async fn create(
        &self,
        mut room: KeyRoom,
        issued: &IssuedApiKey,
        hash: &SecretHash,
    ) -> Result<KeyCreation, StoreError> {
        let owned = OwnedApiKey { key: issued.clone(), hash: hash.clone() };
        let pk = owner(&issued.user_id);
        let mut attempts = Attempts::new("API keys were created");
        loop {
            let is_unused =
                users::active_in(room.epoch)?.and(room.is_unused()).value(":next", number(room.created + 1));
            let writes = vec![
                (KeyWrite::Room, self.0.change(&pk, PROFILE, "SET keys_created = :next", is_unused)),
                (KeyWrite::Key, self.0.insertion(item(&by_hash(hash), "KEY", issued)?)),
                (KeyWrite::Key, self.0.insertion(item(&pk, &entry(&issued.key_id), &owned)?)),
            ];
            let unmet = self.0.try_labelled(writes).await?;
            if unmet.is_empty() {
                return Ok(KeyCreation::Created);
            }
            if unmet.contains(&KeyWrite::Key) {
                return Ok(KeyCreation::Rejected);
            }
            let Some(next) = self.room_in(&issued.user_id, room.epoch).await? else { return Ok(KeyCreation::NoRoom) };
            if next.created == room.created {
                // Not another key, but the state of the account was in the way.
                return Ok(KeyCreation::Rejected);
            }
            room = next;
            attempts.after_conflict().await?;
        }
    }

    /// Returns the key with this hash, of any user.
    pub async fn find(&self, hash: &SecretHash) -> Result<Option<IssuedApiKey>, StoreError> {
        self.0.get(&by_hash(hash), "KEY").await
    }

    /// Returns the user's keys, oldest first, each with its last use.
    pub async fn list(&self, user_id: &UserId) -> Result<Vec<IssuedApiKey>, StoreError> {
        let mut keys = Vec::new();
        for OwnedApiKey { key, hash } in self.owned(user_id).await? {
            // Uses are recorded under the hash, the only item that the MCP function may write.
            keys.push(self.find(&hash).await?.unwrap_or(key));
        }
        keys.sort_by_key(|key| key.created_at);
        Ok(keys)
    }

    /// Returns the number of the user's keys.
    pub async fn count(&self, user_id: &UserId) -> Result<usize, StoreError> {
        Ok(self.owned(user_id).await?.len())
    }

    /// Records the use of a key, if it still exists.
    pub async fn note_use(&self, hash: &SecretHash, now: Timestamp) -> Result<(), StoreError> {
        self.0.note_use(&by_hash(hash), "KEY", now).await
    }

    /// Revokes one of the user's keys. Returns `false` if there is no such key.
    pub async fn revoke(&self, user_id: &UserId, key_id: &ApiKeyId) -> Result<bool, StoreError> {
        let owned: Option<OwnedApiKey> = self.0.get(&owner(user_id), &entry(key_id)).await?;
        let Some(owned) = owned else { return Ok(false) };
        let writes =
            vec![self.0.removal(&by_hash(&owned.hash), "KEY"), self.0.removal(&owner(user_id), &entry(key_id))];
        self.0.transact(writes).await?;
        Ok(true)
    }

    async fn owned(&self, user_id: &UserId) -> Result<Vec<OwnedApiKey>, StoreError> {
        self.0.all(&owner(user_id), "KEY#").await
    }
}

fn by_hash(hash: &SecretHash) -> String {
    format!("KEY#{}", hash.as_str())
}

fn entry(key_id: &ApiKeyId) -> String {
    format!("KEY#{key_id}")
}
