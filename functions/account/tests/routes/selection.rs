//! `/account/memories`: the number of memories, periods of time, and the deletion of selected memories.

use jean_testing::{
    Answer, Browser, PageForm, TestServer,
    account::{bob, signed_in},
};
use jiff::SignedDuration;
use serde_json::json;

/// The form around the list, and the values of its checkboxes.
fn list(page: &Answer) -> (PageForm, Vec<String>) {
    let text = page.text();
    let values = text.split("type=\"checkbox\" name=\"row").skip(1).map(|row| {
        let (_, value) = row.split_once("value=\"").expect("a value");
        value.split('"').next().expect("an end").to_owned()
    });
    let form = page.forms().into_iter().rev().find(|form| form.action.starts_with("/account/memories"));
    (form.expect("a form"), values.collect())
}

async fn told(server: &TestServer, browser: &mut Browser, form: &PageForm, typed: &[(&str, &str)]) -> String {
    let answer = browser.submit(server, form, &[typed, &[("delete", "selected")]].concat()).await;
    browser.follow(server, &answer).await.text()
}

#[tokio::test]
async fn selected_entries_are_one_deletion() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    let mut browser = signed_in(&server).await;
    for text in ["tea", "coffee", "water"] {
        server.turn_clock(SignedDuration::from_secs(2));
        server.add_own_memory(&mut browser, text).await;
    }
    server.turn_clock(SignedDuration::from_secs(2));
    let content = "Zanzibar. ".repeat(900);
    server.call(&pair.access_token, "store_document", &json!({"title": "Islands", "content": content})).await;
    let page = browser.open(&server, "/account/memories").await;
    assert!(page.words().contains("Memories 6"), "3 memories, and 3 parts: {}", page.words());
    let (form, values) = list(&page);
    assert!(values.len() == 4 && values[0].starts_with("document-"), "{values:?}");
    let text = browser.submit(&server, &form, &[("delete", "selected")]).await.text();
    assert!(text.contains("Select the memories to delete."), "{text}");
    let typed = [("row0", values[0].as_str()), ("row2", values[2].as_str())];
    let text = told(&server, &mut browser, &form, &typed).await;
    assert!(text.contains("Moved to the trash. <a href=\"/account/trash\">"), "{text}");
    assert!(text.contains("tea") && text.contains("water") && !text.contains("coffee"), "{text}");
    assert!(!text.contains("Islands"), "{text}");
    // A second click deletes nothing and confirms nothing.
    assert!(!told(&server, &mut browser, &form, &typed).await.contains("Moved to the trash."));
    let trash = browser.open(&server, "/account/trash").await.text();
    assert_eq!((trash.matches("<h2 ").count(), trash.matches("Restore all").count()), (1, 1), "{trash}");
}

#[tokio::test]
async fn selection_of_another_user_or_of_nothing_deletes_nothing() {
    let server = TestServer::new().await;
    let mut ours = signed_in(&server).await;
    server.add_own_memory(&mut ours, "tea").await;
    let (_, values) = list(&ours.open(&server, "/account/memories").await);
    let mut theirs = bob(&server).await;
    server.add_own_memory(&mut theirs, "coffee").await;
    let (form, _) = list(&theirs.open(&server, "/account/memories").await);
    let document = format!("document-{}", values[0]);
    for value in [values[0].as_str(), &document, "document-", "nonsense", "\0"] {
        let typed = [("row0", value), ("delete", "selected")];
        theirs.submit(&server, &form, &typed).await;
    }
    assert!(ours.open(&server, "/account/memories").await.text().contains(">tea</a>"));
    assert!(theirs.open(&server, "/account/memories").await.text().contains(">coffee</a>"));
}

#[tokio::test]
async fn list_of_a_period_has_only_its_memories() {
    let server = TestServer::new().await;
    for day in 0..5 {
        let pair = server.connect().await;
        for number in 0..12 {
            server.turn_clock(SignedDuration::from_secs(1));
            let text = format!("memory {day} {number}");
            server.call(&pair.access_token, "add_memory", &json!({"text": text, "tags": [format!("t{day}")]})).await;
        }
        server.turn_clock(SignedDuration::from_hours(24));
    }
    let mut browser = signed_in(&server).await;
    // The test's clock starts on 2027-01-15.
    let mut seen = vec![];
    let mut next = Some(String::from("/account/memories?from=2027-01-16&to=2027-01-18"));
    while let Some(path) = next {
        let page = browser.open(&server, &path).await.text();
        assert!(
            page.contains("2027-01-16 to 2027-01-18") && !page.contains("memory 0 ") && !page.contains("memory 4 ")
        );
        seen.extend(page.split(">memory ").skip(1).map(|rest| rest.split('<').next().unwrap_or_default().to_owned()));
        let older = page.split_once("<a href=\"/account/memories?from=2027-01-16&#38;to=2027-01-18&#38;after=");
        next = older.map(|(_, rest)| format!("/account/memories?from=2027-01-16&to=2027-01-18&after={}", &rest[..26]));
    }
    assert_eq!((seen.len(), seen[0].as_str(), seen[35].as_str()), (36, "3 11", "1 0"));
    let tagged = browser.open(&server, "/account/memories?tag=t1&from=2027-01-16").await.text();
    assert!(tagged.contains("memory 1 0") && !tagged.contains("memory 2 "), "{tagged}");
    assert!(tagged.contains("/account/memories?tag=t1&#38;from=2027-01-01&#38;to=2027-01-31\""), "{tagged}");
    let week = browser.open(&server, "/account/memories").await.text();
    assert!(week.contains("/account/memories?from=2027-01-18\">This week"), "{week}");
    for odd in ["from=x&to=y", "from=9999-12-31", "to=-009999-01-01", "from=2027-02-01&to=2027-01-01", "to=9999-12-31"]
    {
        assert_eq!(browser.open(&server, &format!("/account/memories?{odd}")).await.status.as_u16(), 200, "{odd}");
    }
}

#[tokio::test]
async fn search_keeps_filters_which_are_removed_one_by_one() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    server.call(&pair.access_token, "add_memory", &json!({"text": "Ada drinks tea", "tags": ["taste"]})).await;
    let mut browser = signed_in(&server).await;
    let page = browser.open(&server, "/account/memories?tag=taste&q=tea&from=2026-01-01").await.text();
    assert!(page.contains("<input type=\"hidden\" name=\"tag\" value=\"taste\">"), "{page}");
    assert!(!page.contains("Written: <span"), "a search has no period: {page}");
    for link in [
        "<a href=\"/account/memories?q=tea\" aria-describedby=\"by-tag\">Remove filter</a>",
        "<a href=\"/account/memories?tag=taste\">Clear search</a>",
    ] {
        assert!(page.contains(link), "{link}: {page}");
    }
    let page = browser.open(&server, "/account/memories?tag=none&from=2026-01-01").await.text();
    let link = "<a href=\"/account/memories?tag=none\" aria-describedby=\"by-date\">";
    assert!(page.contains(link) && page.contains("No memories match these filters."), "{page}");
}

#[tokio::test]
async fn search_with_more_results_says_so() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    let mut browser = signed_in(&server).await;
    for number in 0..20 {
        let page = browser.open(&server, "/account/memories?q=tea").await.text();
        assert!(!page.contains("best matches are shown"), "{page}");
        server.call(&pair.access_token, "add_memory", &json!({"text": format!("tea number {number}")})).await;
    }
    let page = browser.open(&server, "/account/memories?q=tea").await.text();
    assert!(page.contains("The 20 best matches are shown."), "{page}");
}
