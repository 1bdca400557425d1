//! memories.json of Claude's data export: summaries in Markdown, of conversations and of projects, and files by topic.

use serde_json::Value;

use crate::format::{Format, JsonObject, has_any, recognised};
use crate::{
    collector::Collector,
    document::Document,
    draft::Draft,
    fields::{Fields, Names, is_empty},
    list::{Fence, items},
    report::{RecordPlace, SkipReason},
};

pub(crate) static CLAUDE: Format =
    Format { name: "Claude data export", writer: Some("claude"), detect: |document| document.has(is_record), read };

/// Maximum size of a user's id, which each item of a summary repeats.
const USER_BYTES: usize = 64;

fn is_record(object: &JsonObject) -> bool {
    let user = object.get("account_uuid").and_then(Value::as_str);
    user.is_some_and(|user| user.len() <= USER_BYTES)
        && has_any(object, &["conversations_memory", "project_memories", "memory_files"])
}

fn read(document: &Document<'_>, out: &mut Collector<'_>) {
    for record in document.records() {
        let Some(object) = recognised(record, is_record, out) else { continue };
        let place = &record.place;
        let user = object.get("account_uuid").and_then(Value::as_str).map(String::from);
        let of_user = Draft { user, ..Draft::default() };
        for (name, value) in object {
            match (name.as_str(), value) {
                ("account_uuid", _) => {}
                ("conversations_memory", Value::String(summary)) => add(summary, &of_user, place, out),
                ("project_memories", Value::Object(projects)) => {
                    for summary in projects.values() {
                        match summary.as_str() {
                            Some(summary) => add(summary, &tagged(&of_user, "project"), place, out),
                            None if is_empty(summary) => {}
                            None => out.skip(place, SkipReason::Unrecognised),
                        }
                    }
                }
                ("memory_files", Value::Array(files)) => {
                    files.iter().for_each(|file| add_file(file, &of_user, place, out));
                }
                (_, value) if is_empty(value) => {}
                ("conversations_memory" | "project_memories" | "memory_files", _) => {
                    out.skip(place, SkipReason::Unrecognised)
                }
                _ => out.dropped(name, 1),
            }
        }
    }
}

/// Adds the contents of a file such as `{"path": "/topics/tea.md", "content": "…", "updated_at": "…"}`, with its name as a tag.
fn add_file(file: &Value, of_user: &Draft, place: &RecordPlace, out: &mut Collector<'_>) {
    const NAMES: Names = Names { text: &["content"], tags: &[], app: &[], user: &[], internal: &["path"] };
    let Some(object) = file.as_object() else { return out.skip(place, SkipReason::Unrecognised) };
    let path = object.get("path").and_then(Value::as_str).unwrap_or_default();
    let name = path.rsplit('/').next().map(|name| name.rsplit_once('.').map_or(name, |(stem, _)| stem));
    match Fields::new(object).draft(&NAMES, out.now) {
        Ok(Draft { text, created_at, updated_at, unread, dropped, .. }) => {
            let draft = tagged(of_user, name.unwrap_or_default());
            add(&text, &Draft { created_at: created_at.or(updated_at), unread, dropped, ..draft }, place, out);
        }
        Err(reason) => out.skip(place, reason),
    }
}

fn tagged(draft: &Draft, tag: &str) -> Draft {
    Draft { tags: vec![tag.into()], ..draft.clone() }
}

/// Adds each paragraph and list item of a summary, with its heading as a tag.
fn add(summary: &str, values: &Draft, place: &RecordPlace, out: &mut Collector<'_>) {
    for item in items(summary, Fence::Code) {
        if item.is_heading {
            out.skip(place, SkipReason::NotAnItem);
            continue;
        }
        let mut draft = values.clone();
        draft.tags.splice(..0, item.heading.map(String::from));
        item.date_to(&mut draft, out.now);
        out.add(place, Ok(Draft { text: item.text, ..draft }));
    }
}
