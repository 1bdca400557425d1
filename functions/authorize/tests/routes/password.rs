//! `/account/password` for a signed-in user.

use http::{Method, StatusCode};
use jean_testing::{
    Browser, TestServer,
    account::open_signed_in,
    device::{Device, asking, make},
};
use jiff::SignedDuration;

/// SR-04
#[tokio::test]
async fn changed_password_ends_other_sessions() {
    let server = TestServer::new().await;
    let (mut here, mut there) = (Browser::default(), Browser::default());
    open_signed_in(&server, &mut there, "/account").await;
    let page = open_signed_in(&server, &mut here, "/account/password").await;
    let form = page.form("/account/password");
    let short = here.submit(&server, &form, &[("password", "short")]).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    let current = ("current", server.credentials()[1].1);
    let typed = [("password", "another horse battery staple"), current];
    assert_eq!(here.submit(&server, &form, &typed).await.location(), "/account/security");
    assert_eq!(here.open(&server, "/account").await.status, StatusCode::OK);
    assert_eq!(there.open(&server, "/account").await.status, StatusCode::FOUND);
    let asked = there.open(&server, "/account/sign-in").await;
    let old = there.submit(&server, &asked.form("/account/sign-in"), &server.credentials()).await;
    assert!(old.location().starts_with("/account/sign-in"));
    let typed = [("email", "owner@example.org"), typed[0]];
    assert_eq!(there.submit(&server, &asked.form("/account/sign-in"), &typed).await.location(), "/account");
}

/// T-16
#[tokio::test]
async fn old_session_cannot_change_the_password() {
    let server = TestServer::new().await;
    let (mut here, mut there) = (Browser::default(), Browser::default());
    let page = open_signed_in(&server, &mut here, "/account/password").await;
    open_signed_in(&server, &mut there, "/account").await;
    let (form, typed) = (page.form("/account/password"), [("password", "another horse battery staple")]);
    assert_eq!(there.submit(&server, &form, &typed).await.location(), "/account/password");
    server.turn_clock(SignedDuration::from_mins(15));
    assert_eq!(
        here.submit(&server, &form, &typed).await.location(),
        "/account/sign-in?return_to=%2Faccount%2Fpassword"
    );
    open_signed_in(&server, &mut Browser::default(), "/account").await;
}

/// SR-16
#[tokio::test]
async fn shorter_password_needs_a_passkey_beside_it() {
    let server = TestServer::new().await;
    let mut browser = Browser::default();
    let page = open_signed_in(&server, &mut browser, "/account/password").await;
    assert!(page.text().contains("At least 15 characters"), "{}", page.text());
    let typed = [("password", "tin lamp oz"), ("current", server.credentials()[1].1)];
    let refused = browser.submit(&server, &page.form("/account/password"), &typed).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut browser = make(&server, &mut Device::default()).await;
    let page = browser.open(&server, "/account/password").await;
    assert!(page.text().contains("At least 10 characters"), "{}", page.text());
    let saved = browser.submit(&server, &page.form("/account/password"), &typed).await;
    assert_eq!(saved.location(), "/account/security");
}

const NEW: (&str, &str) = ("password", "another horse battery staple");

/// SR-11
#[tokio::test]
async fn password_change_needs_the_current_password() {
    let server = TestServer::new().await;
    let mut browser = Browser::default();
    let form = open_signed_in(&server, &mut browser, "/account/password").await.form("/account/password");
    for typed in [vec![NEW], vec![NEW, ("current", "a guess of an intruder")]] {
        let refused = browser.submit(&server, &form, &typed).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text().contains("The current password is incorrect."), "{}", refused.text());
    }
    for _ in 0..8 {
        browser.submit(&server, &form, &[NEW, ("current", "a guess of an intruder")]).await;
    }
    let right = [NEW, ("current", server.credentials()[1].1)];
    assert_eq!(browser.submit(&server, &form, &right).await.status, StatusCode::TOO_MANY_REQUESTS, "guesses count");
    server.turn_clock(SignedDuration::from_mins(15));
    let page = open_signed_in(&server, &mut browser, "/account/password").await;
    let saved = browser.submit(&server, &page.form("/account/password"), &right).await;
    assert_eq!(saved.location(), "/account/security");
}

/// SR-11
#[tokio::test]
async fn recent_passkey_stands_in_for_the_current_password() {
    let (server, mut device) = (TestServer::new().await, Device::default());
    make(&server, &mut device).await;
    let mut browser = Browser::default();
    let form = asking(&browser.open(&server, "/account/sign-in?return_to=%2Faccount%2Fpassword").await);
    let credential = device.sign(&form).await;
    let signed_in = browser.submit(&server, &form, &[("credential", &credential)]).await;
    let page = browser.follow(&server, &signed_in).await;
    assert!(!page.text().contains("Current password"), "{}", page.text());
    let saved = browser.submit(&server, &page.form("/account/password"), &[NEW]).await;
    assert_eq!(saved.location(), "/account/security");
}

/// SR-11
#[tokio::test]
async fn password_change_can_end_keys_and_apps() {
    for ends in [false, true] {
        let server = TestServer::new().await;
        let owner = server.owner().await;
        let key = server.api_key(&owner).await;
        let pair = server.connect().await;
        let mut browser = Browser::default();
        let page = open_signed_in(&server, &mut browser, "/account/password").await;
        assert!(page.text().contains("API keys (1) and disconnect your apps (1)"), "{}", page.text());
        assert!(!page.text().contains(" checked"), "off by default");
        let mut typed = vec![NEW, ("current", server.credentials()[1].1)];
        typed.extend(ends.then_some(("end_access", "yes")));
        browser.submit(&server, &page.form("/account/password"), &typed).await;
        assert_eq!(server.grants().await, usize::from(!ends));
        let refreshed = server.refresh(&pair.client_id, &pair.refresh_token).await;
        assert_eq!(refreshed.status == StatusCode::OK, !ends);
        let path = format!("/mcp/v2/claude/{}", owner.user_id);
        let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
        let headers = [("content-type", "application/json"), ("x-api-key", key.as_str())];
        let answer = server.send(Method::POST, &path, &headers, list).await;
        assert_eq!(answer.status == StatusCode::OK, !ends);
    }
}

#[tokio::test]
async fn form_names_what_it_changes() {
    let server = TestServer::new().await;
    server.connect().await;
    let mut browser = Browser::default();
    let text = open_signed_in(&server, &mut browser, "/account/password").await.text();
    for part in ["<h1>Change password</h1>", ">New password</label>", "<span>Also disconnect your apps (1)</span>"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
