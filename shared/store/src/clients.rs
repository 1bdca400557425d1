//! Registered clients.

use auth::client::{Client, ClientId};
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::Serialize;

use crate::table::{StoreError, Table, Written, condition, item, key};

/// The clients in the auth table.
#[derive(Debug, Clone)]
pub struct Clients(Table);

#[derive(Serialize)]
struct Kept<'a> {
    #[serde(flatten)]
    client: &'a Client,
    ttl: i64,
}

impl Clients {
    /// The clients kept in this table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Keeps a new client. Whether its id was free.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn register(&self, client: &Client) -> Result<bool, StoreError> {
        let kept = Kept { client, ttl: client.expires_at.as_second() };
        Ok(self.0.insert(item(&by_id(&client.client_id), CLIENT, &kept)?).await? == Written::Yes)
    }

    /// The client with this id, if it is not forgotten.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find(&self, client_id: &ClientId, now: Timestamp) -> Result<Option<Client>, StoreError> {
        let client: Option<Client> = self.0.get(&by_id(client_id), CLIENT).await?;
        Ok(client.filter(|client| client.expires_at > now))
    }

    /// Notes that a client is in use, so that it is kept.
    ///
    /// # Errors
    /// [`StoreError`].
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
