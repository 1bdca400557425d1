//! `/account/memories`: list, search and addition of memories.

use http::StatusCode;
use jean_testing::{
    Answer, Browser, PageForm, TestServer,
    account::{form_with, signed_in},
};
use jiff::SignedDuration;
use serde_json::json;

/// Paths of the memories that a page links.
fn paths(page: &Answer) -> Vec<String> {
    let text = page.text();
    let links = text.split("href=\"/account/memories/").skip(1);
    links.map(|rest| format!("/account/memories/{}", &rest[..26])).collect()
}

/// T-29
#[tokio::test]
async fn client_memory_is_shown_with_its_writer() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    server.call(&pair.access_token, "add_memory", &json!({"text": "Ada drinks green tea", "tags": ["taste"]})).await;
    server.call(&pair.access_token, "add_memory", &json!({"text": "Ada cycles to work"})).await;
    let mut browser = signed_in(&server).await;
    let all = browser.open(&server, "/account/memories").await;
    assert_eq!(paths(&all).len(), 2);
    let found = browser.open(&server, "/account/memories?q=tea").await;
    let text = found.words();
    assert!(text.contains("Ada drinks green tea") && !text.contains("cycles"), "{text}");
    assert!(text.contains("written by Claude (claude.ai)") && text.contains("taste"), "{text}");
    let page = browser.open(&server, &paths(&found)[0]).await.text();
    assert!(
        page.contains("<title>\u{2068}Ada drinks green tea\u{2069} ·") && page.contains("value=\"taste\""),
        "{page}"
    );
}

#[tokio::test]
async fn user_memory_is_found_by_clients() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    let mut browser = signed_in(&server).await;
    let page = browser.open(&server, "/account/memories").await;
    let typed = [
        ("text", " Two lines,\r\nof tea \r\n"),
        ("tags", "taste, home,"),
        ("occurred_at", "2026-07-28"),
        ("source_url", "https://tea.example/green"),
    ];
    let add = form_with(&page, "token");
    browser.submit(&server, &add, &typed).await;
    let found = server.call(&pair.access_token, "search_memory", &json!({"query": "tea"})).await;
    let [memory] = found["structuredContent"]["memories"].as_array().expect("a list").as_slice() else {
        panic!("{found}")
    };
    assert_eq!(memory["text"], "Two lines,\nof tea");
    assert_eq!(memory["writer"], json!({"kind": "user"}));
    assert_eq!(memory["tags"], json!(["taste", "home"]));
    assert_eq!((&memory["occurred_at"], &memory["source_url"]), (&json!("2026-07-28"), &json!(typed[3].1)));
    // A second click adds no second memory and shows the first.
    let again = browser.submit(&server, &add, &typed).await;
    assert_eq!(again.location(), format!("/account/memories/{}", memory["id"].as_str().expect("an id")));
}

#[tokio::test]
async fn invalid_memory_is_shown_beside_the_input() {
    let server = TestServer::new().await;
    let mut browser = signed_in(&server).await;
    let page = browser.open(&server, "/account/memories").await;
    let path = server.add_own_memory(&mut browser, "tea").await;
    let long = "a".repeat(64 * 1024 + 1);
    let memory = browser.open(&server, &path).await;
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
            let answer = browser.submit(&server, &form, fields).await;
            assert_eq!(answer.status, StatusCode::OK, "{typed}");
            let text = answer.text();
            assert!(text.contains(told) && text.contains("role=\"alert\"") && text.contains(typed), "{told}: {text}");
        }
    }
    assert_eq!(paths(&browser.open(&server, "/account/memories").await).len(), 1);
    let text = browser.open(&server, &path).await.text();
    assert!(!text.contains("History"), "{text}");
}

#[tokio::test]
async fn memories_are_paginated() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    for number in 0..45 {
        server.turn_clock(SignedDuration::from_secs(2));
        server.call(&pair.access_token, "add_memory", &json!({"text": format!("memory {number}")})).await;
    }
    let mut browser = signed_in(&server).await;
    let mut seen = Vec::new();
    let mut next = String::from("/account/memories");
    for (shown, further) in [(20, true), (20, true), (5, false)] {
        let page = browser.open(&server, &next).await;
        assert_eq!(paths(&page).len(), shown);
        seen.extend(paths(&page));
        let text = page.text();
        let after = text.split_once("href=\"/account/memories?after=").map(|(_, rest)| rest[..26].to_owned());
        assert_eq!(after.is_some(), further);
        next = format!("/account/memories?after={}", after.unwrap_or_default());
    }
    assert!(seen.is_sorted_by(|a, b| a > b));
}

/// SE-17
#[tokio::test]
async fn found_memory_is_shown_with_the_words_of_the_query() {
    let server = TestServer::new().await;
    let mut browser = signed_in(&server).await;
    let long = format!("{} The spare key is under the stone.{}", "Notes. ".repeat(100), " More.".repeat(100));
    server.add_own_memory(&mut browser, &long).await;
    let page = browser.open(&server, "/account/memories?q=spare+key").await.text();
    assert!(page.contains("…") && page.contains("The spare key is under the stone."), "{page}");
    assert!(!browser.open(&server, "/account/memories").await.text().contains("spare key"));
}

#[tokio::test]
async fn invalid_search_is_explained() {
    let server = TestServer::new().await;
    let mut browser = signed_in(&server).await;
    server.add_own_memory(&mut browser, "tea").await;
    for (query, told) in [("4711", "Nothing found."), (&"tea+".repeat(2000), "search is too long")] {
        let page = browser.open(&server, &format!("/account/memories?q={query}")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text().contains(told), "{}", page.text());
    }
}

/// T-25
#[tokio::test]
async fn memory_text_is_escaped() {
    let server = TestServer::new().await;
    let mut browser = signed_in(&server).await;
    let hostile = "</textarea><script>alert(1)</script>";
    let path = server.add_own_memory(&mut browser, hostile).await;
    for path in [path.as_str(), "/account/memories", "/account/memories?q=%3Cscript%3Ealert"] {
        let text = browser.open(&server, path).await.text();
        assert!(!text.contains("<script") && text.contains("&#60;script"), "{text}");
    }
}

#[tokio::test]
async fn list_is_filtered_by_tag_and_by_app() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    for (text, tag) in [("Ada drinks tea", "drinks & more"), ("Ada keeps bees", "home")] {
        server.call(&pair.access_token, "add_memory", &json!({"text": text, "tags": [tag]})).await;
    }
    let mut browser = signed_in(&server).await;
    server.add_own_memory(&mut browser, "my own").await;
    let links = |page: &str, path: &str| {
        let rest = page.split("href=\"").filter(|rest| rest.starts_with(path));
        rest.map(|rest| rest.split('"').next().unwrap_or_default().replace("&#38;", "&")).collect::<Vec<_>>()
    };
    let all = browser.open(&server, "/account/memories").await.text();
    let tag = links(&all, "/account/memories?tag=drinks").swap_remove(0);
    let tagged = browser.open(&server, &tag).await.text();
    assert!(tagged.contains("Ada drinks tea") && !tagged.contains("bees") && tagged.contains("Tag:"), "{tagged}");
    let app = links(&all, "/account/memories?app=").swap_remove(0);
    let written = browser.open(&server, &app).await.text();
    assert!(written.contains("tea") && written.contains("bees") && !written.contains("my own"), "{written}");
    let searched = browser.open(&server, "/account/memories?tag=home&q=ada").await.text();
    assert!(searched.contains("bees") && !searched.contains("tea"), "{searched}");
    for nothing in ["tag=none", "app=none", "tag=&app=", "app=%00"] {
        assert_eq!(browser.open(&server, &format!("/account/memories?{nothing}")).await.status.as_u16(), 200);
    }
}

/// The user has signed in again in another tab of the browser.
#[tokio::test]
async fn text_of_another_session_is_shown_for_copying() {
    let server = TestServer::new().await;
    let mut browser = signed_in(&server).await;
    let forms = forms_with_texts(&server, &mut browser).await;
    let page = browser.open(&server, "/account/sign-in").await;
    browser.submit(&server, &page.form("/account/sign-in"), &server.credentials()).await;
    for (form, field) in forms {
        let text = unsaved(&server, &mut browser, &form, field).await;
        assert!(text.contains(&format!("href=\"{}\"", form.action)), "{text}");
    }
    assert!(!server.everything_kept().await.contains("bees"));
}

/// The forms for a memory and for a list, each with the name of its text.
async fn forms_with_texts(server: &TestServer, browser: &mut Browser) -> [(PageForm, &'static str); 2] {
    let add = form_with(&browser.open(server, "/account/memories").await, "token");
    let list = form_with(&browser.open(server, "/account/data").await, "token");
    [(add, "text"), (list, "list")]
}

/// Sends a text that is not saved, and returns the page that shows it.
async fn unsaved(server: &TestServer, browser: &mut Browser, form: &PageForm, field: &str) -> String {
    let answer = browser.submit(server, form, &[(field, "Ada <keeps> bees")]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let text = answer.text();
    assert!(text.contains("Ada &#60;keeps&#62; bees</textarea>") && text.contains("Nothing was saved"), "{text}");
    text
}

#[tokio::test]
async fn text_sent_without_a_session_is_shown_for_copying() {
    let server = TestServer::new().await;
    let mut browser = signed_in(&server).await;
    for (form, field) in forms_with_texts(&server, &mut browser).await {
        let text = unsaved(&server, &mut Browser::default(), &form, field).await;
        let link = format!("/account/sign-in?return_to={}", form.action.replace('/', "%2F"));
        assert!(text.contains(&link), "{text}");
    }
    assert!(!server.everything_kept().await.contains("bees"));
}
