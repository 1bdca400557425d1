//! Letta agent files (.af): the blocks of the core memory, and the passages of the archival memory.

use serde_json::Value;

use crate::format::{Format, JsonObject, has_text};
use crate::{
    collector::Collector,
    document::{Document, Page, Record},
    fields::{Fields, Names},
    report::SkipReason,
};

pub(crate) static LETTA: Format = Format {
    name: "Letta agent file",
    writer: Some("letta"),
    detect: |document| {
        let has_list = |page: &Page| LISTS.iter().any(|list| page.list(list).is_some());
        document.has(is_block) && document.pages.iter().any(has_list)
    },
    read,
};

/// The lists that tell an agent file from other blocks. The first schema has the blocks of its one agent in `core_memory`.
const LISTS: [&str; 2] = ["agents", "core_memory"];
const BLOCK: Names = Names {
    text: &["value"],
    tags: &["label", "tags"],
    app: &[],
    user: &[],
    internal: &["limit", "template_name", "is_template", "preserve_on_migration", "read_only", "description"],
};
const PASSAGE: Names =
    Names { text: &["text"], tags: &["tags"], app: &[], user: &[], internal: &["embedding", "embedding_config"] };

fn is_block(object: &JsonObject) -> bool {
    has_text(object, "label") && has_text(object, "value")
}

fn read(document: &Document<'_>, out: &mut Collector<'_>) {
    for page in &document.pages {
        for (list, records) in &page.lists {
            let names = match list.as_str() {
                "blocks" | "core_memory" => &BLOCK,
                "passages" | "archival_memory" => &PASSAGE,
                "agents" => {
                    let agents = records.iter().filter_map(|record| record.object.as_ref().ok());
                    let messages = agents.filter_map(|agent| agent.get("messages")?.as_array());
                    out.dropped("agents.messages", messages.map(Vec::len).sum());
                    continue;
                }
                other => {
                    out.dropped(other, records.len());
                    continue;
                }
            };
            for Record { place, object } in records {
                let is_record = |object: &&JsonObject| {
                    names.text.iter().any(|name| object.get(*name).is_some_and(Value::is_string))
                };
                let object = object.as_ref().map_err(|reason| *reason);
                let object = object.and_then(|object| Some(object).filter(is_record).ok_or(SkipReason::Unrecognised));
                let draft = object.and_then(|object| Fields::new(object).draft(names, out.now));
                out.add(place, draft);
            }
        }
    }
}
