//! Quotas of a user: the number of memories, the bytes of their texts, and the bytes written a day.
//!
//! Limits of single memories are in `new_memory`, the limit of calls in the function of the endpoint.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::Memory;

/// The size of some memories. Tags, sources and titles are not counted; their limits are small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// The number of memories. Each part of a document is one.
    pub memories: u64,
    /// The bytes of their texts.
    pub bytes: u64,
}

/// The quotas of each user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quotas {
    /// Maximum number of memories, if limited.
    pub memories: Option<u64>,
    /// Maximum bytes of texts, if limited.
    pub bytes: Option<u64>,
    /// Maximum bytes of texts written in a day of UTC, if limited.
    pub bytes_per_day: Option<u64>,
}

/// A quota that a write would exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaReached {
    /// The number of memories.
    Memories {
        /// The memories that the user has.
        used: u64,
        /// The maximum.
        limit: u64,
    },
    /// The bytes of texts.
    Bytes {
        /// The bytes that the user has.
        used: u64,
        /// The maximum.
        limit: u64,
    },
    /// The bytes written today.
    BytesPerDay {
        /// The maximum.
        limit: u64,
    },
}

/// The room that the quotas leave for an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Room {
    quotas: Quotas,
    used: Usage,
    today: u64,
}

impl Usage {
    /// The size of some memories.
    pub fn of<'a>(memories: impl IntoIterator<Item = &'a Memory>) -> Self {
        let mut usage = Self::default();
        memories.into_iter().for_each(|memory| usage += Self { memories: 1, bytes: memory.text.len() as u64 });
        usage
    }

    /// The size after a change, which may be negative.
    #[must_use]
    pub fn changed_by(self, memories: i64, bytes: i64) -> Self {
        Self { memories: self.memories.saturating_add_signed(memories), bytes: self.bytes.saturating_add_signed(bytes) }
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.memories = self.memories.saturating_add(other.memories);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

impl Quotas {
    /// Quotas, of which 0 means none.
    pub fn new(memories: u64, bytes: u64, bytes_per_day: u64) -> Self {
        let limit = |value: u64| (value > 0).then_some(value);
        Self { memories: limit(memories), bytes: limit(bytes), bytes_per_day: limit(bytes_per_day) }
    }

    /// The quotas of the settings, each of which `limit` reads by its name with its maximum.
    ///
    /// # Errors
    /// Those of `limit`.
    pub fn read<E>(limit: impl Fn(&'static str, u32) -> Result<u32, E>) -> Result<Self, E> {
        Ok(Self::new(
            limit("MEMORIES_PER_USER", 10_000_000)?.into(),
            limit("BYTES_PER_USER", 4_000_000_000)?.into(),
            limit("BYTES_PER_DAY", 4_000_000_000)?.into(),
        ))
    }

    /// `true` if the stored memories are limited.
    pub fn limit_storage(&self) -> bool {
        self.memories.is_some() || self.bytes.is_some()
    }

    /// Checks that `new` fits beside the stored memories.
    ///
    /// # Errors
    /// [`QuotaReached`], for the first quota that it would exceed.
    pub fn check(&self, used: Usage, new: Usage) -> Result<(), QuotaReached> {
        let mut after = used;
        after += new;
        match (self.memories, self.bytes) {
            (Some(limit), _) if new.memories > 0 && after.memories > limit => {
                Err(QuotaReached::Memories { used: used.memories, limit })
            }
            (_, Some(limit)) if new.bytes > 0 && after.bytes > limit => {
                Err(QuotaReached::Bytes { used: used.bytes, limit })
            }
            _ => Ok(()),
        }
    }

    /// The part of the remaining space that a caller may fill before it counts again: a sixteenth.
    pub fn share(&self, used: Usage) -> Usage {
        let share = |limit: Option<u64>, used: u64| limit.map_or(u64::MAX, |limit| limit.saturating_sub(used) / 16);
        Usage { memories: share(self.memories, used.memories), bytes: share(self.bytes, used.bytes) }
    }
}

impl Room {
    /// The room beside the stored memories and those written today.
    pub fn new(quotas: Quotas, used: Usage, today: u64) -> Self {
        Self { quotas, used, today }
    }

    /// Takes the room for a memory.
    ///
    /// # Errors
    /// [`QuotaReached`] if it does not fit.
    pub fn take(&mut self, memory: &Memory) -> Result<(), QuotaReached> {
        let new = Usage::of([memory]);
        self.quotas.check(self.used, new)?;
        let today = self.today.saturating_add(new.bytes);
        if let Some(limit) = self.quotas.bytes_per_day.filter(|limit| today > *limit) {
            return Err(QuotaReached::BytesPerDay { limit });
        }
        self.today = today;
        self.used += new;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USED: Usage = Usage { memories: 9, bytes: 90 };

    /// SR-03
    #[test]
    fn write_that_fits_exactly_is_within_the_quota() {
        let quotas = Quotas::new(10, 100, 0);
        for (memories, bytes, expected) in [
            (1, 10, Ok(())),
            (2, 2, Err(QuotaReached::Memories { used: 9, limit: 10 })),
            (1, 11, Err(QuotaReached::Bytes { used: 90, limit: 100 })),
            (0, 11, Err(QuotaReached::Bytes { used: 90, limit: 100 })),
            (u64::MAX, u64::MAX, Err(QuotaReached::Memories { used: 9, limit: 10 })),
        ] {
            assert_eq!(quotas.check(USED, Usage { memories, bytes }), expected, "{memories} {bytes}");
        }
    }

    /// SR-03: a user above a lowered quota can still shorten memories.
    #[test]
    fn change_without_growth_is_always_within_the_quota() {
        assert_eq!(Quotas::new(1, 1, 0).check(USED, Usage::default()), Ok(()));
    }

    #[test]
    fn zero_is_no_quota() {
        let none = Quotas::new(0, 0, 0);
        assert_eq!((none, none.limit_storage()), (Quotas::default(), false));
        assert_eq!(none.check(USED, Usage { memories: u64::MAX, bytes: u64::MAX }), Ok(()));
        assert_eq!(Quotas::new(10, 0, 0).share(USED), Usage { memories: 0, bytes: u64::MAX });
        assert_eq!(Quotas::new(1_609, 0, 0).share(USED).memories, 100);
    }
}
