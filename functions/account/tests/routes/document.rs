//! `/account/memories/{id}?document=whole`: documents in lists, and as a whole.

use http::StatusCode;
use jean_testing::{
    TestServer, TokenPair,
    account::{bob, signed_in},
};
use jiff::SignedDuration;
use serde_json::json;

/// Stores a document of several parts and returns its id.
async fn store(server: &TestServer, pair: &TokenPair, title: &str, word: &str) -> String {
    server.turn_clock(SignedDuration::from_secs(2));
    let content = format!("{word} begins. {}{word} ends.", "Zanzibar. ".repeat(3000));
    let stored = server.call(&pair.access_token, "store_document", &json!({"title": title, "content": content})).await;
    stored["structuredContent"]["id"].as_str().expect("an id").into()
}

#[tokio::test]
async fn document_is_one_entry_of_the_list() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    let mut browser = signed_in(&server).await;
    server.add_own_memory(&mut browser, "the oldest").await;
    let ids = [
        store(&server, &pair, "Islands", "Pemba").await,
        store(&server, &pair, "Coasts", "Lamu").await,
        store(&server, &pair, "Rivers", "Rufiji").await,
        store(&server, &pair, "Lakes", "Victoria").await,
    ];
    server.turn_clock(SignedDuration::from_secs(2));
    server.add_own_memory(&mut browser, "the newest").await;
    let page = browser.open(&server, "/account/memories").await.text();
    // More than a page of parts, each document by its first lines.
    for (id, word) in ids.iter().zip(["Pemba", "Lamu", "Rufiji", "Victoria"]) {
        let link = format!("href=\"/account/memories/{id}?document=whole\"");
        assert_eq!((page.matches(&link).count(), page.matches(&format!("{word} begins.")).count()), (1, 1), "{page}");
    }
    let listed: Vec<_> = ["the newest", "Lakes", "Rivers", "Coasts", "Islands", "the oldest"]
        .map(|entry| page.find(&format!("dir=\"auto\">{entry}</a>")))
        .into_iter()
        .collect();
    assert!(listed.iter().all(Option::is_some) && listed.is_sorted(), "{listed:?} {page}");
    assert!(page.contains("Document, parts: 8") && !page.contains("Older"), "{page}");
    let found = browser.open(&server, "/account/memories?q=zanzibar").await.text();
    assert_eq!(found.matches("?document=whole\"").count(), 4, "{found}");
}

#[tokio::test]
async fn document_is_read_exported_and_deleted_as_a_whole() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    let id = store(&server, &pair, "Islands <b>", "Pemba").await;
    let mut browser = signed_in(&server).await;
    let whole = format!("/account/memories/{id}?document=whole");
    let page = browser.open(&server, &whole).await;
    let text = page.text();
    assert!(text.contains("<h1><bdi>Islands &#60;b&#62;</bdi></h1>"), "{text}");
    assert!(text.find("Pemba begins.") < text.find("Pemba ends.") && text.contains("Part 8"), "{text}");
    let export = format!("/account/data/export?document={id}");
    let file = browser.open(&server, &export).await;
    assert_eq!((file.status, file.text().lines().count()), (StatusCode::OK, 8));
    let mut theirs = bob(&server).await;
    for path in [&whole, &export] {
        assert_eq!(theirs.open(&server, path).await.status, StatusCode::NOT_FOUND);
    }
    // The page and its links work without the first part.
    server.call(&pair.access_token, "delete_memory", &json!({"id": id})).await;
    let list = browser.open(&server, "/account/memories").await.text();
    assert!(list.contains(&whole), "{list}");
    let page = browser.open(&server, &whole).await;
    assert!(page.text().contains("Deleted parts: 1."), "{}", page.text());
    let form = page.form(&format!("/account/memories/{id}"));
    for _ in 0..2 {
        assert_eq!(browser.submit(&server, &form, &[("delete", "document")]).await.location(), "/account/memories");
    }
    assert_eq!(browser.open(&server, &whole).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.open(&server, &export).await.status, StatusCode::NOT_FOUND);
    assert!(browser.open(&server, "/account/memories").await.text().contains("No memories yet."));
}

#[tokio::test]
async fn memory_is_no_document() {
    let server = TestServer::new().await;
    let mut browser = signed_in(&server).await;
    let path = server.add_own_memory(&mut browser, "tea").await;
    for path in [format!("{path}?document=whole"), "/account/memories/none?document=whole".into()] {
        assert_eq!(browser.open(&server, &path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(browser.open(&server, &format!("{path}?document=other")).await.status, StatusCode::OK);
}
