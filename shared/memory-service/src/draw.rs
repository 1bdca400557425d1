//! The randomness of one operation.

use jean_memory::MemoryId;
use jean_store::memories::index::Stamp;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// Fresh random bytes for one operation, which makes of them all the names it needs.
pub type Entropy = [u8; 32];

/// What is drawn of it.
#[derive(Debug)]
pub(crate) struct Draw {
    now: Timestamp,
    entropy: Entropy,
    drawn: u64,
}

impl Draw {
    pub(crate) fn new(now: Timestamp, entropy: Entropy) -> Self {
        Self { now, entropy, drawn: 0 }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    pub(crate) fn id(&mut self) -> MemoryId {
        MemoryId::new(self.now, self.bytes())
    }

    pub(crate) fn stamp(&mut self) -> Stamp {
        Stamp::new(self.now, self.bytes())
    }

    /// True once in `times` times.
    pub(crate) fn one_in(&mut self, times: u8) -> bool {
        let [byte] = self.bytes();
        byte % times == 0
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let digest = Sha256::new().chain_update(self.entropy).chain_update(self.drawn.to_le_bytes()).finalize();
        self.drawn += 1;
        *digest.first_chunk().expect("no name takes more than 32 bytes")
    }
}
