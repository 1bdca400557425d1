//! An access token ends with its grant, although it is valid longer (SR-12).

use jean_testing::{
    Browser, TestServer, TokenPair,
    account::{connections, open_signed_in},
};
use jiff::SignedDuration;
use serde_json::json;

/// The status of a tool call with the token.
async fn status(server: &TestServer, token: &str) -> u16 {
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_memories", "arguments": {}}});
    let authorization = format!("Bearer {token}");
    let headers = [("content-type", "application/json"), ("authorization", authorization.as_str())];
    server.send(http::Method::POST, "/mcp", &headers, &call.to_string()).await.status.as_u16()
}

/// Connects a client whose grant an instance has just read.
async fn connected(server: &TestServer) -> TokenPair {
    let pair = server.connect().await;
    assert_eq!(status(server, &pair.access_token).await, 200);
    pair
}

/// SR-12
#[tokio::test]
async fn revoked_access_token_ends_within_half_a_minute() {
    let server = TestServer::new().await;
    let (pair, other) = (connected(&server).await, connected(&server).await);
    assert_eq!(server.revoke(&pair.client_id, &pair.access_token).await.status, 200);
    server.turn_clock(SignedDuration::from_secs(30));
    assert_eq!(status(&server, &pair.access_token).await, 401);
    assert_eq!(status(&server, &other.access_token).await, 200, "another connection is unaffected");
}

/// SR-12
#[tokio::test]
async fn disconnected_app_has_no_access() {
    let server = TestServer::new().await;
    let pair = connected(&server).await;
    let mut browser = Browser::default();
    let page = open_signed_in(&server, &mut browser, "/account").await;
    let grant_id = connections(&page).swap_remove(0).rsplit('/').next().expect("an id").to_owned();
    let form = page.forms().into_iter().find(|form| form.action == "/account").expect("a form");
    browser.submit(&server, &form, &[("disconnect", &grant_id)]).await;
    server.turn_clock(SignedDuration::from_secs(30));
    assert_eq!(status(&server, &pair.access_token).await, 401);
}

/// SR-12
#[tokio::test]
async fn narrowed_access_applies_to_tokens_that_are_out() {
    let server = TestServer::new().await;
    let pair = connected(&server).await;
    let mut browser = Browser::default();
    let page = open_signed_in(&server, &mut browser, "/account").await;
    let path = connections(&page).swap_remove(0);
    let page = browser.open(&server, &path).await;
    browser.submit(&server, &page.form(&path), &[("access", "read")]).await;
    server.turn_clock(SignedDuration::from_secs(30));
    let add = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "add_memory", "arguments": {"text": "tea"}}});
    let authorization = format!("Bearer {}", pair.access_token);
    let headers = [("content-type", "application/json"), ("authorization", authorization.as_str())];
    let refused = server.send(http::Method::POST, "/mcp", &headers, &add.to_string()).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    assert_eq!(status(&server, &pair.access_token).await, 200, "reading is still allowed");
}

/// SR-12
#[tokio::test]
async fn instance_without_a_recent_read_refuses_at_once() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    server.close_grants().await;
    assert_eq!(status(&server, &pair.access_token).await, 401);
}

/// SR-33, SR-12
#[tokio::test]
async fn disabled_user_loses_access_tokens_and_api_keys() {
    let server = TestServer::new().await;
    let (pair, owner) = (connected(&server).await, server.owner().await);
    let key = server.api_key(&owner).await;
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string();
    let path = format!("/mcp/v2/notes/{}", owner.user_id);
    let headers = [("content-type", "application/json"), ("x-api-key", key.as_str())];
    assert_eq!(server.send(http::Method::POST, &path, &headers, &list).await.status, 200);
    server.disable(&owner).await;
    assert_eq!(server.send(http::Method::POST, &path, &headers, &list).await.status, 401, "at once");
    server.turn_clock(SignedDuration::from_secs(30));
    assert_eq!(status(&server, &pair.access_token).await, 401);
    // The safe way: apps and keys do not come back with the account.
    server.enable(&owner).await;
    server.turn_clock(SignedDuration::from_secs(30));
    assert_eq!(status(&server, &pair.access_token).await, 401);
    assert_eq!(server.send(http::Method::POST, &path, &headers, &list).await.status, 401);
}
