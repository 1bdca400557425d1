//! Compaction, rebuilds, imports and deletion.

use std::time::Duration;

use jean_memory::{Filter, Limit, Memory, MemoryId, Restored};
use jean_memory_service::{AddResult, ImportReport};
use jean_store::memories::{Memories, index::Opstamp};
use serde_json::json;

use crate::user::TestUser;

#[tokio::test]
async fn compaction_deletes_replaced_segments() {
    let ada = TestUser::new();
    for number in 0..280 {
        ada.add_new(&format!("tea number n{number}")).await;
        if number % 50 == 0 {
            assert_eq!(ada.find(&format!("n{number}")).await.len(), 1);
        }
    }
    let changed = ada.add_new("coffee").await;
    ada.edit(changed, "cocoa").await;
    ada.advance(1);
    ada.service.compact(ada.scope.user_id()).await.expect("compacts");
    assert_eq!((ada.keys("INDEX#CHANGE#"), ada.keys("INDEX#DRAFT#")), (0, 0));
    let chunks = |key: &String| key.starts_with("SEGMENT#") && !key.contains("#V");
    assert!(ada.store.keys("ada").iter().filter(|key| chunks(key)).count() <= 3);
    for number in [0, 127, 128, 279] {
        assert_eq!(ada.on_cold_instance().find(&format!("n{number}")).await, [format!("tea number n{number}")]);
    }
}

/// AW-02: the last memories of a burst are too young for the maintenance that it causes.
#[tokio::test]
async fn few_long_memories_are_covered_once_they_have_settled() {
    let (reader, maintained) = (TestUser::new(), TestUser::new());
    for user in [&reader, &maintained] {
        user.find("tea").await;
        user.store_document("Log", &"A line about tea.\n".repeat(8000)).await;
        user.service.maintain(user.scope.user_id(), || true).await.expect("runs");
        user.find("tea").await;
        assert_eq!(user.keys("SEGMENT#"), 0);
        user.advance(1);
    }
    assert_eq!(reader.find("tea").await.len(), 36);
    assert!(maintained.service.maintain(maintained.scope.user_id(), || true).await.expect("runs"));
    for user in [&reader, &maintained] {
        assert!(user.keys("SEGMENT#") > 0);
    }
}

#[tokio::test]
async fn memory_older_than_the_index_is_found() {
    let ada = TestUser::new();
    let id = ada.add_new("tea").await;
    let old = json!({
        "pk": {"S": "USER#ada"}, "sk": {"S": "MEMORY#01J9ZQ4T5N8M2X7R3K6W1V0YBC"},
        "id": {"S": "01J9ZQ4T5N8M2X7R3K6W1V0YBC"}, "text": {"S": "older tea"}, "created_at": {"N": "1700000000"},
        "written_by": {"M": {"client": {"S": "claude"}, "credential": {"M": {"api_key": {"S": "key"}}}}},
    });
    ada.store.put(&old);
    assert_eq!(ada.find("tea").await.len(), 2);
    ada.edit("01J9ZQ4T5N8M2X7R3K6W1V0YBC".parse().expect("an id"), "older coffee").await;
    assert_eq!(ada.find("coffee").await[0], "older coffee");
    ada.delete(id).await;
    assert_eq!(ada.find("tea").await, ["older coffee"], "a similar word");
}

/// The tail of a warm instance is empty once all memories have settled.
#[tokio::test]
async fn warm_instance_finds_settled_memories_without_an_index() {
    let ada = TestUser::new();
    ada.add_new("tea").await;
    for _ in 0..3 {
        assert_eq!(ada.find("tea").await, ["tea"]);
        ada.advance(1);
    }
    assert_eq!(ada.keys("INDEX#"), 0);
}

#[tokio::test]
async fn unreadable_index_is_rebuilt() {
    let ada = TestUser::new();
    ada.add_new("tea").await;
    ada.advance(1);
    ada.service.compact(ada.scope.user_id()).await.expect("compacts");
    assert_eq!(ada.find("tea").await, ["tea"]);
    let segment = ada.store.keys("ada").into_iter().find(|key| key.starts_with("SEGMENT#")).expect("a segment");
    ada.store.put(&json!({"pk": {"S": "USER#ada"}, "sk": {"S": segment}, "bytes": {"B": "AAAAAAAA"}}));
    assert_eq!(ada.on_cold_instance().find("tea").await, ["tea"]);
    let manifest = json!({
        "pk": {"S": "USER#ada"}, "sk": {"S": "INDEX#MANIFEST"}, "format": {"N": "2"},
        "version": {"S": "01J9ZQ4T5N8M2X7R3K6W1V0YBC"}, "through": {"S": MemoryId::new(ada.now(), [0; 10]).to_string()},
        "segments": {"L": [{"M": {"id": {"S": "01J9ZQ4T5N8M2X7R3K6W1V0YBC"}, "memories": {"N": "1"}, "bytes": {"N": "9"}}}]},
    });
    ada.store.put(&manifest);
    assert_eq!(ada.on_cold_instance().find("tea").await, ["tea"], "a segment that is missing");
}

/// Documents of more than a megabyte have been stored since the last search of this instance, on others.
#[tokio::test]
async fn long_tail_is_covered_from_its_beginning() {
    let ada = TestUser::new();
    ada.add_new("Ada drinks tea").await;
    ada.advance(1);
    assert_eq!(ada.find("tea").await, ["Ada drinks tea"]);
    let other = ada.on_cold_instance();
    for title in ["January", "February"] {
        let content: String = (0..30_000).map(|line| format!("{title} has line {line}.\n")).collect();
        other.store_document(title, &content).await;
    }
    ada.advance(2);
    assert_eq!(ada.find("tea").await, ["Ada drinks tea"]);
    assert_eq!(ada.keys("INDEX#MANIFEST"), 1);
    for user in [&ada, &ada.on_cold_instance()] {
        assert_eq!(user.find("tea").await, ["Ada drinks tea"]);
    }
}

/// Confirms the deletion of all memories. The request ends before it has moved any of them to the trash.
async fn mark_all_as_deleted(ada: &TestUser) {
    let request = ada.service.request_deletion(&ada.scope, &ada.writer).await.expect("succeeds").expect("a request");
    let (memories, stamp) = (Memories::new(ada.store.table()), Opstamp::new(ada.now(), [1; 10]));
    assert!(memories.confirm_deletion(ada.scope.user_id(), &request, stamp).await.expect("succeeds"));
}

async fn finish_deletion(ada: &TestUser) {
    while ada.keys("INDEX#CLEARED#") > 0 {
        ada.find("tea").await;
    }
}

/// Each request of the read takes two seconds, and the deletion ends in between.
#[tokio::test(start_paused = true)]
async fn slow_read_finds_no_memory_that_was_deleted_before() {
    for seconds in [3, 5, 7] {
        let ada = TestUser::new();
        let id = ada.add_new("Ada drinks tea").await;
        let AddResult::New(document) = ada.store_document("Log", &"One more line.\n".repeat(900)).await else {
            unreachable!("existed")
        };
        mark_all_as_deleted(&ada).await;
        let slow = ada.with_latency(Duration::from_secs(2));
        let end = async {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            finish_deletion(&ada).await;
        };
        let memory = slow.service.get(&slow.scope, id);
        let pieces = slow.service.document(&slow.scope, document[0].id);
        let (memory, pieces, ()) = tokio::join!(memory, pieces, end);
        assert_eq!((memory.expect("reads"), pieces.expect("reads")), (None, vec![]), "{seconds}");
    }
}

/// The request that confirms the deletion ends at once, and another instance finishes it.
#[tokio::test]
async fn instance_that_never_reads_a_mark_finds_no_deleted_memory() {
    let ada = TestUser::new();
    ada.add_new("Ada drinks tea").await;
    ada.advance(1);
    assert_eq!(ada.find("tea").await, ["Ada drinks tea"]);
    mark_all_as_deleted(&ada).await;
    let other = ada.on_cold_instance();
    finish_deletion(&other).await;
    other.add_new("Ada drinks coffee").await;
    assert_eq!(ada.find("drinks").await, ["Ada drinks coffee"]);
}

#[tokio::test]
async fn abandoned_draft_is_deleted_after_an_hour() {
    let ada = TestUser::new();
    ada.add_new("tea").await;
    ada.find("tea").await;
    let id = MemoryId::new(ada.now(), [9; 10]);
    let draft = json!({
        "pk": {"S": "USER#ada"}, "sk": {"S": format!("INDEX#DRAFT#{id}")},
        "segment": {"M": {"id": {"S": id.to_string()}, "memories": {"N": "1"}, "bytes": {"N": "9"}}},
    });
    ada.store.put(&draft);
    ada.store
        .put(&json!({"pk": {"S": "USER#ada"}, "sk": {"S": format!("SEGMENT#{id}#00000")}, "bytes": {"B": "AAAA"}}));
    for (hours, drafts) in [(0, 1), (2, 0)] {
        ada.advance(hours);
        for number in 0..130 {
            ada.add_new(&format!("tea {hours} {number}")).await;
        }
        ada.find("tea").await;
        assert_eq!(ada.keys("INDEX#DRAFT#"), drafts);
        assert_eq!(ada.keys(&format!("SEGMENT#{id}")), drafts);
    }
}

#[tokio::test]
async fn export_can_be_imported_repeatedly() {
    let ada = TestUser::new();
    for number in 0..150 {
        ada.add_new(&format!("tea number n{number}")).await;
    }
    let twin = ada.add_new("coffee").await;
    ada.edit(twin, "tea number n7").await;
    ada.store_document("Log", &"A line of the log.\n".repeat(1000)).await;
    let exported = all(&ada).await;
    let restored: Vec<_> = exported.iter().cloned().map(|memory| Restored::new(memory).expect("valid")).collect();
    let other = TestUser::new();
    let siblings = exported.iter().map(|memory| memory.id).collect();
    let import = || other.service.import(&other.scope, restored.clone(), &siblings, || true);
    let number = exported.len();
    assert_eq!(import().await.expect("succeeds").map(|report| report.added), Some(number));
    assert_eq!(all(&other).await, exported);
    assert_eq!(other.find("n149").await, ["tea number n149"]);
    let again = ImportReport { already_there: number, ..ImportReport::default() };
    assert_eq!(import().await.expect("succeeds"), Some(again));
    assert!(other.keys("INDEX#CHANGE#") < 10, "an import is compacted");
    assert!(matches!(other.add("tea number n9").await, jean_memory_service::AddResult::Duplicate(_)));
}

#[tokio::test]
async fn delete_all_keeps_later_memories() {
    let ada = TestUser::new();
    for number in 0..200 {
        ada.add_new(&format!("tea {number}")).await;
    }
    let id = ada.add_new("coffee").await;
    ada.edit(id, "tea after all").await;
    ada.find("tea").await;
    let later = ada.on_cold_instance();
    later.advance(1);
    assert_eq!(ada.delete_all().await, 201);
    later.add_new("tea of tomorrow").await;
    assert_eq!(ada.find("tea").await, ["tea of tomorrow"]);
    assert_eq!(later.find("tea").await, ["tea of tomorrow"]);
    ada.find("tea").await;
    assert_eq!((ada.keys("HISTORY#"), ada.keys("TEXT#"), ada.keys("SEGMENT#")), (0, 1, 0));
    ada.advance(2);
    ada.add_new("tea 7").await;
    assert_eq!(ada.delete_all().await, 2);
    assert!(ada.find("tea").await.is_empty());
}

/// Each request of the step takes two seconds, and the account is deleted in between.
#[tokio::test(start_paused = true)]
async fn step_of_an_index_leaves_nothing_of_a_deleted_account() {
    for (has_index, seconds) in [false, true].into_iter().flat_map(|has| (1..24).step_by(2).map(move |at| (has, at))) {
        let ada = TestUser::new();
        for number in 0..140 {
            ada.add_new(&format!("tea {number}")).await;
        }
        ada.advance(1);
        if has_index {
            ada.find("tea").await;
            ada.add_new("coffee").await;
            ada.advance(1);
        }
        let slow = ada.with_latency(Duration::from_secs(2));
        slow.advance(2);
        let memories = Memories::new(ada.store.table());
        let deletion = async {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            ada.close().await;
            while memories.remove_some(ada.scope.user_id()).await.expect("deletes").is_some() {}
        };
        let (step, ()) = tokio::join!(slow.service.compact(slow.scope.user_id()), deletion);
        assert_eq!(ada.store.keys("ada"), ["~GONE"], "{has_index} {seconds} {step:?}");
    }
}

/// All memories, oldest first.
async fn all(user: &TestUser) -> Vec<Memory> {
    let (mut memories, mut after) = (Vec::new(), None);
    loop {
        let limit = Limit::new(50).expect("valid");
        let page = user.service.list(&user.scope, &Filter::default(), after, limit).await.expect("reads");
        memories.extend(page.memories);
        after = page.next;
        if after.is_none() {
            memories.reverse();
            return memories;
        }
    }
}
