//! `/mcp`: requests that the compatibility layer accepts or rejects.

use axum::body::Body;
use http::{Method, Request};
use lambda_http::{aws_lambda_events::apigw::ApiGatewayV2httpRequestContext, request::RequestContext};
use serde_json::{Value, json};

use crate::endpoint::{Endpoint, JSON, token};

/// TR-04
#[tokio::test]
async fn every_accept_header_gets_json() {
    let endpoint = Endpoint::new().await;
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    for accept in [None, Some("*/*"), Some("application/json"), Some("application/json, text/event-stream")] {
        let headers = [Some(JSON), accept.map(|accept| ("accept", accept))];
        let answer = endpoint.post("memory:read", &headers.into_iter().flatten().collect::<Vec<_>>(), list).await;
        assert_eq!(answer.status, 200, "{accept:?}");
        assert!(answer.json()["result"]["tools"].is_array(), "{accept:?}");
    }
}

/// TR-04, TR-05, T-13, T-16
#[tokio::test]
async fn invalid_bodies_get_json_rpc_errors() {
    let endpoint = Endpoint::new().await;
    let text = [("content-type", "text/plain")];
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let large = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list","x":"{}"}}"#, "a".repeat(6 * 1024 * 1024));
    for (headers, body, status, code) in [
        (&[JSON], "{", 400, -32700),
        (&[JSON], "", 400, -32700),
        (&[JSON], "[]", 400, -32600),
        (&[JSON], &deep, 400, -32600),
        (&[JSON], "7", 400, -32600),
        (&[JSON], "{}", 400, -32600),
        (&[JSON], r#"{"jsonrpc":"1.0","id":1,"method":"tools/list"}"#, 400, -32600),
        (&[JSON], r#"{"jsonrpc":"2.0","id":{},"method":"tools/list"}"#, 400, -32600),
        (&[JSON], r#"{"id":1,"method":"tools/list"}"#, 400, -32600),
        (&[JSON], r#"{"jsonrpc":"2.0","id":1.5,"method":"tools/list"}"#, 400, -32600),
        (&[JSON], r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":[1]}"#, 400, -32600),
        (&[JSON], r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#, 200, -32602),
        (&[JSON], r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}"#, 200, -32602),
        (&[JSON], r#"{"jsonrpc":"2.0","id":1,"method":"resources/forget"}"#, 200, -32601),
        (&[JSON], r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"next"}}"#, 200, -32602),
        (&text, r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, 415, -32600),
        (&[JSON], &large, 413, -32600),
    ] {
        let answer = endpoint.post("memory:read", headers, body).await;
        let excerpt = &body[..body.len().min(99)];
        assert_eq!(answer.status, status, "{excerpt}: {}", answer.body);
        assert_eq!(answer.json()["error"]["code"], code, "{excerpt}");
        assert_eq!(answer.json()["jsonrpc"], "2.0");
    }
}

/// TO-22, TO-24
#[tokio::test]
async fn document_of_one_megabyte_is_stored_in_any_escaping() {
    let endpoint = Endpoint::new().await;
    for content in ["\\u0061".repeat(1_000_000), "a".repeat(1_000_000), "tea \\ud83c".into()] {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"store_document","params":{{"title":"Log","content":"{content}"}}}}"#
        );
        let answer = endpoint.post("memory:write", &[JSON], &body).await;
        assert_eq!((answer.status, &answer.json()["result"]["isError"]), (200, &false.into()), "{:.300}", answer.body);
    }
}

/// TO-24, TO-07: the body's limit is that of the layer, not the lower one of rmcp.
#[tokio::test]
async fn body_of_five_megabytes_is_answered() {
    let endpoint = Endpoint::new().await;
    let padding = "a".repeat(5_000_000);
    let list = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{{"x":"{padding}"}}}}"#);
    let answer = endpoint.post("memory:read", &[JSON], &list).await;
    assert_eq!(answer.status, 200, "{:.300}", answer.body);
    assert!(answer.json()["result"]["tools"].is_array());
    let batch = endpoint.post("memory:read", &[JSON], format!("[{list}]")).await;
    assert_eq!(batch.json().as_array().map(Vec::len), Some(1), "{:.300}", batch.body);
}

/// TR-05
#[tokio::test]
async fn other_methods_are_405_once_authenticated() {
    let endpoint = Endpoint::new().await;
    for method in [Method::GET, Method::DELETE, Method::HEAD, Method::PUT] {
        let request = Request::builder().method(&method).uri("/mcp");
        let request = request.header("authorization", format!("Bearer {}", token("memory:read")));
        let answer = endpoint.send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!((answer.status, answer.allow.as_deref()), (405, Some("POST")), "{method}");
    }
}

/// TR-03
#[tokio::test]
async fn batch_is_answered_in_order_up_to_2025_03_26() {
    let endpoint = Endpoint::new().await;
    let batch = json!([
        { "jsonrpc": "2.0", "id": "a", "method": "ping" },
        { "jsonrpc": "2.0", "method": "notifications/initialized" },
        7,
        { "jsonrpc": "2.0", "id": 2, "method": "search_memory", "params": { "query": "tea" } },
        { "jsonrpc": "2.0", "id": 3, "method": "resources/forget" },
    ])
    .to_string();
    for version in [None, Some("2024-11-05"), Some("2025-03-26")] {
        let headers = [Some(JSON), version.map(|version| ("mcp-protocol-version", version))];
        let headers: Vec<_> = headers.into_iter().flatten().collect();
        let answer = endpoint.post("memory:read", &headers, batch.as_str()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let answers = answer.json();
        let ids: Vec<_> = answers.as_array().expect("answers").iter().map(|answer| &answer["id"]).collect();
        assert_eq!(ids, [&json!("a"), &json!(null), &json!(2), &json!(3)]);
        assert_eq!(answers[1]["error"]["code"], -32600);
        assert_eq!(answers[2]["result"]["structuredContent"]["memories"], json!([]));
        assert_eq!(answers[3]["error"]["code"], -32601);
        let notification = r#"[{"jsonrpc":"2.0","method":"notifications/initialized"}]"#;
        assert_eq!(endpoint.post("memory:read", &headers, notification).await.status, 202);
    }
    let headers = [JSON, ("mcp-protocol-version", "2025-06-18")];
    let answer = endpoint.post("memory:read", &headers, batch.as_str()).await;
    assert_eq!((answer.status, answer.json()["error"]["code"].clone()), (400, json!(-32600)), "{}", answer.body);
}

/// SD-01
#[tokio::test]
async fn error_for_a_message_without_id_has_the_id_null() {
    let endpoint = Endpoint::new().await;
    let unknown = [JSON, ("mcp-protocol-version", "2099-01-01")];
    for (headers, body) in [
        (&unknown[..], json!({ "jsonrpc": "2.0", "method": "whoami" })),
        (&[JSON], json!({ "jsonrpc": "1.0", "method": "whoami" })),
        (&[JSON], json!({ "method": "search_memory", "params": { "query": "tea" } })),
        (&[JSON], json!({ "jsonrpc": "2.0", "id": 1, "result": {} })),
    ] {
        let answer = endpoint.post("memory:read", headers, body.to_string()).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.body);
        assert_eq!(answer.json().get("id"), Some(&Value::Null), "{body}: {}", answer.body);
    }
}

/// SD-01
#[tokio::test]
async fn call_without_id_is_answered() {
    let endpoint = Endpoint::new().await;
    let call = json!({ "jsonrpc": "2.0", "method": "tools/call", "params": { "name": "whoami", "arguments": {} } });
    let answer = endpoint.post("memory:read", &[JSON], call.to_string()).await;
    assert_eq!((answer.status, answer.json()["id"].clone()), (200, Value::Null), "{}", answer.body);
    assert_eq!(answer.json()["result"]["structuredContent"]["user_id"], "ada", "{}", answer.body);
}

/// RS-06
#[tokio::test]
async fn batch_with_one_forbidden_call_is_rejected_as_a_whole() {
    let endpoint = Endpoint::new().await;
    let batch = r#"[{"jsonrpc":"2.0","id":1,"method":"search_memory","params":{"query":"tea"}},
        {"jsonrpc":"2.0","id":2,"method":"add_memory","params":{"text":"tea"}}]"#;
    assert_eq!(endpoint.post("memory:read", &[JSON], batch).await.status, 403);
    assert_eq!(endpoint.store_calls(), 0);
}

/// TR-02
#[tokio::test]
async fn unknown_revision_gets_the_supported_ones() {
    let endpoint = Endpoint::new().await;
    for body in [r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, r#"{"jsonrpc":"2.0","method":"notifications/x"}"#]
    {
        let answer = endpoint.post("memory:read", &[JSON, ("mcp-protocol-version", "2031-01-01")], body).await;
        assert_eq!(answer.status, 400, "{}", answer.body);
        let error = &answer.json()["error"];
        assert_eq!(error["code"], -32022);
        assert_eq!(error["data"]["requested"], "2031-01-01");
        let supported = json!(["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]);
        assert_eq!(error["data"]["supported"], supported);
    }
}

/// SD-01
#[tokio::test]
async fn bare_tool_name_is_a_call_with_or_without_id() {
    let endpoint = Endpoint::new().await;
    for (id, answered) in [(None, Value::Null), (Some(json!(null)), Value::Null), (Some(json!("a")), json!("a"))] {
        let mut message = json!({ "jsonrpc": "2.0", "method": "search_memory", "params": { "query": "test" } });
        if let Some(id) = id {
            message["id"] = id;
        }
        let answer = endpoint.rpc(&message).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let answer = answer.json();
        assert_eq!(answer["id"], answered);
        let result = &answer["result"];
        assert_eq!(result["structuredContent"]["memories"], json!([]));
        assert_eq!(result["content"][0]["text"], result["structuredContent"].to_string());
    }
}

/// TR-05, TR-06, T-08
#[tokio::test]
async fn stale_session_and_foreign_host_are_ignored() {
    let endpoint = Endpoint::new().await;
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    for host in ["memory.example", "localhost", "evil.example", "10.0.0.1:3000"] {
        let answer = endpoint.post("memory:read", &[JSON, ("host", host), ("mcp-session-id", "stale")], list).await;
        assert_eq!(answer.status, 200, "{host}: {}", answer.body);
    }
}

#[tokio::test]
async fn store_failure_shows_only_its_reference() {
    let endpoint = Endpoint::new().await;
    endpoint.set_store_status(500);
    let mut context = ApiGatewayV2httpRequestContext::default();
    context.request_id = Some("request-1".into());
    let search = r#"{"jsonrpc":"2.0","id":1,"method":"search_memory","params":{"query":"tea"}}"#;
    let request = Request::post("/mcp")
        .extension(RequestContext::ApiGatewayV2(context))
        .header("authorization", format!("Bearer {}", token("memory:read")))
        .header("content-type", "application/json");
    let answer = endpoint.send(request.body(Body::from(search)).expect("a request")).await.json();
    let error = json!({
        "code": -32603,
        "message": "Something failed on our side. Please try again. Reference: request-1",
        "data": { "reference": "request-1" },
    });
    assert_eq!(answer["error"], error);
}
