//! Vectors of an encoder, page by page.

use jean_memory::index::{DIMENSIONS, Encoder};
use serde_json::{Value, json};

use crate::user::TestUser;

/// An encoder that knows one word.
#[derive(Debug)]
struct Fruit;

impl Encoder for Fruit {
    fn encode(&self, text: &str) -> Option<[f32; DIMENSIONS]> {
        text.contains("apple").then(|| std::array::from_fn(|at| if at == 0 { 1.0 } else { 0.1 }))
    }
}

static FRUIT: Fruit = Fruit;

/// The pages of vectors of the user's only segment.
fn pages(user: &TestUser) -> Vec<(String, Value)> {
    let keys = user.store.keys("ada").into_iter().filter(|sk| sk.starts_with("SEGMENT#") && sk.contains("#V"));
    keys.map(|sk| (sk.clone(), user.store.item("ada", &sk)["bytes"].clone())).collect()
}

#[tokio::test(start_paused = true)]
async fn memories_are_encoded_once_and_stay_encoded_in_a_merge() {
    let ada = TestUser::new();
    for number in 0..60 {
        ada.add(&format!("{} number n{number}", if number < 50 { "apple" } else { "pear" })).await;
    }
    ada.advance(1);
    let of_table = ada.on_cold_instance();
    assert!(of_table.service.compact(of_table.scope.user_id()).await.expect("compacts"));
    let before = pages(&ada);
    assert_eq!(before.len(), 2);

    let service = ada.on_cold_instance().service.with_encoder(&FRUIT);
    assert!(!service.maintain(ada.scope.user_id(), || false).await.expect("runs"), "no time");
    assert_eq!(pages(&ada), before);
    assert!(service.maintain(ada.scope.user_id(), || true).await.expect("runs"));
    let encoded = pages(&ada);
    assert!(encoded.iter().zip(&before).all(|(new, old)| new.0 == old.0 && new.1 != old.1));
    assert_eq!(ada.store.item("ada", "INDEX#MANIFEST")["segments"]["L"][0]["M"]["encoded"]["N"], "2");

    // Nothing is left to do, and a reader without an encoder finds all.
    ada.store.take_requests();
    assert!(service.maintain(ada.scope.user_id(), || true).await.expect("runs"));
    assert!(!ada.store.take_requests().calls.contains_key("PutItem"));
    assert_eq!(ada.on_cold_instance().find("n7").await, ["apple number n7"]);
    assert_eq!(ada.on_cold_instance().find("n57").await, ["pear number n57"]);

    // A merge without an encoder keeps the vectors of the first page, whose memories are all encoded.
    for number in 60..95 {
        ada.add(&format!("apple number n{number}")).await;
    }
    ada.advance(1);
    let of_table = ada.on_cold_instance();
    assert!(of_table.service.compact(of_table.scope.user_id()).await.expect("compacts"));
    assert_eq!(ada.store.item("ada", "INDEX#MANIFEST")["segments"]["L"][0]["M"]["encoded"]["N"], "1");
}

/// A few new memories are compacted and encoded, although readers would leave them alone.
#[tokio::test(start_paused = true)]
async fn few_memories_are_encoded() {
    let ada = TestUser::new();
    for number in 0..20 {
        ada.add(&format!("apple number n{number}")).await;
    }
    ada.advance(1);
    let service = ada.on_cold_instance().service.with_encoder(&FRUIT);
    assert!(service.maintain(ada.scope.user_id(), || true).await.expect("runs"));
    assert_eq!(pages(&ada).len(), 1);
    assert_eq!(ada.store.item("ada", "INDEX#MANIFEST")["segments"]["L"][0]["M"]["encoded"]["N"], "1");
}

/// AW-04, SE-14
#[tokio::test(start_paused = true)]
async fn vectors_of_the_english_table_are_computed_again() {
    let ada = TestUser::new();
    for number in 0..60 {
        ada.add(&format!("狗 n{number}")).await;
    }
    ada.advance(1);
    let service = ada.on_cold_instance().service;
    assert!(service.compact(ada.scope.user_id()).await.expect("compacts"));
    let current: Vec<_> = pages(&ada).into_iter().map(|(_, bytes)| bytes).collect();
    // Only Latin letters had a vector; three bytes of zeros in all dimensions are `iIiI` in base64.
    for ((sk, bytes), memories) in pages(&ada).into_iter().zip([41, 19]) {
        let unknown = json!({"B": "iIiI".repeat(memories * DIMENSIONS / 2 / 3)});
        assert_ne!(bytes, unknown);
        ada.store.put(&json!({"pk": {"S": "USER#ada"}, "sk": {"S": sk}, "bytes": unknown}));
    }
    let mut manifest = ada.store.item("ada", "INDEX#MANIFEST");
    manifest["format"] = json!({"N": "5"});
    ada.store.put(&manifest);
    assert_eq!(ada.on_cold_instance().find("n57").await, ["狗 n57"]);

    assert!(ada.on_cold_instance().service.maintain(ada.scope.user_id(), || true).await.expect("runs"));
    assert_eq!(pages(&ada).into_iter().map(|(_, bytes)| bytes).collect::<Vec<_>>(), current);
    let manifest = ada.store.item("ada", "INDEX#MANIFEST");
    assert_eq!((manifest["format"]["N"].as_str(), manifest.get("older")), (Some("13"), None));
}
