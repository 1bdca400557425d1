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
use jean_store::rate_limits::{Minute, RateLimits};
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
        let limit = self.per_minute;
        let taken = self.counts(minute, |counts| counts.of(user_id).take(calls, limit)).map_err(|Exhausted| reached)?;
        let Some(unreported) = taken else { return Ok(()) };
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
    users: HashMap<UserId, InstanceCallCount>,
}

impl MinuteCounts {
    fn new(minute: Minute) -> Self {
        Self { minute, users: HashMap::new() }
    }

    fn of(&mut self, user_id: &UserId) -> &mut InstanceCallCount {
        if self.users.len() >= MAX_USERS && !self.users.contains_key(user_id) {
            self.users.clear();
        }
        self.users.entry(user_id.clone()).or_default()
    }
}

/// The calls of one user.
#[derive(Debug, Default)]
struct InstanceCallCount {
    /// Calls that all instances have reported to the store, as far as this one knows.
    reported: u32,
    /// Calls that this instance has not reported yet.
    unreported: u32,
}

/// The minute has fewer calls left than requested.
#[derive(Debug, PartialEq, Eq)]
struct Exhausted;

impl InstanceCallCount {
    /// Counts `calls` if the limit allows them. Returns the number to report to the store once it is a tenth of the limit.
    fn take(&mut self, calls: u32, limit: u32) -> Result<Option<u32>, Exhausted> {
        if self.reported.saturating_add(self.unreported).saturating_add(calls) > limit {
            return Err(Exhausted);
        }
        self.unreported += calls;
        if self.unreported < limit / 10 {
            return Ok(None);
        }
        let unreported = std::mem::take(&mut self.unreported);
        self.reported += unreported;
        Ok(Some(unreported))
    }

    /// Applies a total returned by the store. Answers can arrive out of order; the higher one is the later.
    fn learn(&mut self, total: u32) -> u32 {
        self.reported = self.reported.max(total);
        self.reported
    }

    /// Undoes a report that failed.
    fn restore(&mut self, unreported: u32) {
        self.reported = self.reported.saturating_sub(unreported);
        self.unreported += unreported;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TL-04
    #[test]
    fn one_instance_allows_the_limit_and_reports_ten_times() {
        let (mut count, mut reports) = (InstanceCallCount::default(), Vec::new());
        for call in 1..=600 {
            let unreported = count.take(1, 600).expect("one is left");
            assert_eq!(unreported, (call % 60 == 0).then_some(60), "{call}");
            reports.extend(unreported);
        }
        assert_eq!((reports.len(), count.take(1, 600)), (10, Err(Exhausted)));
    }

    /// TL-04
    #[test]
    fn each_instance_exceeds_the_limit_by_less_than_a_tenth() {
        for instances in [1, 2, 7, 40] {
            let mut counts = Vec::from_iter((0..instances).map(|_| InstanceCallCount::default()));
            let (mut store, mut allowed) = (0, 0);
            for turn in 0..2_000 {
                let count = &mut counts[turn % instances];
                match count.take(1, 100) {
                    Err(Exhausted) => {}
                    Ok(None) => allowed += 1,
                    Ok(Some(unreported)) => {
                        store += unreported;
                        allowed += u32::from(count.learn(store) <= 100);
                    }
                }
            }
            assert!((100..=100 + 9 * instances as u32).contains(&allowed), "{allowed} by {instances}");
        }
    }

    /// TL-04
    #[test]
    fn batch_is_counted_as_a_whole_or_not_at_all() {
        let mut count = InstanceCallCount::default();
        assert_eq!(count.take(50, 100), Ok(Some(50)));
        assert_eq!(count.take(51, 100), Err(Exhausted));
        assert_eq!(count.take(50, 100), Ok(Some(50)));
    }

    /// TL-04
    #[test]
    fn failed_report_still_counts_and_is_repeated() {
        let mut count = InstanceCallCount::default();
        assert_eq!(count.take(10, 100), Ok(Some(10)));
        count.restore(10);
        assert_eq!(count.take(1, 100), Ok(Some(11)));
        count.restore(11);
        assert_eq!(count.take(90, 100), Err(Exhausted));
    }

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
