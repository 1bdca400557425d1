//! Index entries of memories, including pieces of documents.

use jean_memory::{
    Memory, MemoryId,
    index::{self, Entry},
};

/// Bytes of the previous piece to index with a piece.
const CONTEXT_BYTES: usize = 256;

/// The id of the previous piece of the memory's document. Its last words are indexed with the memory.
pub(crate) fn previous_piece(memory: &Memory) -> Option<MemoryId> {
    let piece = memory.document.as_ref()?;
    (piece.part > 1).then(|| MemoryId::from(memory.id.to_u128() - 1))
}

/// The entry of one of these memories, which are sorted by id.
pub(crate) fn entry(memories: &[Memory], at: usize) -> Entry {
    let memory = &memories[at];
    let neighbour = at.checked_sub(1).map(|at| &memories[at]);
    let previous = neighbour.filter(|other| Some(other.id) == previous_piece(memory));
    index::entry(memory, previous.map(|memory| ending(&memory.text)))
}

/// The last words of a text. A piece is rarely about everything that the previous one is about.
fn ending(text: &str) -> &str {
    &text[text.ceil_char_boundary(text.len().saturating_sub(CONTEXT_BYTES))..]
}
