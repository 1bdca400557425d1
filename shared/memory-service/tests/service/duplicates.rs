//! Duplicate detection.

use futures::future::join_all;
use jean_memory::NewMemory;
use jean_memory_service::AddResult;

use crate::user::TestUser;

#[tokio::test]
async fn same_text_returns_the_existing_memory() {
    let ada = TestUser::new();
    let id = ada.add_new("Tea, never coffee.").await;
    let AddResult::Duplicate(memory) = ada.on_cold_instance().add("tea,  never COFFEE.").await else {
        unreachable!("was new")
    };
    assert_eq!((memory.id, memory.text.as_str()), (id, "Tea, never coffee."));
    assert_eq!(ada.find("tea").await.len(), 1);
    let dated = NewMemory::new("Tea, never coffee.", vec![], None, Some("2026-07-28")).expect("valid");
    let added = ada.service.add(&ada.scope, dated, ada.writer.clone()).await;
    assert!(matches!(added.expect("succeeds").added, AddResult::New(_)), "a dated memory differs");
}

#[tokio::test]
async fn similar_memories_are_returned_by_a_warm_instance() {
    let ada = TestUser::new();
    ada.add_new("Ada likes her tea green and without sugar").await;
    ada.add_new("Grace likes coffee").await;
    let text = "Ada likes green tea, without any sugar";
    let new = NewMemory::new(text, vec![], None, None).expect("valid");
    let similar = async |user: &TestUser| {
        let outcome = user.service.add(&user.scope, new.clone(), user.writer.clone()).await;
        outcome.expect("succeeds").similar.into_iter().map(|memory| memory.text).collect::<Vec<_>>()
    };
    ada.find("tea").await;
    assert_eq!(similar(&ada).await, ["Ada likes her tea green and without sugar"]);
    assert_eq!(similar(&ada.on_cold_instance()).await, [""; 0], "a cold instance does not load the index");
}

/// SR-03: the search for similar memories has the beginning of the text as its query; they are compared in full.
#[tokio::test]
async fn long_text_names_a_similar_one() {
    let ada = TestUser::new();
    let long: String = (0..5000).map(|number| format!("cup{number} ")).collect();
    let other = format!("{}{}", &long[..900], "and the saucers beside them ".repeat(40));
    ada.add_new(&long).await;
    ada.add_new(&other).await;
    ada.find("tea").await;
    let new = NewMemory::new(&format!("{long} saucer"), vec![], None, None).expect("valid");
    let outcome = ada.service.add(&ada.scope, new, ada.writer.clone()).await.expect("succeeds");
    assert_eq!(outcome.similar.iter().map(|memory| memory.text.len()).collect::<Vec<_>>(), [long.trim().len()]);
}

#[tokio::test]
async fn one_of_many_concurrent_duplicates_is_added() {
    let ada = TestUser::new();
    let instances: Vec<_> = (0..16).map(|_| ada.on_cold_instance()).collect();
    let added = join_all(instances.iter().map(|instance| instance.add("tea"))).await;
    assert_eq!(added.iter().filter(|added| matches!(added, AddResult::New(_))).count(), 1);
    assert_eq!(ada.find("tea").await, ["tea"]);
}

#[tokio::test]
async fn changed_or_deleted_text_can_be_added_again() {
    let ada = TestUser::new();
    let id = ada.add_new("tea").await;
    ada.edit(id, "coffee").await;
    let tea = ada.add_new("tea").await;
    assert!(matches!(ada.add("coffee").await, AddResult::Duplicate(memory) if memory.id == id));
    assert!(ada.delete(tea).await && ada.delete(id).await);
    ada.add_new("tea").await;
    ada.add_new("coffee").await;
    assert_eq!(ada.keys("TEXT#"), 2);
}

#[tokio::test]
async fn change_to_an_existing_text_keeps_both() {
    let ada = TestUser::new();
    let (one, other) = (ada.add_new("tea").await, ada.add_new("coffee").await);
    assert_eq!(ada.edit(other, "tea").await.expect("exists").text, "tea");
    assert!(matches!(ada.add("tea").await, AddResult::Duplicate(memory) if memory.id == one));
    assert!(ada.delete(other).await && ada.delete(one).await);
    ada.add_new("tea").await;
}

#[tokio::test]
async fn unchanged_document_is_stored_once() {
    let ada = TestUser::new();
    let content = "A line of the log.\n".repeat(1000);
    let AddResult::New(pieces) = ada.store_document("Log", &content).await else { unreachable!("existed") };
    let AddResult::Duplicate(there) = ada.store_document(" log", &content).await else { unreachable!("was new") };
    assert_eq!(there, pieces);
    ada.edit(pieces[1].id, "torn out").await;
    assert!(matches!(ada.store_document("Log", &content).await, AddResult::New(_)), "a changed document differs");
}
