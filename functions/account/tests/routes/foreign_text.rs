//! Text of users and apps on the pages: isolated, so that it cannot reorder the text around it.

use jean_testing::{TestServer, account::form_with};
use serde_json::json;

/// The places of `foreign` in a page that are neither attributes nor isolated.
fn exposed(html: &str, foreign: &str) -> Vec<String> {
    let is_exposed = |at: &usize| {
        let before = &html[..*at];
        let is_open = |begin: &str, end: &str| before.rfind(begin) > before.rfind(end);
        let tag = before.rfind('>').and_then(|end| before[..end].rfind('<').map(|begin| &before[begin..end]));
        let is_block = tag.is_some_and(|tag| tag.contains("dir=\"auto\""));
        let is_isolated = is_open("<bdi", "</bdi>") || is_open("\u{2068}", "\u{2069}");
        !is_open("<", ">") && !is_isolated && !is_open("<textarea", "</textarea>") && !is_block
    };
    let places = html.match_indices(foreign).map(|(at, _)| at).filter(is_exposed);
    places.map(|at| html[at.saturating_sub(60)..at].escape_debug().to_string()).collect()
}

/// TO-05
#[tokio::test]
async fn foreign_text_is_isolated() {
    let server = TestServer::new().await;
    let user = server.add_user("\u{202e}ada@example.org").await;
    server.make_owner(&user).await;
    let token = server.connect_as(&user).await.access_token;
    let foreign = "\u{202e}gnorw";
    let arguments = json!({"title": foreign, "content": foreign, "tags": [foreign], "source_url": format!("https://example.org/{foreign}")});
    let added = server.call(&token, "store_document", &arguments).await;
    let memory = format!("/account/memories/{}", added["structuredContent"]["id"].as_str().expect("an id"));
    let mut browser = jean_testing::Browser::default();
    let page = browser.open(&server, "/account/sign-in").await;
    let typed = [("email", user.email.as_str()), server.credentials()[1]];
    browser.submit(&server, &page.form("/account/sign-in"), &typed).await;
    let keys = form_with(&browser.open(&server, "/account/keys").await, "next");
    let key = browser.submit(&server, &keys, &[("name", foreign)]).await;
    assert!(key.text().contains(foreign));
    let edit = form_with(&browser.open(&server, &memory).await, "read");
    browser.submit(&server, &edit, &[("text", &format!("{foreign} twice")), ("tags", foreign)]).await;
    let mut pages = vec![key];
    let arguments = json!({"title": foreign, "content": format!("{foreign} again"), "tags": [foreign]});
    let gone = server.call(&token, "store_document", &arguments).await["structuredContent"]["id"].clone();
    server.call(&token, "delete_memory", &json!({"id": gone})).await;
    let trash = browser.open(&server, "/account/trash").await;
    assert!(trash.text().contains(&format!("{foreign} again")));
    pages.push(trash);
    for path in [
        "/account",
        "/account/keys",
        "/account/memories",
        "/account/memories?q=gnorw",
        "/account/timeline",
        &memory,
        "/account/security",
        "/account/users",
        &format!("/account/users/{}", user.user_id),
        "/account/passkeys",
        "/account/password",
        "/account/delete",
    ] {
        pages.push(browser.open(&server, path).await);
    }
    let consent = server.authorize_path(&server.register(foreign).await, &jean_testing::Pkce::new(1), "s");
    pages.push(browser.open(&server, &consent).await);
    for page in &pages {
        let html = page.text();
        assert!(html.contains('\u{202e}'), "the user's address is on every page");
        assert_eq!(exposed(&html, "\u{202e}"), Vec::<String>::new());
    }
    assert!(!pages.last().expect("a page").text().contains(foreign), "the name of an app is cleaned");
    assert_eq!(exposed("<p>\u{202e}</p>", "\u{202e}").len(), 1);
}
