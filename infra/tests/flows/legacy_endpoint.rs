//! The endpoint from before: user id in the path, key in a header, the same memories.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{Answer, World};

async fn call(world: &World, path: &str, key: Option<&str>, message: &Value) -> Answer {
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(key.map(|key| ("x-api-key", key)));
    world.send(Method::POST, path, &headers, &message.to_string()).await
}

#[tokio::test]
async fn both_endpoints_show_the_same_memories_sd02() {
    let world = World::new().await;
    let owner = world.owner().await;
    let key = world.api_key(&owner).await;
    let path = format!("/mcp/v2/claude/{}", owner.user_id);
    let token = world.connect().await.access_token;

    let add = json!({"jsonrpc": "2.0", "id": 1, "method": "add_memory", "params": {"text": "written the older way"}});
    let added = call(&world, &path, Some(&key), &add).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.text());
    let found = world.call(&token, "search_memory", &json!({"query": "older"})).await;
    assert!(found.to_string().contains("written the older way"), "{found}");

    world.call(&token, "add_memory", &json!({"text": "written the newer way"})).await;
    let search = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "search_memory", "arguments": {"query": "newer"}}});
    let found = call(&world, &path, Some(&key), &search).await;
    assert!(found.text().contains("written the newer way"), "{}", found.text());
}

#[tokio::test]
async fn both_endpoints_give_the_same_answers_to_the_same_person_sd02() {
    let world = World::new().await;
    let owner = world.owner().await;
    let key = world.api_key(&owner).await;
    let path = format!("/mcp/v2/claude/{}", owner.user_id);
    let token = world.connect().await.access_token;
    let added = world.call(&token, "add_memory", &json!({"text": "Ada drinks tea."})).await;
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
            (call(&world, &path, Some(&key), &message).await, world.mcp(Some(&token), &message).await);
        assert_eq!((legacy.status, legacy.json()), (current.status, current.json()), "{message}");
    }
}

#[tokio::test]
async fn the_key_is_never_optional_and_its_401_does_not_advertise_oauth_sd02_t21() {
    let world = World::new().await;
    let owner = world.owner().await;
    let path = format!("/mcp/v2/claude/{}", owner.user_id);
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let unknown = format!("jmk_{}", "A".repeat(43));
    for key in [None, Some(""), Some("nonsense"), Some(unknown.as_str())] {
        let refused = call(&world, &path, key, &list).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{key:?}");
        assert!(!format!("{:?}", refused.headers).contains("resource_metadata"));
    }
}

#[tokio::test]
async fn a_key_opens_its_owners_memories_and_nobody_elses_t21() {
    let world = World::new().await;
    let owner = world.owner().await;
    let ben = world.add_user("ben@example.org").await;
    let key = world.api_key(&owner).await;
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let refused = call(&world, &format!("/mcp/v2/claude/{}", ben.user_id), Some(&key), &list).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_revoked_key_is_no_key() {
    let world = World::new().await;
    let owner = world.owner().await;
    let key = world.api_key(&owner).await;
    let path = format!("/mcp/v2/claude/{}", owner.user_id);
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    assert_eq!(call(&world, &path, Some(&key), &list).await.status, StatusCode::OK);
    world.revoke_api_keys(&owner).await;
    assert_eq!(call(&world, &path, Some(&key), &list).await.status, StatusCode::UNAUTHORIZED);
}
