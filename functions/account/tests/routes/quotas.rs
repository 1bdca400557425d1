//! Quotas on the pages: `/account/memories`, `/account/memories/{id}` and `/account/data`.

use jean_testing::{
    Browser, TestServer,
    account::{form_with, signed_in},
};

async fn add(server: &TestServer, browser: &mut Browser, text: &str) -> String {
    let form = form_with(&browser.open(server, "/account/memories").await, "token");
    browser.submit(server, &form, &[("text", text)]).await.text()
}

async fn import(server: &TestServer, browser: &mut Browser, list: &str) -> String {
    let form = browser.open(server, "/account/data").await.form("/account/data");
    browser.submit(server, &form, &[("list", list)]).await.text()
}

/// SR-03
#[tokio::test]
async fn memory_beyond_the_quota_is_refused_on_the_page() {
    let server = TestServer::with("MemoriesPerUser", "1").await;
    let mut browser = signed_in(&server).await;
    assert!(!add(&server, &mut browser, "Has a cat").await.contains("full"));
    let told = add(&server, &mut browser, "Has a dog").await;
    assert!(told.contains("Your memory is full: 1 of 1 memories."), "{told}");
    assert!(told.contains("Has a dog"), "the text is not lost: {told}");
}

/// SR-03
#[tokio::test]
async fn longer_text_beyond_the_quota_is_refused_on_the_page() {
    let server = TestServer::with("BytesPerUser", "10").await;
    let mut browser = signed_in(&server).await;
    add(&server, &mut browser, "Has a cat").await;
    let page = browser.open(&server, "/account/memories").await.text();
    let (_, rest) = page.split_once("href=\"/account/memories/").expect("a memory");
    let path = format!("/account/memories/{}", &rest[..26]);
    let form = form_with(&browser.open(&server, &path).await, "read");
    let told = browser.submit(&server, &form, &[("text", "Has a small cat")]).await.text();
    assert!(told.contains("Your memory is full: 9 of 10 bytes of text."), "{told}");
    assert!(!browser.submit(&server, &form, &[("text", "Has cats")]).await.text().contains("full"));
}

/// SR-03
#[tokio::test]
async fn import_adds_what_fits_and_reports_the_rest() {
    let server = TestServer::with("MemoriesPerUser", "120").await;
    let mut browser = signed_in(&server).await;
    add(&server, &mut browser, "tea number 7").await;
    let list: String = (0..150).map(|number| format!("Tea number {number}\n")).collect();
    let told = import(&server, &mut browser, &list).await;
    assert!(told.contains("Memories added: <strong>119</strong>. Duplicates skipped: <strong>1</strong>."), "{told}");
    assert!(told.contains("Not added, since there is no room: <strong>30</strong>."), "{told}");
    assert!(told.contains("Your memory is full: 120 of 120 memories."), "{told}");
    let told = import(&server, &mut browser, &list).await;
    assert!(told.contains("Memories added: <strong>0</strong>. Duplicates skipped: <strong>120</strong>."), "{told}");
    assert!(told.contains("no room: <strong>30</strong>."), "{told}");
    assert!(add(&server, &mut browser, "one more").await.contains("120 of 120 memories"));
}

/// SR-03
#[tokio::test]
async fn import_counts_the_bytes_of_the_day() {
    let server = TestServer::with("BytesPerDay", "24").await;
    let mut browser = signed_in(&server).await;
    add(&server, &mut browser, "a cup of tea").await;
    let told = import(&server, &mut browser, "another cup of tea\nwater\nmilk\nwine").await;
    assert!(
        told.contains("Memories added: <strong>2</strong>.") && told.contains("no room: <strong>2</strong>"),
        "{told}"
    );
    assert!(told.contains("at most 24 bytes may be written a day"), "{told}");
    assert!(add(&server, &mut browser, "coffee").await.contains("at most 24 bytes"));
}
