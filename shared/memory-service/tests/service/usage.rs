//! The usage that quotas are compared with, and its cost.

use std::collections::HashSet;

use jean_memory::{NewMemory, QuotaReached, Quotas, Restored, Usage};
use jean_memory_service::WriteError;
use proptest::prelude::*;

use crate::user::TestUser;

async fn usage(user: &TestUser) -> (u64, u64) {
    let Usage { memories, bytes } = user.on_cold_instance().service.usage(user.scope.user_id()).await.expect("counts");
    (memories, bytes)
}

async fn refused(user: &TestUser, text: &str) -> Option<QuotaReached> {
    let new = NewMemory::new(text, vec![], None, None).expect("valid");
    match user.service.add(&user.scope, new, user.writer.clone()).await {
        Ok(_) => None,
        Err(WriteError::Full(reached)) => Some(reached),
        Err(WriteError::Store(error)) => unreachable!("{error}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// SR-03: in every state of the index, the usage is that of the memories that exist.
    #[test]
    fn usage_is_exact_after_compaction(steps in prop::collection::vec((0..8_u8, 1..400_usize), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("starts");
        runtime.block_on(async {
            let ada = TestUser::new();
            let mut ids = vec![];
            for (number, (step, length)) in steps.into_iter().enumerate() {
                let text = format!("{number} {}", "a".repeat(length));
                let one = ids.get(length % ids.len().max(1)).copied();
                match (step, one) {
                    (0, Some(id)) => drop(ada.edit(id, &text).await),
                    (1, Some(id)) => drop(ada.delete(id).await),
                    (2, _) => {
                        ada.advance(1);
                        ada.service.compact(ada.scope.user_id()).await.expect("compacts");
                    }
                    (3, Some(_)) => drop(ada.delete_all().await),
                    (4, Some(_)) if ada.keys("TRASH#") > 0 => drop(ada.restore_last_deletion().await),
                    _ => ids.push(ada.add_new(&text).await),
                }
            }
            let page = ada.service.many(ada.scope.user_id(), None).await.expect("is read").memories;
            let expected = (page.len() as u64, page.iter().map(|memory| memory.text.len() as u64).sum());
            assert_eq!(usage(&ada).await, expected, "with changes");
            ada.advance(1);
            ada.service.compact(ada.scope.user_id()).await.expect("compacts");
            assert_eq!(usage(&ada).await, expected);
        });
    }
}

/// SR-03
#[tokio::test]
async fn usage_follows_deletion_restoration_and_import() {
    let ada = TestUser::new();
    for number in 0..150 {
        ada.add_new(&format!("tea {number:03}")).await;
    }
    ada.advance(1);
    ada.service.maintain(ada.scope.user_id(), || true).await.expect("maintains");
    assert_eq!((ada.keys("SEGMENT#") > 0, usage(&ada).await), (true, (150, 1050)));
    let restored: Vec<_> = ada.service.many(ada.scope.user_id(), None).await.expect("is read").memories;
    let restored: Vec<_> = restored.into_iter().map(|memory| Restored::new(memory).expect("valid")).collect();
    assert_eq!(ada.delete_all().await, 150);
    assert_eq!(usage(&ada).await, (0, 0));
    ada.service.maintain(ada.scope.user_id(), || true).await.expect("maintains");
    assert_eq!(usage(&ada).await, (0, 0));
    let imported = ada.service.import(&ada.scope, restored[..60].to_vec(), &HashSet::new(), || true).await;
    assert_eq!((imported.expect("imports").expect("finishes").added, usage(&ada).await), (60, (60, 420)));
}

/// SR-03: change records of the restoration outlive its memories.
#[tokio::test]
async fn usage_is_exact_after_deletions_of_all_and_restorations() {
    for count in [10, 300] {
        let ada = TestUser::new();
        for number in 0..count {
            ada.add_new(&format!("tea {number:03}")).await;
        }
        for round in 0..3 {
            ada.advance(1);
            ada.delete_all().await;
            ada.service.maintain(ada.scope.user_id(), || true).await.expect("maintains");
            assert_eq!(usage(&ada).await, (0, 0), "{count} deleted, round {round}");
            let restored = ada.restore_last_deletion().await.restored as u64;
            assert_eq!(usage(&ada).await, (restored, 7 * restored), "{count} restored, round {round}");
            for number in 0..3 {
                ada.add_new(&format!("new {round}{number:02}")).await;
            }
            assert_eq!(usage(&ada).await, (restored + 3, 7 * (restored + 3)), "{count} added, round {round}");
        }
    }
}

/// SR-03
#[tokio::test]
async fn usage_is_exact_after_a_long_tail_with_changes_is_covered() {
    let ada = TestUser::new();
    let first = ada.add_new("tea").await;
    ada.edit(first, "tea with milk").await;
    let second = ada.add_new("cocoa").await;
    ada.delete(second).await;
    for number in 0..150 {
        ada.add_new(&format!("tea {number:03}")).await;
    }
    ada.advance(1);
    for _ in 0..200 {
        ada.add("tea 000").await;
    }
    assert!(ada.keys("SEGMENT#") > 0, "a write has covered the tail");
    assert_eq!(usage(&ada).await, (151, 13 + 150 * 7));
}

/// SR-03, AW-01, AW-02: an addition far from the quota reads and writes as much as without one.
#[tokio::test]
async fn instance_counts_once_far_from_the_quota() {
    let ada = TestUser::new();
    let limited = ada.with_quotas(Quotas::new(200_000, 1_000_000_000, 50_000_000));
    limited.add_new("tea").await;
    ada.store.take_requests();
    let mut queries = 0;
    for number in 0..20 {
        limited.add_new(&format!("tea {number}")).await;
        let requests = ada.store.take_requests();
        assert_eq!((requests.calls["TransactWriteItems"], requests.calls["GetItem"]), (1, 1));
        assert_eq!(requests.calls.get("UpdateItem"), None);
        queries += requests.calls.get("Query").copied().unwrap_or_default();
    }
    assert!(queries <= 4, "{queries}: an addition in 32 looks whether the index needs a step");
}

/// SR-03: each instance may fill a sixteenth of the remaining space before it counts again.
#[tokio::test]
async fn instances_exceed_the_quota_by_less_than_they_share() {
    let ada = TestUser::new();
    let instances: Vec<_> = (0..4).map(|_| ada.with_quotas(Quotas::new(100, 0, 0))).collect();
    let (mut added, mut refusals) = (0, 0);
    for number in 0..160 {
        match refused(&instances[number % 4], &format!("tea {number}")).await {
            None => added += 1,
            Some(reached) => {
                refusals += 1;
                assert!(matches!(reached, QuotaReached::Memories { limit: 100, .. }), "{reached:?}");
            }
        }
    }
    assert!((100..=100 + 3 * 6).contains(&added), "{added}");
    assert_eq!(added + refusals, 160);
}
