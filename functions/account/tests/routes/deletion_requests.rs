//! `/account`: requests of apps to delete all memories, which the user confirms or refuses.

use jean_testing::{
    Browser, TestServer, TokenPair,
    account::{buttons, signed_in, signed_in_as},
};
use jiff::SignedDuration;
use serde_json::{Value, json};

async fn add(server: &TestServer, pair: &TokenPair, text: &str) {
    server.call(&pair.access_token, "add_memory", &json!({"text": text})).await;
}

async fn request(server: &TestServer, pair: &TokenPair) -> Value {
    let confirmed = json!({"confirm": "delete all memories"});
    server.call(&pair.access_token, "delete_all_memories", &confirmed).await["structuredContent"].clone()
}

async fn number(server: &TestServer, pair: &TokenPair) -> usize {
    let listed = server.call(&pair.access_token, "list_memories", &json!({})).await;
    listed["structuredContent"]["memories"].as_array().expect("a list").len()
}

async fn answer(server: &TestServer, browser: &mut Browser, button: &str) -> String {
    let page = browser.open(server, "/account").await;
    let value = buttons(&page, button).swap_remove(0);
    browser.submit(server, &page.form("/account"), &[(button, &value)]).await.location().to_owned()
}

/// SR-13: an app that was talked into deleting everything deletes nothing.
#[tokio::test]
async fn deletion_of_everything_waits_for_the_user() {
    let server = TestServer::new().await;
    let pair = server.connect_at("Notes", "https://notes.example/callback").await;
    for text in ["tea", "coffee", "water"] {
        add(&server, &pair, text).await;
    }
    for _ in 0..2 {
        let requested = request(&server, &pair).await;
        assert_eq!((&requested["deleted"], &requested["awaiting_confirmation"]), (&json!(0), &json!(3)));
        assert!(requested["note"].as_str().is_some_and(|note| note.contains("Nothing has been deleted yet")));
        server.turn_clock(SignedDuration::from_secs(1));
    }
    assert_eq!(number(&server, &pair).await, 3);
    let mut browser = signed_in(&server).await;
    let page = browser.open(&server, "/account").await;
    let told = "notes (notes.example) asks to delete all your memories (3).";
    assert_eq!((page.words().matches(told).count(), buttons(&page, "confirm").len()), (1, 1), "{}", page.text());
    add(&server, &pair, "added after the request").await;
    let (form, value) = (page.form("/account"), buttons(&page, "confirm").swap_remove(0));
    for _ in 0..2 {
        let answer = browser.submit(&server, &form, &[("confirm", &value)]).await;
        assert_eq!(answer.location(), "/account/trash");
        assert_eq!(number(&server, &pair).await, 1, "the memory that was added later stays");
    }
    assert!(browser.open(&server, "/account/trash").await.words().contains("by notes (notes.example)"));
    assert!(!browser.open(&server, "/account").await.text().contains("asks to delete"));
}

/// SR-13
#[tokio::test]
async fn refused_deletion_changes_nothing() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    add(&server, &pair, "tea").await;
    request(&server, &pair).await;
    let mut browser = signed_in(&server).await;
    let page = browser.open(&server, "/account").await;
    let value = buttons(&page, "confirm").swap_remove(0);
    assert_eq!(answer(&server, &mut browser, "refuse").await, "/account");
    assert!(!browser.open(&server, "/account").await.text().contains("asks to delete"));
    browser.submit(&server, &page.form("/account"), &[("confirm", &value)]).await;
    assert_eq!(number(&server, &pair).await, 1, "a refused request cannot be confirmed");
}

/// SR-13
#[tokio::test]
async fn request_expires_after_a_week() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    add(&server, &pair, "tea").await;
    request(&server, &pair).await;
    let mut browser = signed_in(&server).await;
    let page = browser.open(&server, "/account").await;
    let value = buttons(&page, "confirm").swap_remove(0);
    server.turn_clock(SignedDuration::from_hours(7 * 24));
    browser.submit(&server, &page.form("/account"), &[("confirm", &value)]).await;
    let mut browser = signed_in(&server).await;
    assert!(!browser.open(&server, "/account").await.text().contains("asks to delete"));
    assert!(browser.open(&server, "/account/memories").await.text().contains("tea"));
}

/// SR-13: the user confirms the number of memories that the page shows.
#[tokio::test]
async fn replaced_request_is_not_confirmed() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    add(&server, &pair, "tea").await;
    request(&server, &pair).await;
    let mut browser = signed_in(&server).await;
    let page = browser.open(&server, "/account").await;
    let value = buttons(&page, "confirm").swap_remove(0);
    server.turn_clock(SignedDuration::from_secs(1));
    add(&server, &pair, "coffee").await;
    request(&server, &pair).await;
    browser.submit(&server, &page.form("/account"), &[("confirm", &value)]).await;
    assert_eq!(number(&server, &pair).await, 2);
    answer(&server, &mut browser, "confirm").await;
    assert_eq!(number(&server, &pair).await, 0);
}

/// SR-13
#[tokio::test]
async fn nothing_to_delete_needs_no_confirmation() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    let requested = request(&server, &pair).await;
    assert_eq!(
        requested,
        json!({"deleted": 0, "awaiting_confirmation": 0, "note": "There are no memories to delete."})
    );
    let mut browser = signed_in(&server).await;
    assert!(!browser.open(&server, "/account").await.text().contains("asks to delete"));
}

/// SR-13, T-27
#[tokio::test]
async fn request_of_another_user_is_not_reached() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    add(&server, &pair, "tea").await;
    request(&server, &pair).await;
    let value = buttons(&signed_in(&server).await.open(&server, "/account").await, "confirm").swap_remove(0);
    let ben = server.add_user("ben@example.org").await;
    let theirs = server.connect_as(&ben).await;
    add(&server, &theirs, "water").await;
    request(&server, &theirs).await;
    let mut browser = signed_in_as(&server, &ben).await;
    let page = browser.open(&server, "/account").await;
    assert_eq!(buttons(&page, "confirm").len(), 1);
    for button in ["confirm", "refuse"] {
        browser.submit(&server, &page.form("/account"), &[(button, &value)]).await;
    }
    assert_eq!(number(&server, &theirs).await, 1);
    assert_eq!(number(&server, &pair).await, 1);
    assert_eq!(buttons(&signed_in(&server).await.open(&server, "/account").await, "confirm"), [value]);
}
