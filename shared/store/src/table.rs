//! A DynamoDB table and the operations used on it.

mod batches;
mod error;
mod retry;
mod transaction;

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::{put_item::PutItemError, query::builders::QueryFluentBuilder},
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
};
use aws_types::SdkConfig;
use jean_auth::user::UserId;
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

pub(crate) use self::batches::Consistency;
pub use self::error::StoreError;
pub(crate) use self::retry::Backoff;
use self::retry::is_passing;

/// The attributes of one item.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// A table with the keys `pk` and `sk`. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: String,
}

/// The outcome of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    Yes,
    ConditionFailed,
}

/// A condition expression. Attributes are named by placeholders, since some of their names are reserved words of
/// DynamoDB.
#[derive(Default)]
pub(crate) struct Condition {
    pub(crate) expression: String,
    pub(crate) names: HashMap<String, String>,
    pub(crate) values: Item,
}

impl Condition {
    /// The condition that the item exists.
    pub(crate) fn exists() -> Self {
        Self { expression: "attribute_exists(pk)".into(), ..Self::default() }
    }
}

impl Table {
    /// Opens a table by name.
    pub fn new(aws: &SdkConfig, name: &str) -> Self {
        Self { client: Client::new(aws), name: name.into() }
    }

    /// Opens another table over the same client. A second client would parse the endpoint rules again, which slows
    /// down a cold start.
    #[must_use]
    pub fn beside(&self, name: &str) -> Self {
        Self { client: self.client.clone(), name: name.into() }
    }

    /// Opens the connection ahead of the first request, which saves two round trips on a cold start. A failure is only
    /// logged; the first request reports it to its caller.
    pub async fn connect(&self) {
        if let Err(error) = self.get::<serde::de::IgnoredAny>("CONNECT", "CONNECT").await {
            tracing::warn!(%error, table = self.name, "the store could not be reached at start-up");
        }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Reads a record with a strongly consistent read.
    pub(crate) async fn get<T: DeserializeOwned>(&self, pk: &str, sk: &str) -> Result<Option<T>, StoreError> {
        Ok(self.item(pk, sk).await?.map(serde_dynamo::from_item).transpose()?)
    }

    /// Reads an item with a strongly consistent read.
    pub(crate) async fn item(&self, pk: &str, sk: &str) -> Result<Option<Item>, StoreError> {
        let read = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key(pk, sk)))
            .consistent_read(true)
            .send()
            .await?;
        Ok(read.item)
    }

    /// Reads all records of a partition with an `sk` prefix, in key order, strongly consistent.
    pub(crate) async fn all<T: DeserializeOwned>(&self, pk: &str, prefix: &str) -> Result<Vec<T>, StoreError> {
        Ok(serde_dynamo::from_items(self.items(pk, prefix).await?)?)
    }

    /// Reads all items of a partition with an `sk` prefix, in key order, strongly consistent.
    pub(crate) async fn items(&self, pk: &str, prefix: &str) -> Result<Vec<Item>, StoreError> {
        let mut pages = self.beginning_with(pk, prefix).into_paginator().items().send();
        let mut items = Vec::new();
        while let Some(item) = pages.next().await {
            items.push(item?);
        }
        Ok(items)
    }

    /// Reads the last records of a partition with an `sk` prefix, at most `limit`, in reverse key order, strongly consistent.
    pub(crate) async fn last<T: DeserializeOwned>(
        &self,
        pk: &str,
        prefix: &str,
        limit: i32,
    ) -> Result<Vec<T>, StoreError> {
        let read = self.beginning_with(pk, prefix).scan_index_forward(false).limit(limit).send().await?;
        Ok(serde_dynamo::from_items(read.items.unwrap_or_default())?)
    }

    /// A strongly consistent query of a partition by an `sk` prefix.
    fn beginning_with(&self, pk: &str, prefix: &str) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.name)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", AttributeValue::S(pk.into()))
            .expression_attribute_values(":prefix", AttributeValue::S(prefix.into()))
            .consistent_read(true)
    }

    /// Inserts an item if it does not exist. The SDK resends the request when the response was lost; if the condition
    /// then fails on an identical item, the first attempt has succeeded.
    pub(crate) async fn insert(&self, item: Item) -> Result<Written, StoreError> {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item.clone()));
        let put = put.condition_expression("attribute_not_exists(pk)");
        let put = put.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let sent = persistently(|| put.clone().send()).await.map(drop);
        match sent.as_ref().err().and_then(SdkError::as_service_error) {
            Some(PutItemError::ConditionalCheckFailedException(found)) if found.item() == Some(&item) => {
                Ok(Written::Yes)
            }
            _ => condition(sent),
        }
    }

    /// Deletes an item. The condition fails if it does not exist.
    pub(crate) async fn remove(&self, pk: &str, sk: &str) -> Result<Written, StoreError> {
        let delete = self.client.delete_item().table_name(&self.name).set_key(Some(key(pk, sk)));
        let delete = delete.condition_expression("attribute_exists(pk)");
        condition(persistently(|| delete.clone().send()).await.map(drop))
    }

    /// Records the time of a use in a record, if it still exists: a use concurrent with a removal must not restore the item.
    pub(crate) async fn note_use(&self, pk: &str, sk: &str, now: Timestamp) -> Result<(), StoreError> {
        let update = self.client.update_item().table_name(&self.name).set_key(Some(key(pk, sk)));
        let sent = update
            .update_expression("SET used_at = :now")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":now", AttributeValue::N(now.as_second().to_string()))
            .send()
            .await;
        condition(sent.map(drop)).map(drop)
    }
}

/// Sends a write again while it is rejected for a passing reason.
pub(crate) async fn persistently<T, E: ProvideErrorMetadata, F>(send: impl Fn() -> F) -> Result<T, SdkError<E>>
where
    F: Future<Output = Result<T, SdkError<E>>>,
{
    let mut backoff = Backoff::default();
    loop {
        match send().await {
            Err(error) if is_passing(&error) && backoff.wait().await => {}
            sent => return sent,
        }
    }
}

/// The beginning of the partition keys of users.
pub(crate) const OWNER: &str = "USER#";

/// The partition key of a user's items, in each of the tables.
pub(crate) fn owner(user_id: &UserId) -> String {
    format!("{OWNER}{user_id}")
}

/// The key attributes of an item.
pub(crate) fn key(pk: &str, sk: &str) -> Item {
    HashMap::from([("pk".into(), AttributeValue::S(pk.into())), ("sk".into(), AttributeValue::S(sk.into()))])
}

/// Serialises a record, with its key, into an item.
pub(crate) fn item<T: Serialize>(pk: &str, sk: &str, record: &T) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(record)?;
    item.extend(key(pk, sk));
    Ok(item)
}

/// Separates an unmet condition from other failures.
pub(crate) fn condition<E>(sent: Result<(), SdkError<E>>) -> Result<Written, StoreError>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match sent {
        Ok(()) => Ok(Written::Yes),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(Written::ConditionFailed),
        Err(error) => Err(error.into()),
    }
}
