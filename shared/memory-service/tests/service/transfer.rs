//! Export of one account and import into another.

use jean_memory::{Memory, transfer};
use jean_memory_service::ImportReport;
use serde_json::json;

use crate::user::TestUser;

/// All memories, newest first.
async fn all(user: &TestUser) -> Vec<Memory> {
    let (mut memories, mut after) = (Vec::new(), None);
    loop {
        let page = user.service.many(user.scope.user_id(), after).await.expect("reads");
        memories.extend(page.memories);
        after = page.next;
        if after.is_none() {
            return memories;
        }
    }
}

async fn import(user: &TestUser, file: &str) -> ImportReport {
    let source = jean_import::Source { name: "memories", bytes: file.as_bytes() };
    let mut import = jean_import::read(&[source], &jean_import::Options::new(user.now())).expect("is known");
    assert_eq!(import.report.skipped, []);
    let siblings = import.remove_repeats();
    user.service.import(&user.scope, import.memories, &siblings, || true).await.expect("imports").expect("finishes")
}

#[tokio::test]
async fn ten_thousand_memories_are_transferred_unchanged() {
    let (ada, other) = (TestUser::new(), TestUser::new());
    let listed: Vec<_> = (0..9_900)
        .map(|number| {
            json!({"id": number.to_string(), "memory": format!("tea number n{number}"), "categories": [format!("t{}", number % 7)],
                "created_at": jiff::Timestamp::from_second(1_700_000_000 + number).expect("in range").to_string()})
        })
        .collect();
    assert_eq!(import(&ada, &json!(listed).to_string()).await.added, 9_900);
    ada.store_document("Log", &"A line of the log.\n".repeat(1000)).await;
    for number in 0..95 {
        let id = ada.add_new(&format!("coffee {number}")).await;
        ada.edit(id, &format!("cocoa {number}")).await;
    }
    let exported = all(&ada).await;
    assert_eq!(exported.len(), 10_000);
    other.advance(1);
    let file: String = exported.iter().map(transfer::line).collect();
    assert_eq!(import(&other, &file).await.added, 10_000);
    assert_eq!(all(&other).await, exported);
    let again = ImportReport { already_there: 10_000, ..ImportReport::default() };
    assert_eq!(import(&other, &file).await, again);
    assert_eq!(other.find("n4711").await, ["tea number n4711"]);
}
