//! The knowledge graph of the MCP reference memory server: its memory.jsonl, and the result of `read_graph`.

use serde_json::Value;

use crate::format::{Format, JsonObject, has_text};
use crate::{
    collector::Collector,
    document::{Document, Record},
    draft::Draft,
    report::SkipReason,
};

pub(crate) static MCP_MEMORY: Format = Format {
    name: "MCP memory server",
    writer: Some("mcp-memory"),
    detect: |document| document.has(is_entity) || document.has(is_relation),
    read,
};

fn is_entity(object: &JsonObject) -> bool {
    has_text(object, "name")
        && has_text(object, "entityType")
        && object.get("observations").is_some_and(Value::is_array)
}

fn is_relation(object: &JsonObject) -> bool {
    ["from", "to", "relationType"].iter().all(|name| has_text(object, name))
}

fn read(document: &Document<'_>, out: &mut Collector<'_>) {
    for Record { place, object } in document.records() {
        match object {
            Err(reason) => out.skip(place, *reason),
            Ok(object) if is_entity(object) => {
                let text = |name| object.get(name).and_then(Value::as_str).unwrap_or_default();
                let (name, kind) = (text("name"), text("entityType"));
                let observations = object.get("observations").and_then(Value::as_array).into_iter().flatten();
                let mut count = 0;
                for observation in observations {
                    count += 1;
                    let draft = observation.as_str().ok_or(SkipReason::Unrecognised);
                    out.add(place, draft.map(|text| fact(format!("{name}: {}", text.trim()), kind)));
                }
                if count == 0 {
                    out.add(place, Ok(fact(format!("{name} ({kind})"), kind)));
                }
            }
            Ok(object) if is_relation(object) => {
                let text = |name| object.get(name).and_then(Value::as_str).unwrap_or_default();
                let relation = text("relationType").replace('_', " ");
                out.add(place, Ok(fact(format!("{} {relation} {}", text("from"), text("to")), "relation")));
            }
            Ok(_) => out.skip(place, SkipReason::Unrecognised),
        }
    }
}

fn fact(text: String, tag: &str) -> Draft {
    let tags = if tag.trim().is_empty() { vec![] } else { vec![tag.to_owned()] };
    Draft { text, tags, ..Draft::default() }
}
