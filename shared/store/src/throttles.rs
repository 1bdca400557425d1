//! Counts of attempts, stored so that the limits hold across instances (AS-19).
//!
//! An attempt is counted before it is made, by one conditional update: of many concurrent ones no more are admitted than
//! the limit allows. A successful attempt is given back.

use aws_sdk_dynamodb::types::AttributeValue;
use jean_auth::throttle::AttemptLimit;
use jiff::{SignedDuration, Timestamp};

use crate::table::{StoreError, Table, Written, condition, key};

/// The counts in the auth table.
#[derive(Debug, Clone)]
pub struct Throttles(Table);

/// The reason why an attempt may not be made.
#[derive(Debug, thiserror::Error)]
pub enum NotAdmitted {
    /// A limit is reached until this time has passed.
    #[error("too many attempts")]
    Throttled(SignedDuration),
    /// The attempt could not be counted.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A counted attempt, which may be made. If it is dropped, it counts as failed.
#[derive(Debug, Default)]
pub struct Attempt(Vec<String>);

impl Throttles {
    /// Opens the counts of a table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Counts an attempt against all limits. If one of them is reached, it counts against none.
    pub async fn admit(&self, limits: &[AttemptLimit], now: Timestamp) -> Result<Attempt, NotAdmitted> {
        let mut attempt = Attempt::default();
        for limit in limits {
            let (pk, ends_at) = window(limit, now);
            if self.count(&pk, limit.policy.attempts, ends_at).await? == Written::ConditionFailed {
                self.give_back(attempt).await?;
                return Err(NotAdmitted::Throttled(ends_at.duration_since(now)));
            }
            attempt.0.push(pk);
        }
        Ok(attempt)
    }

    /// Gives a successful attempt back.
    pub async fn give_back(&self, attempt: Attempt) -> Result<(), StoreError> {
        for pk in attempt.0 {
            let update = self.0.client().update_item().table_name(self.0.name()).set_key(Some(key(&pk, THROTTLE)));
            let sent = update
                .update_expression("ADD attempts :one")
                .condition_expression("attempts > :none")
                .expression_attribute_values(":one", AttributeValue::N("-1".into()))
                .expression_attribute_values(":none", AttributeValue::N("0".into()))
                .send()
                .await;
            condition(sent.map(drop))?;
        }
        Ok(())
    }

    async fn count(&self, pk: &str, maximum: u32, ends_at: Timestamp) -> Result<Written, StoreError> {
        let update = self.0.client().update_item().table_name(self.0.name()).set_key(Some(key(pk, THROTTLE)));
        let sent = update
            .update_expression("ADD attempts :one SET #ttl = :ends")
            .condition_expression("attribute_not_exists(attempts) OR attempts < :maximum")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":one", AttributeValue::N("1".into()))
            .expression_attribute_values(":maximum", AttributeValue::N(maximum.to_string()))
            .expression_attribute_values(":ends", AttributeValue::N(ends_at.as_second().to_string()))
            .send()
            .await;
        condition(sent.map(drop))
    }
}

const THROTTLE: &str = "THROTTLE";

/// Windows start at multiples of their length, so that every instance counts in the same one.
fn window(limit: &AttemptLimit, now: Timestamp) -> (String, Timestamp) {
    let length = limit.policy.window.as_secs();
    let number = now.as_second().div_euclid(length);
    let ends_at = Timestamp::from_second((number + 1) * length).unwrap_or(now);
    (format!("THROTTLE#{}#{}#{number}", limit.policy.name, limit.subject.as_str()), ends_at)
}
