//! `/mcp`: origins and preflights.

use axum::body::Body;
use http::Request;

use crate::endpoint::{Endpoint, JSON};

/// RS-07
#[tokio::test]
async fn foreign_origin_is_403_and_preflight_needs_no_token() {
    let endpoint = Endpoint::new().await;
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    for (origin, status) in [("https://evil.example", 403), ("http://localhost:6274", 200), ("null", 403)] {
        assert_eq!(endpoint.post("memory:read", &[JSON, ("origin", origin)], list).await.status, status, "{origin}");
    }
    let preflight = Request::options("/mcp")
        .header("origin", "http://localhost:6274")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization, content-type, mcp-protocol-version");
    assert_eq!(endpoint.send(preflight.body(Body::empty()).expect("a request")).await.status, 200);
}
