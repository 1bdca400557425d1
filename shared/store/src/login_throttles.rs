//! Counts of failed attempts, stored so that the limits hold across instances (AS-19).

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::table::{StoreError, Table, key};

/// The counts in the auth table.
#[derive(Debug, Clone)]
pub struct LoginThrottles(Table);

/// The maximum number of failures per time window.
#[derive(Debug, Clone, Copy)]
pub struct ThrottlePolicy {
    /// The name of the throttle, which is part of its key.
    pub name: &'static str,
    /// The maximum number of failures.
    pub failures: u32,
    /// The length of the window.
    pub window: SignedDuration,
}

#[derive(Deserialize)]
struct FailureCount {
    failures: u32,
}

impl LoginThrottles {
    /// Opens the counts of a table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Returns the time until `who` may try again, or `None` if the limit has not been reached.
    pub async fn wait(
        &self,
        policy: ThrottlePolicy,
        who: &str,
        now: Timestamp,
    ) -> Result<Option<SignedDuration>, StoreError> {
        let (pk, ends_at) = window(policy, who, now);
        let count: Option<FailureCount> = self.0.get(&pk, THROTTLE).await?;
        Ok(count.filter(|count| count.failures >= policy.failures).map(|_| ends_at.duration_since(now)))
    }

    /// Counts a failure of `who` and returns the number of failures in the current window.
    pub async fn count(&self, policy: ThrottlePolicy, who: &str, now: Timestamp) -> Result<u32, StoreError> {
        let (pk, ends_at) = window(policy, who, now);
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
        Ok(serde_dynamo::from_item::<_, FailureCount>(counted.attributes.unwrap_or_default())?.failures)
    }
}

const THROTTLE: &str = "THROTTLE";

/// Windows start at multiples of their length, so that every instance counts in the same one.
fn window(policy: ThrottlePolicy, who: &str, now: Timestamp) -> (String, Timestamp) {
    let length = policy.window.as_secs();
    let number = now.as_second().div_euclid(length);
    let ends_at = Timestamp::from_second((number + 1) * length).unwrap_or(now);
    (format!("THROTTLE#{}#{who}#{number}", policy.name), ends_at)
}
