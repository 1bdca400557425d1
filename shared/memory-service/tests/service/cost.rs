//! Requests per operation.

use crate::user::TestUser;

fn calls(user: &TestUser) -> Vec<(String, usize)> {
    user.store.take_requests().calls.into_iter().collect()
}

/// AW-02
#[tokio::test]
async fn warm_search_is_two_queries() {
    let ada = TestUser::new();
    for number in 0..150 {
        ada.add_new(&format!("tea number {number}")).await;
    }
    ada.advance(1);
    assert!(ada.service.compact(ada.scope.user_id()).await.expect("compacts"));
    ada.find("tea").await;
    ada.store.take_requests();
    assert_eq!(ada.find("tea").await.len(), 50);
    assert_eq!(calls(&ada), [("Query".into(), 2)], "index and tail; the memories are kept");
    assert!(ada.find("0xc0ffee").await.is_empty());
    assert_eq!(calls(&ada), [("Query".into(), 2)]);
}

/// AW-02
#[tokio::test]
async fn tail_is_read_by_one_query() {
    let ada = TestUser::new();
    for number in 0..140 {
        ada.add_new(&format!("tea number {number}")).await;
    }
    ada.advance(1);
    assert!(ada.service.compact(ada.scope.user_id()).await.expect("compacts"));
    ada.find("tea").await;
    let elsewhere = ada.on_cold_instance();
    for number in 0..50 {
        elsewhere.add_new(&format!("tea from somewhere else {number}")).await;
    }
    ada.store.take_requests();
    assert_eq!(ada.find("else").await.len(), 50);
    assert_eq!(calls(&ada), [("Query".into(), 2)]);
    let cold = ada.on_cold_instance();
    assert_eq!(cold.find("else").await.len(), 50);
    assert_eq!(calls(&cold), [("BatchGetItem".into(), 1), ("Query".into(), 2)], "and the segments");
}

/// AW-01, AW-02: two writes are four units, and nothing that another addition writes or checks.
#[tokio::test]
async fn addition_is_one_transaction_of_two_writes() {
    let ada = TestUser::new();
    for number in 0..100 {
        ada.add_new(&format!("tea number {number}")).await;
        let requests = ada.store.take_requests();
        assert_eq!((requests.calls["TransactWriteItems"], requests.writes), (1, 2), "memory and fingerprint");
        assert_eq!(requests.calls["GetItem"], 1, "the check of the account");
    }
    ada.store_document("Log", &"One more line of the log.\n".repeat(30_000)).await;
    let requests = ada.store.take_requests();
    assert_eq!(requests.calls["TransactWriteItems"], 1);
    assert!((50..=98).contains(&requests.writes), "{}", requests.writes);
}

#[tokio::test]
async fn search_without_memories_writes_nothing() {
    let ada = TestUser::new();
    assert!(ada.find("tea").await.is_empty());
    assert_eq!(calls(&ada), [("Query".into(), 2)]);
}
