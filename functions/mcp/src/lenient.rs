//! Lenient reading of tool arguments, driven by the tool's published inputSchema.
//!
//! The schema stays the promise; models and their clients deviate from it (TO-20, TO-21):
//!
//! | sent | read as |
//! |---|---|
//! | null, `[]`, or a text without a visible character, for an optional argument | absent |
//! | `5.0`, `"5"` for an integer | `5` |
//! | a number above the maximum | the maximum |
//! | `"true"` for a boolean | `true` |
//! | `"a, b"`, `"[\"a\", \"b\"]"`, `"['a', 'b']"` for an array of strings | `["a", "b"]` |
//! | `"null"`, `"None"`, `"undefined"` for an optional argument | absent |
//! | an argument that the schema does not name | ignored |
//!
//! A value that fits none of these is left as it is, and rejected with the types of the arguments.

use serde_json::{Map, Number, Value};

/// Names that models use for the same argument.
const SYNONYMS: [&[&str]; 11] = [
    &["text", "content", "memory", "fact", "note", "message", "body", "value"],
    &["content", "text", "body", "document", "markdown", "value"],
    &["query", "q", "search", "question", "text", "input", "keywords"],
    &["id", "memory_id", "document_id", "uuid", "ids"],
    &["title", "name", "heading"],
    &["tags", "tag", "labels", "categories", "keywords"],
    &["source_url", "url", "source", "link"],
    &["occurred_at", "date", "time", "timestamp", "when"],
    &["after", "since", "from", "start"],
    &["before", "until", "to", "end"],
    &["limit", "top_k", "k", "n", "count", "max_results", "size"],
];
/// Names listed in an error.
const LISTED: usize = 5;
/// Characters of a name in an error.
const NAME_CHARACTERS: usize = 40;

/// The arguments in the schema, and the names of the others without the blank ones.
pub(crate) fn read(arguments: Map<String, Value>, schema: &Map<String, Value>) -> (Map<String, Value>, Vec<String>) {
    let properties = schema.get("properties").and_then(Value::as_object);
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|other| other == name));
    let (mut known, mut ignored) = (Map::new(), Vec::new());
    for (name, value) in arguments {
        let Some(property) = properties.and_then(|properties| properties.get(&name)) else {
            if !is_blank(&value) {
                ignored.push(name);
            }
            continue;
        };
        let value = converted(value, property);
        let is_absent = if is_required(&name) { value.is_null() } else { is_blank(&value) || is_fill_in(&value) };
        if !is_absent {
            known.insert(name, value);
        }
    }
    (known, ignored)
}

/// A sentence that names the ignored arguments and, if one of them seems to be a missing argument, that one.
pub(crate) fn advice(ignored: &[String], known: &Map<String, Value>, schema: &Map<String, Value>) -> Option<String> {
    if ignored.is_empty() {
        return None;
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    let missing = || properties.into_iter().flatten().map(|(name, _)| name).filter(|name| !known.contains_key(*name));
    let cut = |name: &str| name.chars().filter(|c| !c.is_control()).take(NAME_CHARACTERS).collect::<String>();
    let listed: Vec<_> = ignored.iter().take(LISTED).map(|name| cut(name)).collect();
    let mut advice = format!("Unknown arguments were ignored: {}.", listed.join(", "));
    for name in ignored.iter().take(LISTED) {
        if let Some(near) = missing().find(|other| is_near(name, other)) {
            advice.push_str(&format!(" Use {near} instead of {}.", cut(name)));
        }
    }
    Some(advice)
}

fn is_near(name: &str, other: &str) -> bool {
    let plain = |name: &str| name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let (plain_name, plain_other) = (plain(name), plain(other));
    let is_synonym = |names: &&[&str]| names[0] == other && names.iter().any(|synonym| plain(synonym) == plain_name);
    plain_name == plain_other || SYNONYMS.iter().any(is_synonym)
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => jean_memory::is_blank(text),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// `true` for the name of no value, which models fill in for an optional argument.
fn is_fill_in(value: &Value) -> bool {
    let word = value.as_str().map(|text| text.trim().to_lowercase());
    word.is_some_and(|word| ["null", "none", "undefined"].contains(&word.as_str()))
}

fn converted(value: Value, property: &Value) -> Value {
    match property.get("type").and_then(Value::as_str) {
        Some("integer") => integer(value, property.get("maximum").and_then(Value::as_f64)),
        Some("boolean") => boolean(value),
        Some("array") => array(value),
        _ => value,
    }
}

fn integer(value: Value, maximum: Option<f64>) -> Value {
    let number = match &value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let Some(number) = number.filter(|number: &f64| number.is_finite() && number.fract() == 0.0) else { return value };
    let number = maximum.map_or(number, |maximum| number.min(maximum));
    // Larger integers have no exact f64; no argument needs them.
    if number.abs() < 1e15 { Value::Number(Number::from(number as i64)) } else { value }
}

fn boolean(value: Value) -> Value {
    let word = value.as_str().map(|word| word.trim().to_lowercase());
    match word.as_deref() {
        Some("true") => true.into(),
        Some("false") => false.into(),
        _ => value,
    }
}

/// An array without blank elements. A text may be a JSON array or a list of Python, or elements separated by commas.
fn array(value: Value) -> Value {
    let items = match value {
        Value::Array(items) => items,
        value if is_fill_in(&value) => vec![],
        Value::String(text) => match serde_json::from_str(&text) {
            Ok(Value::Array(items)) => items,
            _ => elements(&text).map(Value::from).collect(),
        },
        other => return other,
    };
    let text = |item: Value| if item.is_number() { item.to_string().into() } else { item };
    items.into_iter().filter(|item| !is_blank(item)).map(text).collect()
}

/// The elements of a text, without the brackets and quotation marks of a list.
fn elements(text: &str) -> impl Iterator<Item = &str> {
    let text = text.trim();
    let list = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    list.unwrap_or(text).split(',').map(move |item| match list {
        Some(_) => item.trim().trim_matches(['\'', '"']).trim(),
        None => item.trim(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Map<String, Value> {
        let schema = json!({
            "properties": {
                "text": {"type": "string"},
                "source_url": {"type": "string"},
                "limit": {"type": "integer", "minimum": 1, "maximum": 50},
                "whole": {"type": "boolean"},
                "tags": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["text"],
        });
        schema.as_object().cloned().expect("an object")
    }

    fn read(arguments: Value) -> Value {
        super::read(arguments.as_object().cloned().expect("an object"), &schema()).0.into()
    }

    /// TO-20
    #[test]
    fn blank_optional_arguments_are_absent() {
        for blank in [json!(null), json!(""), json!(" \t\n"), json!([]), json!([""]), json!("null"), json!("None")] {
            for name in ["source_url", "limit", "whole", "tags"] {
                if blank != json!([""]) || name == "tags" {
                    assert_eq!(read(json!({ name: blank })), json!({}), "{name}: {blank}");
                }
            }
        }
        assert_eq!(read(json!({"text": "", "source_url": "x"})), json!({"text": "", "source_url": "x"}));
        assert_eq!(read(json!({"text": null})), json!({}));
        assert_eq!(read(json!({"text": "None", "source_url": " undefined"})), json!({"text": "None"}));
        assert_eq!(read(json!({"source_url": "none of them"})), json!({"source_url": "none of them"}));
    }

    /// TO-21
    #[test]
    fn values_are_read_as_the_schema_wants_them() {
        for (name, sent, expected) in [
            ("limit", json!("5"), json!(5)),
            ("limit", json!(5.0), json!(5)),
            ("limit", json!(" 5.0 "), json!(5)),
            ("limit", json!(51), json!(50)),
            ("limit", json!(1e300), json!(50)),
            ("limit", json!(u64::MAX), json!(50)),
            ("limit", json!(-1), json!(-1)),
            ("limit", json!(5.5), json!(5.5)),
            ("limit", json!("many"), json!("many")),
            ("limit", json!("NaN"), json!("NaN")),
            ("whole", json!("True"), json!(true)),
            ("whole", json!("false"), json!(false)),
            ("whole", json!("maybe"), json!("maybe")),
            ("tags", json!("a, b,"), json!(["a", "b"])),
            ("tags", json!("[\"a\", \"b, c\"]"), json!(["a", "b, c"])),
            ("tags", json!("a"), json!(["a"])),
            ("tags", json!("['a', 'b']"), json!(["a", "b"])),
            ("tags", json!("[a, b]"), json!(["a", "b"])),
            ("tags", json!("rock 'n' roll"), json!(["rock 'n' roll"])),
            ("tags", json!(["a", 5, " "]), json!(["a", "5"])),
            ("tags", json!({"a": 1}), json!({"a": 1})),
            ("text", json!("5"), json!("5")),
            ("text", json!(7), json!(7)),
        ] {
            assert_eq!(read(json!({ name: sent })), json!({ name: expected }), "{name}: {sent}");
        }
    }

    /// TO-21
    #[test]
    fn unknown_arguments_are_ignored_and_near_names_named() {
        let advice = |arguments: Value| {
            let arguments = arguments.as_object().cloned().expect("an object");
            let (known, ignored) = super::read(arguments, &schema());
            super::advice(&ignored, &known, &schema()).unwrap_or_default()
        };
        for arguments in [json!({"text": "a"}), json!({"text": "a", "reason": "", "url": null})] {
            assert_eq!(advice(arguments), "");
        }
        assert_eq!(
            advice(json!({"content": "a"})),
            "Unknown arguments were ignored: content. Use text instead of content."
        );
        assert!(advice(json!({"sourceUrl": "a"})).ends_with("Use source_url instead of sourceUrl."));
        assert_eq!(advice(json!({"text": "a", "content": "b"})), "Unknown arguments were ignored: content.");
        assert!(advice(json!({"é".repeat(90_000): 1})).len() < 200);
    }
}
