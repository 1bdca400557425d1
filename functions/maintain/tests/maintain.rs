//! The function, on the local stack (AW-04, AW-05).

use jean_auth::user::User;
use jean_maintain::{BatchResponse, Maintenance, StreamEvent};
use jean_store::memories::{Memories, index::IndexItems};
use jean_testing::{
    TestServer,
    account::{confirm_deletions, signed_in},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Memories in the documents that [`store_document`] stores.
const PIECES: u64 = 68;

/// A record as DynamoDB sends it, with more members than the function reads.
fn record(sequence_number: &str, pk: &str, sk: &str) -> Value {
    json!({
        "eventID": "1", "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb", "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_795_446_000.0, "Keys": {"pk": {"S": pk}, "sk": {"S": sk}},
            "SequenceNumber": sequence_number, "SizeBytes": 60, "StreamViewType": "KEYS_ONLY"
        },
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/memories/stream/2026-11-28T00:00:00.000"
    })
}

fn event(records: &[Value]) -> StreamEvent {
    serde_json::from_value(json!({ "Records": records })).expect("an event")
}

fn memory_of(sequence_number: &str, user: &User) -> Value {
    record(sequence_number, &format!("USER#{}", user.user_id), "MEMORY#01KAV7M2Q4R8S6T0V1W2X3Y4Z5")
}

fn retried(response: &BatchResponse) -> Value {
    serde_json::to_value(response).expect("plain data")
}

fn start(server: &TestServer) -> Maintenance {
    Maintenance::start(server.platform_of("functions/maintain")).expect("starts")
}

async fn index(server: &TestServer, user: &User) -> IndexItems {
    Memories::new(server.table("MemoriesTable")).index(&user.user_id).await.expect("reads")
}

/// Stores two documents of the user, which are more memories than a reader keeps uncovered.
async fn store_documents(server: &TestServer, user: &User) -> String {
    let token = server.connect_as(user).await.access_token;
    for title in ["Islands", "Coasts"] {
        let document = json!({"title": title, "content": "Zanzibar and Madagascar. ".repeat(11_000)});
        let stored = server.call(&token, "store_document", &document).await;
        let pieces = stored["structuredContent"]["pieces"].as_array().expect("a list");
        assert_eq!(pieces.len() as u64, PIECES);
    }
    server.turn_clock(SignedDuration::from_mins(2));
    token
}

#[tokio::test]
async fn memories_of_the_event_are_indexed() {
    let server = TestServer::new().await;
    let owner = server.owner().await;
    let ada = server.add_user("ada@example.org").await;
    store_documents(&server, &owner).await;
    store_documents(&server, &ada).await;
    let records = [memory_of("1", &owner), memory_of("2", &owner)];
    let response = start(&server).run(event(&records), Timestamp::MAX).await;
    assert_eq!(retried(&response), json!({ "batchItemFailures": [] }));
    let manifest = index(&server, &owner).await.manifest.expect("an index");
    assert_eq!(manifest.segments.iter().map(|segment| segment.memories).sum::<u64>(), 2 * PIECES);
    // Another user is not in the event.
    assert_eq!(index(&server, &ada).await, IndexItems::default());
}

#[tokio::test]
async fn repeated_event_changes_nothing() {
    let server = TestServer::new().await;
    let owner = server.owner().await;
    store_documents(&server, &owner).await;
    let (maintenance, other) = (start(&server), start(&server));
    maintenance.run(event(&[memory_of("1", &owner)]), Timestamp::MAX).await;
    let before = index(&server, &owner).await;
    let responses = tokio::join!(
        maintenance.run(event(&[memory_of("1", &owner)]), Timestamp::MAX),
        other.run(event(&[memory_of("1", &owner)]), Timestamp::MAX),
    );
    assert_eq!(responses, (BatchResponse::default(), BatchResponse::default()));
    assert_eq!(index(&server, &owner).await, before);
}

#[tokio::test]
async fn users_that_are_not_finished_are_reported_by_their_first_record() {
    let server = TestServer::new().await;
    let owner = server.owner().await;
    store_documents(&server, &owner).await;
    let ignored = record("1", &format!("USER#{}", owner.user_id), "CALLS");
    let records = [ignored, memory_of("2", &owner), memory_of("3", &owner)];
    let deadline = server.now() + SignedDuration::from_secs(1);
    let response = start(&server).run(event(&records), deadline).await;
    assert_eq!(retried(&response), json!({ "batchItemFailures": [{ "itemIdentifier": "2" }] }));
    assert_eq!(index(&server, &owner).await, IndexItems::default());
}

#[tokio::test]
async fn failure_of_one_user_does_not_affect_the_others() {
    let server = TestServer::new().await;
    let (owner, ada) = (server.owner().await, server.add_user("ada@example.org").await);
    store_documents(&server, &ada).await;
    let damaged = json!({
        "TableName": "MemoriesTable",
        "Item": {"pk": {"S": format!("USER#{}", owner.user_id)}, "sk": {"S": "INDEX#MANIFEST"}, "version": {"BOOL": true}},
    });
    server.put_item(&damaged);
    let records = [memory_of("1", &owner), memory_of("2", &ada)];
    let response = start(&server).run(event(&records), Timestamp::MAX).await;
    assert_eq!(retried(&response), json!({ "batchItemFailures": [{ "itemIdentifier": "1" }] }));
    assert!(index(&server, &ada).await.manifest.is_some());
}

#[tokio::test]
async fn records_of_no_user_are_ignored() {
    let server = TestServer::new().await;
    let records =
        [record("1", "CONNECT", "MEMORY#x"), record("2", "USER#", "MEMORY#x"), record("3", "USER#nobody", "MEMORY#x")];
    let response = start(&server).run(event(&records), Timestamp::MAX).await;
    assert_eq!(response, BatchResponse::default());
}

/// AW-05, SR-13
#[tokio::test]
async fn deleted_memories_move_to_the_trash() {
    let server = TestServer::new().await;
    let owner = server.owner().await;
    let token = store_documents(&server, &owner).await;
    let mut maintenance = server.maintenance();
    for _ in 0..8 {
        let document = json!({"title": "More", "content": format!("{} Zanzibar. ", server.now()).repeat(11_000)});
        server.call(&token, "store_document", &document).await;
        server.turn_clock(SignedDuration::from_secs(1));
    }
    let deleted = server.call(&token, "delete_all_memories", &json!({"confirm": "delete all memories"})).await;
    assert_eq!(deleted["isError"], false, "{deleted}");
    confirm_deletions(&server, &mut signed_in(&server).await).await;
    maintenance.run_once().await;
    let kept = server.everything_kept().await;
    assert!(kept.contains("S(\"TRASH#") && !kept.contains("S(\"MEMORY#") && !kept.contains("S(\"TEXT#"));
    assert_eq!(index(&server, &owner).await.cleared.marks(), []);
}
