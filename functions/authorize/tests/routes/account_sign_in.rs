//! `/account/sign-in` and `/account/sign-out`: sessions of the account pages.

use http::StatusCode;
use jean_testing::{Browser, TestServer, account::open_signed_in};
use jiff::SignedDuration;

#[tokio::test]
async fn signed_out_user_signs_in_and_returns() {
    let server = TestServer::new().await;
    let mut browser = Browser::default();
    let asked = browser.open(&server, "/account").await;
    assert_eq!(asked.location(), "/account/sign-in?return_to=%2Faccount");
    let page = browser.follow(&server, &asked).await;
    let answer = browser.submit(&server, &page.form("/account/sign-in"), &server.credentials()).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::FOUND, "/account"));
    let page = browser.follow(&server, &answer).await;
    assert!(page.text().contains("owner@example.org"), "{}", page.text());
}

/// AS-19
#[tokio::test]
async fn wrong_password_keeps_the_return_path() {
    let server = TestServer::new().await;
    let mut browser = Browser::default();
    let page = browser.open(&server, "/account/sign-in?return_to=%2Faccount").await;
    let wrong = [("email", "owner@example.org"), ("password", "wrong, wrong, wrong")];
    let answer = browser.submit(&server, &page.form("/account/sign-in"), &wrong).await;
    let again = browser.follow(&server, &answer).await;
    let text = again.text();
    assert!(text.contains("role=\"alert\"") && text.contains("Forgot it? Ask the operator"), "{text}");
    assert!(text.contains("aria-invalid=\"true\" aria-describedby=\"problem\" autofocus"), "{text}");
    assert!(again.form("/account/sign-in").action.ends_with("return_to=%2Faccount"));
}

/// T-01
#[tokio::test]
async fn sign_in_never_redirects_to_another_site() {
    let server = TestServer::new().await;
    for return_to in ["https://evil.example/account", "//evil.example/account", "/oauth/token", "/account/../token"] {
        let mut browser = Browser::default();
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("return_to", return_to).finish();
        let page = browser.open(&server, &format!("/account/sign-in?{query}")).await;
        let answer = browser.submit(&server, &page.form("/account/sign-in"), &server.credentials()).await;
        assert_eq!(answer.location(), "/account", "{return_to}");
    }
}

/// T-05
#[tokio::test]
async fn sign_in_form_of_another_browser_is_rejected() {
    let server = TestServer::new().await;
    let page = Browser::default().open(&server, "/account/sign-in").await;
    let mut other = Browser::default();
    let answer = other.submit(&server, &page.form("/account/sign-in"), &server.credentials()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(other.cookies.is_empty());
}

#[tokio::test]
async fn new_sign_in_ends_the_previous_session() {
    let server = TestServer::new().await;
    let mut browser = Browser::default();
    open_signed_in(&server, &mut browser, "/account").await;
    let mut before = browser.clone();
    let page = browser.open(&server, "/account/sign-in").await;
    assert!(page.text().contains("value=\"owner@example.org\""), "{}", page.text());
    browser.submit(&server, &page.form("/account/sign-in"), &server.credentials()).await;
    assert_eq!(browser.open(&server, "/account").await.status, StatusCode::OK);
    assert_eq!(before.open(&server, "/account").await.status, StatusCode::FOUND);
}

#[tokio::test]
async fn sign_out_ends_the_session() {
    let server = TestServer::new().await;
    let mut browser = Browser::default();
    let page = open_signed_in(&server, &mut browser, "/account").await;
    let (form, mut copy) = (page.form("/account/sign-out"), browser.clone());
    assert_eq!(browser.submit(&server, &form, &[]).await.location(), "/account/sign-in");
    assert_eq!(copy.open(&server, "/account").await.status, StatusCode::FOUND);
    assert_eq!(browser.submit(&server, &form, &[]).await.location(), "/account");
}

/// T-16
#[tokio::test]
async fn sign_out_form_of_another_session_is_rejected() {
    let server = TestServer::new().await;
    let (mut ada, mut bob) = (Browser::default(), Browser::default());
    let page = open_signed_in(&server, &mut ada, "/account").await;
    open_signed_in(&server, &mut bob, "/account").await;
    bob.submit(&server, &page.form("/account/sign-out"), &[]).await;
    assert_eq!(bob.open(&server, "/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn expired_session_asks_to_sign_in() {
    let server = TestServer::new().await;
    let mut browser = Browser::default();
    open_signed_in(&server, &mut browser, "/account").await;
    server.turn_clock(SignedDuration::from_hours(30 * 24));
    assert_eq!(browser.open(&server, "/account").await.status, StatusCode::FOUND);
}

#[tokio::test]
async fn page_that_needs_a_recent_sign_in_says_so() {
    let server = TestServer::new().await;
    let mut browser = Browser::default();
    let page = browser.open(&server, "/account/sign-in?return_to=%2Faccount%2Fpasskeys").await;
    assert!(page.text().contains("<h1>Sign in</h1>"), "{}", page.text());
    open_signed_in(&server, &mut browser, "/account").await;
    server.turn_clock(SignedDuration::from_mins(15));
    for path in ["/account/passkeys", "/account/password", "/account/identities", "/account/users", "/account/delete"] {
        let asked = browser.open(&server, path).await;
        if path == "/account/users" && asked.status == StatusCode::NOT_FOUND {
            continue;
        }
        let text = browser.follow(&server, &asked).await.text();
        assert!(text.contains("<h1>Confirm it is you</h1>") && text.contains("more than 15 minutes ago."), "{text}");
        assert!(text.contains("<a href=\"/account\">Back to your account</a>"), "{text}");
    }
}
