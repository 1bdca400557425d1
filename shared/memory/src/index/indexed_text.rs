//! The searchable text of a memory.
//!
//! Its contents influence recall more than the ranking formula: dates, titles and the preceding sentences contribute
//! more than embeddings, because users query with the words in them.

use crate::Memory;
use jiff::tz::TimeZone;

use super::entry::Entry;
use crate::event_time::event_time;

/// Creates the entry of a memory. `previous` is the text that precedes it, i.e. the previous piece of its document.
pub fn entry(memory: &Memory, previous: Option<&str>) -> Entry {
    let credential = &memory.written_by.credential;
    Entry {
        id: memory.id.to_u128(),
        text: indexed_text(memory),
        date: date(memory),
        previous: previous.unwrap_or_default().into(),
        tags: memory.tags.clone(),
        at: event_time(memory),
        client: credential.client_id().map(ToString::to_string).unwrap_or_default(),
        grant: credential.id().into(),
        bytes: memory.text.len().try_into().unwrap_or(u32::MAX),
    }
}

/// The text of the memory, its tags, source and title.
pub fn indexed_text(memory: &Memory) -> String {
    let title = memory.document.as_ref().map(|document| document.title.as_str()).unwrap_or_default();
    let source = memory.source_url.as_deref().unwrap_or_default();
    let tags = memory.tags.join(" ");
    format!("{} {tags} {source} {title}", memory.text)
}

/// The date of the memory with the name of the month, and of the weekday if it is the date of an event. The weekday on which a
/// memory was added would be found before one that the text of another memory names.
fn date(memory: &Memory) -> String {
    let (date, form) = match memory.occurred_at {
        Some(occurred_at) => (occurred_at.date(), "%A %-d %B %Y"),
        None => (TimeZone::UTC.to_datetime(memory.created_at).date(), "%-d %B %Y"),
    };
    date.strftime(form).to_string()
}
