//! `/mcp` and the legacy endpoint: quotas of memories and bytes.

use http::Method;
use jean_testing::TestServer;
use jiff::SignedDuration;
use serde_json::{Value, json};

async fn refusal(server: &TestServer, token: &str, tool: &str, arguments: &Value) -> String {
    let answer = server.call(token, tool, arguments).await;
    assert_eq!(answer["isError"], true, "{answer}");
    answer["content"][0]["text"].as_str().expect("a text").to_owned()
}

async fn add(server: &TestServer, token: &str, text: &str) -> Value {
    let added = server.call(token, "add_memory", &json!({"text": text})).await;
    assert_ne!(added["isError"], true, "{added}");
    added["structuredContent"]["id"].clone()
}

/// SR-03
#[tokio::test]
async fn memory_beyond_the_quota_is_refused() {
    let server = TestServer::with("MemoriesPerUser", "3").await;
    let token = server.connect().await.access_token;
    for number in 0..3 {
        add(&server, &token, &format!("number {number}")).await;
    }
    let told = refusal(&server, &token, "add_memory", &json!({"text": "too much"})).await;
    assert!(told.contains("Your memory is full: 3 of 3 memories."), "{told}");
    assert!(told.contains(&server.url("/account/memories")) && told.contains("MemoriesPerUser"), "{told}");
    assert!(!server.everything_kept().await.contains("too much"));
    let ben = server.connect_as(&server.add_user("ben@example.org").await).await.access_token;
    add(&server, &ben, "of another user").await;
}

/// SR-03
#[tokio::test]
async fn deleted_memory_makes_room() {
    let server = TestServer::with("MemoriesPerUser", "2").await;
    let token = server.connect().await.access_token;
    let id = add(&server, &token, "one").await;
    add(&server, &token, "two").await;
    refusal(&server, &token, "add_memory", &json!({"text": "three"})).await;
    server.call(&token, "delete_memory", &json!({"id": id})).await;
    add(&server, &token, "three").await;
    refusal(&server, &token, "add_memory", &json!({"text": "four"})).await;
}

/// SR-03: the whole document, or nothing of it.
#[tokio::test]
async fn document_beyond_the_quota_is_refused() {
    let server = TestServer::with("MemoriesPerUser", "3").await;
    let token = server.connect().await.access_token;
    let document = |bytes: usize| json!({"title": "Log", "content": "a".repeat(bytes)});
    let told = refusal(&server, &token, "store_document", &document(20_000)).await;
    assert!(told.contains("Your memory is full: 0 of 3 memories."), "{told}");
    let stored = server.call(&token, "store_document", &document(10_000)).await;
    assert_eq!(stored["structuredContent"]["pieces"].as_array().map(Vec::len), Some(3), "{stored}");
}

/// SR-03
#[tokio::test]
async fn text_beyond_the_quota_is_refused() {
    let server = TestServer::with("BytesPerUser", "100").await;
    let token = server.connect().await.access_token;
    let id = add(&server, &token, &"a".repeat(60)).await;
    let told = refusal(&server, &token, "add_memory", &json!({"text": "b".repeat(41)})).await;
    assert!(told.contains("60 of 100 bytes") && told.contains("BytesPerUser"), "{told}");
    let told = refusal(&server, &token, "update_memory", &json!({"id": id, "text": "c".repeat(101)})).await;
    assert!(told.contains("60 of 100 bytes"), "{told}");
    for length in [100, 1] {
        let updated = server.call(&token, "update_memory", &json!({"id": id, "text": "c".repeat(length)})).await;
        assert_ne!(updated["isError"], true, "{updated}");
    }
    add(&server, &token, &"d".repeat(99)).await;
}

/// SR-03: deletions do not give the bytes of a day back, so that a loop of both ends.
#[tokio::test]
async fn bytes_of_a_day_are_limited() {
    let server = TestServer::with("BytesPerDay", "100").await;
    let token = server.connect().await.access_token;
    let id = add(&server, &token, &"a".repeat(60)).await;
    server.call(&token, "delete_memory", &json!({"id": id})).await;
    let told = refusal(&server, &token, "add_memory", &json!({"text": "b".repeat(41)})).await;
    assert!(told.contains("at most 100 bytes may be written a day") && told.contains("BytesPerDay"), "{told}");
    let id = add(&server, &token, &"c".repeat(20)).await;
    refusal(&server, &token, "update_memory", &json!({"id": id, "text": "d".repeat(21)})).await;
    let server = server.restart().await;
    refusal(&server, &token, "add_memory", &json!({"text": "b".repeat(41)})).await;
    server.turn_clock(SignedDuration::from_hours(24));
    let token = server.connect().await.access_token;
    add(&server, &token, &"b".repeat(41)).await;
}

/// SR-03, SD-02
#[tokio::test]
async fn legacy_endpoint_has_the_same_quotas() {
    let server = TestServer::with("MemoriesPerUser", "1").await;
    let owner = server.owner().await;
    let (key, path) = (server.api_key(&owner).await, format!("/mcp/v2/claude/{}", owner.user_id));
    let add = async |text: &str| {
        let params = json!({"name": "add_memory", "arguments": {"text": text}});
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).to_string();
        let headers = [("content-type", "application/json"), ("x-api-key", key.as_str())];
        server.send(Method::POST, &path, &headers, &message).await.text()
    };
    assert!(!add("one").await.contains("full"));
    assert!(add("two").await.contains("Your memory is full: 1 of 1 memories."));
}

#[tokio::test]
async fn zero_is_no_quota() {
    let server = TestServer::with("MemoriesPerUser", "0").await;
    let token = server.connect().await.access_token;
    add(&server, &token, "one").await;
}
