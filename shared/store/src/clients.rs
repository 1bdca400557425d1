//! Registered clients, and cached client ID metadata documents.

use jean_auth::{
    client::{Client, ClientId},
    client_metadata::Description,
};
use jiff::Timestamp;

use crate::table::{Condition, Expiring, StoreError, TTL, Table, Written, expiring_item, seconds};

/// The clients in the auth table.
#[derive(Debug, Clone)]
pub struct Clients(Table);

impl Expiring for Client {
    fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

impl Expiring for Description {
    fn expires_at(&self) -> Timestamp {
        self.client.expires_at
    }
}

impl Clients {
    /// Opens the clients of a table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Stores a new client. Returns `false` if its id is taken.
    pub async fn register(&self, client: &Client) -> Result<bool, StoreError> {
        Ok(self.0.insert(expiring_item(&by_id(&client.client_id), CLIENT, client)?).await? == Written::Yes)
    }

    /// Returns the client, or `None` if it is unknown or has expired.
    pub async fn find(&self, client_id: &ClientId, now: Timestamp) -> Result<Option<Client>, StoreError> {
        self.0.current(&by_id(client_id), CLIENT, now).await
    }

    /// Returns the cached metadata document of the client, or `None` if it is not cached or has expired.
    pub async fn find_description(
        &self,
        client_id: &ClientId,
        now: Timestamp,
    ) -> Result<Option<Description>, StoreError> {
        self.0.current(&by_id(client_id), CLIENT, now).await
    }

    /// Replaces a cached description. If another request has updated it since it was read, that update wins; so does a document
    /// that was fetched later.
    pub async fn describe(
        &self,
        description: Description,
        read: Option<&Description>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let description = description.succeeding(read);
        let item = expiring_item(&by_id(&description.client.client_id), CLIENT, &description)?;
        let is_earlier = Condition::of(
            "attribute_not_exists(pk) OR expires_at <= :now OR expires_at = :read AND fetched_at <= :fetched",
        );
        let is_earlier = is_earlier
            .value(":fetched", seconds(description.fetched_at))
            .value(":now", seconds(now))
            .value(":read", seconds(read.map_or(now, |read| read.client.expires_at)));
        self.0.replace(item, is_earlier).await.map(drop)
    }

    /// Extends the lifetime of a client after use.
    pub async fn keep_until(&self, client_id: &ClientId, expires_at: Timestamp) -> Result<(), StoreError> {
        let kept = Condition::exists().name("#ttl", TTL).value(":until", seconds(expires_at));
        let update = "SET expires_at = :until, #ttl = :until";
        self.0.update(&by_id(client_id), CLIENT, update, kept).await.map(drop)
    }
}

const CLIENT: &str = "CLIENT";

fn by_id(client_id: &ClientId) -> String {
    format!("CLIENT#{client_id}")
}
