//! API keys of the older endpoint.
//!
//! A key is kept twice in one transaction: under its hash, where the MCP function finds it and may read nothing else,
//! and under its owner, where it is listed.

use jean_auth::{
    api_key::{ApiKeyId, IssuedApiKey},
    secret::SecretHash,
    user::UserId,
};
use serde::{Deserialize, Serialize};

use crate::{
    table::{StoreError, Table, Written, item, owner},
    users,
};

/// The keys in the users table.
#[derive(Debug, Clone)]
pub struct ApiKeys(Table);

/// The owner's copy knows the hash, so that a key can be found from its id.
#[derive(Serialize, Deserialize)]
struct Owned {
    #[serde(flatten)]
    key: IssuedApiKey,
    hash: SecretHash,
}

impl ApiKeys {
    /// The keys kept in this table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Keeps a new key. Whether it is kept: not if there is one with its id, or no account that is to stay.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn create(&self, key: &IssuedApiKey, hash: &SecretHash) -> Result<bool, StoreError> {
        let owned = Owned { key: key.clone(), hash: hash.clone() };
        let writes = vec![
            users::stays(&self.0, &key.user_id),
            self.0.insertion(item(&by_hash(hash), "KEY", key)?),
            self.0.insertion(item(&owner(&key.user_id), &entry(&key.key_id), &owned)?),
        ];
        Ok(self.0.transact(writes).await? == Written::Yes)
    }

    /// The key with this hash, whoever's it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find(&self, hash: &SecretHash) -> Result<Option<IssuedApiKey>, StoreError> {
        self.0.get(&by_hash(hash), "KEY").await
    }

    /// A person's keys, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list(&self, user_id: &UserId) -> Result<Vec<IssuedApiKey>, StoreError> {
        let mut keys: Vec<_> = self.owned(user_id).await?.into_iter().map(|owned| owned.key).collect();
        keys.sort_by_key(|key| key.created_at);
        Ok(keys)
    }

    /// Ends one of a person's keys. Whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke(&self, user_id: &UserId, key_id: &ApiKeyId) -> Result<bool, StoreError> {
        let Some(owned) = self.owned(user_id).await?.into_iter().find(|owned| owned.key.key_id == *key_id) else {
            return Ok(false);
        };
        let writes =
            vec![self.0.removal(&by_hash(&owned.hash), "KEY"), self.0.removal(&owner(user_id), &entry(key_id))];
        self.0.transact(writes).await?;
        Ok(true)
    }

    async fn owned(&self, user_id: &UserId) -> Result<Vec<Owned>, StoreError> {
        self.0.all(&owner(user_id), "KEY#").await
    }
}

fn by_hash(hash: &SecretHash) -> String {
    format!("KEY#{}", hash.as_str())
}

fn entry(key_id: &ApiKeyId) -> String {
    format!("KEY#{key_id}")
}
