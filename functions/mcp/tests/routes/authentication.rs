//! `/mcp`: challenges to requests without a valid token.

use http::{Method, StatusCode};
use jean_testing::TestServer;
use serde_json::json;

/// RS-02, RS-03
#[tokio::test]
async fn missing_or_forged_token_gets_a_challenge() {
    let server = TestServer::new().await;
    let token = server.connect().await.access_token;
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let (signed, tag) = token.rsplit_once('.').expect("three parts");
    let other = if tag.starts_with('A') { "B" } else { "A" };
    let forged = format!("{signed}.{other}{}", &tag[1..]);
    for (token, error) in [(None, false), (Some("nonsense"), true), (Some(forged.as_str()), true)] {
        let refused = server.mcp(token, &list).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        let challenge = refused.header("www-authenticate");
        let metadata = server.url("/.well-known/oauth-protected-resource/mcp");
        assert!(challenge.contains(&format!(r#"resource_metadata="{metadata}""#)), "{challenge}");
        assert_eq!(challenge.contains(r#"error="invalid_token""#), error, "{challenge}");
    }
    let in_query = server.post_json(&format!("/mcp?access_token={token}"), &list).await;
    assert_eq!(in_query.status, StatusCode::UNAUTHORIZED);
    for method in [Method::GET, Method::DELETE, Method::PUT] {
        assert_eq!(
            server.send(method, "/mcp", &[], "").await.status,
            StatusCode::UNAUTHORIZED,
            "authentication comes before the 405"
        );
    }
}
