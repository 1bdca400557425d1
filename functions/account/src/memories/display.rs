//! Memories as the pages show them.

use jean_memory::Memory;
use jean_pages::{Markup, Texts, dates};
use jiff::Timestamp;

use crate::app_names::AppNames;

/// Length of an excerpt, in characters.
const EXCERPT_CHARACTERS: usize = 280;
/// Size of all texts of a page, in bytes of the response. The rest of a page takes less than a megabyte.
const TEXT_BYTES: usize = 4_500_000;
/// Length of the excerpt that distinguishes a page among a browser's tabs, in characters.
const TITLE_CHARACTERS: usize = 60;

/// The beginning of a long text.
pub(crate) fn excerpt(memory: &Memory) -> String {
    beginning(&memory.text, EXCERPT_CHARACTERS)
}

/// The passage of a long text that a query matches.
pub(crate) fn found_excerpt(memory: &Memory, query: &str) -> String {
    let shown = jean_memory::passage(&memory.text, query, EXCERPT_CHARACTERS);
    let cut = |is_cut| if is_cut { "…" } else { "" };
    let (before, after) = (cut(shown.start > 0), cut(shown.end < memory.text.len()));
    format!("{before}{}{after}", memory.text[shown].trim_end())
}

/// Cuts the texts that exceed the size of a response, which Lambda limits to 6 MB (T-13).
pub(crate) fn shorten_to_fit(memories: &mut [Memory]) {
    let mut room = TEXT_BYTES;
    for memory in memories {
        match room.checked_sub(bytes_in_response(&memory.text)) {
            Some(left) => room = left,
            None => memory.text = excerpt(memory),
        }
    }
}

/// `true` if a page can show the whole text.
pub(crate) fn fits(text: &str) -> bool {
    bytes_in_response(text) <= TEXT_BYTES
}

/// The size of a text as HTML in the JSON of a response.
fn bytes_in_response(text: &str) -> usize {
    let bytes = |character: char| match character {
        '<' | '>' | '&' | '"' | '\'' => "&#38;".len(),
        '\n' | '\r' | '\t' | '\\' => 2,
        _ if character.is_ascii_control() => "\\u0000".len(),
        _ => character.len_utf8(),
    };
    text.chars().map(bytes).sum()
}

/// The first words of a memory as the title of its page. A title has no markup, so characters isolate its direction.
pub(crate) fn title(memory: &Memory) -> String {
    let line = memory.text.trim_start().lines().next().unwrap_or_default();
    format!("\u{2068}{}\u{2069}", beginning(line, TITLE_CHARACTERS))
}

/// At most so many characters of a text.
pub(crate) fn beginning(text: &str, characters: usize) -> String {
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
