//! The trash: restoration, its duplicates, and expiry.

use std::{cell::Cell, collections::HashSet};

use jean_memory::{Filter, Limit, Memory, Restored};
use jean_memory_service::{AddResult, Completion, RestoreReport, TrashId, TrashSelection, TrashedMemory};
use jean_store::{StoreError, memories::Memories};

use crate::user::TestUser;

impl TestUser {
    async fn trash(&self) -> Vec<TrashedMemory> {
        let (mut all, mut after) = (vec![], None);
        loop {
            let page = self.service.trash(self.scope.user_id(), after, 7).await.expect("reads");
            assert!(page.memories.len() <= 7);
            all.extend(page.memories);
            after = page.next;
            if after.is_none() {
                return all;
            }
        }
    }

    async fn restore(&self, selection: TrashSelection) -> RestoreReport {
        let (report, completion) =
            self.service.restore(self.scope.user_id(), selection, || true).await.expect("restores");
        assert_eq!(completion, Completion::Finished);
        report
    }

    pub(crate) async fn restore_last_deletion(&self) -> RestoreReport {
        let deletion = self.trash().await[0].id.deletion;
        self.restore(TrashSelection::Deletion(deletion)).await
    }

    async fn all(&self) -> Vec<Memory> {
        let (filter, limit) = (Filter::default(), Limit::new(50).expect("valid"));
        self.service.list(&self.scope, &filter, None, limit).await.expect("reads").memories
    }
}

fn restored(restored: usize) -> RestoreReport {
    RestoreReport { restored, ..RestoreReport::default() }
}

/// SR-13
#[tokio::test]
async fn deleted_memory_is_restored_with_id_dates_and_writer() {
    let ada = TestUser::new();
    let app = ada.via("cursor_1", "grant9");
    let id = ada.add_new("Ada drinks tea").await;
    ada.edit(id, "Ada drinks coffee").await;
    let before = ada.all().await;
    app.advance(1);
    assert!(app.delete(id).await);
    assert!(ada.find("coffee").await.is_empty() && ada.all().await.is_empty());
    let trash = ada.trash().await;
    assert_eq!((&trash[0].memory, &trash[0].deleted_by, trash.len()), (&before[0], &app.writer, 1));
    assert!(trash[0].id.deleted_at() >= app.now() - jiff::SignedDuration::from_secs(9));
    assert_eq!(ada.restore(TrashSelection::Memory(trash[0].id)).await, restored(1));
    assert_eq!(ada.all().await, before);
    assert_eq!(ada.find("coffee").await, ["Ada drinks coffee"]);
    assert_eq!((ada.keys("TRASH#"), ada.keys("TEXT#")), (0, 1));
    // It is an ordinary memory again: known as a duplicate, changed and deleted as before.
    assert!(matches!(ada.add("ada drinks coffee").await, AddResult::Duplicate(memory) if memory.id == id));
    ada.edit(id, "Ada drinks water").await;
    assert!(ada.delete(id).await);
    assert_eq!((ada.keys("MEMORY#"), ada.keys("HISTORY#"), ada.keys("TEXT#"), ada.keys("TRASH#")), (0, 0, 0, 1));
}

/// SR-13: the attack, with an index that had compacted the memories.
#[tokio::test]
async fn deletion_of_everything_is_restored() {
    let ada = TestUser::new();
    for number in 0..1100 {
        ada.add_new(&format!("tea number n{number}")).await;
    }
    let AddResult::New(document) = ada.store_document("Log", &"One more line.\n".repeat(9000)).await else {
        unreachable!("existed")
    };
    let all = 1100 + document.len();
    ada.advance(1);
    ada.find("tea").await;
    let app = ada.via("cursor_1", "grant9");
    assert_eq!(app.delete_all().await, all);
    assert!(ada.find("tea").await.is_empty());
    // Only a part of it is in the trash yet.
    assert!(ada.keys("MEMORY#") > 0);
    assert!(ada.trash().await.iter().all(|trashed| trashed.deleted_by == app.writer));
    assert_eq!(ada.restore_last_deletion().await, restored(all));
    for user in [&ada, &ada.on_cold_instance()] {
        assert_eq!(user.find("n1099").await, ["tea number n1099"]);
        assert_eq!(user.find("n3").await, ["tea number n3"]);
        assert_eq!(user.find("tea").await.len(), 50);
    }
    ada.advance(1);
    ada.service.compact(ada.scope.user_id()).await.expect("compacts");
    let counts = ada.service.counts(ada.scope.user_id()).await.expect("counts");
    assert_eq!(counts.values().sum::<u64>(), all as u64);
    assert_eq!((ada.keys("MEMORY#"), ada.keys("TEXT#"), ada.keys("TRASH#")), (all, 1101, 0));
    // A second deletion without any memory in between hides the restored ones from the index as well.
    assert_eq!(ada.delete_all().await, all);
    assert!(ada.find("tea").await.is_empty() && ada.on_cold_instance().find("line").await.is_empty());
    assert_eq!(ada.service.counts(ada.scope.user_id()).await.expect("counts").values().sum::<u64>(), 0);
}

/// SR-13: each request has time for one more step.
#[tokio::test]
async fn restoration_is_continued_by_the_next_request() {
    let ada = TestUser::new();
    for number in 0..1200 {
        ada.add_new(&format!("tea number n{number}")).await;
    }
    ada.delete_all().await;
    let page = ada.service.trash(ada.scope.user_id(), None, 7).await.expect("reads");
    let deletion = page.memories[0].id.deletion;
    let (mut found, mut requests) = (0, 0);
    loop {
        let steps = Cell::new(2_u32);
        let has_time = || steps.replace(steps.get().saturating_sub(1)) > 0;
        let selection = TrashSelection::Deletion(deletion);
        let (report, completion) =
            ada.service.restore(ada.scope.user_id(), selection, has_time).await.expect("restores");
        (found, requests) = (found + report.restored, requests + 1);
        if completion.is_finished() {
            break;
        }
    }
    assert_eq!((found, ada.keys("TRASH#"), ada.keys("MEMORY#")), (1200, 0, 1200));
    assert!((3..20).contains(&requests), "{requests}");
}

/// SR-13
#[tokio::test]
async fn memory_whose_text_exists_again_stays_in_the_trash() {
    let ada = TestUser::new();
    let id = ada.add_new("Ada drinks tea").await;
    ada.delete(id).await;
    let again = ada.add_new("Ada drinks tea.").await;
    let duplicate = RestoreReport { duplicates: 1, ..RestoreReport::default() };
    assert_eq!(ada.restore_last_deletion().await, duplicate);
    assert_eq!((ada.all().await.len(), ada.keys("TRASH#")), (1, 1));
    ada.delete(again).await;
    let trash = ada.trash().await;
    assert_eq!(trash.iter().map(|trashed| trashed.id.memory_id).collect::<Vec<_>>(), [again, id], "latest first");
    assert_eq!(ada.restore(TrashSelection::Memory(trash[1].id)).await, restored(1));
    assert_eq!(ada.restore(TrashSelection::Memory(trash[0].id)).await, duplicate);
    assert_eq!(ada.all().await[0].id, id);
}

/// SR-13: everything is deleted, added again, deleted again: each deletion is restored on its own.
#[tokio::test]
async fn several_deletions_of_everything_are_restored_separately() {
    let ada = TestUser::new();
    for round in 0..3 {
        ada.add_new("Ada drinks tea").await;
        for number in 0..300 {
            ada.add_new(&format!("round r{round} number n{number}")).await;
        }
        assert_eq!(ada.delete_all().await, 301);
    }
    ada.add_new("Ada drinks tea").await;
    while ada.keys("INDEX#CLEARED#") > 0 {
        ada.find("tea").await;
    }
    let mut deletions: Vec<_> = ada.trash().await.iter().map(|trashed| trashed.id.deletion).collect();
    deletions.dedup();
    assert_eq!(deletions.len(), 3);
    let report = ada.restore(TrashSelection::Deletion(deletions[1])).await;
    assert_eq!(report, RestoreReport { restored: 300, duplicates: 1, ..RestoreReport::default() });
    assert_eq!(ada.find("r1 n17").await[0], "round r1 number n17");
    assert!(!ada.find("r0 n17").await.iter().any(|text| text.contains("r0")));
    assert_eq!(ada.find("drinks tea").await.len(), 1);
}

/// SR-13
#[tokio::test]
async fn deletion_by_an_app_of_its_own_memories_is_restored() {
    let ada = TestUser::new();
    let app = ada.restricted_to("cursor_1");
    ada.add_new("Ada drinks tea").await;
    for number in 0..70 {
        app.add_new(&format!("coffee number n{number}")).await;
    }
    app.add_new("Ada drinks tea").await;
    assert_eq!(app.delete_all().await, 71);
    assert_eq!((ada.find("n44").await.len(), ada.find("drinks").await.len()), (0, 1));
    assert_eq!(ada.restore_last_deletion().await, restored(71));
    assert_eq!(app.find("n44").await, ["coffee number n44"]);
    assert_eq!(ada.find("drinks").await.len(), 2, "the same text, in two scopes, as before");
    assert!(matches!(app.add("Ada drinks tea").await, AddResult::Duplicate(_)));
}

/// SR-13: the largest document needs two transactions with its items of the trash.
#[tokio::test]
async fn document_is_restored_as_a_whole() {
    let ada = TestUser::new();
    let content = "One more line of the log.\n".repeat(14_000);
    let AddResult::New(pieces) = ada.store_document("Log", &content).await else { unreachable!("existed") };
    assert!(pieces.len() > 50, "{}", pieces.len());
    let delete = || ada.service.delete_document(&ada.scope, pieces[3].id, &ada.writer);
    assert_eq!(delete().await.expect("succeeds"), pieces.len());
    assert_eq!((ada.keys("MEMORY#"), ada.keys("TEXT#"), ada.keys("TRASH#")), (0, 0, pieces.len()));
    assert_eq!(ada.restore_last_deletion().await, restored(pieces.len()));
    assert!(matches!(ada.store_document("Log", &content).await, AddResult::Duplicate(of) if of == pieces));
    // A single part does not count as the document.
    delete().await.expect("succeeds");
    let place = TrashId { memory_id: pieces[7].id, ..ada.trash().await[0].id };
    assert_eq!(ada.restore(TrashSelection::Memory(place)).await, restored(1));
    assert_eq!(ada.all().await.iter().map(|memory| memory.id).collect::<Vec<_>>(), [pieces[7].id]);
    assert_eq!(ada.find("log").await.len(), 1);
    assert!(matches!(ada.store_document("Log", &content).await, AddResult::New(_)));
    let rest = RestoreReport { restored: pieces.len() - 1, ..RestoreReport::default() };
    assert_eq!(ada.restore_last_deletion().await, rest, "an incomplete document is no duplicate");
}

/// SR-13: the memory of an imported export was deleted after the export.
#[tokio::test]
async fn memory_that_exists_with_another_content_stays_in_the_trash() {
    let ada = TestUser::new();
    let id = ada.add_new("Ada drinks tea").await;
    let exported: Vec<_> = ada.all().await.into_iter().map(|memory| Restored::new(memory).expect("valid")).collect();
    ada.edit(id, "Ada drinks coffee").await;
    ada.delete(id).await;
    ada.service.import(&ada.scope, exported, &HashSet::new(), || true).await.expect("imports").expect("finishes");
    let changed = RestoreReport { changed: 1, ..RestoreReport::default() };
    assert_eq!(ada.restore_last_deletion().await, changed);
    assert_eq!((ada.all().await[0].text.as_str(), ada.keys("TRASH#")), ("Ada drinks tea", 1));
    // With the same content, the trash has nothing to keep.
    ada.edit(id, "Ada drinks coffee").await;
    let there = RestoreReport { already_there: 1, ..RestoreReport::default() };
    assert_eq!(ada.restore_last_deletion().await, there);
    assert_eq!((ada.all().await[0].text.as_str(), ada.keys("TRASH#")), ("Ada drinks coffee", 0));
}

/// SR-13
#[tokio::test]
async fn memory_leaves_the_trash_with_its_restoration() {
    let ada = TestUser::new();
    let id = ada.add_new("Ada drinks tea").await;
    ada.delete(id).await;
    let first = ada.trash().await[0].id;
    ada.restore(TrashSelection::Memory(first)).await;
    ada.edit(id, "Ada drinks coffee").await;
    ada.delete(id).await;
    assert_eq!(ada.restore(TrashSelection::Memory(first)).await, restored(0));
    assert_eq!(ada.restore_last_deletion().await, restored(1));
    assert_eq!((ada.all().await[0].text.as_str(), ada.keys("TRASH#")), ("Ada drinks coffee", 0));
}

/// SR-13, AS-21
#[tokio::test]
async fn trash_expires_by_the_clock() {
    let ada = TestUser::new();
    let id = ada.add_new("Ada drinks tea").await;
    ada.delete(id).await;
    let deleted = ada.trash().await[0].id;
    ada.advance(30 * 24 - 1);
    ada.delete(ada.add_new("Ada drinks coffee").await).await;
    assert_eq!(ada.trash().await.len(), 2);
    ada.advance(1);
    assert_eq!(ada.trash().await.iter().map(|trashed| &trashed.memory.text).collect::<Vec<_>>(), ["Ada drinks coffee"]);
    for selection in [TrashSelection::Memory(deleted), TrashSelection::Deletion(deleted.deletion)] {
        assert_eq!(ada.restore(selection).await, restored(0));
    }
    assert!(ada.all().await.is_empty());
    assert_eq!(ada.keys("TRASH#"), 2, "DynamoDB has not deleted the expired item yet");
}

/// SR-13
#[tokio::test]
async fn memories_are_deleted_for_good() {
    let ada = TestUser::new();
    for number in 0..620 {
        ada.add_new(&format!("tea number n{number}")).await;
    }
    ada.delete(ada.add_new("Ada drinks coffee").await).await;
    ada.delete_all().await;
    let deletion = ada.trash().await[0].id.deletion;
    let empty = |selection| ada.service.empty_trash(ada.scope.user_id(), selection, || true);
    assert!(empty(TrashSelection::Deletion(deletion)).await.expect("deletes").is_finished());
    assert_eq!((ada.keys("TRASH#"), ada.keys("MEMORY#"), ada.keys("TEXT#")), (1, 0, 0));
    let latest = ada.trash().await[0].id;
    ada.advance(1);
    ada.delete(ada.add_new("Ada drinks cocoa").await).await;
    assert!(empty(TrashSelection::UpTo(latest)).await.expect("deletes").is_finished());
    let left: Vec<_> = ada.trash().await.into_iter().map(|trashed| trashed.memory.text).collect();
    assert_eq!(left, ["Ada drinks cocoa"], "deleted after the user looked");
}

/// A deletion or restoration that races with the deletion of the account leaves nothing behind.
#[tokio::test]
async fn closed_account_keeps_no_trash() {
    let ada = TestUser::new();
    let id = ada.add_new("Ada drinks tea").await;
    let content = "One more line of the log.\n".repeat(14_000);
    let AddResult::New(pieces) = ada.store_document("Log", &content).await else { unreachable!("existed") };
    ada.delete(id).await;
    let place = ada.trash().await[0].id;
    ada.close().await;
    let restored = ada.service.restore(ada.scope.user_id(), TrashSelection::Memory(place), || true).await;
    assert!(matches!(restored, Err(StoreError::AccountDeleted)), "{restored:?}");
    assert_eq!((ada.keys("MEMORY#"), ada.keys("TEXT#")), (pieces.len(), 1));
    // The deletion of the account removes memories first, so it finds all that reach the trash.
    ada.service.delete_document(&ada.scope, pieces[0].id, &ada.writer).await.expect("succeeds");
    let memories = Memories::new(ada.store.table());
    while memories.remove_some(ada.scope.user_id()).await.expect("removes").is_some() {}
    assert_eq!(ada.store.keys("ada"), ["~GONE"]);
}
