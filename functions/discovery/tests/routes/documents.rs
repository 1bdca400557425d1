//! Discovery documents, start page and CORS.

use http::{Method, StatusCode};
use jean_testing::TestServer;
use serde_json::json;

/// AS-02, AS-03
#[tokio::test]
async fn server_metadata_lists_every_capability() {
    let server = TestServer::new().await;
    let answer = server.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(
        answer.json(),
        json!({
            "issuer": server.url(""),
            "authorization_endpoint": server.url("/oauth/authorize"),
            "token_endpoint": server.url("/oauth/token"),
            "registration_endpoint": server.url("/oauth/register"),
            "revocation_endpoint": server.url("/oauth/revoke"),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none", "client_secret_post", "client_secret_basic"],
            "revocation_endpoint_auth_methods_supported": ["none", "client_secret_post", "client_secret_basic"],
            "scopes_supported": ["memory:read", "memory:write", "offline_access"],
            "authorization_response_iss_parameter_supported": true,
            "service_documentation": server.url("/"),
            "client_id_metadata_document_supported": true,
        })
    );
}

/// AS-03
#[tokio::test]
async fn origin_page_explains_the_url() {
    let server = TestServer::new().await;
    let page = server.get("/").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.text().contains(&server.url("/mcp")));
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
}

/// RS-01
#[tokio::test]
async fn resource_metadata_is_at_both_paths() {
    let server = TestServer::new().await;
    for path in ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"] {
        let document = server.get(path).await.json();
        assert_eq!(
            document,
            json!({
                "resource": server.url("/mcp"),
                "authorization_servers": [server.url("")],
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
    let server = TestServer::new().await;
    let spoofed = [("host", "evil.example"), ("x-forwarded-host", "evil.example"), ("forwarded", "host=evil.example")];
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource", "/mcp"] {
        let answer = server.send(Method::GET, path, &spoofed, "").await;
        assert!(!answer.text().contains("evil"));
        assert!(!format!("{:?}", answer.headers).contains("evil"));
    }
}

/// RS-07, T-26
#[tokio::test]
async fn cross_origin_reads_are_limited_to_loopback() {
    let server = TestServer::new().await;
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
            server.send(Method::OPTIONS, path, &headers, "").await
        };
        let allowed = preflight("http://localhost:6274").await;
        assert_eq!(allowed.status, StatusCode::OK, "{path}");
        assert_eq!(allowed.header("access-control-allow-origin"), "http://localhost:6274", "{path}");
        assert!(allowed.header("access-control-allow-headers").contains("mcp-protocol-version"));
        assert!(allowed.headers.get("access-control-allow-credentials").is_none());
        let refused = preflight("https://evil.example").await;
        assert!(refused.headers.get("access-control-allow-origin").is_none(), "{path}");
    }
    let exposed = server.send(Method::POST, "/mcp", &[("origin", "http://localhost:6274")], "").await;
    assert!(exposed.header("access-control-expose-headers").contains("www-authenticate"));
    let foreign = server.send(Method::POST, "/mcp", &[("origin", "https://evil.example")], "").await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn unrouted_path_is_not_found() {
    let server = TestServer::new().await;
    assert_eq!(server.get("/nowhere").await.status, StatusCode::NOT_FOUND);
}
