//! Quotas of stored memories and of bytes written a day.
//!
//! The usage is kept in the manifest of the index, see [`usage`](crate::MemoryService::usage). An addition neither writes nor checks a
//! common item: an instance counts, may fill a sixteenth of the remaining space within ten minutes, and then counts again.
//! Near the quota it counts before every addition. Concurrent additions can exceed a quota by their own size, and
//! instances that have counted before by a sixteenth each.
//!
//! The bytes of a day are counted by each instance and reported in hundredths of the quota, so that an instance exceeds it
//! by at most a hundredth. Deletions do not give bytes of the day back, nor do memories that turn out to be duplicates.

use std::sync::{Mutex, PoisonError};

use jean_auth::user::UserId;
use jean_memory::{QuotaReached, Quotas, Usage};
use jean_store::{StoreError, memories::Day, reported_count::ReportedCount};
use jiff::{SignedDuration, Timestamp};
use lru::LruCache;

/// The time after which an instance counts again.
pub(crate) const COUNTED_FOR: SignedDuration = SignedDuration::from_mins(10);
/// Number of users with counts in an instance.
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
    pub(crate) quotas: Quotas,
    users: Mutex<LruCache<UserId, UserCounts>>,
}

#[derive(Debug, Default)]
pub(crate) struct UserCounts {
    pub(crate) allowance: Option<Allowance>,
    written: Option<(Day, ReportedCount)>,
}

/// The space that this instance may fill before it counts again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    pub(crate) left: Usage,
    pub(crate) until: Timestamp,
}

impl Allowance {
    /// Takes the space for some memories, unless there is too little.
    pub(crate) fn take(&mut self, new: Usage, now: Timestamp) -> bool {
        let left = self.left.memories.checked_sub(new.memories).zip(self.left.bytes.checked_sub(new.bytes));
        let left = left.filter(|_| now < self.until);
        if let Some((memories, bytes)) = left {
            self.left = Usage { memories, bytes };
        }
        left.is_some()
    }
}

impl QuotaCounts {
    pub(crate) fn new(quotas: Quotas) -> Self {
        Self { quotas, users: Mutex::new(LruCache::new(MAX_USERS)) }
    }

    /// Runs `with` on the counts of a user. A poisoned lock is entered: no operation panics while it changes them.
    pub(crate) fn of<T>(&self, user_id: &UserId, with: impl FnOnce(&mut UserCounts) -> T) -> T {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        with(users.get_or_insert_mut(user_id.clone(), UserCounts::default))
    }

    /// Runs `with` on the bytes that a user has written on a day.
    pub(crate) fn written<T>(&self, user_id: &UserId, day: Day, with: impl FnOnce(&mut ReportedCount) -> T) -> T {
        self.of(user_id, |counts| {
            let (_, written) = match &mut counts.written {
                Some(written) if written.0 == day => written,
                other => other.insert((day, ReportedCount::default())),
            };
            with(written)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
