//! `/mcp`: tool results and arguments, validated against the listed schemas.

use jean_testing::{
    TestServer,
    account::{confirm_deletions, signed_in},
};
use jsonschema::{Validator, draft202012};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The listed tools by name.
async fn tools(server: &TestServer, token: &str) -> BTreeMap<String, Value> {
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let listed = server.mcp(Some(token), &list).await.json();
    let tools = listed["result"]["tools"].as_array().expect("tools");
    tools.iter().map(|tool| (tool["name"].as_str().expect("a name").to_owned(), tool.clone())).collect()
}

fn validator(schema: &Value) -> Validator {
    if let Err(error) = draft202012::meta::validate(schema) {
        panic!("{error}: {schema}");
    }
    draft202012::new(schema).expect("a schema")
}

fn assert_fits(schema: &Value, value: &Value, what: &str) {
    let errors: Vec<_> = validator(schema).iter_errors(value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{what}: {errors:?}: {value}");
}

/// Adds `additionalProperties: false` at every level, since schemas otherwise accept unknown properties.
fn closed(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let mut closed: serde_json::Map<_, _> =
                members.iter().map(|(name, value)| (name.clone(), self::closed(value))).collect();
            if members.get("properties").is_some_and(Value::is_object) && members["type"] == "object" {
                closed.insert("additionalProperties".into(), false.into());
            }
            closed.into()
        }
        Value::Array(values) => values.iter().map(closed).collect(),
        other => other.clone(),
    }
}

/// TL-01
#[tokio::test]
async fn every_result_matches_its_schema() {
    let server = TestServer::new().await;
    let token = server.connect().await.access_token;
    let tools = tools(&server, &token).await;
    let mut called = BTreeSet::new();
    let mut call = async |name: &str, arguments: Value| {
        called.insert(name.to_owned());
        let tool = &tools[name];
        assert_fits(&closed(&tool["inputSchema"]), &arguments, name);
        let result = server.call(&token, name, &arguments).await;
        assert_ne!(result["isError"], true, "{name}: {result}");
        assert_fits(&closed(&tool["outputSchema"]), &result["structuredContent"], name);
        let text = result["content"][0]["text"].as_str().expect("text");
        assert_eq!(serde_json::from_str::<Value>(text).expect("JSON"), result["structuredContent"], "{name}");
        result["structuredContent"].clone()
    };

    let bare = call("add_memory", json!({"text": "Ada drinks tea."})).await["id"].clone();
    let told = json!({
        "text": "tea ".repeat(1_000), "tags": ["taste"], "source_url": "https://example.com/", "occurred_at": "2026-07-28",
    });
    let full = call("add_memory", told).await["id"].clone();
    call("update_memory", json!({"id": full, "tags": ["taste", "drink"], "occurred_at": "2026-07-28T09:30:00Z"})).await;
    let menu = json!({"title": "Menu", "content": "tea and cake\n\n".repeat(2_000), "tags": ["food"]});
    let document = call("store_document", menu).await;
    for id in [&bare, &full, &document["id"]] {
        call("get_memory", json!({"id": id})).await;
        call("fetch", json!({"id": id})).await;
    }
    for query in ["tea", "zeppelin"] {
        call("search_memory", json!({"query": query, "limit": 50, "tags": [], "after": "2000-01-01"})).await;
        call("search", json!({"query": query})).await;
    }
    let page = call("list_memories", json!({"limit": 1})).await;
    call("list_memories", json!({"limit": 50, "cursor": page["next_cursor"]})).await;
    call("context", json!({})).await;
    call("whoami", json!({})).await;
    call("delete_memory", json!({"id": bare})).await;
    call("delete_all_memories", json!({"confirm": "delete all memories"})).await;
    confirm_deletions(&server, &mut signed_in(&server).await).await;
    call("delete_all_memories", json!({"confirm": "delete all memories"})).await;
    call("list_memories", json!({})).await;
    assert_eq!(called, tools.keys().cloned().collect());
}

/// TL-01
#[tokio::test]
async fn schemas_reject_what_the_tools_reject() {
    let server = TestServer::new().await;
    let token = server.connect().await.access_token;
    for (name, tool) in tools(&server, &token).await {
        for schema in ["inputSchema", "outputSchema"] {
            assert!(!validator(&tool[schema]).is_valid(&json!("a text")), "{name} {schema}");
        }
        for required in tool["inputSchema"]["required"].as_array().into_iter().flatten() {
            assert!(!validator(&tool["inputSchema"]).is_valid(&json!({})), "{name}");
            let result = server.call(&token, &name, &json!({})).await;
            assert_eq!(result["isError"], true, "{name} without {required}");
        }
    }
}
