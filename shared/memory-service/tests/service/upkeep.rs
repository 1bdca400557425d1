//! The index as it is kept: packed, made anew, imported into, deleted.

use jean_memory::{Filter, Limit, Memory, Restored};
use jean_memory_service::Imported;
use serde_json::json;

use crate::somebody::Somebody;

#[tokio::test]
async fn many_changes_are_packed_and_nothing_is_left_of_what_was_replaced() {
    let ada = Somebody::new();
    for number in 0..280 {
        ada.note(&format!("tea number n{number}")).await;
        if number % 50 == 0 {
            assert_eq!(ada.find(&format!("n{number}")).await.len(), 1);
        }
    }
    ada.find("tea").await;
    assert!(ada.keys("INDEX#CHANGE#") < 128, "{}", ada.keys("INDEX#CHANGE#"));
    assert_eq!(ada.keys("INDEX#DRAFT#"), 0);
    assert!(ada.keys("SEGMENT#") <= 3);
    for number in [0, 127, 128, 279] {
        assert_eq!(ada.elsewhere().find(&format!("n{number}")).await, [format!("tea number n{number}")]);
    }
}

#[tokio::test]
async fn a_memory_from_before_there_was_an_index_is_found() {
    let ada = Somebody::new();
    let id = ada.note("tea").await;
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
    assert_eq!(ada.find("tea").await, ["older coffee"], "which is something like it");
}

#[tokio::test]
async fn an_index_that_can_not_be_read_is_made_anew() {
    let ada = Somebody::new();
    ada.note("tea").await;
    assert_eq!(ada.find("tea").await, ["tea"]);
    let segment = ada.store.keys("ada").into_iter().find(|key| key.starts_with("SEGMENT#")).expect("a segment");
    ada.store.put(&json!({"pk": {"S": "USER#ada"}, "sk": {"S": segment}, "bytes": {"B": "AAAAAAAA"}}));
    assert_eq!(ada.elsewhere().find("tea").await, ["tea"]);
    let manifest = json!({
        "pk": {"S": "USER#ada"}, "sk": {"S": "INDEX#MANIFEST"}, "format": {"N": "1"},
        "version": {"S": "01J9ZQ4T5N8M2X7R3K6W1V0YBC"},
        "segments": {"L": [{"M": {"id": {"S": "01J9ZQ4T5N8M2X7R3K6W1V0YBC"}, "memories": {"N": "1"}, "bytes": {"N": "9"}}}]},
    });
    ada.store.put(&manifest);
    assert_eq!(ada.elsewhere().find("tea").await, ["tea"], "a segment that is missing");
}

#[tokio::test]
async fn a_draft_that_was_abandoned_is_cleared_away_after_an_hour() {
    let mut ada = Somebody::new();
    ada.note("tea").await;
    ada.find("tea").await;
    let id = jean_memory::MemoryId::new(ada.now, [9; 10]);
    let draft = json!({
        "pk": {"S": "USER#ada"}, "sk": {"S": format!("INDEX#DRAFT#{id}")},
        "segment": {"M": {"id": {"S": id.to_string()}, "memories": {"N": "1"}, "bytes": {"N": "9"}}},
    });
    ada.store.put(&draft);
    ada.store
        .put(&json!({"pk": {"S": "USER#ada"}, "sk": {"S": format!("SEGMENT#{id}#00000")}, "bytes": {"B": "AAAA"}}));
    for (hours, drafts) in [(0, 1), (2, 0)] {
        ada.later(hours);
        for number in 0..130 {
            ada.note(&format!("tea {hours} {number}")).await;
        }
        ada.find("tea").await;
        assert_eq!(ada.keys("INDEX#DRAFT#"), drafts);
        assert_eq!(ada.keys(&format!("SEGMENT#{id}")), drafts);
    }
}

#[tokio::test]
async fn what_was_exported_can_be_imported_into_an_empty_account_and_again() {
    let ada = Somebody::new();
    for number in 0..150 {
        ada.note(&format!("tea number n{number}")).await;
    }
    let twin = ada.note("coffee").await;
    ada.edit(twin, "tea number n7").await;
    ada.store_document("Log", &"A line of the log.\n".repeat(1000)).await;
    let exported = all(&ada).await;
    let restored: Vec<_> = exported.iter().cloned().map(|memory| Restored::new(memory).expect("valid")).collect();
    let other = Somebody::new();
    let import = || other.service.import(&other.reach, restored.clone(), other.now, other.entropy());
    let number = exported.len();
    assert_eq!(import().await.expect("is kept"), Imported { added: number, already_there: 0 });
    assert_eq!(all(&other).await, exported);
    assert_eq!(other.find("n149").await, ["tea number n149"]);
    assert_eq!(import().await.expect("is kept"), Imported { added: 0, already_there: number });
    assert!(other.keys("INDEX#CHANGE#") < 10, "many are packed at once");
    assert!(matches!(other.add("tea number n9").await, jean_memory_service::Added::AlreadyThere(_)));
}

#[tokio::test]
async fn all_memories_go_and_what_is_added_later_stays() {
    let mut ada = Somebody::new();
    for number in 0..200 {
        ada.note(&format!("tea {number}")).await;
    }
    let id = ada.note("coffee").await;
    ada.edit(id, "tea after all").await;
    ada.find("tea").await;
    let mut later = ada.elsewhere();
    later.later(1);
    later.note("tea of tomorrow").await;
    assert_eq!(ada.delete_all().await, 201);
    assert_eq!(ada.find("tea").await, ["tea of tomorrow"]);
    assert_eq!(later.find("tea").await, ["tea of tomorrow"]);
    assert_eq!((ada.keys("HISTORY#"), ada.keys("TEXT#"), ada.keys("SEGMENT#")), (0, 1, 1));
    ada.later(2);
    ada.note("tea 7").await;
    assert_eq!(ada.delete_all().await, 2);
    assert!(ada.find("tea").await.is_empty());
}

/// All memories, oldest first.
async fn all(somebody: &Somebody) -> Vec<Memory> {
    let (mut memories, mut after) = (Vec::new(), None);
    loop {
        let limit = Limit::new(50).expect("valid");
        let page = somebody.service.list(&somebody.reach, &Filter::default(), after, limit).await.expect("is read");
        memories.extend(page.memories);
        after = page.next;
        if after.is_none() {
            memories.reverse();
            return memories;
        }
    }
}
