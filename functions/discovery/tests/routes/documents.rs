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

#[tokio::test]
async fn origin_page_leads_to_an_account() {
    let closed = TestServer::new().await.get("/").await.text();
    assert!(closed.contains("Open the sign-up link") && !closed.contains("/account/sign-up"), "{closed}");
    let server = TestServer::with("SignUp", "open").await;
    let open = server.get("/").await.text();
    assert!(open.contains("href=\"/account/sign-up\"") && !open.contains("Open the sign-up link"), "{open}");
    assert!(server.get("/account/sign-up").await.text().contains("action=\"/account/sign-up?"));
}

/// RS-01
#[tokio::test]
async fn resource_metadata_is_at_both_paths() {
    let server = TestServer::new().await;
    let (origin, mcp) = ("/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp");
    for path in [origin, mcp] {
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

/// TO-02
#[tokio::test]
async fn trailing_slash_changes_no_answer() {
    let server = TestServer::new().await;
    let token = server.connect().await.access_token;
    let key = server.api_key(&server.owner().await).await;
    let legacy = format!("/mcp/v2/claude/{}", server.owner().await.user_id);
    let bearer = format!("Bearer {token}");
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string();
    for path in [
        "/mcp",
        legacy.as_str(),
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-authorization-server",
    ] {
        for (method, headers, body) in [
            (Method::GET, vec![], ""),
            (Method::GET, vec![("authorization", bearer.as_str())], ""),
            (Method::DELETE, vec![], ""),
            (Method::POST, vec![("content-type", "application/json")], list.as_str()),
            (Method::POST, vec![("content-type", "application/json"), ("authorization", &bearer)], &list),
            (Method::POST, vec![("content-type", "application/json"), ("x-api-key", &key)], &list),
            (Method::OPTIONS, vec![("origin", "http://localhost:1"), ("access-control-request-method", "POST")], ""),
        ] {
            let [bare, slash] =
                [path, &format!("{path}/")].map(|path| (path.to_owned(), method.clone(), headers.clone()));
            let answer = async |(path, method, headers): (String, Method, Vec<(&str, &str)>)| {
                let answer = server.send(method, &path, &headers, body).await;
                (answer.status, answer.text(), answer.headers)
            };
            let (bare, slash) = (answer(bare).await, answer(slash).await);
            assert!(!bare.0.is_redirection(), "{path}: {}", bare.0);
            assert_eq!(bare, slash, "{method} {path}");
        }
    }
}

/// The headers of a program and of a browser that opens a URL.
const PROGRAM: [(&str, &str); 2] = [("accept", "*/*"), ("user-agent", "node")];
const BROWSER: [(&str, &str); 2] =
    [("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), ("sec-fetch-mode", "navigate")];

/// TO-07
#[tokio::test]
async fn errors_are_sentences_for_programs_and_pages_for_browsers() {
    let server = TestServer::new().await;
    let json = ("content-type", "application/json");
    let gzip = ("content-encoding", "gzip");
    let large = format!("{{\"x\":\"{}\"}}", "x".repeat(70_000));
    let bearer = format!("Bearer {}", server.connect().await.access_token);
    let signed_in = ("authorization", bearer.as_str());
    for (method, path, headers, body, status) in [
        (Method::GET, "/nowhere", vec![], "", 404),
        (Method::POST, "/mcp/v3", vec![json], "{}", 404),
        (Method::GET, "/.well-known/openid-configuration", vec![], "", 404),
        (Method::POST, "/", vec![json], "{}", 405),
        (Method::POST, "/.well-known/oauth-authorization-server", vec![json], "{}", 405),
        (Method::GET, "/oauth/token", vec![], "", 405),
        (Method::GET, "/oauth/register", vec![], "", 405),
        (Method::GET, "/oauth/revoke", vec![], "", 405),
        (Method::GET, "/mcp", vec![], "", 401),
        (Method::GET, "/mcp/", vec![], "", 401),
        (Method::GET, "/mcp", vec![signed_in], "", 405),
        (Method::PUT, "/oauth/authorize", vec![], "", 405),
        (Method::PUT, "/account/memories", vec![], "", 405),
        (Method::POST, "/oauth/token", vec![json, gzip], "x", 415),
        (Method::POST, "/oauth/register", vec![json, gzip], "x", 415),
        (Method::POST, "/oauth/register", vec![("content-type", "text/plain")], "x", 415),
        (Method::POST, "/mcp", vec![json, gzip, signed_in], "x", 415),
        (Method::POST, "/oauth/token", vec![json], &large, 413),
        (Method::POST, "/oauth/register", vec![json], &large, 413),
    ] {
        let answer = server.send(method.clone(), path, &[&headers[..], &PROGRAM].concat(), body).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
        let told = answer.json();
        let sentence = told["error_description"].as_str().or(told["error"]["message"].as_str()).expect("a sentence");
        assert!(sentence.ends_with('.') && sentence.contains(' '), "{sentence}");
        if [404, 405].contains(&status) {
            assert!(sentence.contains(&server.url("/mcp")), "{method} {path}: {sentence}");
        }
        if status == 401 {
            assert!(sentence.starts_with("Unauthorized."), "{sentence}");
        }
        let page = server.send(method.clone(), path, &[&headers[..], &BROWSER].concat(), body).await;
        assert_eq!((page.status.as_u16(), page.header("content-type")), (status, "text/html; charset=utf-8"), "{path}");
        let text = page.text();
        assert!(text.contains("<title>") && text.contains("<h1>") && text.contains("href=\"/\""), "{text}");
        assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
        for name in ["allow", "www-authenticate", "accept-encoding"] {
            assert_eq!(page.headers.get(name), answer.headers.get(name), "{method} {path}");
        }
        assert_eq!(answer.headers.contains_key("allow"), status == 405, "{method} {path}");
    }
}

/// TO-07
#[tokio::test]
async fn page_of_an_error_is_in_the_language_of_the_browser() {
    let server = TestServer::new().await;
    let german = [&BROWSER[..], &[("accept-language", "de")]].concat();
    let page = server.send(Method::GET, "/nowhere", &german, "").await.text();
    assert!(page.contains("lang=\"de\""), "{page}");
}

#[tokio::test]
async fn health_is_answered_without_a_version() {
    let server = TestServer::new().await;
    let health = server.get("/health").await;
    assert_eq!((health.status, health.header("content-type")), (StatusCode::OK, "application/json"));
    assert_eq!((health.json(), health.header("cache-control")), (json!({"status": "ok"}), "no-store"));
}

#[tokio::test]
async fn pages_have_an_icon_that_their_policy_allows() {
    let server = TestServer::new().await;
    let page = server.get("/").await;
    assert!(page.text().contains("<link rel=\"icon\" href=\"/favicon.svg\""), "{}", page.text());
    assert!(page.header("content-security-policy").contains("img-src 'self';"));
    for path in ["/favicon.svg", "/favicon.ico"] {
        let icon = server.get(path).await;
        assert_eq!((icon.status, icon.header("content-type")), (StatusCode::OK, "image/svg+xml"), "{path}");
        assert!(icon.text().starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""), "{}", icon.text());
        assert_eq!(icon.header("content-security-policy"), "default-src 'none'");
    }
}
