//! Requests per operation.

use crate::user::TestUser;

fn calls(user: &TestUser) -> Vec<(String, usize)> {
    user.store.take_requests().calls.into_iter().collect()
}

fn once(operations: &[&str]) -> Vec<(String, usize)> {
    operations.iter().map(|operation| ((*operation).into(), 1)).collect()
}

#[tokio::test]
async fn warm_search_is_one_query_and_one_batch() {
    let ada = TestUser::new();
    for number in 0..150 {
        ada.add_new(&format!("tea number {number}")).await;
    }
    ada.find("tea").await;
    ada.find("tea").await;
    ada.store.take_requests();
    assert_eq!(ada.find("tea").await.len(), 50);
    assert_eq!(calls(&ada), once(&["BatchGetItem", "Query"]));
    assert!(ada.find("0xc0ffee").await.is_empty());
    assert_eq!(calls(&ada), once(&["Query"]), "no hits, no reads");
}

#[tokio::test]
async fn delta_costs_one_more_batch() {
    let ada = TestUser::new();
    for number in 0..140 {
        ada.add_new(&format!("tea number {number}")).await;
    }
    ada.find("tea").await;
    assert!(ada.service.compact(ada.scope.user_id()).await.expect("compacts"));
    ada.find("tea").await;
    ada.on_cold_instance().add_new("tea from somewhere else").await;
    ada.store.take_requests();
    assert_eq!(ada.find("else").await, ["tea from somewhere else"]);
    assert_eq!(calls(&ada), [("BatchGetItem".into(), 2), ("Query".into(), 1)]);
    let cold = ada.on_cold_instance();
    assert_eq!(cold.find("else").await, ["tea from somewhere else"]);
    assert_eq!(calls(&cold), [("BatchGetItem".into(), 3), ("Query".into(), 1)], "segments, delta and hits");
}

#[tokio::test]
async fn size_of_an_add_transaction_is_constant() {
    let ada = TestUser::new();
    let mut checked = 0;
    for number in 0..100 {
        ada.add_new(&format!("tea number {number}")).await;
        let requests = ada.store.take_requests();
        assert_eq!(
            (requests.calls["TransactWriteItems"], requests.writes),
            (1, 4),
            "memory, fingerprint, change record and the check of the account"
        );
        checked += usize::from(requests.calls.contains_key("Query"));
    }
    assert!(checked > 0, "some writes check the index");
    ada.store_document("Log", &"One more line of the log.\n".repeat(30_000)).await;
    let requests = ada.store.take_requests();
    assert_eq!(requests.calls["TransactWriteItems"], 1);
    assert!((50..=100).contains(&requests.writes), "{}", requests.writes);
}

#[tokio::test]
async fn search_without_memories_writes_nothing() {
    let ada = TestUser::new();
    assert!(ada.find("tea").await.is_empty());
    assert_eq!(calls(&ada), [("Query".into(), 2)]);
}
