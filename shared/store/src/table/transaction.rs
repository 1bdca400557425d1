//! The writes of a transaction, and their execution.

use aws_sdk_dynamodb::{
    operation::transact_write_items::TransactWriteItemsError,
    types::{CancellationReason, ConditionCheck, Delete, Put, TransactWriteItem, Update},
};

use super::{Condition, Item, StoreError, Table, Written, key, retry::Backoff};

impl Table {
    /// A put that fails if the item exists.
    pub(crate) fn insertion(&self, item: Item) -> TransactWriteItem {
        self.put_if(item, Condition::absent())
    }

    /// An unconditional put.
    pub(crate) fn put(&self, item: Item) -> TransactWriteItem {
        let put = Put::builder().table_name(&self.name).set_item(Some(item));
        TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
    }

    /// A put with a condition on the existing item.
    pub(crate) fn put_if(&self, item: Item, condition: Condition) -> TransactWriteItem {
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(item))
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .condition_expression(condition.expression);
        TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
    }

    /// An unconditional delete.
    pub(crate) fn removal(&self, pk: &str, sk: &str) -> TransactWriteItem {
        let delete = Delete::builder().table_name(&self.name).set_key(Some(key(pk, sk)));
        TransactWriteItem::builder().delete(delete.build().expect("table and key are set")).build()
    }

    /// A delete with a condition on the existing item.
    pub(crate) fn removal_if(&self, pk: &str, sk: &str, condition: Condition) -> TransactWriteItem {
        let delete = Delete::builder()
            .table_name(&self.name)
            .set_key(Some(key(pk, sk)))
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .condition_expression(condition.expression);
        TransactWriteItem::builder().delete(delete.build().expect("table and key are set")).build()
    }

    /// An update with a condition on the existing item. Both use the placeholders of the condition.
    pub(crate) fn change(&self, pk: &str, sk: &str, update: &str, condition: Condition) -> TransactWriteItem {
        let update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(key(pk, sk)))
            .update_expression(update)
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .condition_expression(condition.expression);
        TransactWriteItem::builder().update(update.build().expect("table, key and update are set")).build()
    }

    /// A condition on an item that the transaction does not write.
    pub(crate) fn check(&self, pk: &str, sk: &str, condition: Condition) -> TransactWriteItem {
        let check = ConditionCheck::builder()
            .table_name(&self.name)
            .set_key(Some(key(pk, sk)))
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .condition_expression(condition.expression);
        TransactWriteItem::builder().condition_check(check.build().expect("table, key and condition are set")).build()
    }

    /// Applies all writes or none.
    pub(crate) async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<Written, StoreError> {
        Ok(if self.try_all(writes).await?.is_empty() { Written::Yes } else { Written::ConditionFailed })
    }

    /// Applies all writes or none. Returns the labels of the writes with an unmet condition, or an empty list if the writes
    /// were applied.
    pub(crate) async fn try_labelled<L>(&self, writes: Vec<(L, TransactWriteItem)>) -> Result<Vec<L>, StoreError> {
        let (labels, writes): (Vec<_>, Vec<_>) = writes.into_iter().unzip();
        let unmet = self.try_all(writes).await?;
        Ok((0..).zip(labels).filter(|(at, _)| unmet.contains(at)).map(|(_, label)| label).collect())
    }

    /// Applies all writes or none. Returns the positions of the writes with an unmet condition, or an empty list if
    /// the writes were applied.
    pub(crate) async fn try_all(&self, writes: Vec<TransactWriteItem>) -> Result<Vec<usize>, StoreError> {
        let mut backoff = Backoff::default();
        // All attempts have one token: the response to one may have been lost after it was applied, and the next would then
        // report an unmet condition. The token needs no secrecy, so it comes from the generator that the SDK uses for its own.
        let token = format!("{:032x}", fastrand::u128(..));
        let transaction =
            self.client.transact_write_items().set_transact_items(Some(writes)).client_request_token(token);
        loop {
            let sent = transaction.clone().send().await;
            let Err(error) = sent else { return Ok(vec![]) };
            let reasons = match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    cancelled.cancellation_reasons()
                }
                _ => return Err(error.into()),
            };
            let unmet: Vec<_> = (0..).zip(reasons).filter(|(_, reason)| is_unmet(reason)).map(|(at, _)| at).collect();
            if !unmet.is_empty() {
                return Ok(unmet);
            }
            // A concurrent transaction on one of the items, or throttling. The SDK retries a rejected request, but not
            // a cancelled transaction.
            if !reasons.iter().any(is_transient) || !backoff.wait().await {
                return Err(error.into());
            }
        }
    }
}

fn is_unmet(reason: &CancellationReason) -> bool {
    reason.code() == Some("ConditionalCheckFailed")
}

fn is_transient(reason: &CancellationReason) -> bool {
    matches!(
        reason.code(),
        Some("TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded" | "RequestLimitExceeded")
    )
}
