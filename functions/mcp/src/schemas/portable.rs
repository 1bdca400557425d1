//! Simplification of the derived schemas.

use std::sync::Arc;

use rmcp::model::Tool;
use serde_json::{Map, Value};

/// Replaces `"type": ["string", "null"]` by `"type": "string"`, since the models of some clients do not support lists of
/// types. An optional argument may still be sent as null; results contain no nulls. Tools without arguments get an empty list
/// of properties, which OpenAI's API requires, and annotations the title, which clients up to 2025-03-26 look for there (TL-02).
pub(crate) fn portable(mut tool: Tool) -> Tool {
    Arc::make_mut(&mut tool.input_schema).entry("properties").or_insert_with(|| Map::new().into());
    if let Some(annotations) = &mut tool.annotations {
        annotations.title = tool.title.clone();
    }
    for schema in [Some(&mut tool.input_schema), tool.output_schema.as_mut()].into_iter().flatten() {
        Arc::make_mut(schema).values_mut().for_each(remove_null);
    }
    tool
}

fn remove_null(schema: &mut Value) {
    match schema {
        Value::Array(values) => values.iter_mut().for_each(remove_null),
        Value::Object(object) => {
            let types = object.get_mut("type").and_then(Value::as_array_mut).map(std::mem::take);
            if let Some(mut types) = types {
                types.retain(|kind| kind != "null");
                let one = if types.len() == 1 { types.pop() } else { None };
                object.insert("type".into(), one.unwrap_or(Value::Array(types)));
            }
            object.values_mut().for_each(remove_null);
        }
        _ => (),
    }
}
