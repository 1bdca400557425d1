//! Records that occur more than once in one import.

use std::collections::HashSet;

use jean_memory::{Memory, MemoryId, Restored, duplicates};

use crate::{formats::JEAN, options::Import};

impl Import {
    /// Removes repeated memories and counts them: by id, and by text as `add_memory` compares it. An export of this server
    /// is restored as it was: if two of its memories have the same text, both are imported.
    ///
    /// Returns the ids of the memories that may have the text of one another: those of an export of this server.
    pub fn remove_repeats(&mut self) -> HashSet<MemoryId> {
        let is_ours = self.report.format == JEAN.name;
        let (mut ids, mut texts) = (HashSet::new(), HashSet::new());
        let count = self.memories.len();
        self.memories.retain(|memory: &Restored| {
            let memory = memory.memory();
            ids.insert(memory.id) && (is_ours || texts.insert(text(memory)))
        });
        self.report.already_there += count - self.memories.len();
        if is_ours { ids } else { HashSet::new() }
    }
}

fn text(memory: &Memory) -> (String, Option<String>) {
    (duplicates::normalised(&memory.text), memory.occurred_at.map(|time| time.to_string()))
}
