//! What is there is not kept twice.

use futures::future::join_all;
use jean_memory::NewMemory;
use jean_memory_service::Added;

use crate::somebody::Somebody;

#[tokio::test]
async fn the_same_text_is_the_memory_that_is_there() {
    let ada = Somebody::new();
    let id = ada.note("Tea, never coffee.").await;
    let Added::AlreadyThere(memory) = ada.elsewhere().add("tea,  never COFFEE.").await else {
        unreachable!("was added")
    };
    assert_eq!((memory.id, memory.text.as_str()), (id, "Tea, never coffee."));
    assert_eq!(ada.find("tea").await.len(), 1);
    let dated = NewMemory::new("Tea, never coffee.", vec![], None, Some("2026-07-28")).expect("valid");
    let added = ada.service.add(&ada.reach, dated, ada.writer.clone(), ada.now, ada.entropy()).await;
    assert!(matches!(added.expect("is kept").added, Added::New(_)), "the same on a certain day is something else");
}

#[tokio::test]
async fn what_says_nearly_the_same_is_told_by_an_instance_that_knows_it() {
    let ada = Somebody::new();
    ada.note("Ada likes her tea green and without sugar").await;
    ada.note("Grace likes coffee").await;
    let text = "Ada likes green tea, without any sugar";
    let new = NewMemory::new(text, vec![], None, None).expect("valid");
    let similar = async |somebody: &Somebody| {
        let (writer, entropy) = (somebody.writer.clone(), somebody.entropy());
        let noted = somebody.service.add(&somebody.reach, new.clone(), writer, somebody.now, entropy).await;
        noted.expect("is kept").similar.into_iter().map(|memory| memory.text).collect::<Vec<_>>()
    };
    ada.find("tea").await;
    assert_eq!(similar(&ada).await, ["Ada likes her tea green and without sugar"]);
    assert_eq!(similar(&ada.elsewhere()).await, [""; 0], "it does not read an index for that");
}

#[tokio::test]
async fn of_many_at_once_one_is_added() {
    let ada = Somebody::new();
    let instances: Vec<_> = (0..16).map(|_| ada.elsewhere()).collect();
    let added = join_all(instances.iter().map(|instance| instance.add("tea"))).await;
    assert_eq!(added.iter().filter(|added| matches!(added, Added::New(_))).count(), 1);
    assert_eq!(ada.find("tea").await, ["tea"]);
}

#[tokio::test]
async fn a_text_that_was_changed_or_deleted_can_be_added_again() {
    let ada = Somebody::new();
    let id = ada.note("tea").await;
    ada.edit(id, "coffee").await;
    let tea = ada.note("tea").await;
    assert!(matches!(ada.add("coffee").await, Added::AlreadyThere(memory) if memory.id == id));
    assert!(ada.delete(tea).await && ada.delete(id).await);
    ada.note("tea").await;
    ada.note("coffee").await;
    assert_eq!(ada.keys("TEXT#"), 2);
}

#[tokio::test]
async fn two_that_became_the_same_by_a_change_are_two() {
    let ada = Somebody::new();
    let (one, other) = (ada.note("tea").await, ada.note("coffee").await);
    assert_eq!(ada.edit(other, "tea").await.expect("is there").text, "tea");
    assert!(matches!(ada.add("tea").await, Added::AlreadyThere(memory) if memory.id == one));
    assert!(ada.delete(other).await && ada.delete(one).await);
    ada.note("tea").await;
}

#[tokio::test]
async fn a_document_is_kept_once_while_it_is_whole() {
    let ada = Somebody::new();
    let content = "A line of the log.\n".repeat(1000);
    let Added::New(pieces) = ada.store_document("Log", &content).await else { unreachable!("was there") };
    let Added::AlreadyThere(there) = ada.store_document(" log", &content).await else { unreachable!("was added") };
    assert_eq!(there, pieces);
    ada.edit(pieces[1].id, "torn out").await;
    assert!(matches!(ada.store_document("Log", &content).await, Added::New(_)), "it is another one now");
}
