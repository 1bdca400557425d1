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

use crate::{document::Document, format::Format, refusal::Refusal};

pub(crate) use csv::CSV;
pub(crate) use jean::JEAN;
pub(crate) use text_list::TEXT_LIST;
pub(crate) use unknown::refuse_chat_log;

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
    &CSV,
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
