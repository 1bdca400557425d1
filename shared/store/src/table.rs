//! One DynamoDB table, and the few ways it is used.

mod batches;
mod patience;

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::{put_item::PutItemError, transact_write_items::TransactWriteItemsError},
    types::{
        AttributeValue, CancellationReason, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure,
        TransactWriteItem, Update,
    },
};
use aws_types::SdkConfig;
use jean_auth::user::UserId;
use serde::{Serialize, de::DeserializeOwned};

use self::patience::Patience;

/// The attributes of one item.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// A table whose items are found by `pk` and `sk`. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: String,
}

/// The store did not do what it was asked to. What was asked for is not half done: each change is one write.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB refused, or could not be reached.
    #[error("DynamoDB: {0}")]
    DynamoDb(String),
    /// What was to be written is of somebody whose account was deleted.
    #[error("the account was deleted")]
    AccountDeleted,
    /// An item is not what its writer wrote.
    #[error("an item can't be read: {0}")]
    Unreadable(#[from] serde_dynamo::Error),
}

/// Whether a conditional write found what it was conditional on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    Yes,
    ConditionFailed,
}

/// What has to be true of an item for it to be written. Its attributes go by placeholders: some of their names are
/// DynamoDB's own words.
pub(crate) struct Condition {
    pub(crate) expression: String,
    pub(crate) names: HashMap<String, String>,
    pub(crate) values: Item,
}

impl Table {
    /// The table of this name.
    pub fn new(aws: &SdkConfig, name: &str) -> Self {
        Self { client: Client::new(aws), name: name.into() }
    }

    /// The table of this name that is reached the same way. A client of its own would read the rules for AWS's endpoints
    /// once more.
    #[must_use]
    pub fn beside(&self, name: &str) -> Self {
        Self { client: self.client.clone(), name: name.into() }
    }

    /// Opens the connection before the first request needs it: two round trips less to wait for when a function is cold.
    /// A failure here is told in the log and met again, with an answer, by the request.
    pub async fn connect(&self) {
        if let Err(error) = self.get::<serde::de::IgnoredAny>("CONNECT", "CONNECT").await {
            tracing::warn!(%error, table = self.name, "the store could not be reached at start");
        }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Reads one record, strongly consistent.
    pub(crate) async fn get<T: DeserializeOwned>(&self, pk: &str, sk: &str) -> Result<Option<T>, StoreError> {
        Ok(self.item(pk, sk).await?.map(serde_dynamo::from_item).transpose()?)
    }

    /// Reads one item, strongly consistent.
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

    /// Reads all records of a partition whose `sk` begins with `prefix`, strongly consistent, in order.
    pub(crate) async fn all<T: DeserializeOwned>(&self, pk: &str, prefix: &str) -> Result<Vec<T>, StoreError> {
        Ok(serde_dynamo::from_items(self.items(pk, prefix).await?)?)
    }

    /// Reads all items of a partition whose `sk` begins with `prefix`, strongly consistent, in order.
    pub(crate) async fn items(&self, pk: &str, prefix: &str) -> Result<Vec<Item>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", AttributeValue::S(pk.into()))
            .expression_attribute_values(":prefix", AttributeValue::S(prefix.into()))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut items = Vec::new();
        while let Some(item) = pages.next().await {
            items.push(item?);
        }
        Ok(items)
    }

    /// Writes an item where there was none. The SDK sends it again when the answer was lost: what is found then is the
    /// very same item, and it was written.
    pub(crate) async fn insert(&self, item: Item) -> Result<Written, StoreError> {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item.clone()));
        let put = put.condition_expression("attribute_not_exists(pk)");
        let sent = put.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let sent = sent.send().await.map(drop);
        match sent.as_ref().err().and_then(SdkError::as_service_error) {
            Some(PutItemError::ConditionalCheckFailedException(found)) if found.item() == Some(&item) => {
                Ok(Written::Yes)
            }
            _ => condition(sent),
        }
    }

    /// Removes an item. Whether there was one.
    pub(crate) async fn remove(&self, pk: &str, sk: &str) -> Result<Written, StoreError> {
        let delete = self.client.delete_item().table_name(&self.name).set_key(Some(key(pk, sk)));
        condition(delete.condition_expression("attribute_exists(pk)").send().await.map(drop))
    }

    /// An item's put, for a transaction, where there was none.
    pub(crate) fn insertion(&self, item: Item) -> TransactWriteItem {
        let put =
            Put::builder().table_name(&self.name).set_item(Some(item)).condition_expression("attribute_not_exists(pk)");
        TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
    }

    /// An item's put, for a transaction, whatever was there.
    pub(crate) fn put(&self, item: Item) -> TransactWriteItem {
        let put = Put::builder().table_name(&self.name).set_item(Some(item));
        TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
    }

    /// An item's removal, for a transaction.
    pub(crate) fn removal(&self, pk: &str, sk: &str) -> TransactWriteItem {
        let delete = Delete::builder().table_name(&self.name).set_key(Some(key(pk, sk)));
        TransactWriteItem::builder().delete(delete.build().expect("table and key are set")).build()
    }

    /// An item's put, for a transaction, where what is there meets a condition.
    pub(crate) fn put_if(&self, item: Item, condition: Condition) -> TransactWriteItem {
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression(condition.expression)
            .set_expression_attribute_names(Some(condition.names))
            .set_expression_attribute_values((!condition.values.is_empty()).then_some(condition.values));
        TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
    }

    /// An item's removal, for a transaction, where what is there meets a condition.
    pub(crate) fn removal_if(&self, pk: &str, sk: &str, condition: Condition) -> TransactWriteItem {
        let delete = Delete::builder()
            .table_name(&self.name)
            .set_key(Some(key(pk, sk)))
            .condition_expression(condition.expression)
            .set_expression_attribute_names(Some(condition.names))
            .set_expression_attribute_values((!condition.values.is_empty()).then_some(condition.values));
        TransactWriteItem::builder().delete(delete.build().expect("table and key are set")).build()
    }

    /// A change of an item, for a transaction.
    pub(crate) fn change(&self, pk: &str, sk: &str, update: &str, condition: &str, values: Item) -> TransactWriteItem {
        let update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(key(pk, sk)))
            .update_expression(update)
            .condition_expression(condition)
            .set_expression_attribute_values((!values.is_empty()).then_some(values));
        TransactWriteItem::builder().update(update.build().expect("table, key and update are set")).build()
    }

    /// What has to be so of an item, for a transaction that does not touch it.
    pub(crate) fn check(&self, pk: &str, sk: &str, condition: &str) -> TransactWriteItem {
        let check = ConditionCheck::builder().table_name(&self.name).set_key(Some(key(pk, sk)));
        let check = check.condition_expression(condition);
        TransactWriteItem::builder().condition_check(check.build().expect("table, key and condition are set")).build()
    }

    /// Does all of it or nothing.
    pub(crate) async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<Written, StoreError> {
        Ok(if self.try_all(writes).await?.is_empty() { Written::Yes } else { Written::ConditionFailed })
    }

    /// Does all of it, or nothing: then these are the places of the writes whose condition did not hold.
    pub(crate) async fn try_all(&self, writes: Vec<TransactWriteItem>) -> Result<Vec<usize>, StoreError> {
        let mut patience = Patience::default();
        loop {
            let sent = self.client.transact_write_items().set_transact_items(Some(writes.clone())).send().await;
            let Err(error) = sent else { return Ok(vec![]) };
            let reasons = match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    cancelled.cancellation_reasons()
                }
                _ => return Err(error.into()),
            };
            let unmet: Vec<_> =
                (0..).zip(reasons).filter(|(_, reason)| is_unmet(reason)).map(|(place, _)| place).collect();
            if !unmet.is_empty() {
                return Ok(unmet);
            }
            // Another transaction was at one of the items, or there were too many at once. The SDK retries a request
            // that was turned away, and not one that was taken and cancelled.
            if !reasons.iter().any(is_passing) || !patience.wait(&writes).await {
                return Err(error.into());
            }
        }
    }
}

fn is_unmet(reason: &CancellationReason) -> bool {
    reason.code() == Some("ConditionalCheckFailed")
}

fn is_passing(reason: &CancellationReason) -> bool {
    matches!(
        reason.code(),
        Some("TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded" | "RequestLimitExceeded")
    )
}

/// The partition of what belongs to one person, in each of the tables.
pub(crate) fn owner(user_id: &UserId) -> String {
    format!("USER#{user_id}")
}

/// The key of an item.
pub(crate) fn key(pk: &str, sk: &str) -> Item {
    HashMap::from([("pk".into(), AttributeValue::S(pk.into())), ("sk".into(), AttributeValue::S(sk.into()))])
}

/// A record as the item it is kept as.
pub(crate) fn item<T: Serialize>(pk: &str, sk: &str, record: &T) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(record)?;
    item.extend(key(pk, sk));
    Ok(item)
}

/// Tells a condition that did not hold from a failure.
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

/// What the error and its causes say of themselves. The SDK's own way to show them adds the answer as it came, and that may
/// have a person's items in it (T-20).
impl<E: std::error::Error + Send + Sync + 'static> From<SdkError<E>> for StoreError {
    fn from(error: SdkError<E>) -> Self {
        let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
        Self::DynamoDb(causes.map(ToString::to_string).collect::<Vec<_>>().join(": "))
    }
}
