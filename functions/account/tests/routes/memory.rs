//! `/account/memories/{id}`: correction and deletion of a memory.

use http::StatusCode;
use jean_testing::{
    Answer, TestServer,
    account::{bob, buttons, form_with, signed_in},
};
use jiff::SignedDuration;
use serde_json::json;

/// Paths of the memories that a page links.
fn paths(page: &Answer) -> Vec<String> {
    let text = page.text();
    let links = text.split("href=\"/account/memories/").skip(1);
    links.map(|rest| format!("/account/memories/{}", &rest[..26])).collect()
}

#[tokio::test]
async fn corrected_memory_keeps_its_history() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    let added = server.call(&pair.access_token, "add_memory", &json!({"text": "coffee", "tags": ["a, b"]})).await;
    let path = format!("/account/memories/{}", added["structuredContent"]["id"].as_str().expect("an id"));
    server.turn_clock(SignedDuration::from_secs(60));
    let mut browser = signed_in(&server).await;
    let page = browser.open(&server, &path).await;
    let form = form_with(&page, "read");
    let unchanged = [("text", "coffee"), ("tags", "a, b")];
    browser.submit(&server, &form, &unchanged).await;
    assert!(!browser.open(&server, &path).await.text().contains("changed by"));
    let typed = [("text", "tea"), ("tags", "a, b")];
    for _ in 0..2 {
        assert_eq!(browser.submit(&server, &form, &typed).await.location(), path);
    }
    let text = browser.open(&server, &path).await.words();
    assert!(text.contains("changed by you") && text.contains("coffee"), "{text}");
    // A tag with a comma, which the field cannot represent, is unchanged.
    let memory = server.call(&pair.access_token, "get_memory", &json!({"id": &path[18..]})).await;
    assert_eq!(memory["structuredContent"]["tags"], json!(["a, b"]));
    assert_eq!(memory["structuredContent"]["text"], "tea");
}

#[tokio::test]
async fn earlier_version_is_restored_with_its_tags() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    let added = server.call(&pair.access_token, "add_memory", &json!({"text": "coffee", "tags": ["a, b"]})).await;
    let path = format!("/account/memories/{}", added["structuredContent"]["id"].as_str().expect("an id"));
    server.turn_clock(SignedDuration::from_secs(60));
    let change = json!({"id": &path[18..], "text": "tea", "tags": ["c"]});
    server.call(&pair.access_token, "update_memory", &change).await;
    let mut browser = signed_in(&server).await;
    let page = browser.open(&server, &path).await;
    let text = page.text();
    assert!(text.contains("<bdi>a, b</bdi>") && text.contains("<bdi>c</bdi>"), "both versions have their tags: {text}");
    let (_, button) = text.split_once("name=\"restore\" value=\"").expect("a button");
    let version = button.split('"').next().expect("an end");
    let form = page.forms().into_iter().nth(1).expect("the form of the history");
    let restored = browser.submit(&server, &form, &[("restore", version)]).await;
    let text = browser.follow(&server, &restored).await.text();
    assert!(text.contains("Saved.") && !browser.open(&server, &path).await.text().contains("Saved."), "{text}");
    let memory = server.call(&pair.access_token, "get_memory", &json!({"id": &path[18..]})).await;
    let memory = &memory["structuredContent"];
    assert_eq!((&memory["text"], &memory["tags"]), (&json!("coffee"), &json!(["a, b"])));
    // A version that does not exist changes nothing.
    for version in ["0", "x"] {
        assert_eq!(browser.submit(&server, &form, &[("restore", version)]).await.location(), path);
    }
}

#[tokio::test]
async fn versions_of_one_second_are_told_apart() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    let mut browser = signed_in(&server).await;
    let path = server.add_own_memory(&mut browser, "coffee").await;
    for text in ["tea", "cocoa", "water"] {
        server.call(&pair.access_token, "update_memory", &json!({"id": &path[18..], "text": text})).await;
    }
    let page = browser.open(&server, &path).await;
    let versions = buttons(&page, "restore");
    let form = page.forms().into_iter().nth(1).expect("the form of the history");
    for (version, text) in versions.iter().zip(["cocoa", "tea", "coffee"]) {
        browser.submit(&server, &form, &[("restore", version)]).await;
        let page = browser.open(&server, &path).await.text();
        assert!(page.contains(&format!("\n{text}</textarea>")), "{page}");
    }
    // So are a version that a form was rendered from, and a change in the same second.
    let form = form_with(&browser.open(&server, &path).await, "read");
    server.call(&pair.access_token, "update_memory", &json!({"id": &path[18..], "text": "green tea"})).await;
    let answer = browser.submit(&server, &form, &[("text", "black tea")]).await;
    assert!(answer.text().contains("green tea"), "{}", answer.text());
}

#[tokio::test]
async fn line_breaks_are_no_edit() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    let text = "coffee\r\nat four\rin the garden";
    let added = server.call(&pair.access_token, "add_memory", &json!({"text": text})).await;
    let path = format!("/account/memories/{}", added["structuredContent"]["id"].as_str().expect("an id"));
    let mut browser = signed_in(&server).await;
    let form = form_with(&browser.open(&server, &path).await, "read");
    // As browsers send it.
    let typed = [("text", "coffee\r\nat four\r\nin the garden"), ("tags", "garden")];
    browser.submit(&server, &form, &typed).await;
    let memory = server.call(&pair.access_token, "get_memory", &json!({"id": &path[18..]})).await;
    let memory = &memory["structuredContent"];
    assert_eq!((&memory["text"], &memory["tags"]), (&json!(text), &json!(["garden"])));
}

/// T-13
#[tokio::test]
async fn page_of_long_versions_fits_into_a_response() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    let mut browser = signed_in(&server).await;
    let path = server.add_own_memory(&mut browser, "coffee").await;
    for number in 10..30 {
        let text = format!("{number}{}", "<".repeat(65_000));
        server.call(&pair.access_token, "update_memory", &json!({"id": &path[18..], "text": text})).await;
    }
    let page = browser.open(&server, &path).await.text();
    assert!(json!(page).to_string().len() < 6_000_000, "{}", page.len());
    assert!(page.contains("11&#60;") && page.contains("coffee"), "each version has at least an excerpt");
}

#[tokio::test]
async fn concurrent_change_is_not_overwritten() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    let mut browser = signed_in(&server).await;
    let path = server.add_own_memory(&mut browser, "tea").await;
    let form = form_with(&browser.open(&server, &path).await, "read");
    server.turn_clock(SignedDuration::from_secs(5));
    server.call(&pair.access_token, "update_memory", &json!({"id": &path[18..], "text": "green tea"})).await;
    let answer = browser.submit(&server, &form, &[("text", "black tea")]).await;
    let text = answer.text();
    assert!(text.contains("green tea") && text.contains("\nblack tea</textarea>"), "{text}");
    browser.submit(&server, &form_with(&answer, "read"), &[("text", "black tea")]).await;
    let text = browser.open(&server, &path).await.text();
    assert!(text.contains("\nblack tea</textarea>") && text.contains("green tea"), "{text}");
}

#[tokio::test]
async fn second_click_on_delete_is_harmless() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    let mut browser = signed_in(&server).await;
    let kept = server.add_own_memory(&mut browser, "tea").await;
    let content = "Zanzibar. ".repeat(900);
    server.call(&pair.access_token, "store_document", &json!({"title": "Islands", "content": content})).await;
    let gone = server.add_own_memory(&mut browser, "coffee").await;
    let all = paths(&browser.open(&server, "/account/memories").await);
    let piece = all.iter().find(|path| **path != kept && **path != gone).expect("a piece");
    let page = browser.open(&server, piece).await;
    assert!(page.text().contains("of the document <strong><bdi>Islands</bdi></strong>"), "{}", page.text());
    for (path, delete) in [(piece, "document"), (&gone, "memory")] {
        let page = browser.open(&server, path).await;
        let form = page.forms().into_iter().find(|form| form.fields.len() == 1 && form.action == *path);
        let form = form.expect("a form");
        for _ in 0..2 {
            let deleted = browser.submit(&server, &form, &[("delete", delete)]).await;
            assert_eq!(deleted.location(), "/account/memories");
        }
    }
    assert_eq!(paths(&browser.open(&server, "/account/memories").await), [kept]);
    assert_eq!(browser.open(&server, &gone).await.status, StatusCode::NOT_FOUND);
}

/// T-27
#[tokio::test]
async fn memory_of_another_user_is_not_found() {
    let server = TestServer::new().await;
    let mut ours = signed_in(&server).await;
    let path = server.add_own_memory(&mut ours, "Ada drinks tea").await;
    let mut theirs = bob(&server).await;
    let bobs = server.add_own_memory(&mut theirs, "Bob drinks coffee").await;
    for path in ["/account/memories", "/account/memories?q=drinks"] {
        assert!(!theirs.open(&server, path).await.text().contains("Ada"));
    }
    assert_eq!(theirs.open(&server, &path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(theirs.open(&server, "/account/memories/none").await.status, StatusCode::NOT_FOUND);
    // The other user's own forms, sent to the owner's path.
    let page = theirs.open(&server, &bobs).await;
    for (typed, status) in [(("text", "coffee"), StatusCode::FORBIDDEN), (("delete", "memory"), StatusCode::FOUND)] {
        let mut form = form_with(&page, "read");
        form.action.clone_from(&path);
        assert_eq!(theirs.submit(&server, &form, &[typed]).await.status, status);
    }
    assert!(ours.open(&server, &path).await.text().contains("\nAda drinks tea</textarea>"));
}

#[tokio::test]
async fn rejected_edit_is_above_the_text() {
    let server = TestServer::new().await;
    let mut browser = signed_in(&server).await;
    let path = server.add_own_memory(&mut browser, "tea").await;
    let form = form_with(&browser.open(&server, &path).await, "read");
    let text = browser.submit(&server, &form, &[("text", "coffee"), ("occurred_at", "yesterday")]).await.text();
    let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part}: {text}"));
    assert!(place("id=\"problem\"") < place("class=\"text reading\""));
    let field = &text[place("id=\"occurred_at\"")..];
    assert!(field[..field.find('>').expect("an end")].ends_with("aria-describedby=\"problem\" autofocus"), "{field}");
    assert_eq!(text.matches("autofocus").count(), 1);
}
