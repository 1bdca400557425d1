//! API keys for the legacy endpoint.
//!
//! A key is stored twice, in one transaction: under its hash, which is the only item that the MCP function may read,
//! and in the partition of its user, for listing.

use jean_auth::{
    api_key::{ApiKeyId, IssuedApiKey},
    secret::SecretHash,
    user::UserId,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    table::{Lasting, StoreError, Table, Written, item, owner},
    users,
};

/// The maximum number of keys of a user. Revoking all of them has to fit into one request.
pub const MAX_KEYS: usize = 50;

/// Room for another key of a user, who has fewer than [`MAX_KEYS`].
#[derive(Debug)]
pub struct KeyRoom(());

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

impl Lasting for IssuedApiKey {}
impl Lasting for OwnedApiKey {}

impl ApiKeys {
    /// Opens the API keys of a table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Returns room for another key, or `None` if the user has [`MAX_KEYS`].
    pub async fn room(&self, user_id: &UserId) -> Result<Option<KeyRoom>, StoreError> {
        Ok((self.count(user_id).await? < MAX_KEYS).then_some(KeyRoom(())))
    }

    /// Stores a new key. Returns `false` if its id is taken, or the account does not exist, is disabled or is being deleted.
    pub async fn create(&self, _: KeyRoom, issued: &IssuedApiKey, hash: &SecretHash) -> Result<bool, StoreError> {
        let owned = OwnedApiKey { key: issued.clone(), hash: hash.clone() };
        let writes = vec![
            users::is_active(&self.0, &issued.user_id),
            self.0.insertion(item(&by_hash(hash), "KEY", issued)?),
            self.0.insertion(item(&owner(&issued.user_id), &entry(&issued.key_id), &owned)?),
        ];
        Ok(self.0.transact(writes).await? == Written::Yes)
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
