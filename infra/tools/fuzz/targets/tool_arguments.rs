//! Arguments that a tool's published inputSchema accepts: no tool refuses them as arguments, and `update_memory` changes
//! no field that they do not name (TO-20, TO-21).
#![no_main]

use std::sync::LazyLock;

use axum::body::Body;
use http::Request;
use jean_fuzz::{ACCESS_TOKEN, DESK, RUNTIME, read};
use libfuzzer_sys::{
    arbitrary::{Result, Unstructured},
    fuzz_target,
};
use serde_json::{Map, Value, json};
use tower::ServiceExt;

const FIELDS: [&str; 4] = ["text", "tags", "source_url", "occurred_at"];

/// The tools, as listed.
static TOOLS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let listed = rpc("tools/list", &json!({}));
    listed["result"]["tools"].as_array().cloned().expect("a list")
});

/// A memory with every field.
static MEMORY: LazyLock<String> = LazyLock::new(|| {
    let all = json!({"text": "Tea at four", "tags": ["taste"], "source_url": "https://example.org/", "occurred_at": "2026-01-01"});
    call("add_memory", &all)["structuredContent"]["id"].as_str().expect("an id").to_owned()
});

fn rpc(method: &str, params: &Value) -> Value {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
    let request = Request::post("/mcp")
        .header("host", "memory.example")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-11-25")
        .header("authorization", format!("Bearer {}", *ACCESS_TOKEN))
        .body(Body::from(body))
        .expect("a request");
    let router = DESK.router.clone();
    let body = RUNTIME.block_on(async {
        let response = router.oneshot(request).await.expect("infallible");
        read(response).await
    });
    serde_json::from_slice(&body).expect("JSON")
}

fn call(tool: &str, arguments: &Value) -> Value {
    rpc("tools/call", &json!({"name": tool, "arguments": arguments}))["result"].clone()
}

/// Arguments that the schema accepts.
fn arguments(schema: &Value, bytes: &mut Unstructured<'_>) -> Result<Map<String, Value>> {
    let mut arguments = Map::new();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let is_required = schema["required"].as_array().is_some_and(|names| names.contains(&json!(name)));
        if is_required || bytes.arbitrary()? {
            arguments.insert(name.clone(), value(property, bytes)?);
        }
    }
    Ok(arguments)
}

fn value(property: &Value, bytes: &mut Unstructured<'_>) -> Result<Value> {
    if let Some(words) = property["enum"].as_array() {
        return Ok(bytes.choose(words)?.clone());
    }
    Ok(match property["type"].as_str() {
        Some("integer") => {
            let (least, most) = (property["minimum"].as_i64(), property["maximum"].as_i64());
            bytes.int_in_range(least.unwrap_or_default()..=most.unwrap_or(i32::MAX.into()))?.into()
        }
        Some("boolean") => bytes.arbitrary::<bool>()?.into(),
        Some("array") => {
            let items = 0..bytes.int_in_range(0..=4)?;
            items.map(|_| value(&property["items"], bytes)).collect::<Result<_>>()?
        }
        Some("string") => bytes.arbitrary::<&str>()?.into(),
        other => unreachable!("a type that this target does not generate: {other:?}"),
    })
}

fn is_blank(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.trim().is_empty())
        || value.as_array().is_some_and(|items| items.iter().all(is_blank))
}

fn fields() -> Value {
    let memory = call("get_memory", &json!({"id": *MEMORY}))["structuredContent"].clone();
    FIELDS.into_iter().map(|name| (name.to_owned(), memory[name].clone())).collect::<Map<_, _>>().into()
}

fuzz_target!(|input: &[u8]| {
    let mut bytes = Unstructured::new(input);
    let Ok(tool) = bytes.choose(&TOOLS) else { return };
    let name = tool["name"].as_str().expect("a name");
    let Ok(mut arguments) = arguments(&tool["inputSchema"], &mut bytes) else { return };
    if name == "update_memory" {
        arguments.insert("id".into(), MEMORY.as_str().into());
    } else if name == "delete_all_memories" {
        arguments.remove("confirm");
    }
    let before = (name == "update_memory").then(fields);
    let result = call(name, &arguments.clone().into());
    let text = result["content"][0]["text"].as_str();
    assert!(text.is_some(), "{name} {arguments:?}: {result}");
    let text = text.unwrap_or_default();
    // The only condition that the schema cannot state: a search has a query or a filter.
    let is_refused = text.starts_with("Invalid arguments") && !text.contains("The query is empty");
    assert!(!is_refused, "{name} {arguments:?}: {text}");
    let Some(before) = before else { return };
    let after = fields();
    for field in FIELDS {
        let is_named = arguments.get(field).is_some_and(|value| !is_blank(value))
            || arguments.get("clear").is_some_and(|clear| clear.as_array().expect("a list").contains(&json!(field)));
        assert!(is_named || before[field] == after[field], "{arguments:?}: {field}: {before} {after}");
    }
});
