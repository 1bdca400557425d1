//! The knowledge graph of the MCP reference memory server: its memory.jsonl, and the result of `read_graph`.

use serde_json::Value;

use crate::format::{Format, JsonObject, has_text, recognised};
use crate::{collector::Collector, document::Document, draft::Draft, fields::is_empty, report::SkipReason};

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

/// Fields with a reader or without information.
const READ: [&str; 7] = ["type", "name", "entityType", "observations", "from", "to", "relationType"];
/// Maximum characters of the names of an entity or relation, which each of its observations repeats.
const NAME_CHARACTERS: usize = 500;

fn read(document: &Document<'_>, out: &mut Collector<'_>) {
    for record in document.records() {
        let Some(object) = recognised(record, |object| is_entity(object) || is_relation(object), out) else { continue };
        let place = &record.place;
        let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
        let is_long = |name: &&str| text(name).chars().count() > NAME_CHARACTERS;
        if READ.iter().any(is_long) {
            out.skip(place, SkipReason::TooLong);
            continue;
        }
        for (name, _) in object.iter().filter(|(name, value)| !READ.contains(&name.as_str()) && !is_empty(value)) {
            out.dropped(name, 1);
        }
        if is_relation(object) {
            let relation = text("relationType").replace('_', " ");
            if ["from", "to", "relationType"].iter().any(|name| text(name).trim().is_empty()) {
                out.skip(place, SkipReason::Empty);
            } else {
                out.add(place, Ok(fact(format!("{} {relation} {}", text("from"), text("to")), "relation")));
            }
            continue;
        }
        let (name, kind) = (text("name"), text("entityType"));
        let observations = object.get("observations").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let has_name = !name.trim().is_empty();
        for observation in observations {
            let draft = match observation.as_str().map(str::trim) {
                Some("") => Err(SkipReason::Empty),
                // An observation says something without its entity, too.
                Some(text) if !has_name => Ok(fact(text.to_owned(), kind)),
                Some(text) => Ok(fact(format!("{name}: {text}"), kind)),
                None => Err(SkipReason::Unrecognised),
            };
            out.add(place, draft);
        }
        if observations.is_empty() && !has_name {
            out.skip(place, SkipReason::Empty);
        } else if observations.is_empty() {
            out.add(place, Ok(fact(format!("{name} ({kind})"), kind)));
        }
    }
}

fn fact(text: String, tag: &str) -> Draft {
    let tags = if tag.trim().is_empty() { vec![] } else { vec![tag.to_owned()] };
    Draft { text, tags, ..Draft::default() }
}
