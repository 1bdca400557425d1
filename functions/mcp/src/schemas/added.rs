//! Results of adding memories and documents.

use jean_memory::{Memory, NewDocument, NewMemory};
use jean_memory_service::{AddOutcome, AddResult};
use schemars::JsonSchema;
use serde::Serialize;

use super::output::MemoryResult;

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct StoredDocument {
    /// The id of the document, which is the id of its first piece.
    id: String,
    /// The title of the document.
    title: String,
    /// The ids of the pieces, in order. Each piece is a memory.
    pieces: Vec<String>,
    /// true if the same document was already stored. Nothing was added then.
    already_there: bool,
    /// Advice, if the stored document differs from the given one.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl StoredDocument {
    /// `None` if the document has no pieces.
    pub(crate) fn of(added: AddResult<Vec<Memory>>, given: &NewDocument) -> Option<Self> {
        let (pieces, already_there) = match added {
            AddResult::New(pieces) => (pieces, false),
            AddResult::Duplicate(pieces) => (pieces, true),
        };
        let advice =
            "Change its pieces with update_memory, or delete the document with delete_memory and store it again.";
        let note = already_there.then(|| unchanged(&given.differences(&pieces), advice)).flatten();
        let first = pieces.first()?;
        let title = first.document.as_ref().map(|piece| piece.title.clone()).unwrap_or_default();
        let id = first.document.as_ref().map_or(first.id, |piece| piece.id).to_string();
        let pieces = pieces.iter().map(|piece| piece.id.to_string()).collect();
        Some(Self { id, title, pieces, already_there, note })
    }
}

/// Advice if fields of a stored duplicate differ from the given ones.
fn unchanged(fields: &[&str], advice: &str) -> Option<String> {
    let fields = fields.join(", ");
    let is_same = fields.is_empty();
    (!is_same)
        .then(|| format!("It was already stored, and was not changed. The given {fields} differ from it. {advice}"))
}

/// The result of adding a memory.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AddedMemory {
    #[serde(flatten)]
    memory: MemoryResult,
    /// true if a memory with the same text was already stored. Nothing was added then.
    already_there: bool,
    /// Memories with similar words that the new one may repeat or replace.
    similar: Vec<MemoryResult>,
    /// Advice, if there are any, or if the stored memory differs from the given one.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// Advice about memories that a new one may replace. Two memories that contradict each other are worse than one.
const SIMILAR: &str = "Similar memories exist. If the new text repeats or replaces one of them, change that one with \
    update_memory, which keeps its history, and delete this one with delete_memory.";

impl AddedMemory {
    pub(crate) fn of(outcome: AddOutcome, given: &NewMemory) -> Self {
        let (memory, already_there) = match outcome.added {
            AddResult::New(memory) => (memory, false),
            AddResult::Duplicate(memory) => (memory, true),
        };
        let similar: Vec<_> = outcome.similar.into_iter().map(MemoryResult::excerpt).collect();
        let note = if already_there {
            unchanged(&given.differences(&memory), "Use update_memory if they are to be corrected.")
        } else {
            (!similar.is_empty()).then(|| SIMILAR.into())
        };
        Self { memory: MemoryResult::excerpt(memory), already_there, similar, note }
    }
}
