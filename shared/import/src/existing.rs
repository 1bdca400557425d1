//! Detection of memories that an account has already.

use std::collections::{HashMap, HashSet};

use jean_memory::{Memory, Restored, duplicates};
use sha2::{Digest, Sha256};

use crate::{formats::JEAN, options::Import};

type Hash = [u8; 16];

/// The ids and texts of an account's memories, as hashes.
#[derive(Debug, Default)]
pub struct Existing {
    ids: HashSet<Hash>,
    /// The ids of the memories with a text.
    texts: HashMap<Hash, Hash>,
}

impl Existing {
    /// Adds a memory of the account.
    pub fn insert(&mut self, memory: &Memory) {
        self.ids.insert(id(memory));
        self.texts.insert(text(memory), id(memory));
    }

    /// Removes the memories that exist already, and counts them: by id, and by text as `add_memory` compares it. An
    /// export of this server is restored as it was: if two of its memories have the same text, both are imported. The
    /// pieces of a document belong together, so they are compared by id only.
    pub fn remove_from(&self, import: &mut Import) {
        let is_ours = import.report.format == JEAN.name;
        let own: HashSet<Hash> = match is_ours {
            true => import.memories.iter().map(|memory| id(memory.memory())).collect(),
            false => HashSet::new(),
        };
        let mut seen = HashSet::new();
        let count = import.memories.len();
        import.memories.retain(|memory: &Restored| {
            let memory = memory.memory();
            let (id, text) = (id(memory), text(memory));
            let has_text = memory.document.is_none() && self.texts.get(&text).is_some_and(|owner| !own.contains(owner));
            let is_repeated = !seen.insert(id) || (!is_ours && !seen.insert(text));
            !self.ids.contains(&id) && !has_text && !is_repeated
        });
        import.report.already_there += count - import.memories.len();
    }
}

fn id(memory: &Memory) -> Hash {
    hash("id", &memory.id.to_string(), "")
}

fn text(memory: &Memory) -> Hash {
    let day = memory.occurred_at.map(|time| time.to_string()).unwrap_or_default();
    hash("text", &duplicates::normalised(&memory.text), &day)
}

fn hash(kind: &str, text: &str, day: &str) -> Hash {
    *Sha256::digest(format!("{kind} {day} {text}")).first_chunk().expect("32 bytes")
}
