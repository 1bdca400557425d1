//! Chance that can be had again: the same seed, the same throws.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// SplitMix64 (Steele, Lea and Flood 2014). Clones throw on together.
#[derive(Debug, Clone)]
pub(crate) struct Dice(Arc<AtomicU64>);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seed)))
    }

    pub(crate) fn throw(&self) -> u64 {
        let state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed).wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&self, limit: u64) -> u64 {
        self.throw() % limit
    }

    pub(crate) fn one_in(&self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// Fresh bytes for one operation.
    pub(crate) fn entropy(&self) -> [u8; 32] {
        let mut entropy = [0; 32];
        entropy.chunks_mut(8).for_each(|chunk| chunk.copy_from_slice(&self.throw().to_le_bytes()));
        entropy
    }
}
