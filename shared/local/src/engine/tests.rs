use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    error::ProvideErrorMetadata,
    operation::transact_write_items::TransactWriteItemsError,
    types::{AttributeValue, Delete, Put, TransactWriteItem},
};
use jean_runtime::Clock;
use jiff::Timestamp;
use serde_json::json;

use super::Engine;
use crate::template::TableDefinition;

fn table() -> TableDefinition {
    let definition = json!({
        "TableName": "Things",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    });
    TableDefinition { name: "Things".into(), definition, ttl: Some("ttl".into()) }
}

fn at(second: i64) -> Clock {
    Clock::new(move || Timestamp::from_second(second).expect("in range"))
}

fn engine() -> Engine {
    let engine = Engine::in_memory(at(1000)).expect("starts");
    engine.create_tables(&[table()]).expect("creates");
    engine
}

fn item(pk: &str, sk: &str) -> HashMap<String, AttributeValue> {
    let text = |text: &str| AttributeValue::S(text.into());
    HashMap::from([("pk".into(), text(pk)), ("sk".into(), text(sk))])
}

async fn put(client: &Client, item: HashMap<String, AttributeValue>) {
    client.put_item().table_name("Things").set_item(Some(item)).send().await.expect("is put");
}

async fn count(client: &Client) -> i32 {
    client.scan().table_name("Things").send().await.expect("is read").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_32_concurrent_conditional_writes_succeeds() {
    let client = Client::new(&engine().aws());
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let put = client.put_item().table_name("Things").set_item(Some(item("a", "b")));
        writers.spawn(put.condition_expression("attribute_not_exists(pk)").send());
    }
    let mut won = 0;
    while let Some(written) = writers.join_next().await {
        match written.expect("does not panic") {
            Ok(_) => won += 1,
            Err(error) => assert_eq!(error.code(), Some("ConditionalCheckFailedException")),
        }
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn transaction_with_an_empty_map_of_placeholders_is_rejected() {
    let client = Client::new(&engine().aws());
    let removal = Delete::builder().table_name("Things").set_key(Some(item("a", "1")));
    let removal = removal.condition_expression("attribute_exists(pk)");
    let without_names = removal.clone().set_expression_attribute_names(Some(HashMap::new()));
    let without_values = removal.set_expression_attribute_values(Some(HashMap::new()));
    for (removal, map) in [(without_names, "ExpressionAttributeNames"), (without_values, "ExpressionAttributeValues")] {
        let removal = TransactWriteItem::builder().delete(removal.build().expect("complete")).build();
        let refused = client.transact_write_items().transact_items(removal).send().await.expect_err("is refused");
        assert_eq!(refused.code(), Some("ValidationException"));
        assert_eq!(refused.message(), Some(format!("{map} must not be empty").as_str()));
    }
}

#[tokio::test]
async fn cancelled_transaction_names_the_condition_and_writes_nothing() {
    let client = Client::new(&engine().aws());
    let insertion = Put::builder().table_name("Things").set_item(Some(item("new", "1"))).build().expect("complete");
    let removal = Delete::builder().table_name("Things").set_key(Some(item("absent", "1")));
    let removal = removal.condition_expression("attribute_exists(pk)").build().expect("complete");
    let sent = client
        .transact_write_items()
        .transact_items(TransactWriteItem::builder().put(insertion).build())
        .transact_items(TransactWriteItem::builder().delete(removal).build())
        .send()
        .await;
    let error = sent.expect_err("is cancelled").into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else { unreachable!("{error}") };
    let reasons: Vec<_> = cancelled.cancellation_reasons().iter().map(|reason| reason.code()).collect();
    assert_eq!(reasons, [Some("None"), Some("ConditionalCheckFailed")]);
    assert_eq!(count(&client).await, 0);
}

#[tokio::test]
async fn paginated_query_returns_every_item_in_order() {
    let client = Client::new(&engine().aws());
    for number in 0..25 {
        put(&client, item("a", &format!("{number:02}"))).await;
    }
    let mut pages = client
        .query()
        .table_name("Things")
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", AttributeValue::S("a".into()))
        .limit(10)
        .into_paginator()
        .send();
    let (mut found, mut sizes) = (Vec::new(), Vec::new());
    while let Some(page) = pages.next().await {
        let items = page.expect("is read").items.unwrap_or_default();
        sizes.push(items.len());
        found.extend(items.iter().map(|item| item["sk"].as_s().expect("text").clone()));
    }
    assert_eq!(sizes, [10, 10, 5]);
    assert_eq!(found, (0..25).map(|number| format!("{number:02}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn sweep_deletes_expired_items() {
    let engine = engine();
    let client = Client::new(&engine.aws());
    for (sk, ttl) in [("expired", "999"), ("not yet", "1001")] {
        let mut item = item("a", sk);
        item.insert("ttl".into(), AttributeValue::N(ttl.into()));
        put(&client, item).await;
    }
    assert_eq!(engine.sweep(), 1);
    assert_eq!(count(&client).await, 1);
}

#[tokio::test]
async fn items_persist_in_the_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("jean.db");
    for before in 0..3 {
        let engine = Engine::open(&path).expect("opens");
        engine.create_tables(&[table()]).expect("creates");
        let client = Client::new(&engine.aws());
        assert_eq!(count(&client).await, before);
        put(&client, item("a", &before.to_string())).await;
    }
}

#[test]
fn file_that_is_not_a_database_is_named_in_one_line() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("jean.db");
    std::fs::write(&path, "not a database at all, but long enough to look at".repeat(100)).expect("writes");
    let error = Engine::open(&path).expect_err("is refused").to_string();
    assert!(error.contains("jean.db is damaged") && !error.contains('\n'), "{error}");
}

#[tokio::test]
async fn invalid_requests_have_dynamodb_error_codes_and_messages() {
    let client = Client::new(&engine().aws());
    let error = client.put_item().table_name("Nowhere").set_item(Some(item("a", "b"))).send().await;
    assert_eq!(error.expect_err("no table").code(), Some("ResourceNotFoundException"));

    let answer = engine().answer("DynamoDB_20120810.PutItem", br#"{"TableName": "Things"}"#);
    let body: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
    assert_eq!((answer.status, &body["__type"]), (400, &json!("com.amazon.coral.validate#ValidationException")));
    let message = body["message"].as_str().expect("a message");
    assert!(!message.contains("VALIDATION") && !message.contains("column"), "{message}");

    assert_eq!(engine().answer("DynamoDB_20120810.Nothing", b"{}").status, 400);
    assert_eq!(engine().answer("DynamoDB_20120810.GetItem", b"{").status, 400);
}
