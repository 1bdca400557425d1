//! All that a memory can be found by.
//!
//! What stands in it decides more than any formula: a date, a title, or what was said just before is worth more than
//! an embedding, since people ask with the words of those.

use crate::{Credential, Memory};
use jiff::tz::TimeZone;

use super::Entry;
use crate::query::happened_at;

/// The entry of a memory. `previous` is the text of the memory that it goes on from, if there is one: the piece before
/// it in its document.
pub fn entry(memory: &Memory, previous: Option<&str>) -> Entry {
    let (client, grant) = match &memory.written_by.credential {
        Credential::Grant { client_id, grant_id } => (client_id.to_string(), grant_id.to_string()),
        Credential::ApiKey(key) => (String::new(), key.to_string()),
        Credential::Person => Default::default(),
    };
    Entry {
        id: memory.id.to_u128(),
        text: indexed_text(memory, previous),
        tags: memory.tags.clone(),
        at: happened_at(memory),
        client,
        grant,
    }
}

/// A memory's words and those of the piece before it, its tags, its source, its document's title; and its day as people
/// say it, with the month's name.
pub fn indexed_text(memory: &Memory, previous: Option<&str>) -> String {
    let date = match memory.occurred_at {
        Some(occurred_at) => occurred_at.date(),
        None => TimeZone::UTC.to_datetime(memory.created_at).date(),
    };
    let title = memory.document.as_ref().map(|document| document.title.as_str()).unwrap_or_default();
    let source = memory.source_url.as_deref().unwrap_or_default();
    let tags = memory.tags.join(" ");
    let day = date.strftime("%A %-d %B %Y");
    format!("{} {} {tags} {day} {source} {title}", previous.unwrap_or_default(), memory.text)
}
