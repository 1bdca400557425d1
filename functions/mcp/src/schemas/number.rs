//! JSON schemas of numbers, written by hand: derived ones contain `"format": "uint32"`, which strict clients reject.

use schemars::{Schema, SchemaGenerator, json_schema};

pub(super) fn positive(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer", "minimum": 1 })
}

pub(super) fn non_negative(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer", "minimum": 0 })
}

pub(super) fn limit(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["integer", "null"], "minimum": 1, "maximum": 50 })
}
