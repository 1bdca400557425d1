//! mcp-memory-service: `memories` with a content hash.

use crate::fields::Names;
use crate::format::{Format, JsonObject, has_any, has_text, read_records};

pub(crate) static MCP_MEMORY_SERVICE: Format = Format {
    name: "mcp-memory-service",
    writer: Some("mcp-memory-service"),
    detect: |document| document.has(is_record),
    read: |document, out| read_records(document, out, is_record, &NAMES, |_, _, draft| Ok(draft)),
};

const NAMES: Names = Names {
    text: &["content"],
    tags: &["tags", "memory_type"],
    app: &[],
    user: &[],
    internal: &["content_hash", "created_at_iso", "updated_at_iso"],
};

fn is_record(object: &JsonObject) -> bool {
    const BESIDE: [&str; 5] = ["tags", "memory_type", "created_at", "created_at_iso", "metadata"];
    has_text(object, "content") && has_text(object, "content_hash") && has_any(object, &BESIDE)
}
