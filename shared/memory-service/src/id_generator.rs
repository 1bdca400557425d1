//! Ids and their time, from a clock and a source of randomness.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use jean_memory::MemoryId;
use jean_store::memories::index::Opstamp;
use jiff::Timestamp;

type ReadTime = dyn Fn() -> Timestamp + Send + Sync;
type FillBytes = dyn Fn(&mut [u8]) + Send + Sync;

/// Creates the ids of memories, changes and segments. Both sources are closures, so that this crate depends on no
/// runtime and a test can seed them.
#[derive(Clone)]
pub struct IdGenerator {
    now: Arc<ReadTime>,
    fill: Arc<FillBytes>,
    /// The last id of a memory.
    last: Arc<Mutex<MemoryId>>,
}

/// The distance of two ids of one millisecond. The pieces of a document have consecutive ids.
const DISTANCE: u128 = 1 << 40;

impl IdGenerator {
    /// A generator that reads the time from `now` and fills buffers with random bytes from `fill`.
    pub fn new(
        now: impl Fn() -> Timestamp + Send + Sync + 'static,
        fill: impl Fn(&mut [u8]) + Send + Sync + 'static,
    ) -> Self {
        Self { now: Arc::new(now), fill: Arc::new(fill), last: Arc::new(Mutex::new(MemoryId::from(0))) }
    }

    /// The current time. Each operation reads it once.
    pub(crate) fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// A memory id for an operation that began at `now`. Ids of one millisecond are in the order of the calls, so that a
    /// memory added after the deletion of all is later than those.
    pub(crate) fn memory_id(&self, now: Timestamp) -> MemoryId {
        let mut id = MemoryId::new(now, self.bytes());
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if id <= *last && id.created_at() == last.created_at() {
            id = MemoryId::from(last.to_u128().saturating_add(DISTANCE));
        }
        *last = id;
        id
    }

    /// A stamp for a write of an operation that began at `now`.
    pub(crate) fn opstamp(&self, now: Timestamp) -> Opstamp {
        Opstamp::new(now, self.bytes())
    }

    /// `true` with a probability of about 1 in `n`.
    pub(crate) fn one_in(&self, n: u8) -> bool {
        let [byte] = self.bytes();
        byte % n == 0
    }

    fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.fill)(&mut bytes);
        bytes
    }
}

impl fmt::Debug for IdGenerator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdGenerator")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_millisecond_are_in_order() {
        let random = Mutex::new(0u8);
        let ids = IdGenerator::new(
            || Timestamp::UNIX_EPOCH,
            move |bytes| {
                let mut random = random.lock().expect("not poisoned");
                *random = random.wrapping_mul(77).wrapping_add(13);
                bytes.fill(*random);
            },
        );
        let made: Vec<_> = (0..50).map(|_| ids.memory_id(ids.now())).collect();
        assert!(made.is_sorted_by(|one, next| next.to_u128() - one.to_u128() >= DISTANCE));
        assert!(made.iter().all(|id| id.created_at() == Timestamp::UNIX_EPOCH));
    }
}
