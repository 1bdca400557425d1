//! One user under DynamoDB's limits: parallel additions, cold instances, long rebuilds and large deletions.

use std::{cell::Cell, collections::HashSet, time::Duration};

use futures::future::join_all;
use jean_memory::{Memory, MemoryId, NewMemory, Restored};
use jean_memory_service::WriteError;
use jean_store::StoreError;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use jean_local::engine::limits::PartitionLimits;

use crate::{rng::SeededRng, user::TestUser};

/// A user with this many memories of the past, which are in the index.
async fn with_memories(count: u32) -> TestUser {
    with_texts(count, " of a long row of cups").await
}

/// As [`with_memories`], with texts that end so.
async fn with_texts(count: u32, end: &str) -> TestUser {
    with_each(count, |number| format!("tea number n{number}{end}")).await
}

/// As [`with_memories`], with the text of each.
async fn with_each(count: u32, text: impl Fn(u32) -> String) -> TestUser {
    let (ada, rng) = (TestUser::new(), SeededRng::new(2));
    let memory = |number: u32| {
        let mut entropy = [0; 10];
        rng.fill(&mut entropy);
        let at = Timestamp::from_second(1_700_000_000).expect("in range") + SignedDuration::from_hours(number.into());
        let memory = Memory {
            id: MemoryId::new(at, entropy),
            text: text(number),
            tags: vec![],
            source_url: None,
            occurred_at: None,
            created_at: at,
            written_by: ada.writer.clone(),
            updated_at: None,
            updated_by: None,
            document: None,
        };
        Restored::new(memory).expect("valid")
    };
    for numbers in (0..count).collect::<Vec<_>>().chunks(490) {
        let memories = numbers.iter().map(|number| memory(*number)).collect();
        ada.service.import(&ada.scope, memories, &HashSet::new(), || true).await.expect("imports").expect("finishes");
    }
    ada
}

/// Marks the index as one of another format.
async fn set_format(user: &TestUser, format: u32) {
    let mut manifest = user.store.item("ada", "INDEX#MANIFEST");
    manifest["format"] = json!({"N": format.to_string()});
    manifest.as_object_mut().expect("an item").remove("through");
    user.store.put(&manifest);
}

/// AW-02
#[tokio::test]
async fn cold_search_of_ten_thousand_memories_reads_at_most_a_hundred_units() {
    let rng = SeededRng::new(3);
    let ada = with_each(10_000, |_| prose(&rng)).await;
    ada.service.compact(ada.scope.user_id()).await.expect("compacts");
    for query in ["a journey to the garden in summer", "which music did the family like?", "bread or coffee"] {
        let cold = ada.on_cold_instance();
        ada.store.take_requests();
        assert_eq!(cold.find(query).await.len(), 50);
        let requests = ada.store.take_requests();
        // The fifty memories are a unit each.
        assert!(requests.read_units - 50.0 <= 90.0, "{query}: {} units", requests.read_units);
    }
}

/// Twenty-four words with frequencies as in prose: each as much rarer as its number is higher.
fn prose(rng: &SeededRng) -> String {
    const COMMON: [&str; 16] = [
        "family", "music", "garden", "coffee", "journey", "summer", "bread", "school", "doctor", "winter", "house",
        "river", "friend", "market", "train", "letter",
    ];
    const SYLLABLES: [&str; 16] =
        ["bu", "do", "ki", "lu", "me", "na", "po", "ri", "su", "ta", "ve", "wo", "za", "fi", "ge", "hu"];
    let word = || {
        let magnitude = 1 << rng.below(13);
        let number = magnitude + rng.below(magnitude);
        let syllable = |place: u32| SYLLABLES[(number >> (4 * place) & 15) as usize];
        match COMMON.get(number as usize) {
            Some(common) => (*common).to_owned(),
            None => (0..4).map(syllable).collect(),
        }
    };
    (0..24).map(|_| word()).collect::<Vec<_>>().join(" ")
}

/// AW-01
#[tokio::test(start_paused = true)]
async fn hundred_parallel_additions_succeed_without_conflicts() {
    let ada = TestUser::new();
    let limited = ada.under(&PartitionLimits::divided(1.0));
    let instances: Vec<_> = (0..10).map(|_| limited.on_cold_instance()).collect();
    ada.store.take_requests();
    let texts: Vec<_> = (0..100).map(|number| format!("tea {number}")).collect();
    join_all((0..100).map(|number| instances[number % 10].add_new(&texts[number]))).await;
    assert_eq!(ada.store.take_requests().calls["TransactWriteItems"], 100);
    ada.advance(1);
    assert_eq!(ada.find("tea").await.len(), 50);
    assert_eq!(ada.keys("MEMORY#"), 100);
}

/// AW-04
#[tokio::test(start_paused = true)]
async fn maintenance_gets_further_with_each_run() {
    let ada = with_memories(9_000).await;
    set_format(&ada, 1).await;
    let limited = ada.under(&PartitionLimits::divided(1.0));
    let mut runs = 0;
    // Each run is a new instance with time for one step.
    loop {
        let steps = Cell::new(0);
        let service = &limited.on_cold_instance().service;
        let is_done = service.maintain(ada.scope.user_id(), || steps.replace(steps.get() + 1) < 1).await.expect("runs");
        runs += 1;
        let manifest = ada.store.item("ada", "INDEX#MANIFEST");
        if is_done || manifest["older"].is_null() {
            break;
        }
    }
    assert!(runs > 2, "{runs}");
    let again = ada.service.maintain(ada.scope.user_id(), || true).await.expect("runs");
    assert!(again);
    assert_eq!(limited.on_cold_instance().find("n8999").await, ["tea number n8999 of a long row of cups"]);
}

/// AW-01: of two requests with the same text, one gets the memory of the other.
#[tokio::test(start_paused = true)]
async fn parallel_additions_of_one_text_add_it_once() {
    let ada = TestUser::new();
    let limited = ada.under(&PartitionLimits::divided(1.0));
    join_all((0..20).map(|_| limited.add("tea"))).await;
    assert_eq!((ada.keys("MEMORY#"), ada.keys("TEXT#")), (1, 1));
}

/// AW-03
#[tokio::test(start_paused = true)]
async fn ten_cold_instances_search_at_once() {
    let ada = with_memories(1500).await;
    ada.advance(1);
    // Reading the index once takes a third of a second's units.
    let limits = PartitionLimits::divided(60.0);
    let cold: Vec<_> = (0..10).map(|_| ada.under(&limits)).collect();
    for found in join_all(cold.iter().map(|cold| cold.find("n1234"))).await {
        assert_eq!(found[0], "tea number n1234 of a long row of cups");
    }
}

/// AW-04, SR-03: each slice survives, so several requests build an index that none could build alone.
#[tokio::test(start_paused = true)]
async fn index_is_built_although_every_request_is_killed() {
    let ada = with_texts(400, &" and a cup of it".repeat(400)).await;
    set_format(&ada, 99).await;
    ada.advance(1);
    let limits = PartitionLimits::divided(1.0);
    let mut killed = 0;
    loop {
        let cold = ada.under(&limits);
        let search = tokio::time::timeout(Duration::from_millis(120), cold.find("n321"));
        match search.await {
            Ok(found) if found.first().is_some_and(|text| text.contains("n321 ")) => break,
            _ => killed += 1,
        }
        assert!(killed < 9, "no progress");
    }
    assert!(killed > 0, "one request was enough");
}

/// AW-04
#[tokio::test]
async fn index_of_an_older_format_is_searched_while_it_is_built_again() {
    let ada = with_memories(2500).await;
    ada.service.compact(ada.scope.user_id()).await.expect("compacts");
    set_format(&ada, 2).await;
    let gone = ada.store.keys("ada").iter().find_map(|key| key.strip_prefix("MEMORY#")?.parse().ok()).expect("one");
    assert!(ada.delete(gone).await);
    ada.add_new("coffee of the new version").await;
    ada.advance(1);
    for round in 0..4 {
        let cold = ada.on_cold_instance();
        assert_eq!(cold.find("n2345").await[0], "tea number n2345 of a long row of cups", "round {round}");
        assert_eq!(cold.find("n2").await.len(), 1, "round {round}");
        assert!(!cold.find("n0").await.iter().any(|text| text.contains("n0 ")), "round {round}");
        assert_eq!(cold.find("coffee").await[0], "coffee of the new version");
    }
    ada.service.compact(ada.scope.user_id()).await.expect("compacts");
    let manifest = ada.store.item("ada", "INDEX#MANIFEST");
    assert_eq!((manifest["format"]["N"].as_str(), manifest.get("older")), (Some("13"), None));
    let counts = ada.service.counts(ada.scope.user_id()).await.expect("counts");
    assert_eq!(counts.values().sum::<u64>(), 2500);
}

/// AW-05
#[tokio::test]
async fn deletion_of_all_is_requested_without_reading_all() {
    let ada = with_texts(400, &" and a cup of it".repeat(400)).await;
    ada.service.compact(ada.scope.user_id()).await.expect("compacts");
    ada.store.take_requests();
    let request = ada.service.request_deletion(&ada.scope, &ada.writer).await.expect("is requested").expect("some");
    assert_eq!(request.memories, 400);
    assert_eq!(ada.store.take_requests().calls["Query"], 4, "marks, the newest memory, index and tail");
}

/// AW-05
#[tokio::test(start_paused = true)]
async fn large_deletion_is_true_at_once_and_finished_later() {
    let ada = with_memories(1500).await;
    ada.find("tea").await;
    let limited = ada.under(&PartitionLimits::divided(10.0));
    let deleted = tokio::time::timeout(Duration::from_secs(8), limited.delete_all()).await;
    assert_eq!(deleted.expect("is in time"), 1500);
    assert!(ada.keys("MEMORY#") > 0, "not all items are gone yet");
    assert!(ada.find("tea").await.is_empty());
    assert!(ada.on_cold_instance().find("tea").await.is_empty());
    assert_eq!(ada.service.counts(ada.scope.user_id()).await.expect("counts").len(), 0);
    ada.advance(1);
    ada.add_new("tea of tomorrow").await;
    for _ in 0..9 {
        assert_eq!(ada.find("tea").await, ["tea of tomorrow"]);
    }
    assert_eq!((ada.keys("MEMORY#"), ada.keys("TEXT#"), ada.keys("INDEX#CLEARED#")), (1, 1, 0));
}

/// AW-05
#[tokio::test]
async fn limited_deletion_reads_a_bounded_number_of_other_memories() {
    let ada = with_memories(1400).await;
    let app = ada.restricted_to("cursor_1");
    for number in 0..60 {
        app.add_new(&format!("tea of the app {number}")).await;
    }
    ada.advance(1);
    ada.service.compact(ada.scope.user_id()).await.expect("compacts");
    ada.find("tea").await;
    assert_eq!(app.delete_all().await, 60);
    let mut rounds = 1;
    while ada.keys("INDEX#CLEARED#") > 0 {
        ada.store.take_requests();
        let found = ada.find("tea").await;
        assert!(found.len() == 50 && !found.iter().any(|text| text.contains("app")), "{found:?}");
        let queries = ada.store.take_requests().calls["Query"];
        assert!(queries <= 7, "index, tail, marks and four pages, not {queries}");
        rounds += 1;
    }
    assert_eq!((rounds, ada.keys("MEMORY#"), ada.keys("TRASH#")), (3, 1400, 60));
}

/// AW-05: an export can be imported again right after everything was deleted.
#[tokio::test]
async fn deleted_memories_can_be_imported_again() {
    let ada = with_memories(700).await;
    let exported = ada.service.many(ada.scope.user_id(), None).await.expect("reads").memories;
    assert_eq!(ada.delete_all().await, 700);
    let restored = exported.into_iter().map(|memory| Restored::new(memory).expect("valid")).collect();
    assert_eq!(
        ada.service
            .import(&ada.scope, restored, &HashSet::new(), || true)
            .await
            .expect("imports")
            .expect("finishes")
            .added,
        500
    );
    assert_eq!(ada.find("n650").await.len(), 1);
}

/// A memory that is stored long after its id was made is found, although later ones are in the index already.
#[tokio::test]
async fn late_memory_is_found() {
    let ada = TestUser::new();
    let late = ada.on_slow_instance(30);
    ada.advance(1);
    ada.add_new("tea").await;
    ada.advance(1);
    ada.service.compact(ada.scope.user_id()).await.expect("compacts");
    late.add_new("coffee").await;
    assert_eq!(ada.find("coffee").await[0], "coffee");
    assert_eq!(ada.on_cold_instance().find("coffee").await[0], "coffee");
}

/// A write that races with the deletion of the account leaves nothing behind.
#[tokio::test]
async fn closed_account_keeps_no_memory() {
    let ada = TestUser::new();
    ada.add_new("tea").await;
    ada.close().await;
    let new = NewMemory::new("coffee", vec![], None, None).expect("valid");
    let added = ada.service.add(&ada.scope, new, ada.writer.clone()).await;
    assert!(matches!(added, Err(WriteError::Store(StoreError::AccountDeleted))), "{added:?}");
    assert_eq!((ada.keys("MEMORY#"), ada.keys("TEXT#")), (1, 1));
}
