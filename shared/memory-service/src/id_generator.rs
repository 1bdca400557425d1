//! Ids and their time, from a clock and a source of randomness.

use std::{fmt, sync::Arc};

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
}

impl IdGenerator {
    /// A generator that reads the time from `now` and fills buffers with random bytes from `fill`.
    pub fn new(
        now: impl Fn() -> Timestamp + Send + Sync + 'static,
        fill: impl Fn(&mut [u8]) + Send + Sync + 'static,
    ) -> Self {
        Self { now: Arc::new(now), fill: Arc::new(fill) }
    }

    /// The current time. Each operation reads it once.
    pub(crate) fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// A memory id for an operation that began at `now`.
    pub(crate) fn memory_id(&self, now: Timestamp) -> MemoryId {
        MemoryId::new(now, self.bytes())
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
