//! Memories as the pages show them.

use jean_memory::Memory;
use jean_pages::{Markup, Texts, dates};
use jiff::Timestamp;

use crate::app_names::AppNames;

/// Length of an excerpt, in characters.
const EXCERPT_CHARACTERS: usize = 280;
/// Length of the excerpt that distinguishes a page among a browser's tabs, in characters.
const TITLE_CHARACTERS: usize = 60;

/// The beginning of a long text.
pub(crate) fn excerpt(memory: &Memory) -> String {
    beginning(&memory.text, EXCERPT_CHARACTERS)
}

/// The first words of a memory as the title of its page. A title has no markup, so characters isolate its direction.
pub(crate) fn title(memory: &Memory) -> String {
    let line = memory.text.trim_start().lines().next().unwrap_or_default();
    format!("\u{2068}{}\u{2069}", beginning(line, TITLE_CHARACTERS))
}

fn beginning(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

/// The author and time of a memory, and those of its last change (T-29).
pub(crate) fn provenance(texts: Texts, names: &AppNames, memory: &Memory, now: Timestamp) -> Markup {
    let written_at = dates::ago(texts, memory.created_at, now);
    let writer = names.writer(&memory.written_by);
    match (&memory.updated_by, memory.updated_at) {
        (Some(editor), Some(at)) => {
            texts.written_and_changed_by(written_at, writer, names.writer(editor), dates::ago(texts, at, now))
        }
        _ => texts.written_by(written_at, writer),
    }
}

/// The author and date of a version.
pub(crate) fn version(texts: Texts, names: &AppNames, version: &Memory, now: Timestamp) -> Markup {
    let at = version.updated_at.unwrap_or(version.created_at);
    let by = version.updated_by.as_ref().unwrap_or(&version.written_by);
    texts.written_by(dates::ago(texts, at, now), names.writer(by))
}
