//! What a person does with their memories on their own pages.

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;

use crate::{
    account::{form_with, open_signed_in},
    browser::Browser,
    world::{Answer, World},
};

/// The memories that a page leads to.
fn paths(page: &Answer) -> Vec<String> {
    let text = page.text();
    let links = text.split("href=\"/account/memories/").skip(1);
    links.map(|rest| format!("/account/memories/{}", &rest[..26])).collect()
}

#[tokio::test]
async fn what_a_client_wrote_is_found_read_and_told_whose_words_it_is_t29() {
    let world = World::new().await;
    let pair = world.connect().await;
    world.call(&pair.access_token, "add_memory", &json!({"text": "Ada drinks green tea", "tags": ["taste"]})).await;
    world.call(&pair.access_token, "add_memory", &json!({"text": "Ada cycles to work"})).await;
    let mut browser = signed_in(&world).await;
    let all = browser.open(&world, "/account/memories").await;
    assert_eq!(paths(&all).len(), 2);
    let found = browser.open(&world, "/account/memories?q=tea").await;
    let text = found.text();
    assert!(text.contains("Ada drinks green tea") && !text.contains("cycles"), "{text}");
    assert!(text.contains("written by claude") && text.contains("taste"), "{text}");
    let page = browser.open(&world, &paths(&found)[0]).await.text();
    assert!(page.contains("Ada drinks green tea") && page.contains("value=\"taste\""), "{page}");
}

#[tokio::test]
async fn what_a_person_writes_is_found_by_clients_as_theirs() {
    let world = World::new().await;
    let pair = world.connect().await;
    let mut browser = signed_in(&world).await;
    let page = browser.open(&world, "/account/memories").await;
    let typed = [
        ("text", " Two lines,\r\nof tea \r\n"),
        ("tags", "taste, home,"),
        ("occurred_at", "2026-07-28"),
        ("source_url", "https://tea.example/green"),
    ];
    let add = form_with(&page, "token");
    browser.submit(&world, &add, &typed).await;
    let found = world.call(&pair.access_token, "search_memory", &json!({"query": "tea"})).await;
    let [memory] = found["structuredContent"]["memories"].as_array().expect("a list").as_slice() else {
        panic!("{found}")
    };
    assert_eq!(memory["text"], "Two lines,\nof tea");
    assert_eq!(memory["written_by"], "person");
    assert_eq!(memory["tags"], json!(["taste", "home"]));
    assert_eq!((&memory["occurred_at"], &memory["source_url"]), (&json!("2026-07-28"), &json!(typed[3].1)));
    // A second click adds no second one, and shows the first.
    let again = browser.submit(&world, &add, &typed).await;
    assert_eq!(again.location(), format!("/account/memories/{}", memory["id"].as_str().expect("an id")));
}

#[tokio::test]
async fn what_cannot_be_a_memory_is_told_beside_what_was_typed() {
    let world = World::new().await;
    let mut browser = signed_in(&world).await;
    let page = browser.open(&world, "/account/memories").await;
    let path = world.add_own_memory(&mut browser, "tea").await;
    let long = "a".repeat(64 * 1024 + 1);
    let memory = browser.open(&world, &path).await;
    for form in [form_with(&page, "token"), form_with(&memory, "read")] {
        for (field, typed, told) in [
            ("text", " ", "Enter some text."),
            ("text", &long, "The text is too long."),
            ("tags", &"t".repeat(65), "at most 64 characters"),
            ("occurred_at", "yesterday", "Enter a date like 2026-07-28."),
            ("source_url", "javascript:alert(1)", "Enter a full URL"),
        ] {
            let fields = [("text", "coffee"), (field, typed)];
            let fields = if field == "text" { &fields[1..] } else { &fields[..] };
            let answer = browser.submit(&world, &form, fields).await;
            assert_eq!(answer.status, StatusCode::OK, "{typed}");
            let text = answer.text();
            assert!(text.contains(told) && text.contains("role=\"alert\"") && text.contains(typed), "{told}: {text}");
        }
    }
    assert_eq!(paths(&browser.open(&world, "/account/memories").await).len(), 1);
    let text = browser.open(&world, &path).await.text();
    assert!(!text.contains("History"), "{text}");
}

#[tokio::test]
async fn a_memory_is_corrected_and_what_it_said_before_is_kept() {
    let world = World::new().await;
    let pair = world.connect().await;
    let added = world.call(&pair.access_token, "add_memory", &json!({"text": "coffee", "tags": ["a, b"]})).await;
    let path = format!("/account/memories/{}", added["structuredContent"]["id"].as_str().expect("an id"));
    world.turn_clock(SignedDuration::from_secs(60));
    let mut browser = signed_in(&world).await;
    let page = browser.open(&world, &path).await;
    let form = form_with(&page, "read");
    let unchanged = [("text", "coffee"), ("tags", "a, b")];
    browser.submit(&world, &form, &unchanged).await;
    assert!(!browser.open(&world, &path).await.text().contains("changed by"));
    let typed = [("text", "tea"), ("tags", "a, b")];
    for _ in 0..2 {
        assert_eq!(browser.submit(&world, &form, &typed).await.location(), path);
    }
    let text = browser.open(&world, &path).await.text();
    assert!(text.contains("changed by you") && text.contains("coffee"), "{text}");
    // The tag with a comma, which the field can't show as one, was not touched.
    let memory = world.call(&pair.access_token, "get_memory", &json!({"id": &path[18..]})).await;
    assert_eq!(memory["structuredContent"]["tags"], json!(["a, b"]));
    assert_eq!(memory["structuredContent"]["text"], "tea");
}

#[tokio::test]
async fn what_somebody_else_changed_meanwhile_is_not_overwritten_unseen() {
    let world = World::new().await;
    let pair = world.connect().await;
    let mut browser = signed_in(&world).await;
    let path = world.add_own_memory(&mut browser, "tea").await;
    let form = form_with(&browser.open(&world, &path).await, "read");
    world.turn_clock(SignedDuration::from_secs(5));
    world.call(&pair.access_token, "update_memory", &json!({"id": &path[18..], "text": "green tea"})).await;
    let answer = browser.submit(&world, &form, &[("text", "black tea")]).await;
    let text = answer.text();
    assert!(text.contains("green tea") && text.contains("\nblack tea</textarea>"), "{text}");
    browser.submit(&world, &form_with(&answer, "read"), &[("text", "black tea")]).await;
    let text = browser.open(&world, &path).await.text();
    assert!(text.contains("\nblack tea</textarea>") && text.contains("green tea"), "{text}");
}

#[tokio::test]
async fn a_memory_and_a_document_are_deleted_and_a_second_click_is_harmless() {
    let world = World::new().await;
    let pair = world.connect().await;
    let mut browser = signed_in(&world).await;
    let kept = world.add_own_memory(&mut browser, "tea").await;
    let content = "Zanzibar. ".repeat(900);
    world.call(&pair.access_token, "store_document", &json!({"title": "Islands", "content": content})).await;
    let gone = world.add_own_memory(&mut browser, "coffee").await;
    let all = paths(&browser.open(&world, "/account/memories").await);
    let piece = all.iter().find(|path| **path != kept && **path != gone).expect("a piece");
    let page = browser.open(&world, piece).await;
    assert!(page.text().contains("of the document <strong>Islands</strong>"), "{}", page.text());
    for (path, delete) in [(piece, "document"), (&gone, "memory")] {
        let page = browser.open(&world, path).await;
        let form = page.forms().into_iter().find(|form| form.fields.len() == 1 && form.action == *path);
        let form = form.expect("a form");
        for _ in 0..2 {
            let deleted = browser.submit(&world, &form, &[("delete", delete)]).await;
            assert_eq!(deleted.location(), "/account/memories");
        }
    }
    assert_eq!(paths(&browser.open(&world, "/account/memories").await), [kept]);
    assert_eq!(browser.open(&world, &gone).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn memories_are_gone_through_page_by_page() {
    let world = World::new().await;
    let pair = world.connect().await;
    for number in 0..45 {
        world.turn_clock(SignedDuration::from_secs(2));
        world.call(&pair.access_token, "add_memory", &json!({"text": format!("memory {number}")})).await;
    }
    let mut browser = signed_in(&world).await;
    let mut seen = Vec::new();
    let mut next = String::from("/account/memories");
    for (shown, further) in [(20, true), (20, true), (5, false)] {
        let page = browser.open(&world, &next).await;
        assert_eq!(paths(&page).len(), shown);
        seen.extend(paths(&page));
        let text = page.text();
        let after = text.split_once("href=\"/account/memories?after=").map(|(_, rest)| rest[..26].to_owned());
        assert_eq!(after.is_some(), further);
        next = format!("/account/memories?after={}", after.unwrap_or_default());
    }
    assert!(seen.is_sorted_by(|a, b| a > b));
}

#[tokio::test]
async fn a_search_that_cannot_be_done_is_told() {
    let world = World::new().await;
    let mut browser = signed_in(&world).await;
    world.add_own_memory(&mut browser, "tea").await;
    for (query, told) in [("xylophone", "Nothing found."), (&"tea+".repeat(2000), "search is too long")] {
        let page = browser.open(&world, &format!("/account/memories?q={query}")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text().contains(told), "{}", page.text());
    }
}

#[tokio::test]
async fn what_is_remembered_is_shown_as_text_and_nothing_else_t25() {
    let world = World::new().await;
    let mut browser = signed_in(&world).await;
    let hostile = "</textarea><script>alert(1)</script>";
    let path = world.add_own_memory(&mut browser, hostile).await;
    for path in [path.as_str(), "/account/memories", "/account/memories?q=%3Cscript%3Ealert"] {
        let text = browser.open(&world, path).await.text();
        assert!(!text.contains("<script") && text.contains("&#60;script"), "{text}");
    }
}

#[tokio::test]
async fn nobody_sees_changes_or_deletes_the_memory_of_somebody_else_t27() {
    let world = World::new().await;
    let mut ours = signed_in(&world).await;
    let path = world.add_own_memory(&mut ours, "Ada drinks tea").await;
    let mut theirs = bob(&world).await;
    let bobs = world.add_own_memory(&mut theirs, "Bob drinks coffee").await;
    for path in ["/account/memories", "/account/memories?q=drinks"] {
        assert!(!theirs.open(&world, path).await.text().contains("Ada"));
    }
    assert_eq!(theirs.open(&world, &path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(theirs.open(&world, "/account/memories/none").await.status, StatusCode::NOT_FOUND);
    // Forms of his own, sent to where ours would go.
    let page = theirs.open(&world, &bobs).await;
    for typed in [("text", "coffee"), ("delete", "memory")] {
        let mut form = form_with(&page, "read");
        form.action.clone_from(&path);
        assert_eq!(theirs.submit(&world, &form, &[typed]).await.status, StatusCode::FOUND);
    }
    assert!(ours.open(&world, &path).await.text().contains("\nAda drinks tea</textarea>"));
}
