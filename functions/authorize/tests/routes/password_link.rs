//! `/account/password` with a password link.

use http::StatusCode;
use jean_auth::{
    identity::{IdentityId, LinkedAccount},
    user::User,
};
use jean_store::users::Users;
use jean_testing::{Browser, TestServer, account::open_signed_in};
use jiff::SignedDuration;

#[tokio::test]
async fn owner_link_creates_one_account() {
    let server = TestServer::empty().await;
    let path = server.password_link(None).await;
    let mut browser = Browser::default();
    let page = browser.open(&server, &path).await;
    let form = page.form("/account/password");
    let short = browser.submit(&server, &form, &[("email", "me@example.org"), ("password", "short")]).await;
    assert!(short.text().contains("at least 15 characters"), "{}", short.text());
    let no_email = browser.submit(&server, &form, &[("email", ""), ("password", "correct horse battery")]).await;
    assert!(no_email.text().contains("Enter your email"), "{}", no_email.text());
    let saved =
        browser.submit(&server, &form, &[("email", "me@example.org"), ("password", "correct horse battery")]).await;
    // The user is signed in, and can connect an assistant at once.
    assert_eq!(saved.location(), "/account/connect");
    let guide = browser.follow(&server, &saved).await.text();
    assert!(guide.contains(&server.url("/mcp")) && guide.contains("me@example.org"), "{guide}");
    let clicked_twice =
        browser.submit(&server, &form, &[("email", "me@example.org"), ("password", "correct horse battery")]).await;
    assert_eq!(clicked_twice.location(), "/account/connect");
    let overview = browser.open(&server, "/account").await.text();
    assert!(!overview.contains("New since your last visit"), "the first browser is no news: {overview}");
    assert_eq!(browser.open(&server, &path).await.status, StatusCode::NOT_FOUND);
}

/// A repeated form signs in with its password only: another account is not reached by changing the address in it.
#[tokio::test]
async fn repeated_form_reaches_no_other_account() {
    let server = TestServer::empty().await;
    let path = server.password_link(None).await;
    let mut browser = Browser::default();
    let form = browser.open(&server, &path).await.form("/account/password");
    let typed = [("email", "me@example.org"), ("password", "correct horse battery")];
    browser.submit(&server, &form, &typed).await;
    server.add_user("bob@example.org").await;
    for (email, password) in [("bob@example.org", "correct horse battery"), ("me@example.org", "another horse battery")]
    {
        let answer = browser.submit(&server, &form, &[("email", email), ("password", password)]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{email}");
    }
}

/// SR-32
#[tokio::test]
async fn owner_link_makes_an_owner_and_a_later_account_is_none() {
    let server = TestServer::empty_with("SignUp", "open").await;
    let path = server.password_link(None).await;
    let mut browser = Browser::default();
    let form = browser.open(&server, &path).await.form("/account/password");
    browser.submit(&server, &form, &[("email", "me@example.org"), ("password", "correct horse battery")]).await;
    assert!(server.user("me@example.org").await.is_owner);
    let mut browser = Browser::default();
    let form = browser.open(&server, "/account/sign-up").await.form("/account/sign-up");
    browser.submit(&server, &form, &[("email", "you@example.org"), ("password", "correct horse battery")]).await;
    assert!(!server.user("you@example.org").await.is_owner);
}

/// Before there is an owner, any visitor could otherwise become one by open sign-up.
///
/// SR-32
#[tokio::test]
async fn first_account_by_sign_up_is_no_owner() {
    let server = TestServer::empty_with("SignUp", "open").await;
    let mut browser = Browser::default();
    let form = browser.open(&server, "/account/sign-up").await.form("/account/sign-up");
    browser.submit(&server, &form, &[("email", "you@example.org"), ("password", "correct horse battery")]).await;
    assert!(!server.user("you@example.org").await.is_owner);
}

#[tokio::test]
async fn second_owner_link_creates_no_account() {
    let server = TestServer::empty().await;
    let (one, other) = (server.password_link(None).await, server.password_link(None).await);
    for (path, status) in [(one, StatusCode::FOUND), (other, StatusCode::NOT_FOUND)] {
        let mut browser = Browser::default();
        let form = browser.open(&server, &path).await.form("/account/password");
        let email = format!("{}@example.org", status.as_u16());
        let saved = browser.submit(&server, &form, &[("email", &email), ("password", "correct horse battery")]).await;
        assert_eq!(saved.status, status);
    }
}

#[tokio::test]
async fn new_password_ends_all_sessions() {
    let server = TestServer::new().await;
    let (mut browser, authorize) = server.at_consent().await;
    let owner = server.owner().await;
    let path = server.password_link(Some(&owner)).await;
    let mut other = Browser::default();
    let page = other.open(&server, &path).await;
    assert!(page.text().contains("owner@example.org"));
    other.submit(&server, &page.form("/account/password"), &[("password", "another password")]).await;
    assert!(browser.open(&server, &authorize).await.text().contains("<h1>Sign in</h1>"));
    let page = browser.open(&server, &authorize).await;
    let old = browser.submit(&server, &page.form("/oauth/sign-in"), &server.credentials()).await;
    assert!(browser.follow(&server, &old).await.text().contains("Incorrect"));
    let typed = [("email", "owner@example.org"), ("password", "another password")];
    let new = browser.submit(&server, &page.form("/oauth/sign-in"), &typed).await;
    assert!(browser.follow(&server, &new).await.text().contains("wants to use your memory"));
}

#[tokio::test]
async fn link_expires() {
    let server = TestServer::empty().await;
    let path = server.password_link(None).await;
    server.turn_clock(SignedDuration::from_hours(24 * 365));
    assert_eq!(server.get(&path).await.status, StatusCode::NOT_FOUND);
}

/// SR-04
#[tokio::test]
async fn older_links_end_with_a_new_link_and_with_a_new_password() {
    let server = TestServer::new().await;
    let [first, second] = [
        server.password_link(Some(&server.owner().await)).await,
        server.password_link(Some(&server.owner().await)).await,
    ];
    let mut thief = Browser::default();
    assert_eq!(thief.open(&server, &first).await.status, StatusCode::NOT_FOUND, "ended by the second link");
    let mut owner = Browser::default();
    let form = owner.open(&server, &second).await.form("/account/password");
    assert_eq!(owner.submit(&server, &form, &[("password", "another password")]).await.status, StatusCode::FOUND);
    for old in [&first, &second] {
        assert_eq!(thief.open(&server, old).await.status, StatusCode::NOT_FOUND);
    }
    let typed = [("email", "owner@example.org"), ("password", "another password")];
    let page = owner.open(&server, "/account/sign-in").await;
    let signed_in = owner.submit(&server, &page.form("/account/sign-in"), &typed).await;
    assert!(owner.follow(&server, &signed_in).await.text().contains("The password was changed"));
}

/// SR-04
#[tokio::test]
async fn link_and_form_opened_before_a_password_change_set_no_password() {
    let server = TestServer::new().await;
    let link = server.password_link(Some(&server.owner().await)).await;
    let mut thief = Browser::default();
    let opened = thief.open(&server, &link).await.form("/account/password");
    let mut owner = Browser::default();
    let page = open_signed_in(&server, &mut owner, "/account/password").await;
    let change = [("password", "another horse battery"), ("current", server.credentials()[1].1)];
    assert_eq!(owner.submit(&server, &page.form("/account/password"), &change).await.status, StatusCode::FOUND);
    let taken = thief.submit(&server, &opened, &[("password", "the password of a thief")]).await;
    assert_eq!(taken.status, StatusCode::NOT_FOUND);
    assert_eq!(owner.open(&server, "/account").await.status, StatusCode::OK, "its own session continues");
}

/// SR-11
#[tokio::test]
async fn reset_ends_keys_and_apps_by_default() {
    let server = TestServer::new().await;
    let owner = server.owner().await;
    server.api_key(&owner).await;
    server.connect().await;
    let mut browser = Browser::default();
    let page = browser.open(&server, &server.password_link(Some(&owner)).await).await;
    assert!(page.text().contains("name=\"end_access\" value=\"yes\" checked"), "{}", page.text());
    let typed = [("password", "another horse battery staple"), ("end_access", "yes")];
    let form = page.form("/account/password");
    for _ in 0..2 {
        assert_eq!(browser.submit(&server, &form, &typed).await.location(), "/account");
    }
    assert_eq!(server.grants().await, 0);
    assert!(!server.everything_kept().await.contains("KEY#"));
}

/// The link could be an intruder's, so the user is notified as of any other password.
///
/// SR-04, SR-11
#[tokio::test]
async fn first_password_of_an_account_in_use_is_notified() {
    let server = TestServer::new().await;
    let users = Users::new(server.table("UsersTable"));
    let user = |id: &str| {
        let email = format!("{id}@example.org").parse().expect("valid");
        User::new(id.parse().expect("valid"), email, server.now(), None)
    };
    let (invited, linked) = (user("invited"), user("linked"));
    users.add(&invited).await.expect("writes");
    let identity = LinkedAccount {
        id: IdentityId::of(&"https://idp.example".parse().expect("valid"), "1"),
        user_id: linked.user_id.clone(),
        issuer: "https://idp.example".into(),
        email: linked.email.clone(),
        created_at: server.now(),
    };
    users.add_with(&linked, &identity).await.expect("writes");
    for (user, signs_up) in [(invited, true), (linked, false)] {
        let path = server.password_link(Some(&user)).await;
        let mut browser = Browser::default();
        let form = browser.open(&server, &path).await.form("/account/password");
        let saved = browser.submit(&server, &form, &[("password", "another horse battery staple")]).await;
        assert_eq!(saved.location(), if signs_up { "/account/connect" } else { "/account" }, "{}", user.email);
        let overview = browser.open(&server, "/account").await.text();
        for event in ["The password was changed in", "New sign-in from"] {
            assert_eq!(overview.contains(event), !signs_up, "{}: {event}: {overview}", user.email);
        }
    }
}
