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
        ("context", json!({"topic": ""}), "Call context, and"),
        ("context", json!(null), "Call context, and"),
        ("remember", json!({"text": "I like tea."}), "on its own:\n\nI like tea."),
    ] {
        let answer = ask(&server, &token, "prompts/get", json!({"name": name, "arguments": arguments})).await;
        let message = &answer["result"]["messages"][0];
        assert_eq!(message["role"], "user", "{answer}");
        assert!(message["content"]["text"].as_str().is_some_and(|text| text.contains(expected)), "{answer}");
    }
    let long = json!({"topic": "tea ".repeat(20_000), "text": "tea ".repeat(20_000)});
    for (name, arguments) in
        [("remember", json!({})), ("forget", json!({})), ("remember", long.clone()), ("context", long)]
    {
        let answer = ask(&server, &token, "prompts/get", json!({"name": name, "arguments": arguments})).await;
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
    }
}

/// TO-26
#[tokio::test]
async fn unsupported_methods_are_refused_in_a_sentence() {
    let server = TestServer::new().await;
    let token = server.connect().await.access_token;
    let resource = json!({"uri": "memory://recent"});
    for (method, params) in [
        ("logging/setLevel", json!({"level": "info"})),
        ("resources/subscribe", resource.clone()),
        ("resources/unsubscribe", resource),
    ] {
        let error = &ask(&server, &token, method, params).await["error"];
        assert_eq!(error["code"], -32601, "{error}");
        assert!(error["message"].as_str().is_some_and(|message| message.ends_with('.')), "{error}");
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
        ("completion/complete", json!({})),
        (
            "completion/complete",
            json!({"ref": {"type": "ref/tool", "name": "x"}, "argument": {"name": "x", "value": ""}}),
        ),
    ] {
        assert_eq!(ask(method, params).await["code"], -32602, "{method}");
    }
    endpoint.set_store_status(500);
    let topic = json!({"ref": {"type": "ref/prompt", "name": "context"}, "argument": {"name": "topic", "value": ""}});
    for (method, params) in [
        ("resources/read", json!({"uri": "memory://recent"})),
        ("resources/read", json!({"uri": "memory://profile"})),
        ("resources/read", json!({"uri": "memory://tag/tea"})),
        ("completion/complete", topic),
    ] {
        let error = ask(method, params).await;
        assert_eq!(error["code"], -32603, "{error}");
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{error}");
    }
}

/// TO-26
#[tokio::test]
async fn profile_is_the_same_as_a_tool_and_as_a_resource() {
    let server = TestServer::new().await;
    let token = server.connect().await.access_token;
    for (text, tags) in [("Ada drinks tea.", json!(["tea"])), ("Ada has a teapot.", json!(["tea", "home"]))] {
        server.call(&token, "add_memory", &json!({"text": text, "tags": tags})).await;
    }
    let profile = server.call(&token, "context", &json!({})).await["structuredContent"].clone();
    assert_eq!(profile["memories_read"], 2);
    assert_eq!(profile["tags"][0], json!({"tag": "tea", "memories": 2}));
    assert_eq!(profile["recent"][0]["text"], "Ada has a teapot.");
    let mut contents = resource(&server, &token, "memory://profile").await;
    let fields = contents.as_object_mut().expect("an object");
    fields.retain(|name, _| profile.get(name).is_some());
    assert_eq!(contents, profile);
    let tagged = resource(&server, &token, "memory://tag/home").await;
    assert_eq!(tagged["memories"].as_array().map(Vec::len), Some(1), "{tagged}");
    // Another user's profile is empty, and a client that is limited to its own memories sees only those.
    let ben = server.connect_as(&server.add_user("ben@example.org").await).await.access_token;
    let empty = server.call(&ben, "context", &json!({})).await["structuredContent"].clone();
    assert_eq!((&empty["memories_read"], &empty["tags"], &empty["has_more"]), (&json!(0), &json!([]), &json!(false)));
}

/// TO-26, TL-04
#[tokio::test]
async fn profile_of_many_long_memories_fits_into_a_conversation() {
    let server = TestServer::new().await;
    let token = server.connect().await.access_token;
    let content: String = (0..250).map(|n| format!("Paragraph {n}: {}\n\n", "é".repeat(1000))).collect();
    for part in 0..40 {
        let text = format!("{part} {}", "long ".repeat(1000));
        let tags = json!([format!("a{}", part % 7), "a tag of some length", format!("b{part}")]);
        server.call(&token, "add_memory", &json!({"text": text, "tags": tags})).await;
    }
    server.call(&token, "store_document", &json!({"title": "Report", "content": content})).await;
    let profile = server.call(&token, "context", &json!({})).await["structuredContent"].clone();
    assert!(profile.to_string().chars().count() < 10_000, "{profile}");
    assert_eq!(profile["recent"][0]["document"], "Report");
    assert_eq!(
        (profile["recent"].as_array().map(Vec::len), profile["topics"].as_array().map(Vec::len)),
        (Some(10), Some(5))
    );
}

/// TO-26
#[tokio::test]
async fn tags_complete_topics_and_resources() {
    let server = TestServer::new().await;
    let token = server.connect().await.access_token;
    for (text, tags) in [("a", json!(["work", "R&D / \u{fc}ber"])), ("b", json!(["work"])), ("c", json!(["homework"]))]
    {
        server.call(&token, "add_memory", &json!({"text": text, "tags": tags})).await;
    }
    let complete = async |token: &str, reference: Value, name: &str, value: &str| {
        let params = json!({"ref": reference, "argument": {"name": name, "value": value}});
        ask(&server, token, "completion/complete", params).await["result"]["completion"]["values"].clone()
    };
    let prompt = || json!({"type": "ref/prompt", "name": "context"});
    let template = || json!({"type": "ref/resource", "uri": "memory://tag/{tag}"});
    for (reference, name, value, values) in [
        (prompt(), "topic", "wor", json!(["work", "homework"])),
        (template(), "tag", "WORK", json!(["work", "homework"])),
        (template(), "tag", "", json!(["work", "homework", "R&D / \u{fc}ber"])),
        (template(), "id", "w", json!([])),
        (prompt(), "text", "w", json!([])),
        (json!({"type": "ref/prompt", "name": "remember"}), "text", "w", json!([])),
        (json!({"type": "ref/resource", "uri": "memory://memory/{id}"}), "id", "0", json!([])),
    ] {
        assert_eq!(complete(&token, reference.clone(), name, value).await, values, "{reference} {name} {value}");
    }
    let tagged = resource(&server, &token, "memory://tag/R%26D%20%2F%20%C3%BCber").await;
    assert_eq!(tagged["memories"][0]["text"], "a");
    let ben = server.connect_as(&server.add_user("ben@example.org").await).await.access_token;
    assert_eq!(complete(&ben, prompt(), "topic", "").await, json!([]));
}
