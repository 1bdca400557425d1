//! `/account/notices`: notifications and their dismissal.

use jean_testing::{
    Browser, TestServer,
    account::{form_with, open_signed_in, signed_in},
};
use jiff::SignedDuration;

#[tokio::test]
async fn new_browser_and_connection_are_shown_until_dismissed() {
    let server = TestServer::new().await;
    let mut browser = Browser::default();
    server.connect().await;
    let page = open_signed_in(&server, &mut browser, "/account").await;
    let text = page.text();
    // The browser that consented, the connection, and this browser.
    assert_eq!(text.matches("New sign-in from").count(), 2, "{text}");
    assert_eq!(text.matches("was connected").count(), 1, "{text}");
    let known = page.form("/account/notices");
    for _ in 0..2 {
        assert_eq!(browser.submit(&server, &known, &[]).await.location(), "/account");
    }
    assert!(!browser.open(&server, "/account").await.text().contains("New sign-in from"));
    // A further sign-in with the same browser is not notified.
    server.turn_clock(SignedDuration::from_secs(1));
    let page = browser.open(&server, "/account/sign-in").await;
    browser.submit(&server, &page.form("/account/sign-in"), &server.credentials()).await;
    assert!(!browser.open(&server, "/account").await.text().contains("New sign-in from"));
}

#[tokio::test]
async fn later_notifications_survive_a_dismissal() {
    let server = TestServer::new().await;
    let mut browser = Browser::default();
    let page = open_signed_in(&server, &mut browser, "/account").await;
    server.turn_clock(SignedDuration::from_secs(60));
    server.connect().await;
    browser.submit(&server, &page.form("/account/notices"), &[]).await;
    let text = browser.open(&server, "/account").await.text();
    assert_eq!((text.matches("was connected").count(), text.matches("New sign-in from").count()), (1, 1), "{text}");
}

/// SR-11
#[tokio::test]
async fn new_key_and_reused_token_are_reported() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    let mut browser = signed_in(&server).await;
    let form = form_with(&browser.open(&server, "/account/keys").await, "next");
    for _ in 0..2 {
        browser.submit(&server, &form, &[("name", "notes")]).await;
    }
    let next = server.refresh(&pair.client_id, &pair.refresh_token).await.tokens(&pair.client_id);
    server.turn_clock(jiff::SignedDuration::from_mins(3));
    server.refresh(&next.client_id, &next.refresh_token).await;
    assert_eq!(server.refresh(&pair.client_id, &pair.refresh_token).await.error(), "invalid_grant");
    let text = browser.open(&server, "/account").await.text();
    assert_eq!(text.matches("An API key was created: <strong><bdi>notes</bdi></strong>.").count(), 1, "{text}");
    assert_eq!(text.matches("was disconnected, since an old token of it was used again").count(), 1, "{text}");
}
