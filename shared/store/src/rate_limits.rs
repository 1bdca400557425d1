//! The number of calls of a user in the current minute, across instances.

use jean_auth::user::UserId;
use jiff::Timestamp;

use crate::{
    table::{StoreError, Table},
    window_counter::WindowCounter,
};

/// The call counts in the memories table, so that the counting function needs no other table.
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

impl RateLimits {
    /// Opens the counts of a table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Adds `calls` to the count of the user in `minute` and returns the total across instances.
    pub async fn count(&self, user_id: &UserId, minute: Minute, calls: u64) -> Result<u64, StoreError> {
        CALLS.add(&self.0, user_id, minute.0, calls).await
    }
}

const CALLS: WindowCounter = WindowCounter { sk: "CALLS", window: "minute", count: "calls" };
