//! Counts of failures, in the shared store so that they hold over all instances (AS-19).

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::table::{StoreError, Table, key};

/// The counts in the auth table.
#[derive(Debug, Clone)]
pub struct LoginThrottles(Table);

/// How many failures a window of time may hold.
#[derive(Debug, Clone, Copy)]
pub struct ThrottlePolicy {
    /// What is counted: the name of the throttle.
    pub name: &'static str,
    /// How many are let through.
    pub failures: u32,
    /// In how long.
    pub window: SignedDuration,
}

#[derive(Deserialize)]
struct Count {
    failures: u32,
}

impl LoginThrottles {
    /// The counts kept in this table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// How long `who` has to wait, if the limit is reached.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn wait(
        &self,
        limit: ThrottlePolicy,
        who: &str,
        now: Timestamp,
    ) -> Result<Option<SignedDuration>, StoreError> {
        let (pk, ends_at) = window(limit, who, now);
        let count: Option<Count> = self.0.get(&pk, THROTTLE).await?;
        Ok(count.filter(|count| count.failures >= limit.failures).map(|_| ends_at.duration_since(now)))
    }

    /// Counts a failure of `who`, and says how many there are in this window now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count(&self, limit: ThrottlePolicy, who: &str, now: Timestamp) -> Result<u32, StoreError> {
        let (pk, ends_at) = window(limit, who, now);
        let counted = self
            .0
            .client()
            .update_item()
            .table_name(self.0.name())
            .set_key(Some(key(&pk, THROTTLE)))
            .update_expression("ADD failures :one SET #ttl = :ends")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":one", AttributeValue::N("1".into()))
            .expression_attribute_values(":ends", AttributeValue::N(ends_at.as_second().to_string()))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await?;
        Ok(serde_dynamo::from_item::<_, Count>(counted.attributes.unwrap_or_default())?.failures)
    }
}

const THROTTLE: &str = "THROTTLE";

/// Windows begin at multiples of their length, so that every instance counts in the same one.
fn window(limit: ThrottlePolicy, who: &str, now: Timestamp) -> (String, Timestamp) {
    let length = limit.window.as_secs();
    let number = now.as_second().div_euclid(length);
    let ends_at = Timestamp::from_second((number + 1) * length).unwrap_or(now);
    (format!("THROTTLE#{}#{who}#{number}", limit.name), ends_at)
}
