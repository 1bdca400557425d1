//! `/mcp`: access tokens and scopes.

use axum::body::Body;
use http::{Method, Request};
use serde_json::json;

use crate::endpoint::{Endpoint, JSON, token};

/// RS-02, RS-03
#[tokio::test]
async fn missing_or_invalid_token_is_401_for_every_method() {
    let endpoint = Endpoint::new().await;
    for method in [Method::GET, Method::POST, Method::DELETE, Method::PUT, Method::HEAD] {
        for (authorization, error) in [(None, false), (Some("Basic YTpi"), false), (Some("bearer forged"), true)] {
            let uri = format!("/mcp?access_token={}", token("memory:write"));
            let mut request = Request::builder().method(&method).uri(uri);
            if let Some(authorization) = authorization {
                request = request.header("authorization", authorization);
            }
            let answer = endpoint.send(request.body(Body::empty()).expect("a request")).await;
            assert_eq!(answer.status, 401, "{method} {authorization:?}");
            let challenge = answer.challenge.expect("a challenge");
            assert!(challenge.contains(r#"resource_metadata="https://memory.example/.well-known/"#), "{challenge}");
            assert_eq!(challenge.starts_with(r#"Bearer error="invalid_token""#), error, "{challenge}");
        }
    }
    assert_eq!(endpoint.store_calls(), 0);
}

/// RS-03
#[tokio::test]
async fn token_in_the_url_beside_a_valid_one_is_refused() {
    let endpoint = Endpoint::new().await;
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }).to_string();
    let request = Request::post(format!("/mcp?access_token={}", token("memory:read")));
    let request = request.header("authorization", format!("Bearer {}", token("memory:read"))).header(JSON.0, JSON.1);
    let answer = endpoint.send(request.body(Body::from(body)).expect("a request")).await;
    assert_eq!((answer.status, answer.json()["error"].clone()), (400, json!("invalid_request")), "{}", answer.body);
}

/// RS-05, TL-01
#[tokio::test]
async fn authentication_does_not_read_the_store() {
    let endpoint = Endpoint::new().await;
    let tools = endpoint.rpc(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" })).await.json();
    let names: Vec<_> =
        tools["result"]["tools"].as_array().expect("tools").iter().map(|tool| tool["name"].as_str()).collect();
    assert!(!names.is_empty() && names.is_sorted(), "{names:?}");
    assert_eq!(endpoint.store_calls(), 0);
    // The grant, which may have ended (SR-12); then known for half a minute.
    endpoint.call("whoami", &json!({})).await;
    assert_eq!(endpoint.store_calls(), 1);
    endpoint.call("whoami", &json!({})).await;
    assert_eq!(endpoint.store_calls(), 1);
    endpoint.call("search_memory", &json!({ "query": "tea" })).await;
    // One read of the index and, as there is none, one of the memories; and the use is counted (SR-21).
    assert_eq!(endpoint.store_calls(), 4);
}

/// RS-06
#[tokio::test]
async fn missing_scope_is_403_with_the_scope() {
    let endpoint = Endpoint::new().await;
    let add =
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add_memory","arguments":{"text":"tea"}}}"#;
    let bare = r#"{"jsonrpc":"2.0","method":"delete_memory","params":{"id":"x"}}"#;
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    for (scope, body, status) in [
        ("memory:read", list, 200),
        ("memory:read", add, 403),
        ("memory:read", bare, 403),
        ("memory:write", add, 200),
        ("offline_access", list, 403),
    ] {
        let answer = endpoint.post(scope, &[JSON], body).await;
        assert_eq!(answer.status, status, "{scope} {body}: {}", answer.body);
        let insufficient = answer.challenge.is_some_and(|challenge| challenge.contains("insufficient_scope"));
        assert_eq!(insufficient, status == 403);
    }
}
