//! `/account`: connected apps.

use http::StatusCode;
use jean_testing::{
    Browser, TestServer,
    account::{buttons, connections, open_signed_in},
};

/// The stored items in a stable order.
fn sorted(kept: &str) -> Vec<String> {
    let mut parts: Vec<_> = kept.split(['{', '}', ',']).map(|part| part.trim().into()).collect();
    parts.sort();
    parts
}

/// AS-23
#[tokio::test]
async fn disconnected_app_loses_its_refresh_token() {
    let world = TestServer::new().await;
    let pair = world.connect_for("memory:read").await;
    let other = world.connect().await;
    let mut browser = Browser::default();
    let page = open_signed_in(&world, &mut browser, "/account").await;
    let text = page.text();
    assert!(text.contains("Read only") && text.contains("Full access"), "{text}");
    assert!(text.contains("within half a minute"), "{text}");
    let form = page.forms().into_iter().find(|form| form.action == "/account").expect("a form");
    for grant_id in buttons(&page, "disconnect") {
        for _ in 0..2 {
            assert_eq!(browser.submit(&world, &form, &[("disconnect", &grant_id)]).await.location(), "/account");
        }
    }
    for pair in [pair, other] {
        assert_eq!(world.refresh(&pair.client_id, &pair.refresh_token).await.error(), "invalid_grant");
    }
    assert!(browser.open(&world, "/account").await.text().contains("No apps connected yet."));
}

/// T-27
#[tokio::test]
async fn app_of_another_user_cannot_be_disconnected() {
    let world = TestServer::new().await;
    let bob = world.add_user("bob@example.org").await;
    let pair = world.connect_as(&bob).await;
    let (mut ours, mut bobs) = (Browser::default(), Browser::default());
    let asked = bobs.open(&world, "/account/sign-in").await;
    let typed = [("email", bob.email.as_str()), world.credentials()[1]];
    bobs.submit(&world, &asked.form("/account/sign-in"), &typed).await;
    let grant_id = buttons(&bobs.open(&world, "/account").await, "disconnect").swap_remove(0);
    world.connect().await;
    let page = open_signed_in(&world, &mut ours, "/account").await;
    assert!(!page.text().contains(&grant_id));
    let form = page.forms().into_iter().find(|form| form.action == "/account").expect("a form");
    ours.submit(&world, &form, &[("disconnect", &grant_id)]).await;
    assert_eq!(world.refresh(&pair.client_id, &pair.refresh_token).await.status, StatusCode::OK);
}

/// T-16
#[tokio::test]
async fn form_of_another_site_or_session_is_rejected() {
    let world = TestServer::new().await;
    let (mut ours, mut theirs) = (Browser::default(), Browser::default());
    world.add_user("bob@example.org").await;
    world.connect().await;
    open_signed_in(&world, &mut ours, "/account").await;
    open_signed_in(&world, &mut theirs, "/account").await;
    let mut forms = Vec::new();
    let coffee = world.add_own_memory(&mut theirs, "coffee").await;
    let page = theirs.open(&world, &coffee).await;
    theirs.submit(&world, &page.form(&coffee), &[("delete", "memory")]).await;
    let tea = world.add_own_memory(&mut theirs, "tea").await;
    let connection = connections(&theirs.open(&world, "/account").await).swap_remove(0);
    for path in [
        "/account",
        &connection,
        "/account/memories",
        &tea,
        "/account/trash",
        "/account/data",
        "/account/security",
        "/account/keys",
        "/account/users",
        "/account/users/bob-example.org",
        "/account/passkeys",
        "/account/password",
        "/account/delete",
    ] {
        forms.extend(theirs.open(&world, path).await.forms());
    }
    let before = sorted(&world.everything_kept().await);
    for form in &forms {
        // The form is bound to its session.
        let typed = [
            ("end", "others"),
            ("name", "x"),
            ("email", "owner@example.org"),
            ("disconnect", "x"),
            ("delete", "all"),
            ("change", "disable"),
        ];
        let answer = ours.submit(&world, form, &typed).await;
        assert_eq!(answer.status, StatusCode::FOUND, "{form:?}");
        // The form is rejected from other sites.
        let cookies = theirs.cookie_header();
        let (content_type, body) = form.encode(&typed);
        let headers = [("cookie", cookies.as_str()), ("content-type", content_type), ("sec-fetch-site", "cross-site")];
        let answer = world.send(http::Method::POST, &form.action, &headers, &body).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{form:?}");
    }
    assert!(forms.len() >= 23, "{forms:?}");
    assert_eq!(sorted(&world.everything_kept().await), before);
}

#[tokio::test]
async fn connections_of_one_app_are_one_row() {
    let server = TestServer::new().await;
    let pairs = [server.connect().await, server.connect().await, server.connect().await];
    let other = server.connect_at("Notes", "https://notes.example/callback").await;
    let mut browser = Browser::default();
    let page = open_signed_in(&server, &mut browser, "/account").await;
    let text = page.text();
    let grouped = "<bdi>Claude (claude.ai)</bdi></strong> <span class=\"badge\">3 connections</span>";
    assert!(text.contains(grouped) && text.contains("<bdi>notes (notes.example)</bdi></a>"), "{text}");
    assert_eq!(connections(&page).len(), 4);
    let values = buttons(&page, "disconnect");
    let (all, single): (Vec<_>, Vec<_>) = values.iter().partition(|value| value.contains('.'));
    assert_eq!((all.len(), single.len()), (1, 4));
    let form = page.forms().into_iter().find(|form| form.action == "/account").expect("a form");
    browser.submit(&server, &form, &[("disconnect", all[0])]).await;
    for pair in pairs {
        assert_eq!(server.refresh(&pair.client_id, &pair.refresh_token).await.error(), "invalid_grant");
    }
    assert_eq!(server.refresh(&other.client_id, &other.refresh_token).await.status, StatusCode::OK);
    for nonsense in [".", "a.b.c", "...."] {
        assert_eq!(browser.submit(&server, &form, &[("disconnect", nonsense)]).await.location(), "/account");
    }
}

#[tokio::test]
async fn apps_without_a_name_of_their_own_stay_apart() {
    let server = TestServer::new().await;
    for name in ["日本", "עוזר", "Claude", "Anthropic"] {
        server.connect_at(name, "https://notes.example/callback").await;
    }
    let mut browser = Browser::default();
    let page = open_signed_in(&server, &mut browser, "/account").await;
    assert_eq!(buttons(&page, "disconnect").len(), 4, "{}", page.text());
    assert!(buttons(&page, "disconnect").iter().all(|value| !value.contains('.')));
}
