//! Memories that a snapshot keeps to answer the next searches.

use std::{collections::HashMap, sync::Arc};

use jean_memory::{Memory, MemoryId};

/// Bytes of memories that a snapshot keeps.
const KEPT_BYTES: usize = 2_000_000;

/// Memories read for an answer. They are as current as the snapshot: a change adds a change record, and the
/// next read notices it.
#[derive(Debug, Clone, Default)]
pub(super) struct KeptMemories {
    pub(super) memories: HashMap<MemoryId, Arc<Memory>>,
    pub(super) bytes: usize,
}

impl KeptMemories {
    pub(super) fn insert(&mut self, memory: Arc<Memory>) {
        let bytes = 300 + memory.text.len();
        if self.bytes + bytes <= KEPT_BYTES && self.memories.insert(memory.id, memory).is_none() {
            self.bytes += bytes;
        }
    }
}
