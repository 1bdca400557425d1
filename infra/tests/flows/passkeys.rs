//! Passkeys, made and used by an authenticator of another make.

use async_trait::async_trait;
use http::StatusCode;
use jiff::SignedDuration;
use passkey::{
    authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod},
    client::{Client, DefaultClientData},
    crypto::rust_crypto::RustCryptoBackend,
};
use passkey_types::{
    Passkey,
    ctap2::{Aaguid, Ctap2Error},
    webauthn::{CredentialCreationOptions, CredentialRequestOptions},
};
use serde_json::{Value, json};
use url::Url;

use crate::{
    account::{form_with, open_signed_in},
    browser::{Browser, Form},
    world::{Answer, World},
};

#[tokio::test]
async fn a_passkey_is_made_once_and_signs_in_without_an_address() {
    let (world, mut device) = (World::new().await, Device::new());
    let mut browser = make(&world, &mut device).await;
    assert_eq!(browser.open(&world, "/account/passkeys").await.text().matches("name=\"remove\"").count(), 1);
    assert_eq!(browser.open(&world, "/account").await.text().matches("A passkey was added").count(), 1);
    for _ in 0..2 {
        let mut browser = Browser::default();
        let page = browser.open(&world, "/account/sign-in?return_to=%2Faccount%2Fsecurity").await;
        let form = asking(&page);
        let credential = device.sign(&form).await;
        let signed_in = browser.submit(&world, &form, &[("credential", &credential)]).await;
        assert_eq!((signed_in.status, signed_in.location()), (StatusCode::FOUND, "/account/security"));
        assert!(browser.follow(&world, &signed_in).await.text().contains("owner@example.org"));
    }
}

fn id_of_first(page: &Answer) -> String {
    let text = page.text();
    text[text.find("name=\"remove\" value=\"").expect("a button") + 21..][..43].into()
}

#[tokio::test]
async fn a_client_is_connected_with_a_passkey_alone() {
    let (world, mut device) = (World::new().await, Device::new());
    make(&world, &mut device).await;
    let client_id = world.register("Claude").await;
    let pkce = crate::world::Pkce::new(3);
    let mut browser = Browser::default();
    let page = browser.open(&world, &world.authorize_path(&client_id, &pkce, "s")).await;
    let form = asking(&page);
    let credential = device.sign(&form).await;
    let signed_in = browser.submit(&world, &form, &[("credential", &credential)]).await;
    let consent = browser.follow(&world, &signed_in).await;
    assert!(consent.text().contains("Claude") && consent.text().contains("owner@example.org"), "{}", consent.text());
}

#[tokio::test]
async fn an_answer_does_once_and_for_the_page_it_was_given_to() {
    let (world, mut device) = (World::new().await, Device::new());
    make(&world, &mut device).await;
    let mut browser = Browser::default();
    let page = browser.open(&world, "/account/sign-in").await;
    let form = asking(&page);
    let credential = device.sign(&form).await;
    let answer = [("credential", credential.as_str())];
    // On another page of the same browser, and in another browser.
    let other = asking(&browser.open(&world, "/account/sign-in").await);
    let refused = browser.submit(&world, &other, &answer).await;
    assert!(refused.location().starts_with("/account/sign-in?"), "{}", refused.location());
    assert!(browser.follow(&world, &refused).await.text().contains("This passkey does not belong to an account here"));
    assert_eq!(Browser::default().submit(&world, &form, &answer).await.status, StatusCode::BAD_REQUEST);
    // Where it belongs, once.
    let mut copy = browser.clone();
    assert_eq!(browser.submit(&world, &form, &answer).await.location(), "/account");
    assert!(copy.submit(&world, &form, &answer).await.location().starts_with("/account/sign-in?"));
}

#[tokio::test]
async fn an_answer_that_is_late_changed_or_of_another_site_is_refused() {
    let (world, mut device) = (World::new().await, Device::new());
    make(&world, &mut device).await;
    let mut browser = Browser::default();
    let form = asking(&browser.open(&world, "/account/sign-in").await);
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
        let refused = browser.submit(&world, form, &[("credential", &credential)]).await;
        assert!(refused.location().starts_with("/account/sign-in?"), "{credential}");
    }
    world.turn_clock(SignedDuration::from_hours(1));
    assert!(browser.submit(&world, &form, &[("credential", &right)]).await.location().starts_with("/account/sign-in?"));
}

#[tokio::test]
async fn a_passkey_that_was_removed_opens_nothing() {
    let (world, mut device) = (World::new().await, Device::new());
    let mut browser = make(&world, &mut device).await;
    let page = browser.open(&world, "/account/passkeys").await;
    let id = id_of_first(&page);
    for _ in 0..2 {
        browser.submit(&world, &page.forms()[0], &[("remove", &id)]).await;
    }
    let mut browser = Browser::default();
    let form = asking(&browser.open(&world, "/account/sign-in").await);
    let credential = device.sign(&form).await;
    let refused = browser.submit(&world, &form, &[("credential", &credential)]).await;
    assert!(refused.location().starts_with("/account/sign-in?"));
}

#[tokio::test]
async fn a_browser_that_was_left_open_makes_and_removes_no_passkey() {
    let (world, mut device) = (World::new().await, Device::new());
    let mut browser = make(&world, &mut device).await;
    let page = browser.open(&world, "/account/passkeys").await;
    world.turn_clock(SignedDuration::from_mins(15));
    for form in page.forms() {
        let answer = browser.submit(&world, &form, &[("remove", "x")]).await;
        assert_eq!(answer.location(), "/account/sign-in?return_to=%2Faccount%2Fpasskeys");
    }
}

#[tokio::test]
async fn nobody_removes_the_passkey_of_somebody_else_t27() {
    let (world, mut device) = (World::new().await, Device::new());
    let mut ours = make(&world, &mut device).await;
    let id = &id_of_first(&ours.open(&world, "/account/passkeys").await);
    let mut theirs = crate::account_memories::bob(&world).await;
    let page = theirs.open(&world, "/account/passkeys").await;
    assert!(!page.text().contains(id));
    let form = form_with(&page, "token");
    theirs.submit(&world, &form, &[("remove", id)]).await;
    // Nor is what was made in one sign-in kept in another (T-11, T-16).
    let seal = form_with(&ours.open(&world, "/account/passkeys").await, "seal");
    let credential = Device::new().make(&seal).await;
    theirs.submit(&world, &seal, &[("credential", &credential)]).await;
    assert!(!theirs.open(&world, "/account/passkeys").await.text().contains("name=\"remove\""));
    assert!(ours.open(&world, "/account/passkeys").await.text().contains(id));
}

#[tokio::test]
async fn where_the_host_has_no_name_there_are_no_passkeys_and_all_else_works() {
    let world = World::at("http://127.0.0.1:3000").await;
    let mut browser = Browser::default();
    let page = browser.open(&world, "/account/sign-in").await;
    assert_eq!(page.forms().len(), 1);
    let page = open_signed_in(&world, &mut browser, "/account/passkeys").await;
    assert!(page.text().contains("addressed by IP"), "{}", page.text());
}
