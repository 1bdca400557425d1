//! The number of calls of a user in the current minute, across instances.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jean_auth::user::UserId;
use jiff::Timestamp;
use serde::Deserialize;

use crate::table::{StoreError, Table, key, owner};

/// The call counts in the memories table: one item per user, which is reset each minute. No item has to be deleted
/// later, and the counting function needs no other table.
#[derive(Debug, Clone)]
pub struct RateLimits(Table);

/// A minute since 1970. All instances count in the same minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minute(i64);

impl Minute {
    /// The minute that contains a time.
    pub fn of(now: Timestamp) -> Self {
        Self(now.as_second().div_euclid(60))
    }
}

#[derive(Deserialize)]
struct MinuteCount {
    calls: u32,
}

impl RateLimits {
    /// Opens the counts of a table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Adds `calls` to the count of the user in `minute` and returns the total across instances. Calls counted by an
    /// instance with a slow clock are added to the stored minute.
    pub async fn count(&self, user_id: &UserId, minute: Minute, calls: u32) -> Result<u32, StoreError> {
        // The two conditions are complementary and the stored minute only increases: after the second condition has
        // failed, the first one holds.
        loop {
            if let Some(total) = self.update(user_id, minute, calls, "ADD calls :calls", "#minute >= :minute").await? {
                return Ok(total);
            }
            let begin = "SET #minute = :minute, calls = :calls";
            let condition = "attribute_not_exists(pk) OR #minute < :minute";
            if let Some(total) = self.update(user_id, minute, calls, begin, condition).await? {
                return Ok(total);
            }
        }
    }

    /// Returns the count after an update, or `None` if its condition was not met.
    async fn update(
        &self,
        user_id: &UserId,
        minute: Minute,
        calls: u32,
        update: &str,
        condition: &str,
    ) -> Result<Option<u32>, StoreError> {
        let sent = self
            .0
            .client()
            .update_item()
            .table_name(self.0.name())
            .set_key(Some(key(&owner(user_id), CALLS)))
            .update_expression(update)
            .condition_expression(condition)
            .expression_attribute_names("#minute", "minute")
            .expression_attribute_values(":minute", AttributeValue::N(minute.0.to_string()))
            .expression_attribute_values(":calls", AttributeValue::N(calls.to_string()))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await;
        match sent {
            Ok(updated) => {
                Ok(Some(serde_dynamo::from_item::<_, MinuteCount>(updated.attributes.unwrap_or_default())?.calls))
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

const CALLS: &str = "CALLS";
