//! What is out of reach is as if it was not there.

use jean_memory::{Filter, Limit};
use jean_memory_service::Added;

use crate::somebody::Somebody;

#[tokio::test]
async fn a_connection_that_reaches_its_own_alone_sees_changes_and_deletes_nothing_else() {
    let ada = Somebody::new();
    let mine = ada.note("Ada drinks tea").await;
    let app = ada.reaching_only("cursor_1");
    let own = app.note("Ada drinks coffee").await;
    assert_eq!(app.find("drinks").await, ["Ada drinks coffee"]);
    assert_eq!(ada.find("drinks").await.len(), 2);
    assert_eq!(app.service.get(&app.reach, mine).await.expect("is read"), None);
    assert_eq!(app.edit(mine, "stolen").await, None);
    assert!(!app.delete(mine).await);
    assert!(app.service.history(&app.reach, mine).await.expect("is read").is_empty());
    let page = app.service.list(&app.reach, &Filter::default(), None, Limit::default()).await.expect("is read");
    assert_eq!(page.memories.iter().map(|memory| memory.id).collect::<Vec<_>>(), [own]);
    // Not even that somebody else wrote the same.
    assert!(matches!(app.add("Ada drinks tea").await, Added::New(_)));
    assert!(matches!(app.add("Ada drinks tea").await, Added::AlreadyThere(_)));
    assert_eq!(app.delete_all().await, 2);
    assert_eq!(ada.find("drinks").await, ["Ada drinks tea"]);
}

#[tokio::test]
async fn a_document_goes_as_a_whole_by_any_of_its_pieces_and_no_further_than_the_reach() {
    let ada = Somebody::new();
    let app = ada.reaching_only("cursor_1");
    let content: String = (0..2000).map(|line| format!("Line {line} of the log.\n")).collect();
    let Added::New(pieces) = ada.store_document("Log", &content).await else { unreachable!("was there") };
    ada.note("Line of another").await;
    let delete = |somebody: &Somebody, id| {
        let (service, reach) = (somebody.service.clone(), somebody.reach.clone());
        let (now, entropy) = (somebody.now, somebody.entropy());
        async move { service.delete_document(&reach, id, now, entropy).await.expect("is deleted") }
    };
    assert_eq!(delete(&app, pieces[0].id).await, 0);
    ada.edit(pieces[2].id, "Line that was changed").await;
    assert!(ada.delete(pieces[0].id).await);
    assert_eq!(delete(&ada, pieces[0].id).await, pieces.len() - 1, "by the id of a first piece that is gone");
    assert_eq!(ada.find("line").await, ["Line of another"]);
    assert_eq!((ada.keys("MEMORY#"), ada.keys("HISTORY#"), ada.keys("TEXT#")), (1, 0, 1));
}

#[tokio::test]
async fn it_is_counted_who_wrote_what_is_there() {
    let ada = Somebody::new();
    let other = ada.through("cursor_1", "grant9");
    for number in 0..150 {
        ada.note(&format!("tea {number}")).await;
    }
    let gone = other.note("coffee").await;
    other.note("water").await;
    ada.find("tea").await;
    other.delete(gone).await;
    let counts = ada.service.counts(ada.reach.user_id(), ada.now, ada.entropy()).await.expect("counts");
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [("grant1".into(), 150), ("grant9".into(), 1)]);
}
