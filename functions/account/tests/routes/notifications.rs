//! `/account/notices`: notifications and their dismissal.

use http::Method;
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

/// SR-23
#[tokio::test]
async fn two_sources_within_the_grace_are_reported_once_a_day() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    let refresh = async |address: &str, token: &str| {
        let body = format!("grant_type=refresh_token&client_id={}&refresh_token={token}", pair.client_id);
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let answer = server.send_from(address, Method::POST, "/oauth/token", &headers, &body).await;
        let text = signed_in(&server).await.open(&server, "/account").await.text();
        (answer.tokens(&pair.client_id).refresh_token, text.matches("renewed its access from two networks").count())
    };
    let (own, thief) = ("203.0.113.7:443", "198.51.100.9:443");
    let (second, notices) = refresh(own, &pair.refresh_token).await;
    assert_eq!(notices, 0, "the first refresh");
    assert_eq!(refresh(own, &pair.refresh_token).await.1, 0, "the client repeats a lost response");
    let (stolen, notices) = refresh(thief, &pair.refresh_token).await;
    assert_eq!((stolen == second, notices), (true, 1), "a replaced token within the grace");
    let (third, notices) = refresh(thief, &stolen).await;
    assert_eq!(notices, 1, "once a day");
    server.turn_clock(SignedDuration::from_hours(24));
    let (fourth, notices) = refresh(own, &third).await;
    assert_eq!(notices, 1, "the grace is over");
    assert_eq!(refresh(thief, &fourth).await.1, 2, "the current token within the grace, on another day");
    let kept = server.everything_kept().await;
    assert!(!kept.contains("198.51.100.9") && !kept.contains("203.0.113.7"), "an address is stored");
}

/// AS-10, SR-11
#[tokio::test]
async fn replayed_code_is_reported_once() {
    let server = TestServer::new().await;
    let (client_id, code, pkce) = server.code().await;
    server.exchange(&client_id, &code, &pkce).await.tokens(&client_id);
    for _ in 0..3 {
        server.turn_clock(SignedDuration::from_secs(1));
        assert_eq!(server.exchange(&client_id, &code, &pkce).await.error(), "invalid_grant");
    }
    let text = signed_in(&server).await.open(&server, "/account").await.text();
    assert_eq!(text.matches("was disconnected, since its authorization code was used twice").count(), 1, "{text}");
}
