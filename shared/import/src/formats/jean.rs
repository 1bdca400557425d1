//! JSON Lines of this server.

use jean_memory::transfer::{InvalidLine, memory, unknown_fields};
use serde_json::Value;

use crate::format::{Format, JsonObject, has_text};
use crate::{collector::Collector, document::Document, report::SkipReason};

pub(crate) static JEAN: Format =
    Format { name: "Jean Memory", writer: None, detect: |document| document.has(is_record), read };

fn is_record(object: &JsonObject) -> bool {
    has_text(object, "id") && has_text(object, "text") && object.get("written_by").is_some_and(Value::is_object)
}

fn read(document: &Document<'_>, out: &mut Collector<'_>) {
    for record in document.records() {
        let read = match &record.object {
            Ok(object) => {
                let object = Value::Object(object.clone());
                let read =
                    memory(object.clone(), out.now).map(|memory| (unknown_fields(&object, memory.memory()), memory));
                read.map_err(|invalid| match invalid {
                    InvalidLine::Unknown => SkipReason::Unrecognised,
                    InvalidLine::Future => SkipReason::Future,
                    InvalidLine::Invalid(invalid) => invalid.into(),
                })
            }
            Err(reason) => Err(*reason),
        };
        match read {
            Ok((unknown, memory)) => {
                unknown.iter().for_each(|field| out.dropped(field, 1));
                out.restored(&record.place, memory);
            }
            Err(reason) => out.skip(&record.place, reason),
        }
    }
}
