//! Request bodies that every endpoint rejects.

use http::{Method, StatusCode};
use jean_testing::TestServer;

#[tokio::test]
async fn broken_json_is_rejected_everywhere() {
    let server = TestServer::new().await;
    let token = server.connect().await.access_token;
    let json_type = ("content-type", "application/json");
    let registration = server.send(Method::POST, "/oauth/register", &[json_type], "{").await;
    assert_eq!(
        (registration.status, registration.error()),
        (StatusCode::BAD_REQUEST, "invalid_client_metadata".into())
    );
    let exchange = server.send(Method::POST, "/oauth/token", &[json_type], "{").await;
    assert_eq!((exchange.status, exchange.error()), (StatusCode::BAD_REQUEST, "invalid_request".into()));
    let bearer = format!("Bearer {token}");
    let call = server.send(Method::POST, "/mcp", &[json_type, ("authorization", &bearer)], "{").await;
    assert_eq!(call.status, StatusCode::BAD_REQUEST);
    assert_eq!(call.json()["error"]["code"], -32700, "TR-04");
}

/// TR-05
#[tokio::test]
async fn oversized_bodies_are_rejected_everywhere() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    let bearer = format!("Bearer {}", pair.access_token);
    let json_type = ("content-type", "application/json");
    // A document of a megabyte may take six in a JSON string (TO-24).
    for (path, megabytes) in [("/oauth/register", 2), ("/oauth/token", 2), ("/oauth/revoke", 2), ("/mcp", 7)] {
        let filling = "x".repeat(megabytes << 20);
        let large = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"x":"{filling}"}}}}"#);
        let answer = server.send(Method::POST, path, &[json_type, ("authorization", &bearer)], &large).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
    }
    assert!(server.works(&pair.access_token).await);
}
