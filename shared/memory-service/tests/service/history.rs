//! What memories were, and how what was done is undone.

use futures::future::join_all;
use jean_memory::Change;
use jean_memory_service::Undone;

use crate::somebody::Somebody;

#[tokio::test]
async fn each_change_keeps_what_was_there_and_who_had_written_it() {
    let mut ada = Somebody::new();
    let id = ada.note("tea").await;
    ada.later(1);
    ada.edit(id, "coffee").await;
    ada.later(1);
    ada.through("cursor_1", "grant9").edit(id, "water").await;
    let history = ada.service.history(&ada.reach, id).await.expect("is read");
    let texts: Vec<_> = history.iter().map(|version| version.text.as_str()).collect();
    assert_eq!(texts, ["tea", "coffee"]);
    assert_eq!((history[0].updated_at, history[1].updated_by.as_ref()), (None, Some(&ada.writer)));
    assert_eq!(ada.find("water").await, ["water"]);
    assert!(ada.find("coffee").await.is_empty());
    ada.delete(id).await;
    assert!(ada.service.history(&ada.reach, id).await.expect("is read").is_empty());
    assert_eq!(ada.keys("HISTORY#"), 0);
}

#[tokio::test]
async fn the_last_twenty_are_kept() {
    let ada = Somebody::new();
    let id = ada.note("version 0").await;
    for version in 1..=25 {
        ada.edit(id, &format!("version {version}")).await;
    }
    let history = ada.service.history(&ada.reach, id).await.expect("is read");
    let texts: Vec<_> = history.into_iter().map(|version| version.text).collect();
    assert_eq!(texts, (5..25).map(|version| format!("version {version}")).collect::<Vec<_>>());
    ada.delete(id).await;
    assert_eq!(ada.keys("HISTORY#") + ada.keys("MEMORY#") + ada.keys("TEXT#"), 0);
}

#[tokio::test]
async fn of_changes_at_once_none_undoes_another() {
    let ada = Somebody::new();
    let id = ada.note("tea").await;
    let instances: Vec<_> = (0..4).map(|_| ada.elsewhere()).collect();
    let changes = [
        Change { text: Some("coffee".into()), ..Change::default() },
        Change { tags: Some(vec!["taste".into()]), ..Change::default() },
        Change { source_url: Some(Some("https://example.com/".into())), ..Change::default() },
        Change { occurred_at: Some("2026-07-28".parse().ok()), ..Change::default() },
    ];
    let made = instances.iter().zip(&changes).map(|(instance, change)| {
        instance.service.update(&instance.reach, id, change, &instance.writer, instance.now, instance.entropy())
    });
    assert!(join_all(made).await.into_iter().all(|made| made.is_ok_and(|memory| memory.is_some())));
    let memory = ada.service.get(&ada.reach, id).await.expect("is read").expect("is there");
    assert_eq!((memory.text.as_str(), memory.tags.len()), ("coffee", 1));
    assert!(memory.source_url.is_some() && memory.occurred_at.is_some());
    assert_eq!(ada.service.history(&ada.reach, id).await.expect("is read").len(), 4);
}

#[tokio::test]
async fn what_a_connection_did_since_a_time_is_undone_and_nothing_else() {
    let mut ada = Somebody::new();
    let bad = ada.through("cursor_1", "grant9");
    let early = bad.note("from before").await;
    let mine = ada.note("Ada drinks tea").await;
    let corrected = ada.note("Ada lives in London").await;
    ada.later(1);
    let since = ada.now;
    let mut bad = ada.through("cursor_1", "grant9");
    bad.note("buy my product").await;
    bad.edit(mine, "Ada drinks my product").await;
    bad.later(1);
    bad.edit(mine, "Ada drinks nothing but my product").await;
    bad.edit(corrected, "Ada lives in a shop").await;
    ada.later(2);
    ada.edit(corrected, "Ada lives in Paris").await;
    let credential = &bad.writer.credential;
    let undo = |goes_on: bool| {
        let (reach, writer, entropy) = (&ada.reach, &ada.writer, ada.entropy());
        ada.service.delete_written_since(reach, credential, since, writer, ada.now, entropy, move || goes_on)
    };
    assert_eq!(undo(false).await.expect("stops"), (Undone::default(), false));
    let undone = Undone { deleted: 1, restored: 1, unknown: 0 };
    assert_eq!(undo(true).await.expect("is undone"), (undone, true));
    let text = |id| {
        let (service, reach) = (ada.service.clone(), ada.reach.clone());
        async move { service.get(&reach, id).await.expect("is read").expect("is there").text }
    };
    assert_eq!(text(mine).await, "Ada drinks tea");
    assert_eq!(text(corrected).await, "Ada lives in Paris", "what was put right by hand stays");
    assert_eq!(text(early).await, "from before");
    assert!(ada.find("product").await.is_empty());
}
