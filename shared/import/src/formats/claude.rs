//! memories.json of Claude's data export: summaries in Markdown, of conversations and of projects.

use serde_json::Value;

use crate::format::{Format, JsonObject, has_any, recognised};
use crate::{
    collector::Collector,
    document::Document,
    draft::Draft,
    fields::is_empty,
    list::{Fence, items},
    report::{RecordPlace, SkipReason},
};

pub(crate) static CLAUDE: Format =
    Format { name: "Claude data export", writer: Some("claude"), detect: |document| document.has(is_record), read };

/// Maximum size of a user's id, which each item of a summary repeats.
const USER_BYTES: usize = 64;

fn is_record(object: &JsonObject) -> bool {
    let user = object.get("account_uuid").and_then(Value::as_str);
    user.is_some_and(|user| user.len() <= USER_BYTES) && has_any(object, &["conversations_memory", "project_memories"])
}

fn read(document: &Document<'_>, out: &mut Collector<'_>) {
    for record in document.records() {
        let Some(object) = recognised(record, is_record, out) else { continue };
        let place = &record.place;
        let user = object.get("account_uuid").and_then(Value::as_str);
        for (name, value) in object {
            match (name.as_str(), value) {
                ("account_uuid", _) => {}
                ("conversations_memory", Value::String(summary)) => add(summary, None, user, place, out),
                ("project_memories", Value::Object(projects)) => {
                    for summary in projects.values() {
                        match summary.as_str() {
                            Some(summary) => add(summary, Some("project"), user, place, out),
                            None if is_empty(summary) => {}
                            None => out.skip(place, SkipReason::Unrecognised),
                        }
                    }
                }
                (_, value) if is_empty(value) => {}
                ("conversations_memory" | "project_memories", _) => out.skip(place, SkipReason::Unrecognised),
                _ => out.dropped(name, 1),
            }
        }
    }
}

/// Adds each paragraph and list item of a summary, with its heading as a tag.
fn add(summary: &str, tag: Option<&str>, user: Option<&str>, place: &RecordPlace, out: &mut Collector<'_>) {
    for item in items(summary, Fence::Code) {
        if item.is_heading {
            out.skip(place, SkipReason::NotAnItem);
            continue;
        }
        let tags = item.heading.into_iter().chain(tag).map(String::from).collect();
        let unread = item.unread_date();
        let (text, created_at, user) = (item.text, item.date, user.map(String::from));
        out.add(place, Ok(Draft { text, tags, user, created_at, unread, ..Draft::default() }));
    }
}
