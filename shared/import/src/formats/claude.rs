//! memories.json of Claude's data export: summaries in Markdown, of conversations and of projects.

use serde_json::Value;

use crate::format::{Format, JsonObject, has_any, has_text};
use crate::list;
use crate::{
    collector::Collector,
    document::{Document, Record},
    draft::Draft,
    report::{RecordPlace, SkipReason},
};

pub(crate) static CLAUDE: Format =
    Format { name: "Claude data export", writer: Some("claude"), detect: |document| document.has(is_record), read };

fn is_record(object: &JsonObject) -> bool {
    has_text(object, "account_uuid") && has_any(object, &["conversations_memory", "project_memories"])
}

fn read(document: &Document<'_>, out: &mut Collector<'_>) {
    for Record { place, object } in document.records() {
        let object = match object {
            Ok(object) if is_record(object) => object,
            Ok(_) => {
                out.skip(place, SkipReason::Unrecognised);
                continue;
            }
            Err(reason) => {
                out.skip(place, *reason);
                continue;
            }
        };
        let user = object.get("account_uuid").and_then(Value::as_str);
        if let Some(summary) = object.get("conversations_memory").and_then(Value::as_str) {
            add(summary, None, user, place, out);
        }
        for (_, summary) in object.get("project_memories").and_then(Value::as_object).into_iter().flatten() {
            match summary.as_str() {
                Some(summary) => add(summary, Some("project"), user, place, out),
                None => out.skip(place, SkipReason::Unrecognised),
            }
        }
    }
}

/// Adds each paragraph and list item of a summary, with its heading as a tag.
fn add(summary: &str, tag: Option<&str>, user: Option<&str>, place: &RecordPlace, out: &mut Collector<'_>) {
    for item in list::items(summary) {
        let tags = item.heading.into_iter().chain(tag).map(String::from).collect();
        let draft = Draft { text: item.text, tags, user: user.map(String::from), ..Draft::default() };
        out.add(place, Ok(draft));
    }
}
