//! Sign-in to a disabled account, by every method of this function.

use http::StatusCode;
use jean_auth::user::User;
use jean_testing::{
    Answer, Browser, TestServer,
    device::{Device, asking, make},
};

/// A server with a disabled user, Bob.
async fn with_bob_disabled() -> (TestServer, User) {
    let server = TestServer::new().await;
    let bob = server.add_user("bob@example.org").await;
    server.disable(&bob).await;
    (server, bob)
}

/// Submits the sign-in page of the account.
async fn sign_in(server: &TestServer, email: &str, password: &str) -> (Browser, Answer) {
    let mut browser = Browser::default();
    let page = browser.open(server, "/account/sign-in").await;
    let form = page.form("/account/sign-in");
    let answer = browser.submit(server, &form, &[("email", email), ("password", password)]).await;
    (browser, answer)
}

fn assert_disabled(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.text().contains("This account is disabled"), "{}", answer.text());
    assert!(answer.text().contains("The operator of this server has disabled it"), "{}", answer.text());
}

/// SR-33
#[tokio::test]
async fn correct_password_of_a_disabled_account_starts_no_session() {
    let (server, bob) = with_bob_disabled().await;
    let (mut browser, refused) = sign_in(&server, "bob@example.org", server.credentials()[1].1).await;
    assert_disabled(&refused);
    assert_eq!(browser.open(&server, "/account").await.status, StatusCode::FOUND);
    server.enable(&bob).await;
    assert_eq!(sign_in(&server, "bob@example.org", server.credentials()[1].1).await.1.location(), "/account");
}

/// SR-33
#[tokio::test]
async fn without_the_password_nothing_tells_that_an_account_is_disabled() {
    let (server, _) = with_bob_disabled().await;
    let mut pages = Vec::new();
    for email in ["bob@example.org", "owner@example.org", "none@example.org"] {
        let (mut browser, refused) = sign_in(&server, email, "a wrong password of bob").await;
        assert_eq!(refused.status, StatusCode::FOUND);
        let page = browser.follow(&server, &refused).await.words();
        assert!(page.contains("Incorrect email or password"), "{page}");
        assert!(!page.contains("disabled"), "{page}");
        pages.push(page);
    }
    assert!(pages.windows(2).all(|pair| pair[0] == pair[1]), "{pages:?}");
}

/// SR-33
#[tokio::test]
async fn passkey_of_a_disabled_account_starts_no_session() {
    let (server, mut device) = (TestServer::new().await, Device::default());
    make(&server, &mut device).await;
    server.disable(&server.owner().await).await;
    let mut browser = Browser::default();
    let form = asking(&browser.open(&server, "/account/sign-in").await);
    let credential = device.sign(&form).await;
    assert_disabled(&browser.submit(&server, &form, &[("credential", &credential)]).await);
    assert_eq!(browser.open(&server, "/account").await.status, StatusCode::FOUND);
}

/// SR-33
#[tokio::test]
async fn connecting_a_client_needs_an_enabled_account() {
    let (server, _) = with_bob_disabled().await;
    let client_id = server.register("Claude").await;
    let mut browser = Browser::default();
    let page = browser.open(&server, &server.authorize_path(&client_id, &jean_testing::Pkce::new(1), "s")).await;
    let typed = [("email", "bob@example.org"), server.credentials()[1]];
    assert_disabled(&browser.submit(&server, &page.form("/oauth/sign-in"), &typed).await);
}

/// SR-33
#[tokio::test]
async fn password_link_of_before_neither_sets_a_password_nor_enables_the_account() {
    let server = TestServer::new().await;
    let bob = server.add_user("bob@example.org").await;
    let path = server.password_link(Some(&bob)).await;
    let mut browser = Browser::default();
    let form = browser.open(&server, &path).await.form("/account/password");
    server.disable(&bob).await;
    let typed = [("password", "another horse battery staple")];
    assert_eq!(browser.submit(&server, &form, &typed).await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.open(&server, &path).await.status, StatusCode::NOT_FOUND);
    server.enable(&bob).await;
    assert_eq!(browser.open(&server, &path).await.status, StatusCode::NOT_FOUND, "the link has ended");
    assert_eq!(sign_in(&server, "bob@example.org", server.credentials()[1].1).await.1.location(), "/account");
}

/// SR-33
#[tokio::test]
async fn used_password_link_does_not_sign_in_to_a_disabled_account() {
    let server = TestServer::new().await;
    let bob = server.add_user("bob@example.org").await;
    let path = server.password_link(Some(&bob)).await;
    let mut browser = Browser::default();
    let form = browser.open(&server, &path).await.form("/account/password");
    let typed = [("password", "another horse battery staple")];
    assert_eq!(browser.submit(&server, &form, &typed).await.status, StatusCode::FOUND);
    server.disable(&bob).await;
    assert_disabled(&browser.submit(&server, &form, &typed).await);
    assert_eq!(browser.open(&server, "/account").await.status, StatusCode::FOUND);
}

/// SR-33
#[tokio::test]
async fn sign_up_with_the_address_of_a_disabled_account_enables_nothing() {
    let server = TestServer::with("SignUp", "open").await;
    let bob = server.add_user("bob@example.org").await;
    server.disable(&bob).await;
    let mut browser = Browser::default();
    let form = browser.open(&server, "/account/sign-up").await.form("/account/sign-up");
    let typed = [("email", "bob@example.org"), server.credentials()[1]];
    assert_disabled(&browser.submit(&server, &form, &typed).await);
    let guessed = [("email", "bob@example.org"), ("password", "a lantern in the boat house")];
    let taken = browser.submit(&server, &form, &guessed).await;
    assert!(taken.text().contains("This address already has an account."), "{}", taken.text());
}

/// SR-33, SR-04
#[tokio::test]
async fn open_sessions_end_and_stay_ended() {
    let server = TestServer::new().await;
    let mut browser = jean_testing::account::bob(&server).await;
    let bob = server.user("bob@example.org").await;
    let (page, consent) = (browser.open(&server, "/account/password").await, server.register("Claude").await);
    assert_eq!(page.status, StatusCode::OK);
    server.disable(&bob).await;
    for path in ["/account", "/account/keys", "/account/passkeys", "/account/password", "/account/identities"] {
        let answer = browser.open(&server, path).await;
        assert!(answer.location().starts_with("/account/sign-in"), "{path}");
    }
    let typed = [("password", "another horse battery staple"), ("current", server.credentials()[1].1)];
    let refused = browser.submit(&server, &page.form("/account/password"), &typed).await;
    assert!(refused.location().starts_with("/account/sign-in"));
    let authorize = server.authorize_path(&consent, &jean_testing::Pkce::new(1), "s");
    assert!(browser.open(&server, &authorize).await.text().contains("<h1>Sign in</h1>"));
    server.enable(&bob).await;
    assert!(browser.open(&server, "/account").await.location().starts_with("/account/sign-in"));
}
