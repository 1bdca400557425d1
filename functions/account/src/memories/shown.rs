//! A memory as the pages show it.

use jean_memory::{Memory, Writer};
use jean_pages::dates;

use crate::texts::Texts;

/// How much of a memory is shown among others.
const EXCERPT_CHARACTERS: usize = 280;

/// The beginning of a long text.
pub(super) fn excerpt(memory: &Memory) -> String {
    match memory.text.char_indices().nth(EXCERPT_CHARACTERS) {
        Some((end, _)) => format!("{}…", memory.text[..end].trim_end()),
        None => memory.text.clone(),
    }
}

/// When it was written and by whom, and who changed it last: whose words they are (T-29).
pub(super) fn provenance(texts: &Texts, memory: &Memory) -> String {
    let written = format!("{} {}", texts.written_by, name(texts, &memory.written_by));
    let written = format!("{}, {written}", dates::minute(memory.created_at));
    match (&memory.updated_by, memory.updated_at) {
        (Some(writer), Some(at)) => {
            format!("{written}; {} {}, {}", texts.changed_by, name(texts, writer), dates::minute(at))
        }
        _ => written,
    }
}

/// Since when a version said what it said, and who made it so.
pub(super) fn version(texts: &Texts, version: &Memory) -> String {
    let at = version.updated_at.unwrap_or(version.created_at);
    let by = version.updated_by.as_ref().unwrap_or(&version.written_by);
    format!("{}, {}", dates::minute(at), name(texts, by))
}

/// What was imported from elsewhere names where that is, although it was the person who brought it.
fn name(texts: &Texts, writer: &Writer) -> String {
    if *writer == Writer::person() { texts.by_you.into() } else { writer.client.to_string() }
}
