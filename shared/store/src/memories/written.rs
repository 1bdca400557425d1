//! The bytes of texts that a user has written today, across instances.

use jean_auth::user::UserId;
use jiff::Timestamp;

use super::reading::Memories;
use crate::{table::StoreError, window_counter::WindowCounter};

/// A day of UTC. All instances count in the same days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(i64);

impl Day {
    /// The day that contains a time.
    pub fn of(now: Timestamp) -> Self {
        Self(now.as_second().div_euclid(24 * 60 * 60))
    }
}

impl Memories {
    /// Adds to the bytes written on a day and returns the total across instances.
    pub async fn count_written(&self, user_id: &UserId, day: Day, bytes: u64) -> Result<u64, StoreError> {
        WRITTEN.add(&self.0, user_id, day.0, bytes).await
    }
}

const WRITTEN: WindowCounter = WindowCounter { sk: "WRITTEN", window: "day", count: "bytes" };
