//! Isolation of users: in random sequences of tool calls by two users, neither can read, change or count the other's
//! memories (T-15, RS-08).

use jean_testing::{
    TestServer,
    account::{confirm_deletions, signed_in, signed_in_as},
};
use std::collections::BTreeMap;

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use serde_json::{Value, json};

/// A tool call. Its id is chosen among all ids ever created, of both users.
#[derive(Debug, Clone)]
enum Action {
    Add,
    Store,
    Update(usize),
    Delete(usize),
    DeleteAll,
    Get(usize),
    Fetch(usize),
    List,
    Search,
    Context,
}

fn actions() -> impl Strategy<Value = Vec<(usize, Action)>> {
    let action = prop_oneof![
        5 => Just(Action::Add),
        1 => Just(Action::Store),
        3 => any::<usize>().prop_map(Action::Update),
        3 => any::<usize>().prop_map(Action::Delete),
        1 => Just(Action::DeleteAll),
        2 => any::<usize>().prop_map(Action::Get),
        2 => any::<usize>().prop_map(Action::Fetch),
        1 => Just(Action::List),
        1 => Just(Action::Search),
        1 => Just(Action::Context),
    ];
    prop::collection::vec((0..2usize, action), 150)
}

/// The expected memories of each user: text by id.
type Expected = [BTreeMap<String, String>; 2];

/// T-15, RS-08
#[tokio::test]
async fn random_calls_of_two_users_stay_isolated() {
    // proptest's loop is not async, so it only generates the scripts, the same ones in each run.
    let mut runner = TestRunner::deterministic();
    for _ in 0..4 {
        play(actions().new_tree(&mut runner).expect("a script").current()).await;
    }
}

async fn play(script: Vec<(usize, Action)>) {
    let world = TestServer::new().await;
    let ben = world.add_user("ben@example.org").await;
    let tokens = [world.connect().await.access_token, world.connect_as(&ben).await.access_token];

    let mut browsers = [signed_in(&world).await, signed_in_as(&world, &ben).await];
    let mut expected = Expected::default();
    let mut ids: Vec<String> = vec![];
    for (turn, (who, action)) in script.into_iter().enumerate() {
        let call = async |tool: &str, arguments: Value| world.call(&tokens[who], tool, &arguments).await;
        let text = format!("tea of {who}, added in turn {turn}");
        let chosen = |place: usize| ids.get(place % ids.len().max(1)).cloned().unwrap_or_default();
        match action {
            Action::Add => {
                let added = call("add_memory", json!({"text": text})).await;
                let id = added["structuredContent"]["id"].as_str().expect("an id").to_owned();
                ids.push(id.clone());
                expected[who].insert(id, text);
            }
            Action::Store => {
                let stored = call("store_document", json!({"title": "tea", "content": text})).await;
                let id = stored["structuredContent"]["id"].as_str().expect("an id").to_owned();
                ids.push(id.clone());
                expected[who].insert(id, text);
            }
            Action::Update(place) => {
                let id = chosen(place);
                let updated = call("update_memory", json!({"id": id, "text": text})).await;
                assert_eq!(updated["isError"] != true, expected[who].contains_key(&id), "{updated}");
                expected[who].entry(id).and_modify(|kept| *kept = text);
            }
            Action::Delete(place) => {
                let id = chosen(place);
                let deleted = call("delete_memory", json!({"id": id})).await;
                assert_eq!(deleted["isError"] != true, expected[who].remove(&id).is_some(), "{deleted}");
            }
            Action::DeleteAll => {
                let deleted = call("delete_all_memories", json!({"confirm": "delete all memories"})).await;
                assert_eq!(deleted["structuredContent"]["awaiting_confirmation"], expected[who].len());
                confirm_deletions(&world, &mut browsers[who]).await;
                expected[who].clear();
            }
            Action::Get(place) | Action::Fetch(place) => {
                let tool = if matches!(action, Action::Get(_)) { "get_memory" } else { "fetch" };
                let id = chosen(place);
                let read = call(tool, json!({"id": id})).await;
                assert_eq!(read["structuredContent"]["text"].as_str(), expected[who].get(&id).map(String::as_str));
            }
            Action::List => assert_eq!(all(&world, &tokens[who]).await, expected[who]),
            Action::Context => {
                let profile = call("context", json!({})).await["structuredContent"].clone();
                let newest = shown(&profile["recent"]);
                assert_eq!(profile["memories_read"], expected[who].len());
                assert_eq!(newest.len(), expected[who].len().min(10));
                assert!(newest.iter().all(|(id, text)| expected[who].get(id) == Some(text)), "{newest:?}");
            }
            Action::Search => {
                let found = call("search_memory", json!({"query": "tea", "limit": 50})).await;
                let found = shown(&found["structuredContent"]["memories"]);
                assert_eq!(found.len(), expected[who].len().min(50));
                assert!(found.iter().all(|(id, text)| expected[who].get(id) == Some(text)), "{found:?}");
            }
        }
    }
    for (who, token) in tokens.iter().enumerate() {
        assert_eq!(all(&world, token).await, expected[who]);
    }
}

/// All memories of a user, collected from all pages.
async fn all(world: &TestServer, token: &str) -> BTreeMap<String, String> {
    let (mut memories, mut cursor) = (BTreeMap::new(), Value::Null);
    loop {
        let page = world.call(token, "list_memories", &json!({"limit": 7, "cursor": cursor})).await;
        memories.extend(shown(&page["structuredContent"]["memories"]));
        cursor = page["structuredContent"]["next_cursor"].clone();
        if cursor.is_null() {
            return memories;
        }
    }
}

fn shown(memories: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    memories.as_array().expect("memories").iter().map(|memory| (text(&memory["id"]), text(&memory["text"]))).collect()
}
