//! Sign-in and sign-up.

use http::StatusCode;
use jean_testing::{
    Browser, Pkce, TestServer,
    account::{open_signed_in, signed_in as owner_signed_in},
    identity_provider::ProviderAccount,
};
use jiff::SignedDuration;
use serde_json::json;

use crate::stage::{CLOSED, OPEN, ada, click, empty, server, sign_in, signed_in, to_provider};

/// SR-30
#[tokio::test]
async fn user_signs_up_and_signs_in_with_a_provider() {
    let server = empty(&json!({}), &[]).await;
    let mut browser = Browser::default();
    assert_eq!(sign_in(&server, &mut browser, "open", &ada()).await.location(), "/account/connect");
    assert_eq!(signed_in(&server, &mut browser).await.as_deref(), Some("ada@example.com"));
    assert!(!browser.open(&server, "/account").await.text().contains("class=\"notices\""));

    // The address at the provider has changed; the account is found by its subject.
    let mut other = Browser::default();
    let renamed = ProviderAccount::new("ada-1", "lovelace@example.com");
    assert_eq!(sign_in(&server, &mut other, "open", &renamed).await.location(), "/account");
    assert_eq!(signed_in(&server, &mut other).await.as_deref(), Some("ada@example.com"));
    assert!(browser.open(&server, "/account").await.text().contains("class=\"notices\""), "another browser is news");
}

/// SR-31
#[tokio::test]
async fn sign_in_returns_to_the_authorization_request() {
    let server = server().await;
    let client_id = server.register("Claude").await;
    let authorize = server.authorize_path(&client_id, &Pkce::new(1), "s");
    let mut browser = Browser::default();
    let page = browser.open(&server, &format!("{authorize}&login_hint=ada%40example.com&prompt=login")).await;
    let url = click(&server, &mut browser, &page, "open").await.location().to_owned();
    assert!(url.starts_with(&format!("{OPEN}/authorize?")), "{url}");
    assert!(url.contains("&login_hint=ada%40example.com") && url.contains("&prompt=login"), "{url}");
    let answer = server.identities.sign_in(&url, &ada());
    let signed_in = browser.open(&server, server.path(&answer)).await;
    assert!(signed_in.location().starts_with("/oauth/authorize?"), "{}", signed_in.location());
    let consent = browser.follow(&server, &signed_in).await;
    assert!(consent.forms()[0].action.starts_with("/oauth/consent"), "{}", consent.text());
    assert!(consent.text().contains("ada@example.com"));
}

#[tokio::test]
async fn buttons_stand_above_the_password_only_if_there_are_providers() {
    let server = server().await;
    let page = Browser::default().open(&server, "/account/sign-in").await;
    let text = page.text();
    assert!(text.contains("Continue with Open ID") && text.contains("Continue with Closed &#38; Co"), "{text}");
    assert!(text.find("/federate") < text.find("type=\"password\""));
    let german = server.send(http::Method::GET, "/account/sign-in", &[("accept-language", "de")], "").await;
    assert!(german.text().contains("Weiter mit Open ID"));
    let none = TestServer::new().await;
    let page = Browser::default().open(&none, "/account/sign-in").await;
    assert!(!page.text().contains("/federate"));
    let mut browser = owner_signed_in(&none).await;
    assert!(!browser.open(&none, "/account/security").await.text().contains("/account/identities"));
}

#[tokio::test]
async fn sign_up_page_has_the_buttons() {
    let server = empty(&json!({}), &[("SignUp", "open")]).await;
    let mut browser = Browser::default();
    let page = browser.open(&server, "/account/sign-up?return_to=%2Faccount%2Fkeys").await;
    let url = click(&server, &mut browser, &page, "open").await.location().to_owned();
    let answer = server.identities.sign_in(&url, &ada());
    assert_eq!(browser.open(&server, server.path(&answer)).await.location(), "/account/keys");
}

/// A website could otherwise make a browser sign in again, which counts as a recent sign-in.
///
/// SR-05, T-16
#[tokio::test]
async fn form_of_another_page_starts_nothing() {
    let server = server().await;
    let mut browser = Browser::default();
    let page = browser.open(&server, "/account/sign-in").await;
    let form = page.form("/federate");
    let body = form.encode(&[("provider", "open")]).1;
    let content_type = ("content-type", "application/x-www-form-urlencoded");
    let cross_site = [content_type, ("sec-fetch-site", "cross-site"), ("cookie", &browser.cookie_header())];
    let refused = server.send(http::Method::POST, &form.action, &cross_site, &body).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let refused = Browser::default().submit(&server, &form, &[("provider", "open")]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let mut elsewhere = form.clone();
    elsewhere.action = "/federate?return_to=%2Faccount%2Fkeys".into();
    let refused = browser.submit(&server, &elsewhere, &[("provider", "open")]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let unknown = browser.submit(&server, &form, &[("provider", "other")]).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.open(&server, "/federate").await.location(), "/account");
}

/// A user at an unattended browser could otherwise change credentials after a sign-in that the provider answered by itself.
///
/// SR-11
#[tokio::test]
async fn repeated_sign_in_is_recent_only_if_the_provider_has_authenticated_the_user() {
    let server = empty(&json!({}), &[]).await;
    let mut browser = Browser::default();
    sign_in(&server, &mut browser, "open", &ada()).await;
    server.turn_clock(SignedDuration::from_hours(1));
    server.identities.set_clock(OPEN, server.now().as_second());
    assert!(browser.open(&server, "/account/password").await.location().starts_with("/account/sign-in"));
    let hour_ago = json!(server.now().as_second() - 3600);
    let url = to_provider(&server, &mut browser, "open").await;
    assert!(url.contains("&prompt=login"), "{url}");
    for (at, is_recent) in [(hour_ago, false), (json!(server.now().as_second()), true)] {
        sign_in(&server, &mut browser, "open", &ada().with("auth_time", at.clone())).await;
        assert_eq!(browser.open(&server, "/account/password").await.status == StatusCode::OK, is_recent, "{at}");
    }
}

/// A user at an unattended browser could otherwise sign out, and in again without a prompt of the provider.
///
/// SR-11
#[tokio::test]
async fn first_sign_in_is_recent_only_if_the_provider_tells_so() {
    let server = empty(&json!({}), &[]).await;
    let (now, hour_ago) = (server.now().as_second(), server.now().as_second() - 3600);
    sign_in(&server, &mut Browser::default(), "open", &ada()).await;
    for (account, is_recent) in [
        (ada(), false),
        (ada().with("auth_time", json!(hour_ago)), false),
        (ada().with("auth_time", json!(now - 60)), true),
    ] {
        let mut browser = Browser::default();
        sign_in(&server, &mut browser, "open", &account).await;
        assert_eq!(browser.open(&server, "/account").await.status, StatusCode::OK);
        assert_eq!(browser.open(&server, "/account/password").await.status == StatusCode::OK, is_recent);
        // Signed in a second time, at the provider's prompt.
        let url = to_provider(&server, &mut browser, "open").await;
        assert!(url.contains("&prompt=login") && url.contains("&max_age=900"), "{url}");
        sign_in(&server, &mut browser, "open", &ada()).await;
        assert_eq!(browser.open(&server, "/account/password").await.status, StatusCode::OK);
    }
}

/// The provider could otherwise answer by itself, for a user who signed in there long ago.
///
/// AS-20
#[tokio::test]
async fn client_that_limits_the_age_of_the_sign_in_has_the_provider_ask() {
    let server = empty(&json!({}), &[]).await;
    let mut browser = Browser::default();
    let authorize = server.authorize_path(&server.register("Claude").await, &Pkce::new(1), "s");
    for (limit, is_asked) in [("", false), ("&max_age=600", true)] {
        let page = browser.open(&server, &format!("{authorize}{limit}")).await;
        let url = click(&server, &mut browser, &page, "open").await.location().to_owned();
        assert_eq!(url.contains("&prompt=login"), is_asked, "{url}");
    }
}

/// A sign-in without a prompt connects a client all the same.
///
/// SR-05
#[tokio::test]
async fn user_of_a_provider_connects_a_client_with_one_sign_in() {
    let server = empty(&json!({}), &[]).await;
    sign_in(&server, &mut Browser::default(), "open", &ada()).await;
    let mut browser = Browser::default();
    sign_in(&server, &mut browser, "open", &ada().with("auth_time", json!(server.now().as_second() - 3600))).await;
    let authorize = server.authorize_path(&server.register("Claude").await, &Pkce::new(1), "s");
    let page = browser.open(&server, &authorize).await;
    assert!(page.forms().iter().any(|form| form.action.starts_with("/oauth/consent")), "{}", page.text());
}

/// Providers such as oidc-provider send the address at the userinfo endpoint only.
#[tokio::test]
async fn address_of_the_userinfo_endpoint_is_used() {
    let server = empty(&json!({}), &[]).await;
    server.identities.use_userinfo(OPEN);
    let mut browser = Browser::default();
    sign_in(&server, &mut browser, "open", &ada()).await;
    assert_eq!(signed_in(&server, &mut browser).await.as_deref(), Some("ada@example.com"));
    assert!(server.identities.requests(OPEN).contains(&"/userinfo".into()));
}

/// SR-30
#[tokio::test]
async fn deleted_account_takes_its_links_with_it() {
    let server = empty(&json!({}), &[]).await;
    let mut browser = Browser::default();
    sign_in(&server, &mut browser, "open", &ada()).await;
    let page = browser.open(&server, "/account/delete").await;
    let deleted = browser.submit(&server, &page.form("/account/delete"), &[("email", "ada@example.com")]).await;
    assert_eq!(deleted.status, StatusCode::OK);
    assert!(!server.everything_kept().await.contains("IDENTITY"));
    assert_eq!(sign_in(&server, &mut browser, "open", &ada()).await.location(), "/account/connect");
}

/// SR-30
#[tokio::test]
async fn account_of_a_provider_can_get_a_password() {
    let server = empty(&json!({}), &[]).await;
    let mut browser = Browser::default();
    sign_in(&server, &mut browser, "open", &ada()).await;
    let page = browser.open(&server, "/account/password").await;
    let form = page.form("/account/password");
    assert!(!form.names.contains(&"current".into()));
    browser.submit(&server, &form, &[("password", "correct horse battery staple")]).await;
    let mut other = Browser::default();
    let page = other.open(&server, "/account/sign-in").await;
    let typed = [("email", "ada@example.com"), ("password", "correct horse battery staple")];
    assert_eq!(other.submit(&server, &page.form("/account/sign-in"), &typed).await.location(), "/account");
}

/// SR-31
#[tokio::test]
async fn documents_of_a_provider_are_fetched_once_an_hour() {
    let server = server().await;
    let fetches = || {
        let requests = server.identities.requests(CLOSED);
        requests.iter().filter(|path| path.starts_with("/.well-known")).count()
    };
    for _ in 0..3 {
        to_provider(&server, &mut Browser::default(), "closed").await;
    }
    assert_eq!(fetches(), 1);
    server.turn_clock(SignedDuration::from_mins(61));
    to_provider(&server, &mut Browser::default(), "closed").await;
    assert_eq!(fetches(), 2);
    // A new instance reads them from the store.
    let server = server.restart().await;
    to_provider(&server, &mut Browser::default(), "closed").await;
    let requests = server.identities.requests(CLOSED);
    assert_eq!(requests.iter().filter(|path| path.starts_with("/.well-known")).count(), 2);
}

#[tokio::test]
async fn owner_still_signs_in_with_the_password() {
    let server = server().await;
    let mut browser = Browser::default();
    assert_eq!(open_signed_in(&server, &mut browser, "/account").await.status, StatusCode::OK);
}
