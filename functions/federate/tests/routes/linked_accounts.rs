//! Linking and unlinking.

use http::StatusCode;
use jean_store::{identities::Identities, ways_in::WayIn};
use jean_testing::{
    Browser, TestServer,
    account::{bob, buttons, form_with, signed_in as owner_signed_in},
    device::{Device, id_of_first},
    identity_provider::ProviderAccount,
};
use jiff::SignedDuration;
use serde_json::json;

use crate::stage::{ada, change, empty, link, server, sign_in, signed_in, to_provider};

/// The linked accounts on the page.
async fn linked(server: &TestServer, browser: &mut Browser) -> Vec<String> {
    buttons(&browser.open(server, "/account/identities").await, "unlink")
}

/// SR-30, SR-11
#[tokio::test]
async fn owner_links_an_account_signs_in_with_it_and_unlinks_it() {
    let server = server().await;
    let mut browser = owner_signed_in(&server).await;
    let page = browser.open(&server, "/account/security").await;
    assert!(page.text().contains("/account/identities"));
    assert_eq!(link(&server, &mut browser, "closed", &ada()).await.location(), "/account/identities");
    let page = browser.open(&server, "/account/identities").await;
    assert!(page.text().contains("Account linked.") && page.text().contains("ada@example.com"), "{}", page.text());
    assert!(browser.open(&server, "/account").await.words().contains("An account of Closed &#38; Co was linked in"));

    let mut other = Browser::default();
    assert_eq!(sign_in(&server, &mut other, "closed", &ada()).await.location(), "/account");
    assert_eq!(signed_in(&server, &mut other).await.as_deref(), Some("owner@example.org"));

    let id = linked(&server, &mut browser).await.remove(0);
    let unlinked = change(&server, &mut browser, &[("unlink", &id)]).await;
    assert_eq!(unlinked.location(), "/account/identities");
    assert!(browser.open(&server, "/account").await.words().contains("An account of Closed &#38; Co was unlinked in"));
    let refused = sign_in(&server, &mut Browser::default(), "closed", &ada()).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(!server.everything_kept().await.contains("IDENTITY"));
}

/// SR-30
#[tokio::test]
async fn last_way_to_sign_in_cannot_be_removed() {
    let server = empty(&json!({}), &[]).await;
    let mut browser = Browser::default();
    sign_in(&server, &mut browser, "open", &ada()).await;
    let id = linked(&server, &mut browser).await.remove(0);
    let refused = change(&server, &mut browser, &[("unlink", &id)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("This is your only way to sign in."), "{}", refused.text());
    // Beside another linked account it can, and then that one cannot.
    let other = ProviderAccount::new("ada-2", "ada@example.com");
    assert_eq!(link(&server, &mut browser, "closed", &other).await.location(), "/account/identities");
    assert_eq!(change(&server, &mut browser, &[("unlink", &id)]).await.status, StatusCode::FOUND);
    let id = linked(&server, &mut browser).await.remove(0);
    assert_eq!(change(&server, &mut browser, &[("unlink", &id)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(sign_in(&server, &mut Browser::default(), "closed", &other).await.location(), "/account");
}

/// SR-30
#[tokio::test]
async fn passkey_can_take_the_place_of_a_linked_account() {
    let (server, mut device) = (empty(&json!({}), &[]).await, Device::default());
    let mut browser = Browser::default();
    sign_in(&server, &mut browser, "open", &ada()).await;
    let form = form_with(&browser.open(&server, "/account/passkeys").await, "seal");
    let credential = device.make(&form).await;
    browser.submit(&server, &form, &[("credential", &credential)]).await;
    let id = linked(&server, &mut browser).await.remove(0);
    assert_eq!(change(&server, &mut browser, &[("unlink", &id)]).await.status, StatusCode::FOUND);
    let page = browser.open(&server, "/account/passkeys").await;
    let refused = browser.submit(&server, &page.forms()[0], &[("remove", &id_of_first(&page))]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("This is your only way to sign in."), "{}", refused.text());
}

/// Each of two concurrent requests removes the way in that the other one keeps.
///
/// SR-30
#[tokio::test]
async fn concurrent_requests_leave_a_way_in() {
    let server = empty(&json!({}), &[]).await;
    let mut browser = Browser::default();
    sign_in(&server, &mut browser, "open", &ada()).await;
    link(&server, &mut browser, "closed", &ProviderAccount::new("ada-2", "ada@example.com")).await;
    let page = browser.open(&server, "/account/identities").await;
    let form = page.form("/account/identities");
    let ids = buttons(&page, "unlink");
    let unlink = |id: String| {
        let (mut browser, form, server) = (browser.clone(), form.clone(), &server);
        async move { browser.submit(server, &form, &[("unlink", &id)]).await.status }
    };
    tokio::join!(unlink(ids[0].clone()), unlink(ids[1].clone()));
    assert_eq!(linked(&server, &mut browser).await.len(), 1);
}

/// SR-30
#[tokio::test]
async fn account_that_is_linked_elsewhere_is_not_moved() {
    let server = server().await;
    let (mut owner, mut bob) = (owner_signed_in(&server).await, bob(&server).await);
    link(&server, &mut owner, "open", &ada()).await;
    let refused = link(&server, &mut bob, "open", &ada()).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text().contains("linked to another account here"), "{}", refused.text());
    assert_eq!(linked(&server, &mut bob).await, Vec::<String>::new());
    // Linking it again changes nothing.
    let page = owner.open(&server, "/account/identities").await;
    assert!(!buttons(&page, "link").contains(&"open".into()));
    assert_eq!(link(&server, &mut owner, "open", &ada()).await.location(), "/account/identities");
    assert_eq!(linked(&server, &mut owner).await.len(), 1);
    // Bob cannot unlink the owner's account.
    let id = linked(&server, &mut owner).await.remove(0);
    assert_eq!(change(&server, &mut bob, &[("unlink", &id)]).await.location(), "/account/identities");
    assert_eq!(linked(&server, &mut owner).await.len(), 1);
}

/// The request has read the owner's links, and waits while the account of the provider is unlinked and linked to another user.
///
/// SR-30
#[tokio::test]
async fn late_request_unlinks_nothing_from_another_account() {
    let server = server().await;
    let (mut owner, mut bob) = (owner_signed_in(&server).await, bob(&server).await);
    link(&server, &mut owner, "open", &ada()).await;
    let identities = Identities::new(server.table("UsersTable"));
    let read = identities.list(&server.owner().await.user_id).await.expect("reads").remove(0);
    change(&server, &mut owner, &[("unlink", read.id.as_str())]).await;
    link(&server, &mut bob, "open", &ada()).await;
    assert!(!identities.unlink(&read, &WayIn::Password).await.expect("answers"));
    assert_eq!(linked(&server, &mut bob).await, [read.id.as_str()]);
    let mut other = Browser::default();
    sign_in(&server, &mut other, "open", &ada()).await;
    assert_eq!(signed_in(&server, &mut other).await.as_deref(), Some("bob@example.org"));
}

/// SR-11, SR-30
#[tokio::test]
async fn linking_needs_a_recent_sign_in_and_the_same_session() {
    let server = server().await;
    let mut browser = owner_signed_in(&server).await;
    let page = browser.open(&server, "/account/identities").await;
    let form = page.form("/account/identities");
    // The answer arrives in another session of the same browser.
    let asked = browser.submit(&server, &form, &[("link", "open")]).await;
    let answer = server.identities.sign_in(asked.location(), &ada());
    let page = browser.open(&server, "/account/sign-in").await;
    browser.submit(&server, &page.form("/account/sign-in"), &server.credentials()).await;
    let refused = browser.open(&server, server.path(&answer)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text().contains("href=\"/account/identities\""), "{}", refused.text());
    // The form of the former session does nothing.
    assert_eq!(browser.submit(&server, &form, &[("link", "open")]).await.location(), "/account/identities");
    server.turn_clock(SignedDuration::from_mins(16));
    let asked = browser.open(&server, "/account/identities").await;
    assert_eq!(asked.location(), "/account/sign-in?return_to=%2Faccount%2Fidentities");
    assert!(browser.submit(&server, &form, &[("link", "open")]).await.location().starts_with("/account/sign-in"));
}

/// SR-31
#[tokio::test]
async fn unverified_address_links_nothing() {
    let server = server().await;
    let mut browser = owner_signed_in(&server).await;
    let refused = link(&server, &mut browser, "open", &ada().with("email_verified", json!(false))).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text().contains("href=\"/account/identities\""), "{}", refused.text());
    assert_eq!(linked(&server, &mut browser).await, Vec::<String>::new());
}

/// An attacker could otherwise link an account of their own to the account of a user, by a link that a signed-in user follows.
///
/// SR-30
#[tokio::test]
async fn answer_to_a_sign_in_links_nothing() {
    let server = server().await;
    let mut attacker = Browser::default();
    let url = to_provider(&server, &mut attacker, "open").await;
    let answer = server.identities.sign_in(&url, &ada());
    let mut owner = owner_signed_in(&server).await;
    assert_eq!(owner.open(&server, server.path(&answer)).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(linked(&server, &mut owner).await, Vec::<String>::new());
    assert_eq!(signed_in(&server, &mut owner).await.as_deref(), Some("owner@example.org"));
}
