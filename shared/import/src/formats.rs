//! The formats, and the detection of a file's format.

mod basic_memory;
mod claude;
mod csv;
mod jean;
mod letta;
mod mcp_memory;
mod mcp_memory_service;
mod mem0;
mod openmemory;
mod supermemory;
mod text_list;
mod unknown;

use serde_json::{Map, Value};

use crate::{
    collector::Collector,
    document::{Document, Page},
    draft::Draft,
    fields::{Fields, Names},
    refusal::Refusal,
    report::SkipReason,
};

pub(crate) use jean::JEAN;
pub(crate) use text_list::TEXT_LIST;
pub(crate) use unknown::refuse_chat_log;

/// An import format.
#[derive(Debug)]
pub(crate) struct Format {
    /// The name, as shown to users.
    pub(crate) name: &'static str,
    /// The client that memories without a named author are written by, or `None` for the user.
    pub(crate) writer: Option<&'static str>,
    /// Returns `true` if more than one field of the file belongs to the format.
    pub(crate) detect: fn(&Document<'_>) -> bool,
    /// Reads the records.
    pub(crate) read: fn(&Document<'_>, &mut Collector<'_>),
}

static FORMATS: [&Format; 11] = [
    &JEAN,
    &mem0::MEM0,
    &openmemory::OPENMEMORY,
    &supermemory::SUPERMEMORY,
    &mcp_memory_service::MCP_MEMORY_SERVICE,
    &mcp_memory::MCP_MEMORY,
    &letta::LETTA,
    &claude::CLAUDE,
    &basic_memory::BASIC_MEMORY,
    &csv::CSV,
    &TEXT_LIST,
];

/// Returns the format of a file.
///
/// # Errors
/// [`Refusal`] if it matches no format, or more than one.
pub(crate) fn detect(document: &Document<'_>) -> Result<&'static Format, Refusal> {
    let matching: Vec<&Format> = FORMATS.into_iter().filter(|format| (format.detect)(document)).collect();
    match matching.as_slice() {
        [format] => Ok(format),
        [] => Err(unknown::explained(document)),
        several => {
            let names: Vec<_> = several.iter().map(|format| format.name).collect();
            Err(Refusal::Ambiguous { formats: names.join(", ") })
        }
    }
}

type Object = Map<String, Value>;

/// `true` if a field is a string.
fn has_text(object: &Object, name: &str) -> bool {
    object.get(name).is_some_and(Value::is_string)
}

/// `true` if one of the fields exists.
fn has_any(object: &Object, names: &[&str]) -> bool {
    names.iter().any(|name| object.contains_key(*name))
}

/// Reads the lists of objects of a document. `completed` adds what a field of the page says about a record.
fn read_records(
    document: &Document<'_>,
    out: &mut Collector<'_>,
    is_record: fn(&Object) -> bool,
    names: &Names,
    completed: impl Fn(&Page, &Object, Draft) -> Result<Draft, SkipReason>,
) {
    let now = out.now;
    for page in &document.pages {
        for (name, records) in &page.lists {
            let is_other =
                page.lists.len() > 1 && !records.iter().any(|record| record.object.as_ref().is_ok_and(is_record));
            if is_other {
                if !names.internal.contains(&name.as_str()) {
                    out.dropped(name, records.len());
                }
                continue;
            }
            for record in records {
                let draft = match &record.object {
                    Err(reason) => Err(*reason),
                    Ok(object) if !is_record(object) => Err(SkipReason::Unrecognised),
                    Ok(object) => {
                        let draft = Fields::new(object).draft(names, now);
                        draft.and_then(|draft| completed(page, object, draft))
                    }
                };
                out.add(&record.place, draft);
            }
        }
    }
}
