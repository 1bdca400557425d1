//! History of memories, and undo.

use std::{cell::Cell, time::Duration};

use futures::future::join_all;
use jean_memory::Change;
use jean_memory_service::{UndoProgress, UndoReport, UndoRequest};

use crate::user::TestUser;

#[tokio::test]
async fn change_stores_the_previous_version_and_author() {
    let ada = TestUser::new();
    let id = ada.add_new("tea").await;
    ada.advance(1);
    ada.edit(id, "coffee").await;
    ada.advance(1);
    ada.via("cursor_1", "grant9").edit(id, "water").await;
    let history = ada.service.history(&ada.scope, id).await.expect("reads");
    let texts: Vec<_> = history.iter().map(|version| version.text.as_str()).collect();
    assert_eq!(texts, ["tea", "coffee"]);
    assert_eq!((history[0].updated_at, history[1].updated_by.as_ref()), (None, Some(&ada.writer)));
    assert_eq!(ada.find("water").await, ["water"]);
    assert!(ada.find("coffee").await.is_empty());
    ada.delete(id).await;
    assert!(ada.service.history(&ada.scope, id).await.expect("reads").is_empty());
    assert_eq!(ada.keys("HISTORY#"), 0);
}

#[tokio::test]
async fn last_twenty_versions_are_stored() {
    let ada = TestUser::new();
    let id = ada.add_new("version 0").await;
    for version in 1..=25 {
        ada.edit(id, &format!("version {version}")).await;
    }
    let history = ada.service.history(&ada.scope, id).await.expect("reads");
    let texts: Vec<_> = history.into_iter().map(|version| version.text).collect();
    assert_eq!(texts, (5..25).map(|version| format!("version {version}")).collect::<Vec<_>>());
    ada.delete(id).await;
    assert_eq!(ada.keys("HISTORY#") + ada.keys("MEMORY#") + ada.keys("TEXT#"), 0);
}

#[tokio::test]
async fn concurrent_changes_are_all_applied() {
    let ada = TestUser::new();
    let id = ada.add_new("tea").await;
    let instances: Vec<_> = (0..4).map(|_| ada.on_cold_instance()).collect();
    let changes = [
        Change { text: Some("coffee".into()), ..Change::default() },
        Change { tags: Some(vec!["taste".into()]), ..Change::default() },
        Change { source_url: Some(Some("https://example.com/".into())), ..Change::default() },
        Change { occurred_at: Some("2026-07-28".parse().ok()), ..Change::default() },
    ];
    let made = instances
        .iter()
        .zip(&changes)
        .map(|(instance, change)| instance.service.update(&instance.scope, id, change, &instance.writer));
    assert!(join_all(made).await.into_iter().all(|made| made.is_ok_and(|memory| memory.is_some())));
    let memory = ada.service.get(&ada.scope, id).await.expect("reads").expect("exists");
    assert_eq!((memory.text.as_str(), memory.tags.len()), ("coffee", 1));
    assert!(memory.source_url.is_some() && memory.occurred_at.is_some());
    assert_eq!(ada.service.history(&ada.scope, id).await.expect("reads").len(), 4);
}

#[tokio::test(start_paused = true)]
async fn many_concurrent_changes_of_one_memory_succeed() {
    let ada = TestUser::new();
    let id = ada.add_new("tea").await;
    let instances: Vec<_> = (0..16).map(|_| ada.on_cold_instance()).collect();
    let texts: Vec<_> = (0..16).map(|number| format!("tea {number}")).collect();
    let changed = join_all(instances.iter().zip(&texts).map(|(instance, text)| instance.edit(id, text))).await;
    assert!(changed.iter().all(Option::is_some));
    assert_eq!(ada.service.history(&ada.scope, id).await.expect("reads").len(), 16);
}

/// SR-03: every round goes on where the one before ended, so that each memory is read once.
#[tokio::test]
async fn undo_of_many_memories_works_in_rounds() {
    let ada = TestUser::new();
    let bad = ada.via("cursor_1", "grant9");
    let since = ada.now();
    for number in 0..1300 {
        let user = if number % 20 == 0 { &bad } else { &ada };
        user.add_new(&format!("tea number n{number}")).await;
    }
    let (mut deleted, mut rounds, mut after) = (0, 0, None);
    ada.store.take_requests();
    loop {
        let steps = Cell::new(200_u32);
        let has_time = || steps.replace(steps.get().saturating_sub(1)) > 0;
        let credential = &bad.writer.credential;
        let undo = UndoRequest { credential, since, by: &ada.writer, after };
        let (report, progress) = ada.service.undo(&ada.scope, &undo, has_time).await.expect("undoes");
        (deleted, rounds) = (deleted + report.deleted, rounds + 1);
        match progress {
            UndoProgress::Finished => break,
            UndoProgress::UpTo(done) => {
                assert!(done.is_some() && (after.is_none() || done < after), "each round gets further");
                after = done;
            }
        }
    }
    assert_eq!((deleted, ada.keys("TRASH#"), ada.keys("MEMORY#")), (65, 65, 1235));
    assert!((6..12).contains(&rounds), "{rounds}");
}

#[tokio::test]
async fn undo_is_limited_to_one_credential_and_time() {
    let ada = TestUser::new();
    let bad = ada.via("cursor_1", "grant9");
    let early = bad.add_new("from before").await;
    let mine = ada.add_new("Ada drinks tea").await;
    let corrected = ada.add_new("Ada lives in London").await;
    ada.advance(1);
    let since = ada.now();
    let bad = ada.via("cursor_1", "grant9");
    bad.add_new("buy my product").await;
    bad.edit(mine, "Ada drinks my product").await;
    bad.advance(1);
    bad.edit(mine, "Ada drinks nothing but my product").await;
    bad.edit(corrected, "Ada lives in a shop").await;
    ada.advance(2);
    ada.edit(corrected, "Ada lives in Paris").await;
    let credential = &bad.writer.credential;
    let undo = |goes_on: bool| {
        let (service, scope, by) = (ada.service.clone(), ada.scope.clone(), ada.writer.clone());
        async move {
            let undo = UndoRequest { credential, since, by: &by, after: None };
            service.undo(&scope, &undo, move || goes_on).await
        }
    };
    assert_eq!(undo(false).await.expect("stops"), (UndoReport::default(), UndoProgress::UpTo(None)));
    let undone = UndoReport { deleted: 1, restored: 1, unknown: 0 };
    assert_eq!(undo(true).await.expect("is undone"), (undone, UndoProgress::Finished));
    let text = |id| {
        let (service, scope) = (ada.service.clone(), ada.scope.clone());
        async move { service.get(&scope, id).await.expect("reads").expect("exists").text }
    };
    assert_eq!(text(mine).await, "Ada drinks tea");
    assert_eq!(text(corrected).await, "Ada lives in Paris", "later changes by others are not undone");
    assert_eq!(text(early).await, "from before");
    assert!(ada.find("product").await.is_empty());
}

/// A memory that another writer has corrected is theirs, even if the app that is undone added it.
#[tokio::test]
async fn undo_keeps_the_corrections_of_others() {
    let ada = TestUser::new();
    let since = ada.now();
    let bad = ada.via("cursor_1", "grant9");
    let [corrected, spoiled, own] = [
        bad.add_new("Ada lives in Lodnon").await,
        bad.add_new("Ada has a sun").await,
        bad.add_new("Ada likes spam").await,
    ];
    ada.advance(1);
    ada.edit(corrected, "Ada lives in London").await;
    ada.edit(spoiled, "Ada has a son").await;
    ada.advance(2);
    ada.via("cursor_1", "grant9").edit(spoiled, "Ada has a sunny shop").await;
    ada.via("cursor_1", "grant9").edit(own, "Ada likes more spam").await;
    let undo = UndoRequest { credential: &bad.writer.credential, since, by: &ada.writer, after: None };
    let (report, _) = ada.service.undo(&ada.scope, &undo, || true).await.expect("undoes");
    assert_eq!(report, UndoReport { deleted: 1, restored: 1, unknown: 0 });
    for (id, text) in [(corrected, Some("Ada lives in London")), (spoiled, Some("Ada has a son")), (own, None)] {
        let memory = ada.service.get(&ada.scope, id).await.expect("reads");
        assert_eq!(memory.as_ref().map(|memory| memory.text.as_str()), text);
    }
}

/// Another app corrects a memory while the undo, of which each request takes two seconds, goes on.
#[tokio::test(start_paused = true)]
async fn undo_keeps_a_concurrent_correction() {
    for seconds in [3, 5, 7] {
        let ada = TestUser::new();
        let bad = ada.via("cursor_1", "grant9");
        let id = bad.add_new("Ada lives in Lodnon").await;
        let slow = ada.with_latency(Duration::from_secs(2));
        let correction = async {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            ada.edit(id, "Ada lives in London").await
        };
        let undo = UndoRequest { credential: &bad.writer.credential, since: ada.now(), by: &ada.writer, after: None };
        let (undone, corrected) = tokio::join!(slow.service.undo(&slow.scope, &undo, || true), correction);
        let deleted = undone.expect("undoes").0.deleted;
        let memory = ada.service.get(&ada.scope, id).await.expect("reads");
        assert_eq!((deleted, memory), if corrected.is_some() { (0, corrected) } else { (1, None) }, "{seconds}");
    }
}
