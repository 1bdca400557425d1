//! `/mcp`: resources and prompts.

use jean_testing::TestServer;
use serde_json::{Value, json};

use crate::endpoint::{Endpoint, JSON};

async fn ask(server: &TestServer, token: &str, method: &str, params: Value) -> Value {
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    server.mcp(Some(token), &message).await.json()
}

async fn resource(server: &TestServer, token: &str, uri: &str) -> Value {
    let answer = ask(server, token, "resources/read", json!({ "uri": uri })).await;
    let contents = &answer["result"]["contents"][0];
    assert_eq!((&contents["uri"], &contents["mimeType"]), (&json!(uri), &json!("application/json")), "{answer}");
    serde_json::from_str(contents["text"].as_str().expect("a text")).expect("JSON")
}

/// TO-26
#[tokio::test]
async fn listed_resources_are_read() {
    let server = TestServer::new().await;
    let token = server.connect().await.access_token;
    let added = server.call(&token, "add_memory", &json!({"text": "Ada drinks tea."})).await;
    let id = added["structuredContent"]["id"].as_str().expect("an id");
    let listed = ask(&server, &token, "resources/list", json!({})).await;
    let uris: Vec<_> =
        listed["result"]["resources"].as_array().expect("resources").iter().map(|one| &one["uri"]).collect();
    assert_eq!(uris, ["memory://profile", "memory://recent"]);
    assert_eq!(resource(&server, &token, "memory://profile").await["client"], "claude");
    assert_eq!(resource(&server, &token, "memory://recent").await["memories"][0]["id"], id);
    let templates = ask(&server, &token, "resources/templates/list", json!({})).await;
    let template = templates["result"]["resourceTemplates"][0]["uriTemplate"].as_str().expect("a template");
    assert_eq!(resource(&server, &token, &template.replace("{id}", id)).await["text"], "Ada drinks tea.");
    let ben = server.connect_as(&server.add_user("ben@example.org").await).await.access_token;
    for (token, uri) in [
        (&ben, format!("memory://memory/{id}")),
        (&token, "memory://memory/nonsense".into()),
        (&token, "file:///etc/passwd".into()),
        (&token, String::new()),
    ] {
        let error = &ask(&server, token, "resources/read", json!({ "uri": uri })).await["error"];
        assert_eq!(
            error["message"].as_str().map(|text| text.starts_with("No resource has this URI.")),
            Some(true),
            "{uri}: {error}"
        );
    }
}

/// TO-26
#[tokio::test]
async fn prompts_ask_for_a_tool() {
    let server = TestServer::new().await;
    let token = server.connect().await.access_token;
    let listed = ask(&server, &token, "prompts/list", json!({})).await;
    let names: Vec<_> =
        listed["result"]["prompts"].as_array().expect("prompts").iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["context", "remember"]);
    for (name, arguments, expected) in [
        ("context", json!({"topic": "tea"}), "search_memory for “tea”"),
        ("context", json!({"topic": ""}), "the topic of this conversation"),
        ("context", json!(null), "the topic of this conversation"),
        ("remember", json!({"text": "I like tea."}), "on its own:\n\nI like tea."),
    ] {
        let answer = ask(&server, &token, "prompts/get", json!({"name": name, "arguments": arguments})).await;
        let message = &answer["result"]["messages"][0];
        assert_eq!(message["role"], "user", "{answer}");
        assert!(message["content"]["text"].as_str().is_some_and(|text| text.contains(expected)), "{answer}");
    }
    for (name, arguments) in [("remember", json!({})), ("forget", json!({}))] {
        let answer = ask(&server, &token, "prompts/get", json!({"name": name, "arguments": arguments})).await;
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
    }
}

/// TO-26
#[tokio::test]
async fn malformed_parameters_and_store_failures_are_errors() {
    let endpoint = Endpoint::new().await;
    let ask = async |method: &str, params: Value| {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        endpoint.post("memory:read", &[JSON], message.to_string()).await.json()["error"].clone()
    };
    for (method, params) in [
        ("resources/read", json!({})),
        ("resources/read", json!({"uri": 7})),
        ("prompts/get", json!({"name": []})),
        ("resources/list", json!({"cursor": "next"})),
        ("resources/templates/list", json!({"cursor": "next"})),
        ("prompts/list", json!({"cursor": "next"})),
    ] {
        assert_eq!(ask(method, params).await["code"], -32602, "{method}");
    }
    endpoint.set_store_status(500);
    let error = ask("resources/read", json!({"uri": "memory://recent"})).await;
    assert_eq!(error["code"], -32603, "{error}");
    assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{error}");
}
