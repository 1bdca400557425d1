//! Rate limit of calls per user and minute (TL-04).
//!
//! The limit applies to all instances together, yet users well below it cost no writes. Each instance counts on its own
//! and adds its count to the store only after every tenth of the limit; the store returns the total of all instances.
//! An instance thus allows at most a tenth of the limit that the others do not know of, and the limit is exceeded by at
//! most that per instance. Once an instance knows that the limit is reached, it rejects calls without asking the store.
//!
//! A call is an authenticated request, or one message of a batch. Unauthenticated requests are rejected before they are
//! counted, so an attacker cannot use up the calls of another user (T-28).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jean_auth::user::UserId;
use jean_runtime::Clock;
use jean_store::{
    rate_limits::{Minute, RateLimits},
    reported_count::{Exhausted, ReportedCount},
};
use jiff::Timestamp;

/// Maximum number of users that one instance counts, about a megabyte. An attacker with many accounts could otherwise
/// make the counts grow without bound.
const MAX_USERS: usize = 10_000;

/// The rate limit, and the counts of this instance for the current minute. Clones share the counts.
#[derive(Debug, Clone)]
pub(crate) struct CallLimit {
    calls: RateLimits,
    per_minute: u32,
    clock: Clock,
    counts: Arc<Mutex<MinuteCounts>>,
}

/// The user has no calls left in this minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LimitReached {
    /// Seconds until the next minute begins.
    pub(crate) retry_after: u32,
}

impl CallLimit {
    pub(crate) fn new(calls: RateLimits, per_minute: u32, clock: Clock) -> Self {
        let counts = Arc::new(Mutex::new(MinuteCounts::new(Minute::of(clock.now()))));
        Self { calls, per_minute, clock, counts }
    }

    /// Counts `calls` of a user, all or none. If the store cannot be reached, calls are still allowed up to the limit by
    /// this instance's own count, which is reported later.
    pub(crate) async fn count(&self, user_id: &UserId, calls: u32) -> Result<(), LimitReached> {
        let now = self.clock.now();
        let (minute, reached) = (Minute::of(now), LimitReached { retry_after: seconds_left(now) });
        let limit = self.per_minute.into();
        let taken = self.counts(minute, |counts| counts.of(user_id).take(calls.into(), limit, limit / 10));
        let Some(unreported) = taken.map_err(|Exhausted| reached)? else { return Ok(()) };
        match self.calls.count(user_id, minute, unreported).await {
            Ok(total) => {
                let total = self.counts(minute, |counts| counts.of(user_id).learn(total));
                if total > limit { Err(reached) } else { Ok(()) }
            }
            Err(error) => {
                tracing::warn!(%error, "calls could not be counted");
                self.counts(minute, |counts| counts.of(user_id).restore(unreported));
                Ok(())
            }
        }
    }

    /// Runs `with` on the counts of a minute. Counts of other minutes are discarded.
    fn counts<T>(&self, minute: Minute, with: impl FnOnce(&mut MinuteCounts) -> T) -> T {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.minute != minute {
            *counts = MinuteCounts::new(minute);
        }
        with(&mut counts)
    }
}

fn seconds_left(now: Timestamp) -> u32 {
    (60 - now.as_second().rem_euclid(60)).try_into().unwrap_or(60)
}

/// The counts of one instance for one minute.
#[derive(Debug)]
struct MinuteCounts {
    minute: Minute,
    users: HashMap<UserId, ReportedCount>,
}

impl MinuteCounts {
    fn new(minute: Minute) -> Self {
        Self { minute, users: HashMap::new() }
    }

    fn of(&mut self, user_id: &UserId) -> &mut ReportedCount {
        if self.users.len() >= MAX_USERS && !self.users.contains_key(user_id) {
            self.users.clear();
        }
        self.users.entry(user_id.clone()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_the_rest_of_the_minute() {
        for (second, wait) in [(0, 60), (1, 59), (59, 1), (60, 60)] {
            assert_eq!(seconds_left(Timestamp::from_second(second).expect("in range")), wait);
        }
    }

    /// T-13
    #[test]
    fn number_of_counted_users_is_bounded() {
        let mut counts = MinuteCounts::new(Minute::of(Timestamp::UNIX_EPOCH));
        for user in 0..=MAX_USERS {
            counts.of(&format!("user-{user}").parse().expect("valid"));
        }
        assert!(counts.users.len() <= MAX_USERS);
    }
}
