//! Registered clients, and cached client ID metadata documents.

use aws_sdk_dynamodb::types::AttributeValue;
use jean_auth::{
    client::{Client, ClientId},
    client_metadata::Description,
};
use jiff::Timestamp;
use serde::Serialize;

use crate::table::{StoreError, Table, Written, condition, item, key};

/// The clients in the auth table.
#[derive(Debug, Clone)]
pub struct Clients(Table);

#[derive(Serialize)]
struct ClientRecord<'a, T> {
    #[serde(flatten)]
    record: &'a T,
    ttl: i64,
}

impl Clients {
    /// Opens the clients of a table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Stores a new client. Returns `false` if its id is taken.
    pub async fn register(&self, client: &Client) -> Result<bool, StoreError> {
        let client_record = ClientRecord { record: client, ttl: client.expires_at.as_second() };
        Ok(self.0.insert(item(&by_id(&client.client_id), CLIENT, &client_record)?).await? == Written::Yes)
    }

    /// Returns the client, or `None` if it is unknown or has expired.
    pub async fn find(&self, client_id: &ClientId, now: Timestamp) -> Result<Option<Client>, StoreError> {
        let client: Option<Client> = self.0.get(&by_id(client_id), CLIENT).await?;
        Ok(client.filter(|client| client.expires_at > now))
    }

    /// Returns the cached metadata document of the client, or `None` if it is not cached or has expired.
    pub async fn find_description(
        &self,
        client_id: &ClientId,
        now: Timestamp,
    ) -> Result<Option<Description>, StoreError> {
        let description: Option<Description> = self.0.get(&by_id(client_id), CLIENT).await?;
        Ok(description.filter(|description| description.client.expires_at > now))
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
        let ttl = description.client.expires_at.as_second();
        let item = item(&by_id(&description.client.client_id), CLIENT, &ClientRecord { record: &description, ttl })?;
        let number = |time: Timestamp| AttributeValue::N(time.as_second().to_string());
        let put = self.0.client().put_item().table_name(self.0.name()).set_item(Some(item));
        let sent = put
            .condition_expression(
                "attribute_not_exists(pk) OR expires_at <= :now OR expires_at = :read AND fetched_at <= :fetched",
            )
            .expression_attribute_values(":fetched", number(description.fetched_at))
            .expression_attribute_values(":now", number(now))
            .expression_attribute_values(":read", number(read.map_or(now, |read| read.client.expires_at)))
            .send()
            .await;
        condition(sent.map(drop)).map(drop)
    }

    /// Extends the lifetime of a client after use.
    pub async fn keep_until(&self, client_id: &ClientId, expires_at: Timestamp) -> Result<(), StoreError> {
        let update =
            self.0.client().update_item().table_name(self.0.name()).set_key(Some(key(&by_id(client_id), CLIENT)));
        let sent = update
            .update_expression("SET expires_at = :until, #ttl = :until")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":until", AttributeValue::N(expires_at.as_second().to_string()))
            .send()
            .await;
        condition(sent.map(drop)).map(drop)
    }
}

const CLIENT: &str = "CLIENT";

fn by_id(client_id: &ClientId) -> String {
    format!("CLIENT#{client_id}")
}
