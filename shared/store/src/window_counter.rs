//! Counts of a user in the current window of time, across instances: one item per user, which starts again with each
//! window, so no item has to be deleted later.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jean_auth::user::UserId;

use crate::table::{StoreError, Table, key, owner};

/// The item of a count, and its attributes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WindowCounter {
    pub(crate) sk: &'static str,
    /// The attribute with the number of the window.
    pub(crate) window: &'static str,
    /// The attribute with the count.
    pub(crate) count: &'static str,
}

impl WindowCounter {
    /// Adds to the count of the user in a window and returns the total across instances. An instance with a slow clock
    /// counts in the stored window.
    pub(crate) async fn add(self, table: &Table, user_id: &UserId, window: i64, count: u64) -> Result<u64, StoreError> {
        // The two conditions are complementary and the stored window only increases: after the second condition has
        // failed, the first one holds.
        loop {
            let add = self.update(table, user_id, [window, count as i64], "ADD #count :count", "#window >= :window");
            if let Some(total) = add.await? {
                return Ok(total);
            }
            let begin = "SET #window = :window, #count = :count";
            let condition = "attribute_not_exists(pk) OR #window < :window";
            let begun = self.update(table, user_id, [window, count as i64], begin, condition);
            if let Some(total) = begun.await? {
                return Ok(total);
            }
        }
    }

    /// Returns the count after an update, or `None` if its condition was not met.
    async fn update(
        self,
        table: &Table,
        user_id: &UserId,
        [window, count]: [i64; 2],
        update: &str,
        condition: &str,
    ) -> Result<Option<u64>, StoreError> {
        let sent = table
            .client()
            .update_item()
            .table_name(table.name())
            .set_key(Some(key(&owner(user_id), self.sk)))
            .update_expression(update)
            .condition_expression(condition)
            .expression_attribute_names("#window", self.window)
            .expression_attribute_names("#count", self.count)
            .expression_attribute_values(":window", AttributeValue::N(window.to_string()))
            .expression_attribute_values(":count", AttributeValue::N(count.to_string()))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await;
        match sent {
            Ok(updated) => {
                let total =
                    updated.attributes.as_ref().and_then(|item| item.get(self.count)?.as_n().ok()?.parse().ok());
                total.map(Some).ok_or_else(|| StoreError::DynamoDb("count without a number".into()))
            }
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}
