//! Arguments that do not fit the input schema of a tool, in the words of JSON.

use serde_json::{Map, Value};

/// Characters of a value in an error (TL-04).
const VALUE_CHARACTERS: usize = 60;

/// A sentence on the first missing or unfit argument.
pub(crate) fn mismatch(arguments: &Map<String, Value>, schema: &Map<String, Value>) -> Option<String> {
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let missing = required.into_iter().find(|name| !arguments.contains_key(*name));
    missing.map(|name| format!("{name} is missing.")).or_else(|| {
        let properties = schema.get("properties")?.as_object()?;
        arguments.iter().find_map(|(name, value)| unfit(name, value, properties.get(name)?))
    })
}

fn unfit(name: &str, value: &Value, property: &Value) -> Option<String> {
    let kind = property.get("type").and_then(Value::as_str)?;
    let items = property.get("items");
    let fits = match (kind, value) {
        ("string", Value::String(_)) => values(property).is_none_or(|values| values.contains(value)),
        ("integer", Value::Number(number)) => number.is_u64(),
        ("boolean", Value::Bool(_)) => true,
        ("array", Value::Array(elements)) => {
            let element = |(at, element)| unfit(&format!("{name}[{at}]"), element, items?);
            return elements.iter().enumerate().find_map(element);
        }
        _ => false,
    };
    (!fits).then(|| format!("{name} must be {}, not {}.", expected(kind, property), excerpt(value)))
}

fn expected(kind: &str, property: &Value) -> String {
    let bound = |name| property.get(name).and_then(Value::as_u64);
    match (kind, values(property)) {
        ("string", Some(values)) => {
            let values: Vec<_> = values.iter().filter_map(Value::as_str).collect();
            format!("one of {}", values.join(", "))
        }
        ("string", None) => "a text".into(),
        ("integer", _) => match (bound("minimum"), bound("maximum")) {
            (Some(minimum), Some(maximum)) => format!("a whole number between {minimum} and {maximum}"),
            (minimum, _) => format!("a whole number ≥ {}", minimum.unwrap_or_default()),
        },
        ("boolean", _) => "true or false".into(),
        ("array", _) => "a list of texts".into(),
        _ => "an object".into(),
    }
}

fn values(property: &Value) -> Option<&Vec<Value>> {
    property.get("enum")?.as_array()
}

/// The beginning of a value.
fn excerpt(value: &Value) -> String {
    let mut text = value.to_string();
    if let Some((end, _)) = text.char_indices().nth(VALUE_CHARACTERS) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// TL-03
    #[test]
    fn mismatch_names_the_argument_in_words_of_json() {
        let schema = json!({
            "properties": {
                "text": {"type": "string"},
                "limit": {"type": "integer", "minimum": 1, "maximum": 50},
                "part": {"type": "integer"},
                "whole": {"type": "boolean"},
                "tags": {"type": "array", "items": {"type": "string"}},
                "clear": {"type": "array", "items": {"type": "string", "enum": ["tags", "source_url"]}},
            },
            "required": ["text"],
        });
        let sentence = |name: &str, value: Value| {
            let mut arguments = json!({"text": "tea"});
            arguments[name] = value;
            mismatch(arguments.as_object().expect("an object"), schema.as_object().expect("an object"))
        };
        assert_eq!(mismatch(&Map::new(), schema.as_object().expect("an object")).as_deref(), Some("text is missing."));
        for (name, value, expected) in [
            ("text", json!(1_753_694_400), "text must be a text, not 1753694400."),
            ("limit", json!(-1), "limit must be a whole number between 1 and 50, not -1."),
            ("limit", json!(5.5), "limit must be a whole number between 1 and 50, not 5.5."),
            ("part", json!("many"), "part must be a whole number ≥ 0, not \"many\"."),
            ("whole", json!("maybe"), "whole must be true or false, not \"maybe\"."),
            ("tags", json!({"a": 1}), "tags must be a list of texts, not {\"a\":1}."),
            ("tags", json!(["a", ["b"]]), "tags[1] must be a text, not [\"b\"]."),
            ("clear", json!(["text"]), "clear[0] must be one of tags, source_url, not \"text\"."),
        ] {
            assert_eq!(sentence(name, value).as_deref(), Some(expected));
        }
        assert_eq!(sentence("tags", json!(["a"])), None);
        assert!(sentence("text", json!(["é".repeat(90_000)])).is_some_and(|sentence| sentence.chars().count() < 100));
    }
}
