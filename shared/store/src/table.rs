//! A DynamoDB table and the operations used on it.

mod batches;
mod condition;
mod error;
mod item;
mod retry;
mod transaction;

use aws_sdk_dynamodb::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::{put_item::PutItemError, query::builders::QueryFluentBuilder},
    types::ReturnValuesOnConditionCheckFailure,
};
use aws_types::SdkConfig;
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use self::{
    condition::outcome,
    retry::{Backoff, is_passing},
};

pub use self::error::StoreError;
pub(crate) use self::{
    batches::Consistency,
    condition::{Condition, Written},
    item::{Expiring, Item, Lasting, OWNER, TTL, expiring_item, item, key, number, owner, seconds, text},
    retry::Attempts,
};

/// A table with the keys `pk` and `sk`. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: String,
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

    /// Reads an unexpired record with a strongly consistent read.
    pub(crate) async fn current<T: DeserializeOwned + Expiring>(
        &self,
        pk: &str,
        sk: &str,
        now: Timestamp,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.get(pk, sk).await?.filter(|record: &T| record.is_current(now)))
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

    /// Reads all unexpired records of a partition with an `sk` prefix, in key order, strongly consistent.
    pub(crate) async fn all_current<T: DeserializeOwned + Expiring>(
        &self,
        pk: &str,
        prefix: &str,
        now: Timestamp,
    ) -> Result<Vec<T>, StoreError> {
        let mut records: Vec<T> = self.all(pk, prefix).await?;
        records.retain(|record| record.is_current(now));
        Ok(records)
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
            .expression_attribute_values(":pk", text(pk))
            .expression_attribute_values(":prefix", text(prefix))
            .consistent_read(true)
    }

    /// Inserts an item if it does not exist. The SDK resends the request when the response was lost; if the condition
    /// then fails on an identical item, the first attempt has succeeded.
    pub(crate) async fn insert(&self, item: Item) -> Result<Written, StoreError> {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item.clone()));
        let put = put.condition_expression(Condition::absent().expression);
        let put = put.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let sent = persistently(|| put.clone().send()).await;
        match sent.as_ref().err().and_then(SdkError::as_service_error) {
            Some(PutItemError::ConditionalCheckFailedException(found)) if found.item() == Some(&item) => {
                Ok(Written::Yes)
            }
            _ => outcome(sent),
        }
    }

    /// Puts an item with a condition on the existing one.
    pub(crate) async fn replace(&self, item: Item, condition: Condition) -> Result<Written, StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .condition_expression(condition.expression);
        outcome(persistently(|| put.clone().send()).await)
    }

    /// Updates an item with a condition on the existing one. Both use the placeholders of the condition.
    pub(crate) async fn update(
        &self,
        pk: &str,
        sk: &str,
        update: &str,
        condition: Condition,
    ) -> Result<Written, StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(pk, sk)))
            .update_expression(update)
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .condition_expression(condition.expression);
        outcome(update.send().await)
    }

    /// Deletes an item. The condition fails if it does not exist.
    pub(crate) async fn remove(&self, pk: &str, sk: &str) -> Result<Written, StoreError> {
        let delete = self.client.delete_item().table_name(&self.name).set_key(Some(key(pk, sk)));
        let delete = delete.condition_expression(Condition::exists().expression);
        outcome(persistently(|| delete.clone().send()).await)
    }

    /// Records the time of a use in a record, if it still exists: a use concurrent with a removal must not restore the item.
    pub(crate) async fn note_use(&self, pk: &str, sk: &str, now: Timestamp) -> Result<(), StoreError> {
        let used = Condition::exists().value(":now", seconds(now));
        self.update(pk, sk, "SET used_at = :now", used).await.map(drop)
    }
}

/// Sends a write again while it is rejected for a passing reason.
async fn persistently<T, E: ProvideErrorMetadata, F>(send: impl Fn() -> F) -> Result<T, SdkError<E>>
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
