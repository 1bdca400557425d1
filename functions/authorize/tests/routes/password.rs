//! `/account/password` for a signed-in user.

use http::StatusCode;
use jean_testing::{
    Browser, TestServer,
    account::open_signed_in,
    device::{Device, make},
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
    let typed = [("password", "another horse battery staple")];
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
    let typed = [("password", "tin lamp oz")];
    let refused = browser.submit(&server, &page.form("/account/password"), &typed).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut browser = make(&server, &mut Device::default()).await;
    let page = browser.open(&server, "/account/password").await;
    assert!(page.text().contains("At least 10 characters"), "{}", page.text());
    let saved = browser.submit(&server, &page.form("/account/password"), &typed).await;
    assert_eq!(saved.location(), "/account/security");
}
