//! Counts of the uses of the memories by connected apps, which the user sees on the page of an app (SR-21).
//!
//! Most apps are used a few times a day, and each of these uses is written at once: an instance can end at any time. Of an
//! app with many uses a day, an instance writes every twentieth part of the day's total, so that the count is at most that
//! much too low per instance, and a busy app costs few writes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jean_auth::{grant::GrantId, scope::Scope};
use jean_memory::Credential;
use jean_runtime::Clock;
use jean_store::app_usage::{AppUsage, UseCounts};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::caller::Caller;

/// Maximum number of grants that one instance counts, about a megabyte.
const MAX_GRANTS: usize = 10_000;
/// The part of the day's total that an instance may withhold.
const PART: u64 = 20;

/// The counts of this instance. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct UsageCounter {
    usage: AppUsage,
    clock: Clock,
    held: Arc<Mutex<HashMap<GrantId, DayCount>>>,
}

impl UsageCounter {
    pub(crate) fn new(usage: AppUsage, clock: Clock) -> Self {
        Self { usage, clock, held: Arc::default() }
    }

    /// Counts one use of the memories that needs `scope`. A failure is only logged, and reported with the next use.
    pub(crate) async fn count(&self, caller: &Caller, scope: Scope) {
        let Credential::Grant { grant_id, .. } = &caller.credential else { return };
        let one = match scope {
            Scope::MemoryWrite => UseCounts { reads: 0, writes: 1 },
            Scope::MemoryRead | Scope::OfflineAccess => UseCounts { reads: 1, writes: 0 },
        };
        let now = self.clock.now();
        let Some(uses) = self.held(grant_id, |held| held.take(one, day(now))) else { return };
        match self.usage.add(&caller.user_id, grant_id, uses, now).await {
            Ok(total) => self.held(grant_id, |held| held.stored = held.stored.max(total.total())),
            Err(error) => {
                tracing::warn!(%error, %grant_id, "uses could not be counted");
                self.held(grant_id, |held| held.pending += uses);
            }
        }
    }

    /// Runs `with` on the counts of a grant.
    fn held<T>(&self, grant_id: &GrantId, with: impl FnOnce(&mut DayCount) -> T) -> T {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= MAX_GRANTS && !held.contains_key(grant_id) {
            held.clear();
        }
        with(held.entry(grant_id.clone()).or_default())
    }
}

fn day(now: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(now).date()
}

/// The uses of one grant on one day.
#[derive(Debug, Default)]
struct DayCount {
    day: Date,
    /// Uses that all instances have stored, as far as this one knows.
    stored: u64,
    /// Uses that this instance has not stored yet, with those of an earlier day.
    pending: UseCounts,
}

impl DayCount {
    /// Counts uses, and returns those to store now, if any.
    fn take(&mut self, uses: UseCounts, day: Date) -> Option<UseCounts> {
        if self.day != day {
            (self.day, self.stored) = (day, 0);
        }
        self.pending += uses;
        (self.pending.total() * PART > self.stored).then(|| std::mem::take(&mut self.pending))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: UseCounts = UseCounts { reads: 1, writes: 0 };
    const WRITE: UseCounts = UseCounts { reads: 0, writes: 1 };

    fn date(day: i8) -> Date {
        Date::new(2026, 12, day).expect("a date")
    }

    /// SR-21
    #[test]
    fn few_uses_are_stored_at_once_and_many_in_parts() {
        let (mut count, mut stored, mut writes) = (DayCount::default(), 0, 0);
        for call in 1..=2_000 {
            if let Some(uses) = count.take(if call % 2 == 0 { READ } else { WRITE }, date(1)) {
                stored += uses.total();
                count.stored = stored;
                writes += 1;
            }
            assert!(call - stored <= call / 20, "{stored} of {call}");
            assert!(call > 20 || stored == call, "{stored} of {call}");
        }
        assert!(writes < 150, "{writes}");
    }

    /// SR-21
    #[test]
    fn uses_of_an_earlier_day_are_stored_with_the_next_one() {
        let mut count = DayCount { day: date(1), stored: 100, ..DayCount::default() };
        assert_eq!(count.take(READ, date(1)), None);
        assert_eq!(count.take(WRITE, date(2)), Some(UseCounts { reads: 1, writes: 1 }));
    }
}
