//! How many calls a person has made in the present minute, over all instances.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jean_auth::user::UserId;
use jiff::Timestamp;
use serde::Deserialize;

use crate::table::{StoreError, Table, key, owner};

/// The counts in the memories table: one item per person, which stays and is counted anew each minute. Nothing has to be
/// deleted later, and the function that counts needs no other table.
#[derive(Debug, Clone)]
pub struct RateLimits(Table);

/// A minute of the clock, counted from 1970. All instances count in the same ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minute(i64);

impl Minute {
    /// The minute of this moment.
    pub fn of(now: Timestamp) -> Self {
        Self(now.as_second().div_euclid(60))
    }
}

#[derive(Deserialize)]
struct Count {
    calls: u32,
}

impl RateLimits {
    /// The counts kept in this table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Counts `calls` more of a person in `minute`, and says how many there are now, over all instances. What an instance
    /// counts whose clock is behind goes to the minute the others are in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count(&self, user_id: &UserId, minute: Minute, calls: u32) -> Result<u32, StoreError> {
        // The two conditions exclude each other, and a minute only grows: what failed the second finds the first true.
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

    /// The count after an update, if its condition held.
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
            Ok(updated) => Ok(Some(serde_dynamo::from_item::<_, Count>(updated.attributes.unwrap_or_default())?.calls)),
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
