//! All of somebody's memories, out of one account and into another.

use jean_memory::{Memory, transfer};
use jean_memory_service::Imported;
use serde_json::json;

use crate::somebody::Somebody;

/// All memories, newest first.
async fn all(somebody: &Somebody) -> Vec<Memory> {
    let (mut memories, mut after) = (Vec::new(), None);
    loop {
        let page = somebody.service.many(somebody.reach.user_id(), after).await.expect("reads");
        memories.extend(page.memories);
        after = page.next;
        if after.is_none() {
            return memories;
        }
    }
}

async fn import(somebody: &Somebody, file: &str) -> Imported {
    let records = transfer::read(file.as_bytes(), somebody.now).expect("is known");
    let memories = records.into_iter().map(|record| record.memory.expect("is valid")).collect();
    somebody.service.import(&somebody.reach, memories, somebody.now, somebody.entropy()).await.expect("is kept")
}

#[tokio::test]
async fn ten_thousand_memories_leave_one_account_and_are_the_same_in_another() {
    let (ada, other) = (Somebody::new(), Somebody::new());
    let listed: Vec<_> = (0..9_900)
        .map(|number| {
            json!({"id": number.to_string(), "memory": format!("tea number n{number}"), "categories": [format!("t{}", number % 7)],
                "created_at": jiff::Timestamp::from_second(1_700_000_000 + number).expect("in range").to_string()})
        })
        .collect();
    assert_eq!(import(&ada, &json!(listed).to_string()).await.added, 9_900);
    ada.store_document("Log", &"A line of the log.\n".repeat(1000)).await;
    for number in 0..95 {
        let id = ada.note(&format!("coffee {number}")).await;
        ada.edit(id, &format!("cocoa {number}")).await;
    }
    let kept = all(&ada).await;
    assert_eq!(kept.len(), 10_000);
    let file: String = kept.iter().map(transfer::line).collect();
    assert_eq!(import(&other, &file).await, Imported { added: 10_000, already_there: 0 });
    assert_eq!(all(&other).await, kept);
    assert_eq!(import(&other, &file).await, Imported { added: 0, already_there: 10_000 });
    assert_eq!(other.find("n4711").await, ["tea number n4711"]);
}
