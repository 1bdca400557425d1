//! memories.json of Claude's data export: summaries in Markdown, of conversations and of projects, and files by topic.

use serde_json::Value;

use crate::format::{Format, JsonObject, has_any, recognised};
use crate::{
    collector::Collector,
    document::Document,
    draft::Draft,
    fields::is_empty,
    list::{Fence, items},
    report::{RecordPlace, SkipReason},
    times::time,
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
    let field = |name: &str| file.get(name).filter(|value| !is_empty(value));
    let content = match field("content") {
        Some(Value::String(content)) => content,
        None if file.is_object() => return,
        _ => return out.skip(place, SkipReason::Unrecognised),
    };
    let path = field("path").and_then(Value::as_str).unwrap_or_default();
    let name = path.rsplit('/').next().map(|name| name.rsplit_once('.').map_or(name, |(stem, _)| stem));
    let mut draft = tagged(of_user, name.unwrap_or_default());
    if let Some(written) = field("updated_at") {
        draft.created_at = time(written);
        if draft.created_at.is_none() {
            let written = written.as_str().map_or_else(|| written.to_string(), String::from);
            draft.unread.push(("updated_at".into(), written));
        }
    }
    add(content, &draft, place, out);
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
