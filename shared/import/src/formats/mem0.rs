//! mem0, cloud and open source: a list (v1), `results` (v1.1), or a page with `count` and `next` (v2, v3).

use crate::fields::Names;
use crate::format::{Format, JsonObject, has_any, has_text, read_records};

pub(crate) static MEM0: Format = Format {
    name: "mem0",
    writer: Some("mem0"),
    detect: |document| document.has(is_record),
    read: |document, out| read_records(document, out, is_record, &NAMES, |_, _, draft| Ok(draft)),
};

const NAMES: Names = Names {
    text: &["memory"],
    tags: &["categories", "tags"],
    app: &["app"],
    user: &["user_id"],
    internal: &["hash", "score", "immutable"],
};

fn is_record(object: &JsonObject) -> bool {
    const BESIDE: [&str; 8] = ["id", "user_id", "agent_id", "run_id", "hash", "categories", "metadata", "created_at"];
    const OTHERS: [&str; 3] = ["isForgotten", "isLatest", "createdAt"];
    // The open source edition stores messages with their role if it infers nothing from them.
    let is_message = object.contains_key("role") && !has_any(object, &["hash", "user_id"]);
    has_text(object, "memory") && has_any(object, &BESIDE) && !has_any(object, &OTHERS) && !is_message
}
