//! `/account/trash`: restoration and final deletion of deleted memories.

use http::StatusCode;
use jean_testing::{
    Answer, Browser, TestServer, TokenPair,
    account::{bob, buttons, confirm_deletions, connections, form_with, signed_in},
};
use jiff::SignedDuration;
use serde_json::{Value, json};

const TRASH: &str = "/account/trash";

async fn add(server: &TestServer, pair: &TokenPair, text: &str) -> Value {
    server.call(&pair.access_token, "add_memory", &json!({"text": text})).await["structuredContent"]["id"].clone()
}

async fn delete(server: &TestServer, pair: &TokenPair, id: &Value) {
    let deleted = server.call(&pair.access_token, "delete_memory", &json!({"id": id})).await;
    assert_eq!(deleted["structuredContent"]["deleted"], true, "{deleted}");
}

async fn delete_all(server: &TestServer, pair: &TokenPair) {
    let confirmed = json!({"confirm": "delete all memories"});
    let requested = server.call(&pair.access_token, "delete_all_memories", &confirmed).await;
    assert!(requested["structuredContent"]["awaiting_confirmation"].as_u64() > Some(0), "{requested}");
    confirm_deletions(server, &mut signed_in(server).await).await;
}

async fn press(server: &TestServer, browser: &mut Browser, name: &str, value: &str) -> Answer {
    let form = browser.open(server, TRASH).await.form(TRASH);
    browser.submit(server, &form, &[(name, value)]).await
}

async fn listed(server: &TestServer, pair: &TokenPair) -> Vec<Value> {
    let listed = server.call(&pair.access_token, "list_memories", &json!({})).await;
    listed["structuredContent"]["memories"].as_array().expect("a list").clone()
}

/// SR-13: an app deletes everything; the user restores it.
#[tokio::test]
async fn deletion_of_everything_by_an_app_is_undone() {
    let server = TestServer::new().await;
    let good = server.connect().await;
    let bad = server.connect_at("Notes", "https://notes.example/callback").await;
    add(&server, &good, "Ada drinks tea").await;
    let document = json!({"title": "Islands", "content": "Zanzibar. ".repeat(900)});
    server.call(&good.access_token, "store_document", &document).await;
    let before = listed(&server, &good).await;
    server.turn_clock(SignedDuration::from_secs(60));
    delete_all(&server, &bad).await;
    assert_eq!(listed(&server, &good).await, [Value::Null; 0]);
    let mut browser = signed_in(&server).await;
    assert!(browser.open(&server, "/account/memories").await.text().contains("href=\"/account/trash\""));
    let page = browser.open(&server, TRASH).await;
    assert!(page.words().contains("by notes (notes.example). Can be restored until "), "{}", page.text());
    assert!(page.text().contains("Ada drinks tea") && page.text().contains("<bdi>Islands</bdi>"));
    let all = buttons(&page, "restore").swap_remove(0);
    let told = press(&server, &mut browser, "restore", &all).await.text();
    assert!(told.contains(&format!("Memories restored: <strong>{}</strong>.", before.len())), "{told}");
    assert!(told.contains("The trash is empty."), "{told}");
    assert_eq!(listed(&server, &good).await, before);
    for (query, text) in [("tea", "Ada drinks tea"), ("zanzibar", "Zanzibar.")] {
        let found = server.call(&good.access_token, "search_memory", &json!({"query": query})).await;
        let first = found["structuredContent"]["memories"][0]["text"].as_str().unwrap_or_default().to_owned();
        assert!(first.starts_with(text), "{query}: {found}");
    }
}

/// SR-13
#[tokio::test]
async fn undone_memories_of_an_app_are_in_the_trash() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    add(&server, &pair, "Ada drinks tea").await;
    let mut browser = signed_in(&server).await;
    let path = connections(&browser.open(&server, "/account").await).swap_remove(0);
    let undo = browser.open(&server, &path).await.forms().into_iter().nth(1).expect("a form");
    let told = browser.submit(&server, &undo, &[("since", "2020-01-01"), ("undo", "confirmed")]).await.text();
    assert!(told.contains("<p><a href=\"/account/trash\">Trash</a></p>"), "{told}");
    let page = browser.open(&server, TRASH).await;
    assert!(page.words().contains("by you."), "{}", page.text());
    press(&server, &mut browser, "restore", &buttons(&page, "restore")[0]).await;
    assert_eq!(listed(&server, &pair).await[0]["text"], "Ada drinks tea");
}

/// SR-13
#[tokio::test]
async fn duplicate_is_not_restored() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    delete(&server, &pair, &add(&server, &pair, "Ada drinks tea").await).await;
    add(&server, &pair, "Ada drinks tea").await;
    let mut browser = signed_in(&server).await;
    let restore = buttons(&browser.open(&server, TRASH).await, "restore").swap_remove(0);
    let told = press(&server, &mut browser, "restore", &restore).await.text();
    assert!(told.contains("another memory has the same text: <strong>1</strong>"), "{told}");
    assert!(told.contains(&restore), "it stays in the trash");
    assert_eq!(listed(&server, &pair).await.len(), 1);
}

/// SR-13
#[tokio::test]
async fn final_deletion_requires_a_recent_sign_in() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    for text in ["tea", "coffee", "water"] {
        server.turn_clock(SignedDuration::from_secs(1));
        delete(&server, &pair, &add(&server, &pair, text).await).await;
    }
    let mut browser = signed_in(&server).await;
    let shown = buttons(&browser.open(&server, TRASH).await, "delete");
    let [one, .., all] = shown.as_slice() else { panic!("{shown:?}") };
    server.turn_clock(SignedDuration::from_hours(2));
    for value in [one, all] {
        let answer = press(&server, &mut browser, "delete", value).await;
        assert_eq!(answer.location(), "/account/sign-in?return_to=%2Faccount%2Ftrash");
    }
    let mut browser = signed_in(&server).await;
    let left = browser.open(&server, TRASH).await;
    assert_eq!(buttons(&left, "restore").len(), 3);
    assert!(press(&server, &mut browser, "delete", one).await.text().contains("Deleted permanently."));
    let left = browser.open(&server, TRASH).await;
    assert_eq!(buttons(&left, "restore").len(), 2);
    assert!(!server.everything_kept().await.contains("\"water\""));
    let form = left.form(TRASH);
    // Deleted after the user has seen the page.
    let pair = server.connect().await;
    delete(&server, &pair, &add(&server, &pair, "cocoa").await).await;
    let emptied = browser.submit(&server, &form, &[("delete", all)]).await.text();
    assert!(emptied.contains("cocoa") && !emptied.contains("coffee"), "{emptied}");
    let told = browser.submit(&server, &form, &[("restore", one)]).await.text();
    assert!(told.contains("Memories restored: <strong>0</strong>."), "{told}");
    for value in ["", "none", "01J9ZQ4T5N8M2X7R3K6W1V0YBC-", "-"] {
        assert_eq!(browser.submit(&server, &form, &[("delete", value)]).await.location(), TRASH);
    }
}

/// SR-13, T-27
#[tokio::test]
async fn trash_of_another_user_is_not_reached() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    add(&server, &pair, "Ada drinks tea").await;
    add(&server, &pair, "Ada drinks coffee").await;
    delete_all(&server, &pair).await;
    let mut ours = signed_in(&server).await;
    let page = ours.open(&server, TRASH).await;
    let (restore, delete) = (buttons(&page, "restore"), buttons(&page, "delete"));
    assert_eq!((restore.len(), delete.len()), (3, 4), "each, all, and the whole trash");
    let mut theirs = bob(&server).await;
    let memory = server.add_own_memory(&mut theirs, "Bob drinks water").await;
    let form = form_with(&theirs.open(&server, &memory).await, "read");
    server.turn_clock(SignedDuration::from_secs(1));
    theirs.submit(&server, &form, &[("delete", "memory")]).await;
    assert!(!theirs.open(&server, TRASH).await.text().contains("Ada"));
    for value in &restore {
        let told = press(&server, &mut theirs, "restore", value).await.text();
        assert!(told.contains("Memories restored: <strong>0</strong>."), "{told}");
    }
    let form = theirs.open(&server, TRASH).await.form(TRASH);
    for value in &delete {
        assert_eq!(theirs.submit(&server, &form, &[("delete", value)]).await.status, StatusCode::OK);
    }
    let own = buttons(&theirs.open(&server, TRASH).await, "delete").pop().expect("a button");
    theirs.submit(&server, &form, &[("delete", &own)]).await;
    assert!(!server.everything_kept().await.contains("Bob drinks water"), "bob's trash is empty");
    let told = press(&server, &mut ours, "restore", &restore[0]).await.text();
    assert!(told.contains("Memories restored: <strong>2</strong>."), "{told}");
}

/// SR-13
#[tokio::test]
async fn pages_of_the_trash_show_each_deletion_once() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    for number in 0..45 {
        delete(&server, &pair, &add(&server, &pair, &format!("tea number {number}")).await).await;
    }
    let mut browser = signed_in(&server).await;
    let (mut path, mut found) = (TRASH.to_owned(), vec![]);
    loop {
        let page = browser.open(&server, &path).await;
        let ids = buttons(&page, "restore").into_iter().filter(|id| id.contains('-'));
        found.extend(ids);
        let text = page.text();
        let Some((_, next)) = text.split_once("href=\"/account/trash?after=") else { break };
        path = format!("{TRASH}?after={}", &next[..next.find('"').expect("an end")]);
    }
    assert_eq!(found.len(), 45);
    assert!(found.is_sorted_by(|one, next| one > next), "the latest deletion first");
    let odd = browser.open(&server, "/account/trash?after=none").await;
    assert!(odd.text().contains(&found[0]));
}

/// SR-13: the deletion of the account includes the trash.
#[tokio::test]
async fn deleted_account_leaves_no_trash() {
    let server = TestServer::new().await;
    let mut browser = bob(&server).await;
    let memory = server.add_own_memory(&mut browser, "Bob drinks water").await;
    let form = form_with(&browser.open(&server, &memory).await, "read");
    browser.submit(&server, &form, &[("delete", "memory")]).await;
    assert!(server.everything_kept().await.contains("Bob drinks water"));
    let form = browser.open(&server, "/account/delete").await.form("/account/delete");
    let receipt = browser.submit(&server, &form, &[("email", "bob@example.org")]).await;
    assert!(receipt.text().contains("Your account was deleted"), "{}", receipt.text());
    assert!(!server.everything_kept().await.contains("Bob drinks water"));
}

/// SR-13
#[tokio::test]
async fn dropped_deletion_is_reported_after_sign_in() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    delete(&server, &pair, &add(&server, &pair, "tea").await).await;
    let mut browser = signed_in(&server).await;
    let page = browser.open(&server, TRASH).await;
    let value = buttons(&page, "delete").swap_remove(0);
    server.turn_clock(SignedDuration::from_mins(15));
    let dropped = browser.submit(&server, &page.form(TRASH), &[("delete", &value)]).await;
    let confirm = browser.follow(&server, &dropped).await;
    assert!(confirm.text().contains("<h1>Confirm it is you</h1>"), "{}", confirm.text());
    let back = browser.submit(&server, &confirm.form("/account/sign-in"), &server.credentials()).await;
    assert!(browser.follow(&server, &back).await.text().contains("Nothing was done yet"));
    assert!(!browser.open(&server, TRASH).await.text().contains("Nothing was done yet"));
}

/// SR-13
#[tokio::test]
async fn final_deletion_takes_two_clicks() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    for text in ["tea", "coffee"] {
        server.call(&pair.access_token, "add_memory", &json!({"text": text})).await;
    }
    delete_all(&server, &pair).await;
    let page = signed_in(&server).await.open(&server, TRASH).await.text();
    let is_folded = |at: usize| page[..at].rfind("<details>") > page[..at].rfind("</details>");
    let places: Vec<_> = page.match_indices("name=\"delete\"").map(|(at, _)| is_folded(at)).collect();
    assert_eq!(places, [true; 4], "{page}");
}
