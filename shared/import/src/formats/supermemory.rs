//! supermemory: documents and, since version 4, memory entries.

use crate::fields::Names;
use crate::format::{Format, JsonObject, has_any, has_text, read_records};

pub(crate) static SUPERMEMORY: Format = Format {
    name: "supermemory",
    writer: Some("supermemory"),
    detect: |document| document.has(is_record),
    read: |document, out| read_records(document, out, is_record, &NAMES, |_, _, draft| Ok(draft)),
};

const NAMES: Names = Names {
    text: &["content", "memory"],
    tags: &["containerTags", "containerTag", "tags"],
    app: &[],
    user: &["userId"],
    internal: &["version", "status", "type", "orgId"],
};

fn is_record(object: &JsonObject) -> bool {
    const BESIDE: [&str; 6] = ["isForgotten", "isLatest", "containerTags", "containerTag", "customId", "orgId"];
    ["content", "memory"].iter().any(|name| has_text(object, name))
        && object.contains_key("createdAt")
        && has_any(object, &BESIDE)
}
