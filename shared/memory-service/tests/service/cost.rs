//! What each operation asks of the store.

use crate::somebody::Somebody;

fn calls(somebody: &Somebody) -> Vec<(String, usize)> {
    somebody.store.asked().calls.into_iter().collect()
}

fn once(operations: &[&str]) -> Vec<(String, usize)> {
    operations.iter().map(|operation| ((*operation).into(), 1)).collect()
}

#[tokio::test]
async fn a_warm_search_is_one_query_and_one_batch() {
    let ada = Somebody::new();
    for number in 0..150 {
        ada.note(&format!("tea number {number}")).await;
    }
    ada.find("tea").await;
    ada.find("tea").await;
    ada.store.asked();
    assert_eq!(ada.find("tea").await.len(), 50);
    assert_eq!(calls(&ada), once(&["BatchGetItem", "Query"]));
    assert!(ada.find("0xc0ffee").await.is_empty());
    assert_eq!(calls(&ada), once(&["Query"]), "nothing is found, nothing is read");
}

#[tokio::test]
async fn what_was_added_meanwhile_is_one_batch_more_and_a_cold_search_too() {
    let ada = Somebody::new();
    for number in 0..140 {
        ada.note(&format!("tea number {number}")).await;
    }
    ada.find("tea").await;
    ada.find("tea").await;
    ada.elsewhere().note("tea from somewhere else").await;
    ada.store.asked();
    assert_eq!(ada.find("else").await, ["tea from somewhere else"]);
    assert_eq!(calls(&ada), [("BatchGetItem".into(), 2), ("Query".into(), 1)]);
    let cold = ada.elsewhere();
    assert_eq!(cold.find("else").await, ["tea from somewhere else"]);
    assert_eq!(calls(&cold), [("BatchGetItem".into(), 3), ("Query".into(), 1)], "segments, changes, and what is found");
}

#[tokio::test]
async fn an_addition_is_one_transaction_of_the_same_size_however_many_there_are() {
    let ada = Somebody::new();
    let mut looked = 0;
    for number in 0..100 {
        ada.note(&format!("tea number {number}")).await;
        let asked = ada.store.asked();
        assert_eq!(
            (asked.calls["TransactWriteItems"], asked.writes),
            (1, 4),
            "the memory, its text, the change, and that its account is not gone"
        );
        looked += usize::from(asked.calls.contains_key("Query"));
    }
    assert!(looked > 0, "now and then it looks after the index, and what it knows then it keeps up to date");
    ada.store_document("Log", &"One more line of the log.\n".repeat(30_000)).await;
    let asked = ada.store.asked();
    assert_eq!(asked.calls["TransactWriteItems"], 1);
    assert!((50..=100).contains(&asked.writes), "{}", asked.writes);
}

#[tokio::test]
async fn somebody_without_memories_costs_no_writes() {
    let ada = Somebody::new();
    assert!(ada.find("tea").await.is_empty());
    assert_eq!(calls(&ada), [("Query".into(), 2)]);
}
