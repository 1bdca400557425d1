//! `/account/passkeys`, and sign-in with a passkey at `/account/sign-in` and `/oauth/sign-in`.

use http::StatusCode;
use jean_testing::{
    Browser, TestServer,
    account::{form_with, open_signed_in},
    device::{Device, asking, id_of_first, make},
};
use jiff::SignedDuration;
use serde_json::{Value, json};

#[tokio::test]
async fn passkey_signs_in_without_an_email() {
    let (server, mut device) = (TestServer::new().await, Device::default());
    let mut browser = make(&server, &mut device).await;
    assert_eq!(browser.open(&server, "/account/passkeys").await.text().matches("name=\"remove\"").count(), 1);
    assert_eq!(browser.open(&server, "/account").await.text().matches("A passkey was added").count(), 1);
    for _ in 0..2 {
        let mut browser = Browser::default();
        let page = browser.open(&server, "/account/sign-in?return_to=%2Faccount%2Fsecurity").await;
        let form = asking(&page);
        let credential = device.sign(&form).await;
        let signed_in = browser.submit(&server, &form, &[("credential", &credential)]).await;
        assert_eq!((signed_in.status, signed_in.location()), (StatusCode::FOUND, "/account/security"));
        assert!(browser.follow(&server, &signed_in).await.text().contains("owner@example.org"));
    }
}

#[tokio::test]
async fn last_sign_in_with_a_passkey_is_shown() {
    let (server, mut device) = (TestServer::new().await, Device::default());
    let mut owner = make(&server, &mut device).await;
    let page = owner.open(&server, "/account/passkeys").await.words();
    assert!(page.contains("added just now") && !page.contains("last used"), "{page}");
    server.turn_clock(SignedDuration::from_mins(5));
    let mut other = Browser::default();
    let form = asking(&other.open(&server, "/account/sign-in").await);
    let credential = device.sign(&form).await;
    other.submit(&server, &form, &[("credential", &credential)]).await;
    server.turn_clock(SignedDuration::from_mins(5));
    let page = owner.open(&server, "/account/passkeys").await.words();
    assert!(page.contains("added 10 min ago · last used 5 min ago"), "{page}");
}

#[tokio::test]
async fn passkey_alone_connects_a_client() {
    let (server, mut device) = (TestServer::new().await, Device::default());
    make(&server, &mut device).await;
    let client_id = server.register("Claude").await;
    let pkce = jean_testing::Pkce::new(3);
    let mut browser = Browser::default();
    let page = browser.open(&server, &server.authorize_path(&client_id, &pkce, "s")).await;
    let form = asking(&page);
    let credential = device.sign(&form).await;
    let signed_in = browser.submit(&server, &form, &[("credential", &credential)]).await;
    let consent = browser.follow(&server, &signed_in).await;
    assert!(consent.text().contains("Claude") && consent.text().contains("owner@example.org"), "{}", consent.text());
}

#[tokio::test]
async fn assertion_works_once_on_its_page() {
    let (server, mut device) = (TestServer::new().await, Device::default());
    make(&server, &mut device).await;
    let mut browser = Browser::default();
    let page = browser.open(&server, "/account/sign-in").await;
    let form = asking(&page);
    let credential = device.sign(&form).await;
    let answer = [("credential", credential.as_str())];
    // On another page of the same browser, and in another browser.
    let other = asking(&browser.open(&server, "/account/sign-in").await);
    let refused = browser.submit(&server, &other, &answer).await;
    assert!(refused.location().starts_with("/account/sign-in?"), "{}", refused.location());
    assert!(browser.follow(&server, &refused).await.text().contains("This passkey does not belong to an account here"));
    assert_eq!(Browser::default().submit(&server, &form, &answer).await.status, StatusCode::BAD_REQUEST);
    // On its own page, once.
    let mut copy = browser.clone();
    assert_eq!(browser.submit(&server, &form, &answer).await.location(), "/account");
    assert!(copy.submit(&server, &form, &answer).await.location().starts_with("/account/sign-in?"));
}

#[tokio::test]
async fn late_changed_or_foreign_assertion_is_rejected() {
    let (server, mut device) = (TestServer::new().await, Device::default());
    make(&server, &mut device).await;
    let mut browser = Browser::default();
    let form = asking(&browser.open(&server, "/account/sign-in").await);
    let right = device.sign(&form).await;
    let mut other_state = form.clone();
    for (name, value) in &mut other_state.fields {
        if name == "state" {
            *value = value.replacen("[1", "[2", 1);
        }
    }
    let mut signature: Value = serde_json::from_str(&right).expect("JSON");
    signature["response"]["signature"] = json!("AAAA");
    let mut handle: Value = serde_json::from_str(&right).expect("JSON");
    handle["response"]["userHandle"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
    let elsewhere = device.sign_at(&form, "http://localhost:4000").await;
    for (form, credential) in [
        (&other_state, right.clone()),
        (&form, signature.to_string()),
        (&form, handle.to_string()),
        (&form, elsewhere),
        (&form, "{}".into()),
        (&form, "not JSON".into()),
    ] {
        let refused = browser.submit(&server, form, &[("credential", &credential)]).await;
        assert!(refused.location().starts_with("/account/sign-in?"), "{credential}");
    }
    server.turn_clock(SignedDuration::from_hours(1));
    assert!(
        browser.submit(&server, &form, &[("credential", &right)]).await.location().starts_with("/account/sign-in?")
    );
}

/// SR-24
#[tokio::test]
async fn passkey_used_in_a_frame_is_rejected() {
    let (server, mut device) = (TestServer::new().await, Device::default());
    make(&server, &mut device).await;
    let mut browser = Browser::default();
    let form = asking(&browser.open(&server, "/account/sign-in").await);
    let framed = device.sign_in_frame(&form, "https://evil.example").await;
    let refused = browser.submit(&server, &form, &[("credential", &framed)]).await;
    assert!(refused.location().starts_with("/account/sign-in?"), "{}", refused.location());
    let credential = device.sign(&form).await;
    assert_eq!(browser.submit(&server, &form, &[("credential", &credential)]).await.location(), "/account");
}

#[tokio::test]
async fn removed_passkey_is_rejected() {
    let (server, mut device) = (TestServer::new().await, Device::default());
    let mut browser = make(&server, &mut device).await;
    let page = browser.open(&server, "/account/passkeys").await;
    let id = id_of_first(&page);
    for _ in 0..2 {
        browser.submit(&server, &page.forms()[0], &[("remove", &id)]).await;
    }
    let mut browser = Browser::default();
    let form = asking(&browser.open(&server, "/account/sign-in").await);
    let credential = device.sign(&form).await;
    let refused = browser.submit(&server, &form, &[("credential", &credential)]).await;
    assert!(refused.location().starts_with("/account/sign-in?"));
}

#[tokio::test]
async fn old_session_changes_no_passkey() {
    let (server, mut device) = (TestServer::new().await, Device::default());
    let mut browser = make(&server, &mut device).await;
    let page = browser.open(&server, "/account/passkeys").await;
    server.turn_clock(SignedDuration::from_mins(15));
    for form in page.forms().into_iter().filter(|form| form.action == "/account/passkeys") {
        let answer = browser.submit(&server, &form, &[("remove", "x")]).await;
        assert_eq!(answer.location(), "/account/sign-in?return_to=%2Faccount%2Fpasskeys");
    }
}

/// T-27
#[tokio::test]
async fn passkey_of_another_user_cannot_be_removed() {
    let (server, mut device) = (TestServer::new().await, Device::default());
    let mut ours = make(&server, &mut device).await;
    let id = &id_of_first(&ours.open(&server, "/account/passkeys").await);
    let mut theirs = jean_testing::account::bob(&server).await;
    let page = theirs.open(&server, "/account/passkeys").await;
    assert!(!page.text().contains(id));
    let form = form_with(&page, "token");
    theirs.submit(&server, &form, &[("remove", id)]).await;
    // A credential created in one session is not stored in another (T-11, T-16).
    let seal = form_with(&ours.open(&server, "/account/passkeys").await, "seal");
    let credential = Device::default().make(&seal).await;
    theirs.submit(&server, &seal, &[("credential", &credential)]).await;
    assert!(!theirs.open(&server, "/account/passkeys").await.text().contains("name=\"remove\""));
    assert!(ours.open(&server, "/account/passkeys").await.text().contains(id));
}

#[tokio::test]
async fn passkeys_are_off_for_an_ip_address() {
    let server = TestServer::at("http://127.0.0.1:3000").await;
    let mut browser = Browser::default();
    let page = browser.open(&server, "/account/sign-in").await;
    assert_eq!(page.forms().len(), 1);
    let page = open_signed_in(&server, &mut browser, "/account/passkeys").await;
    assert!(page.text().contains("addressed by IP"), "{}", page.text());
}
