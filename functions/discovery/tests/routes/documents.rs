//! Documents.

use http::{Method, StatusCode};
use jean_testing::TestServer;
use serde_json::json;

/// AS-02, AS-03
#[tokio::test]
async fn server_metadata_lists_every_capability() {
    let world = TestServer::new().await;
    let answer = world.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(
        answer.json(),
        json!({
            "issuer": world.url(""),
            "authorization_endpoint": world.url("/oauth/authorize"),
            "token_endpoint": world.url("/oauth/token"),
            "registration_endpoint": world.url("/oauth/register"),
            "revocation_endpoint": world.url("/oauth/revoke"),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none", "client_secret_post", "client_secret_basic"],
            "revocation_endpoint_auth_methods_supported": ["none", "client_secret_post", "client_secret_basic"],
            "scopes_supported": ["memory:read", "memory:write", "offline_access"],
            "authorization_response_iss_parameter_supported": true,
            "service_documentation": world.url("/"),
            "client_id_metadata_document_supported": true,
        })
    );
}

/// AS-03
#[tokio::test]
async fn origin_page_explains_the_url() {
    let world = TestServer::new().await;
    let page = world.get("/").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.text().contains(&world.url("/mcp")));
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
}

/// RS-01
#[tokio::test]
async fn resource_metadata_is_at_both_paths() {
    let world = TestServer::new().await;
    for path in ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"] {
        let document = world.get(path).await.json();
        assert_eq!(
            document,
            json!({
                "resource": world.url("/mcp"),
                "authorization_servers": [world.url("")],
                "scopes_supported": ["memory:read", "memory:write"],
                "bearer_methods_supported": ["header"],
                "resource_name": "Jean Memory",
            })
        );
    }
}

/// T-08
#[tokio::test]
async fn spoofed_host_changes_nothing() {
    let world = TestServer::new().await;
    let spoofed = [("host", "evil.example"), ("x-forwarded-host", "evil.example"), ("forwarded", "host=evil.example")];
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource", "/mcp"] {
        let answer = world.send(Method::GET, path, &spoofed, "").await;
        assert!(!answer.text().contains("evil"));
        assert!(!format!("{:?}", answer.headers).contains("evil"));
    }
}

/// RS-07, T-26
#[tokio::test]
async fn cross_origin_reads_are_limited_to_loopback() {
    let world = TestServer::new().await;
    for path in [
        "/mcp",
        "/oauth/token",
        "/oauth/register",
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-protected-resource/mcp",
    ] {
        let preflight = async |origin| {
            let headers = [
                ("origin", origin),
                ("access-control-request-method", "POST"),
                ("access-control-request-headers", "authorization,content-type,mcp-protocol-version"),
            ];
            world.send(Method::OPTIONS, path, &headers, "").await
        };
        let allowed = preflight("http://localhost:6274").await;
        assert_eq!(allowed.status, StatusCode::OK, "{path}");
        assert_eq!(allowed.header("access-control-allow-origin"), "http://localhost:6274", "{path}");
        assert!(allowed.header("access-control-allow-headers").contains("mcp-protocol-version"));
        assert!(allowed.headers.get("access-control-allow-credentials").is_none());
        let refused = preflight("https://evil.example").await;
        assert!(refused.headers.get("access-control-allow-origin").is_none(), "{path}");
    }
    let exposed = world.send(Method::POST, "/mcp", &[("origin", "http://localhost:6274")], "").await;
    assert!(exposed.header("access-control-expose-headers").contains("www-authenticate"));
    let foreign = world.send(Method::POST, "/mcp", &[("origin", "https://evil.example")], "").await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn unrouted_path_is_not_found() {
    let world = TestServer::new().await;
    assert_eq!(world.get("/nowhere").await.status, StatusCode::NOT_FOUND);
}
