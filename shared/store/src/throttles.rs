//! Counts of attempts, stored so that the limits hold across instances (AS-19).
//!
//! An attempt is counted before it is made, by one conditional update: of many concurrent ones no more are admitted than
//! the limit allows. A successful attempt is given back.

use jean_auth::throttle::AttemptLimit;
use jiff::{SignedDuration, Timestamp};

use crate::table::{Condition, StoreError, TTL, Table, Written, number, seconds};

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
            let has_any = Condition::of("attempts > :none").value(":one", number(-1)).value(":none", number(0));
            self.0.update(&pk, THROTTLE, "ADD attempts :one", has_any).await?;
        }
        Ok(())
    }

    async fn count(&self, pk: &str, maximum: u32, ends_at: Timestamp) -> Result<Written, StoreError> {
        let is_below = Condition::of("attribute_not_exists(attempts) OR attempts < :maximum")
            .name("#ttl", TTL)
            .value(":one", number(1))
            .value(":maximum", number(maximum))
            .value(":ends", seconds(ends_at));
        self.0.update(pk, THROTTLE, "ADD attempts :one SET #ttl = :ends", is_below).await
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
