//! Quotas of stored memories and of bytes written a day.
//!
//! The usage is kept in the manifest of the index, see [`MemoryService::usage`]. An addition neither writes nor checks a
//! common item: an instance counts, may fill a sixteenth of the remaining space within ten minutes, and then counts again.
//! Near the quota it counts before every addition. Concurrent additions can exceed a quota by their own size, and
//! instances that have counted before by a sixteenth each.
//!
//! The bytes of a day are counted by each instance and reported in hundredths of the quota, so that an instance exceeds it
//! by at most a hundredth. Deletions do not give bytes of the day back, nor do memories that turn out to be duplicates.

use std::sync::{Mutex, PoisonError};

use jean_auth::user::UserId;
use jean_memory::{QuotaReached, Quotas, Room, Usage};
use jean_store::{
    StoreError,
    memories::{Day, index::ChangeRecord},
};
use jiff::{SignedDuration, Timestamp};
use lru::LruCache;

use crate::{coverage::Coverage, service::MemoryService};

/// The time after which an instance counts again.
const COUNTED_FOR: SignedDuration = SignedDuration::from_mins(10);
/// Users whose counts an instance keeps.
const MAX_USERS: std::num::NonZeroUsize = std::num::NonZeroUsize::new(10_000).expect("not zero");

/// The reason why memories were not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// They would exceed a quota.
    #[error("quota reached")]
    Full(QuotaReached),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The quotas, and the counts of this instance.
#[derive(Debug)]
pub(crate) struct QuotaCounts {
    quotas: Quotas,
    users: Mutex<LruCache<UserId, UserCounts>>,
}

#[derive(Debug, Default)]
struct UserCounts {
    allowance: Option<Allowance>,
    written: Option<WrittenBytes>,
}

/// The space that this instance may fill before it counts again.
#[derive(Debug, Clone, Copy)]
struct Allowance {
    left: Usage,
    until: Timestamp,
}

/// The bytes written on a day.
#[derive(Debug, Clone, Copy)]
struct WrittenBytes {
    day: Day,
    /// Bytes that all instances have reported to the store, as far as this one knows.
    reported: u64,
    /// Bytes that this instance has not reported yet.
    unreported: u64,
}

impl Allowance {
    /// Takes the space for some memories, unless there is too little.
    fn take(&mut self, new: Usage, now: Timestamp) -> bool {
        let left = self.left.memories.checked_sub(new.memories).zip(self.left.bytes.checked_sub(new.bytes));
        let left = left.filter(|_| now < self.until);
        if let Some((memories, bytes)) = left {
            self.left = Usage { memories, bytes };
        }
        left.is_some()
    }
}

impl WrittenBytes {
    fn of(day: Day) -> Self {
        Self { day, reported: 0, unreported: 0 }
    }

    /// Counts bytes. Returns the number to report once it is a hundredth of the quota.
    fn take(&mut self, bytes: u64, quota: u64) -> Result<Option<u64>, QuotaReached> {
        if self.reported.saturating_add(self.unreported).saturating_add(bytes) > quota {
            return Err(QuotaReached::BytesPerDay { limit: quota });
        }
        self.unreported += bytes;
        Ok((self.unreported > 0 && self.unreported >= quota / 100).then(|| self.report()))
    }

    fn report(&mut self) -> u64 {
        let unreported = std::mem::take(&mut self.unreported);
        self.reported += unreported;
        unreported
    }

    /// Applies a total returned by the store. Answers can arrive out of order; the higher one is the later.
    fn learn(&mut self, total: u64) -> u64 {
        self.reported = self.reported.max(total);
        self.reported
    }
}

impl QuotaCounts {
    pub(crate) fn new(quotas: Quotas) -> Self {
        Self { quotas, users: Mutex::new(LruCache::new(MAX_USERS)) }
    }

    /// Runs `with` on the counts of a user. A poisoned lock is entered: no operation panics while it changes them.
    fn of<T>(&self, user_id: &UserId, with: impl FnOnce(&mut UserCounts) -> T) -> T {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        with(users.get_or_insert_mut(user_id.clone(), UserCounts::default))
    }

    fn written<T>(&self, user_id: &UserId, day: Day, with: impl FnOnce(&mut WrittenBytes) -> T) -> T {
        self.of(user_id, |counts| {
            if counts.written.is_none_or(|written| written.day != day) {
                counts.written = Some(WrittenBytes::of(day));
            }
            with(counts.written.get_or_insert(WrittenBytes::of(day)))
        })
    }
}

impl MemoryService {
    /// The memories of a user, as the manifest counts them, with the tail and the changes since. A Query for the index, and
    /// one for the tail.
    ///
    /// Approximate while a deletion of all memories is unfinished, and while segments of an earlier release are left, which do
    /// not contain sizes.
    pub async fn usage(&self, user_id: &UserId) -> Result<Usage, StoreError> {
        let now = self.ids.now();
        let items = self.memories.index(user_id).await?;
        let coverage = Coverage::of(&items);
        let named = || Usage { memories: coverage.names().map(|name| name.memories).sum(), bytes: 0 };
        let total = items.manifest.as_ref().and_then(|manifest| manifest.total);
        // The segments may still contain deleted memories.
        let is_reset = coverage.cleared > coverage.cleared_in_segments;
        let mut usage = if is_reset { Usage::default() } else { total.unwrap_or_else(named) };
        let is_covered = |change: &&ChangeRecord| change.ids.iter().min().copied() <= coverage.tail_from();
        for ChangeRecord { growth, .. } in items.changes.iter().filter(is_covered) {
            usage = usage.changed_by(growth.memories, growth.bytes);
        }
        let tail = self.tail(user_id, &coverage, None, now).await?;
        usage += Usage::of(tail.memories.iter().filter(|memory| !items.cleared.hides(memory)));
        Ok(usage)
    }

    /// Counts memories that are about to be written, unless they would exceed a quota.
    pub(crate) async fn admit(&self, user_id: &UserId, new: Usage) -> Result<(), WriteError> {
        self.admit_storage(user_id, new).await?;
        self.admit_written(user_id, new.bytes).await
    }

    /// `true` if this instance has counted lately and there is space.
    pub(crate) fn has_space(&self, user_id: &UserId, new: Usage) -> bool {
        let now = self.ids.now();
        let take = |counts: &mut UserCounts| counts.allowance.as_mut().is_some_and(|left| left.take(new, now));
        !self.quota.quotas.limit_storage() || self.quota.of(user_id, take)
    }

    pub(crate) async fn admit_storage(&self, user_id: &UserId, new: Usage) -> Result<(), WriteError> {
        if self.has_space(user_id, new) {
            return Ok(());
        }
        let (until, quotas) = (self.ids.now() + COUNTED_FOR, self.quota.quotas);
        let mut used = self.usage(user_id).await?;
        quotas.check(used, new).map_err(WriteError::Full)?;
        used += new;
        self.quota.of(user_id, |counts| counts.allowance = Some(Allowance { left: quotas.share(used), until }));
        Ok(())
    }

    pub(crate) async fn admit_written(&self, user_id: &UserId, bytes: u64) -> Result<(), WriteError> {
        let Some(quota) = self.quota.quotas.bytes_per_day else { return Ok(()) };
        let day = Day::of(self.ids.now());
        let taken = self.quota.written(user_id, day, |written| written.take(bytes, quota));
        let Some(unreported) = taken.map_err(WriteError::Full)? else { return Ok(()) };
        let total = self.report_written(user_id, day, unreported).await?;
        if total > quota {
            return Err(WriteError::Full(QuotaReached::BytesPerDay { limit: quota }));
        }
        Ok(())
    }

    /// The room for an import. Nothing is counted yet.
    pub(crate) async fn room(&self, user_id: &UserId) -> Result<Room, StoreError> {
        let (quotas, day) = (self.quota.quotas, Day::of(self.ids.now()));
        let used = if quotas.limit_storage() { self.usage(user_id).await? } else { Usage::default() };
        let mut today = 0;
        if quotas.bytes_per_day.is_some() {
            let unreported = self.quota.written(user_id, day, WrittenBytes::report);
            today = self.report_written(user_id, day, unreported).await?;
        }
        Ok(Room::new(quotas, used, today))
    }

    /// Counts the bytes of an import that has had [`room`](Self::room).
    pub(crate) async fn count_imported(&self, user_id: &UserId, bytes: u64) -> Result<(), StoreError> {
        if self.quota.quotas.bytes_per_day.is_none() || bytes == 0 {
            return Ok(());
        }
        let day = Day::of(self.ids.now());
        // The next addition counts the imported memories.
        self.quota.of(user_id, |counts| counts.allowance = None);
        self.quota.written(user_id, day, |written| written.reported += bytes);
        self.report_written(user_id, day, bytes).await.map(drop)
    }

    async fn report_written(&self, user_id: &UserId, day: Day, bytes: u64) -> Result<u64, StoreError> {
        match self.memories.count_written(user_id, day, bytes).await {
            Ok(total) => Ok(self.quota.written(user_id, day, |written| written.learn(total))),
            Err(error) => {
                self.quota.written(user_id, day, |written| {
                    written.reported = written.reported.saturating_sub(bytes);
                    written.unreported += bytes;
                });
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SR-03
    #[test]
    fn instance_exceeds_the_bytes_of_a_day_by_at_most_a_hundredth() {
        for instances in [1_u64, 3, 10] {
            let day = Day::of(Timestamp::UNIX_EPOCH);
            let mut counts: Vec<_> = (0..instances).map(|_| WrittenBytes::of(day)).collect();
            let (mut stored, mut written) = (0, 0);
            for turn in 0..20_000 {
                let count = &mut counts[turn % instances as usize];
                match count.take(7, 10_000) {
                    Err(_) => {}
                    Ok(None) => written += 7,
                    Ok(Some(unreported)) => {
                        stored += unreported;
                        written += if count.learn(stored) <= 10_000 { 7 } else { 0 };
                    }
                }
            }
            assert!((9_900..=10_000 + 106 * instances).contains(&written), "{written} by {instances}");
        }
    }

    /// SR-03
    #[test]
    fn allowance_ends_with_its_space_and_its_time() {
        let until = Timestamp::UNIX_EPOCH + COUNTED_FOR;
        let mut allowance = Allowance { left: Usage { memories: 2, bytes: 10 }, until };
        let one = Usage { memories: 1, bytes: 6 };
        assert!(allowance.take(one, Timestamp::UNIX_EPOCH));
        assert!(!allowance.take(one, Timestamp::UNIX_EPOCH), "four bytes are left");
        assert!(!allowance.take(Usage { memories: 1, bytes: 1 }, until));
        assert!(allowance.take(Usage { memories: 1, bytes: 4 }, Timestamp::UNIX_EPOCH));
    }
}
