//! Counts of the uses of the memories by connected apps, which the user sees on the page of an app (SR-21).
//!
//! An instance stores its first use of an app at once, so that an app never seems unused. It collects further uses, and
//! stores them with the first use of any app a minute later, or when it ends. An app that is used all the time thus costs
//! one write per instance and minute. An instance that crashes loses the uses of at most a minute per app.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::future::join_all;
use jean_auth::{grant::GrantId, scope::Scope, user::UserId};
use jean_memory::Credential;
use jean_runtime::Clock;
use jean_store::app_usage::{AppUsage, UseCounts};
use jiff::{SignedDuration, Timestamp};

use crate::caller::Caller;

/// Maximum number of apps that one instance counts, about a megabyte.
const MAX_GRANTS: usize = 10_000;
/// The time for which uses are collected.
const COLLECTED_FOR: SignedDuration = SignedDuration::from_mins(1);
/// Apps whose uses one request stores, and that are stored at once when the instance ends.
const AT_ONCE: usize = 10;

/// The counts of this instance. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct UsageCounter {
    usage: AppUsage,
    clock: Clock,
    collected: Arc<Mutex<CollectedUses>>,
}

impl UsageCounter {
    pub(crate) fn new(usage: AppUsage, clock: Clock) -> Self {
        Self { usage, clock, collected: Arc::default() }
    }

    /// Counts one use of the memories that needs `scope`. A failure to store it is only logged, and tried again with the
    /// next use.
    pub(crate) async fn count(&self, caller: &Caller, scope: Scope) {
        let Credential::Grant { grant_id, .. } = &caller.credential else { return };
        let uses = match scope {
            Scope::MemoryWrite => UseCounts { reads: 0, writes: 1 },
            Scope::MemoryRead | Scope::OfflineAccess => UseCounts { reads: 1, writes: 0 },
        };
        let now = self.clock.now();
        let due = self.collected().take_due(AppUses::new(&caller.user_id, grant_id, uses, now), now);
        join_all(due.into_iter().map(|uses| self.store(uses))).await;
    }

    /// Stores all uses that this instance has collected.
    pub(crate) async fn store_all(&self) {
        let all = self.collected().take_all();
        for uses in all.chunks(AT_ONCE) {
            join_all(uses.iter().cloned().map(|uses| self.store(uses))).await;
        }
    }

    async fn store(&self, uses: AppUses) {
        if let Err(error) = self.usage.add(&uses.user_id, &uses.grant_id, uses.counts, uses.last).await {
            tracing::warn!(%error, grant_id = %uses.grant_id, "uses could not be counted");
            self.collected().collect(uses);
        }
    }

    /// A poisoned lock is entered: no operation panics while it changes the counts.
    fn collected(&self) -> MutexGuard<'_, CollectedUses> {
        self.collected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Uses of one app that are not stored.
#[derive(Debug, Clone)]
struct AppUses {
    user_id: UserId,
    grant_id: GrantId,
    counts: UseCounts,
    first: Timestamp,
    last: Timestamp,
}

impl AppUses {
    fn new(user_id: &UserId, grant_id: &GrantId, counts: UseCounts, now: Timestamp) -> Self {
        Self { user_id: user_id.clone(), grant_id: grant_id.clone(), counts, first: now, last: now }
    }
}

#[derive(Debug, Default)]
struct CollectedUses {
    /// Apps of which this instance has stored a use.
    known: HashSet<GrantId>,
    collected: HashMap<GrantId, AppUses>,
}

impl CollectedUses {
    /// Adds uses, and returns those to store now: of an app that is new to the instance, and of others that have been
    /// collected for long.
    fn take_due(&mut self, uses: AppUses, now: Timestamp) -> Vec<AppUses> {
        if self.known.len() >= MAX_GRANTS {
            self.known.clear();
        }
        let mut due = Vec::new();
        if self.known.insert(uses.grant_id.clone()) || self.collected.len() >= MAX_GRANTS {
            due.push(uses);
        } else {
            self.collect(uses);
        }
        let is_due = |_: &GrantId, uses: &mut AppUses| now.duration_since(uses.first) >= COLLECTED_FOR;
        due.extend(self.collected.extract_if(is_due).map(|(_, uses)| uses).take(AT_ONCE - due.len()));
        due
    }

    fn take_all(&mut self) -> Vec<AppUses> {
        self.collected.drain().map(|(_, uses)| uses).collect()
    }

    fn collect(&mut self, uses: AppUses) {
        match self.collected.entry(uses.grant_id.clone()) {
            Entry::Vacant(entry) => drop(entry.insert(uses)),
            Entry::Occupied(mut entry) => {
                let collected = entry.get_mut();
                collected.counts += uses.counts;
                collected.first = collected.first.min(uses.first);
                collected.last = collected.last.max(uses.last);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn read(grant_id: &str, second: i64) -> AppUses {
        let (user_id, grant_id) = ("ada".parse().expect("valid"), grant_id.parse().expect("valid"));
        AppUses::new(&user_id, &grant_id, UseCounts { reads: 1, writes: 0 }, at(second))
    }

    /// Uses an app, and returns what is stored then: the app, its uses, and the time of the last one.
    fn stored(collected: &mut CollectedUses, grant_id: &str, second: i64) -> Vec<(String, u64, i64)> {
        let due = collected.take_due(read(grant_id, second), at(second));
        due.into_iter().map(|uses| (uses.grant_id.to_string(), uses.counts.reads, uses.last.as_second())).collect()
    }

    /// SR-21
    #[test]
    fn first_use_is_stored_at_once_and_further_ones_after_a_minute() {
        let mut collected = CollectedUses::default();
        assert_eq!(stored(&mut collected, "grant1", 0), [("grant1".into(), 1, 0)]);
        for second in 1..61 {
            assert_eq!(stored(&mut collected, "grant1", second), []);
        }
        assert_eq!(stored(&mut collected, "grant1", 61), [("grant1".into(), 61, 61)]);
        assert_eq!(stored(&mut collected, "grant1", 62), []);
    }

    /// SR-21
    #[test]
    fn use_of_another_app_stores_collected_ones() {
        let mut collected = CollectedUses::default();
        stored(&mut collected, "grant1", 0);
        stored(&mut collected, "grant1", 1);
        assert_eq!(stored(&mut collected, "grant2", 61), [("grant2".into(), 1, 61), ("grant1".into(), 1, 1)]);
    }

    /// SR-21: one request stores the uses of few apps.
    #[test]
    fn uses_of_many_apps_are_stored_by_several_requests() {
        let mut collected = CollectedUses::default();
        for second in 0..2 {
            (0..25).for_each(|app| drop(stored(&mut collected, &format!("grant{app}"), second)));
        }
        let counts = [100, 101, 102, 103].map(|second| stored(&mut collected, "other", second).len());
        assert_eq!(counts, [10, 10, 6, 0]);
        assert_eq!(collected.take_all().len(), 1, "of the app itself");
    }

    /// SR-21
    #[test]
    fn uses_that_could_not_be_stored_are_added_to_later_ones() {
        let mut collected = CollectedUses::default();
        let failed = collected.take_due(read("grant1", 0), at(0)).remove(0);
        collected.collect(failed);
        assert_eq!(stored(&mut collected, "grant1", 60), [("grant1".into(), 2, 60)]);
    }
}
