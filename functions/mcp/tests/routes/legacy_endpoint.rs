//! `/mcp/v2/{client}/{user_id}`: the legacy endpoint with API keys.

use http::{Method, StatusCode};
use jean_auth::{api_key::IssuedApiKey, scope::Scopes, secret::ApiKey};
use jean_testing::{Answer, TestServer};
use serde_json::{Value, json};

async fn call(server: &TestServer, path: &str, key: Option<&str>, message: &Value) -> Answer {
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(key.map(|key| ("x-api-key", key)));
    server.send(Method::POST, path, &headers, &message.to_string()).await
}

/// SD-02
#[tokio::test]
async fn both_endpoints_serve_the_same_memories() {
    let server = TestServer::new().await;
    let owner = server.owner().await;
    let key = server.api_key(&owner).await;
    let path = format!("/mcp/v2/claude/{}", owner.user_id);
    let token = server.connect().await.access_token;

    let add = json!({"jsonrpc": "2.0", "id": 1, "method": "add_memory", "params": {"text": "written the older way"}});
    let added = call(&server, &path, Some(&key), &add).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.text());
    let found = server.call(&token, "search_memory", &json!({"query": "older"})).await;
    assert!(found.to_string().contains("written the older way"), "{found}");

    server.call(&token, "add_memory", &json!({"text": "written the newer way"})).await;
    let search = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "search_memory", "arguments": {"query": "newer"}}});
    let found = call(&server, &path, Some(&key), &search).await;
    assert!(found.text().contains("written the newer way"), "{}", found.text());
}

/// SD-02
#[tokio::test]
async fn both_endpoints_give_the_same_answers() {
    let server = TestServer::new().await;
    let owner = server.owner().await;
    let key = server.api_key(&owner).await;
    let path = format!("/mcp/v2/claude/{}", owner.user_id);
    let token = server.connect().await.access_token;
    let added = server.call(&token, "add_memory", &json!({"text": "Ada drinks tea."})).await;
    let id = &added["structuredContent"]["id"];
    for (method, params) in [
        ("tools/list", json!({})),
        ("tools/call", json!({"name": "search_memory", "arguments": {"query": "tea"}})),
        ("tools/call", json!({"name": "search", "arguments": {"query": "tea"}})),
        ("tools/call", json!({"name": "list_memories", "arguments": {}})),
        ("tools/call", json!({"name": "get_memory", "arguments": {"id": id}})),
        ("tools/call", json!({"name": "fetch", "arguments": {"id": id}})),
        ("tools/call", json!({"name": "update_memory", "arguments": {"id": id, "text": "Ada drinks green tea."}})),
        ("tools/call", json!({"name": "get_memory", "arguments": {"id": "nonsense"}})),
        ("search_memory", json!({"query": "green"})),
        ("resources/list", json!({})),
    ] {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let (legacy, current) =
            (call(&server, &path, Some(&key), &message).await, server.mcp(Some(&token), &message).await);
        assert_eq!((legacy.status, legacy.json()), (current.status, current.json()), "{message}");
    }
}

/// SD-02, T-21
#[tokio::test]
async fn key_is_required_without_an_oauth_challenge() {
    let server = TestServer::new().await;
    let owner = server.owner().await;
    let path = format!("/mcp/v2/claude/{}", owner.user_id);
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let unknown = format!("jmk_{}", "A".repeat(43));
    for key in [None, Some(""), Some("nonsense"), Some(unknown.as_str())] {
        let refused = call(&server, &path, key, &list).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{key:?}");
        assert!(!format!("{:?}", refused.headers).contains("resource_metadata"));
    }
}

/// Sends a message with a key of the owner that has a part of the scopes.
async fn called_with_a_key_of(scope: impl FnOnce(Scopes) -> Scopes, message: &Value) -> Answer {
    let server = TestServer::new().await;
    let owner = server.owner().await;
    let secret = ApiKey::new([7; 32]);
    let mut key = IssuedApiKey::new("a".parse().expect("valid"), &"test".parse().expect("valid"), &owner, server.now());
    key.scope = scope(key.scope);
    server.store_api_key(&key, &secret).await;
    call(&server, &format!("/mcp/v2/claude/{}", owner.user_id), Some(&secret.expose()), message).await
}

/// A later release may have restricted the key in a way that this one cannot enforce.
///
/// SR-11
#[tokio::test]
async fn restricted_key_is_rejected() {
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let refused = called_with_a_key_of(|scope| scope.own_only(), &list).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
}

/// SD-02
#[tokio::test]
async fn write_with_a_read_only_key_names_the_way_to_another() {
    let add = json!({"jsonrpc": "2.0", "id": 1, "method": "add_memory", "params": {"text": "tea"}});
    let refused = called_with_a_key_of(|scope| scope.read_only(), &add).await;
    assert_eq!((refused.status, &refused.json()["error"]), (StatusCode::FORBIDDEN, &json!("insufficient_scope")));
    assert!(!refused.headers.contains_key("www-authenticate"));
    assert!(refused.text().contains("This API key is read-only. Create one with full access"), "{}", refused.text());
}

/// T-21
#[tokio::test]
async fn key_reaches_its_owner_only() {
    let server = TestServer::new().await;
    let owner = server.owner().await;
    let ben = server.add_user("ben@example.org").await;
    let key = server.api_key(&owner).await;
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let refused = call(&server, &format!("/mcp/v2/claude/{}", ben.user_id), Some(&key), &list).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn revoked_key_is_rejected() {
    let server = TestServer::new().await;
    let owner = server.owner().await;
    let key = server.api_key(&owner).await;
    let path = format!("/mcp/v2/claude/{}", owner.user_id);
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    assert_eq!(call(&server, &path, Some(&key), &list).await.status, StatusCode::OK);
    server.revoke_api_keys(&owner).await;
    assert_eq!(call(&server, &path, Some(&key), &list).await.status, StatusCode::UNAUTHORIZED);
}
