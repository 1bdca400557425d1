//! Memories as the pages show them.

use jean_memory::{Credential, Memory, Writer};
use jean_pages::{Texts, client_name, dates};
use jiff::Timestamp;

/// Length of an excerpt, in characters.
const EXCERPT_CHARACTERS: usize = 280;

/// The beginning of a long text.
pub(crate) fn excerpt(memory: &Memory) -> String {
    match memory.text.char_indices().nth(EXCERPT_CHARACTERS) {
        Some((end, _)) => format!("{}…", memory.text[..end].trim_end()),
        None => memory.text.clone(),
    }
}

/// The author and time of a memory, and those of its last change (T-29).
pub(crate) fn provenance(texts: Texts, memory: &Memory, show: impl Fn(Timestamp) -> String) -> String {
    let written_at = show(memory.created_at);
    let writer = name(texts, &memory.written_by);
    match (&memory.updated_by, memory.updated_at) {
        (Some(editor), Some(at)) => texts.written_and_changed_by(written_at, writer, name(texts, editor), show(at)),
        _ => texts.written_by(written_at, writer),
    }
}

/// The author and date of a version.
pub(crate) fn version(texts: Texts, version: &Memory) -> String {
    let at = version.updated_at.unwrap_or(version.created_at);
    let by = version.updated_by.as_ref().unwrap_or(&version.written_by);
    format!("{}, {}", dates::minute(at), name(texts, by))
}

/// The name of a writer. Imported memories name their source, although the user has imported them; the name of a client
/// with an API key is its own claim.
pub(crate) fn name(texts: Texts, writer: &Writer) -> String {
    match &writer.credential {
        Credential::Person if *writer == Writer::person() => texts.writer_you().into(),
        Credential::Person => texts.writer_import(writer.client.as_str()),
        Credential::ApiKey(_) => texts.writer_key(writer.client.as_str()),
        Credential::Grant { .. } => client_name(texts, &writer.client, writer.host.as_ref()),
    }
}
