//! Advice on a tool call in its result.

use std::sync::Arc;

use rmcp::model::{CallToolResult, ContentBlock, Tool};
use serde_json::{Value, json};

/// The field of a result with advice for the model.
const NOTE: &str = "note";

/// Adds the note to an output schema without one.
pub(crate) fn with_note(mut tool: Tool) -> Tool {
    let properties = tool.output_schema.as_mut().and_then(|schema| Arc::make_mut(schema).get_mut("properties"));
    if let Some(properties) = properties.and_then(Value::as_object_mut) {
        let note = || json!({ "type": "string", "description": "Advice on the call, if there is any." });
        properties.entry(NOTE).or_insert_with(note);
    }
    tool
}

/// Adds a sentence to the note of a result, or to the text of an error. The text of a result stays the JSON of its
/// structured content (TL-01).
pub(crate) fn add(result: &mut CallToolResult, sentence: &str) {
    match result.structured_content.as_mut().and_then(Value::as_object_mut) {
        Some(object) => {
            let note = object.get(NOTE).and_then(Value::as_str);
            let note = note.map_or(sentence.into(), |note| format!("{note} {sentence}"));
            object.insert(NOTE.into(), note.into());
            let text = result.structured_content.as_ref().map(Value::to_string).unwrap_or_default();
            result.content = vec![ContentBlock::text(text)];
        }
        None => result.content.push(ContentBlock::text(sentence)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TL-01
    #[test]
    fn note_is_in_the_content_and_its_text() {
        for (content, note) in [(json!({}), "Advice."), (json!({ "note": "Known." }), "Known. Advice.")] {
            let mut result = CallToolResult::structured(content);
            add(&mut result, "Advice.");
            assert_eq!(result.structured_content, Some(json!({ "note": note })));
            let text = result.content[0].as_text().map(|text| text.text.as_str());
            assert_eq!(text, Some(json!({ "note": note }).to_string().as_str()));
        }
    }
}
