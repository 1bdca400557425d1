//! Memories outside the access scope are treated as nonexistent.

use jean_memory::{Filter, Limit};
use jean_memory_service::AddResult;

use crate::user::TestUser;

#[tokio::test]
async fn client_scope_hides_other_memories() {
    let ada = TestUser::new();
    let mine = ada.add_new("Ada drinks tea").await;
    let app = ada.restricted_to("cursor_1");
    let own = app.add_new("Ada drinks coffee").await;
    assert_eq!(app.find("drinks").await, ["Ada drinks coffee"]);
    assert_eq!(ada.find("drinks").await.len(), 2);
    assert_eq!(app.service.get(&app.scope, mine).await.expect("reads"), None);
    assert_eq!(app.edit(mine, "stolen").await, None);
    assert!(!app.delete(mine).await);
    assert!(app.service.history(&app.scope, mine).await.expect("reads").is_empty());
    let page = app.service.list(&app.scope, &Filter::default(), None, Limit::default()).await.expect("reads");
    assert_eq!(page.memories.iter().map(|memory| memory.id).collect::<Vec<_>>(), [own]);
    // The result does not reveal that another client stored the same text.
    assert!(matches!(app.add("Ada drinks tea").await, AddResult::New(_)));
    assert!(matches!(app.add("Ada drinks tea").await, AddResult::Duplicate(_)));
    assert_eq!(app.delete_all().await, 2);
    assert_eq!(ada.find("drinks").await, ["Ada drinks tea"]);
}

#[tokio::test]
async fn document_is_deleted_by_any_piece_within_scope() {
    let ada = TestUser::new();
    let app = ada.restricted_to("cursor_1");
    let content: String = (0..2000).map(|line| format!("Line {line} of the log.\n")).collect();
    let AddResult::New(pieces) = ada.store_document("Log", &content).await else { unreachable!("existed") };
    ada.add_new("Line of another").await;
    let delete = |user: &TestUser, id| {
        let (service, scope, writer) = (user.service.clone(), user.scope.clone(), user.writer.clone());
        async move { service.delete_document(&scope, id, &writer).await.expect("succeeds") }
    };
    assert_eq!(delete(&app, pieces[0].id).await, 0);
    ada.edit(pieces[2].id, "Line that was changed").await;
    assert!(ada.delete(pieces[0].id).await);
    assert_eq!(delete(&ada, pieces[0].id).await, pieces.len() - 1, "by the id of its deleted first piece");
    assert_eq!(ada.find("line").await, ["Line of another"]);
    assert_eq!((ada.keys("MEMORY#"), ada.keys("HISTORY#"), ada.keys("TEXT#")), (1, 0, 1));
}

#[tokio::test]
async fn memories_are_counted_per_grant() {
    let ada = TestUser::new();
    let other = ada.via("cursor_1", "grant9");
    for number in 0..150 {
        ada.add_new(&format!("tea {number}")).await;
    }
    let gone = other.add_new("coffee").await;
    other.add_new("water").await;
    ada.find("tea").await;
    other.delete(gone).await;
    let counts = ada.service.counts(ada.scope.user_id()).await.expect("counts");
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [("grant1".into(), 150), ("grant9".into(), 1)]);
}
