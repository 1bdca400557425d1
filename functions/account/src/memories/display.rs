//! Memories as the pages show them.

use jean_memory::{Memory, Writer};
use jean_pages::{Texts, dates};

/// Length of an excerpt, in characters.
const EXCERPT_CHARACTERS: usize = 280;

/// The beginning of a long text.
pub(super) fn excerpt(memory: &Memory) -> String {
    match memory.text.char_indices().nth(EXCERPT_CHARACTERS) {
        Some((end, _)) => format!("{}…", memory.text[..end].trim_end()),
        None => memory.text.clone(),
    }
}

/// The author and date of a memory, and those of its last change (T-29).
pub(super) fn provenance(texts: Texts, memory: &Memory) -> String {
    let written_at = dates::minute(memory.created_at);
    let writer = name(texts, &memory.written_by);
    match (&memory.updated_by, memory.updated_at) {
        (Some(editor), Some(at)) => {
            texts.written_and_changed_by(written_at, writer, name(texts, editor), dates::minute(at))
        }
        _ => texts.written_by(written_at, writer),
    }
}

/// The author and date of a version.
pub(super) fn version(texts: Texts, version: &Memory) -> String {
    let at = version.updated_at.unwrap_or(version.created_at);
    let by = version.updated_by.as_ref().unwrap_or(&version.written_by);
    format!("{}, {}", dates::minute(at), name(texts, by))
}

/// The name of a writer. Imported memories name their source, although the user has imported them.
fn name(texts: Texts, writer: &Writer) -> String {
    if *writer == Writer::person() { texts.writer_you().into() } else { writer.client.to_string() }
}
