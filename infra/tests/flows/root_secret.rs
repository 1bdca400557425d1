//! The signing secret, which verifiers of access tokens may hold, and the root secret, which they may not (SR-14).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use jean_auth::{
    keys::{RootKeyring, SigningSecret, VersionedSecret},
    session::{COOKIE, Form, Session, form_token},
};
use jean_rotate::{Rotation, Step, rotate};
use jean_testing::{Browser, TestServer, account::signed_in, secrets_manager::ROOT_ARN};
use jiff::SignedDuration;

/// The keys that earlier releases derived from the signing secret, and that a holder of it can derive now.
fn derived_from_signing_secret(world: &TestServer, kid: &str) -> RootKeyring {
    let value = world.secrets().value("v1").expect("a value");
    RootKeyring::new(
        SigningSecret::new(value, Some(kid.into())).expect("strong").as_former_root().expect("a secret"),
        None,
    )
}

/// The claims of a browser's session cookie, which needs no key to be read.
fn session_of(browser: &Browser) -> Session {
    let payload = browser.cookies[COOKIE].split('.').nth(1).expect("three parts").to_owned();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("a session")
}

/// A browser with the session of another one, signed with `keys`.
fn with_session(session: &Session, keys: &RootKeyring) -> Browser {
    Browser { cookies: [(COOKIE.to_owned(), session.sign(keys))].into(), address: None }
}

async fn shows_account(world: &TestServer, browser: &mut Browser) -> bool {
    browser.open(world, "/account").await.status == StatusCode::OK
}

/// Signs out with a form token that the caller has made, and returns `true` if that ended the session.
async fn signs_out(world: &TestServer, browser: &mut Browser, keys: &RootKeyring) -> bool {
    let page = browser.open(world, "/account").await;
    let form = page.form("/account/sign-out");
    let token = form_token(Form::Account, session_of(browser).sid.as_str(), "/account/sign-out", keys);
    browser.submit(world, &form, &[("token", &token)]).await;
    !browser.cookies.contains_key(COOKIE)
}

/// SR-14: an attacker holds the signing secret and has even seen the claims of a live session.
#[tokio::test]
async fn holder_of_the_signing_secret_forges_no_session_and_no_form() {
    let world = TestServer::with_secrets_manager().await;
    let forged = derived_from_signing_secret(&world, "r1");
    let mut browser = signed_in(&world).await;
    assert!(shows_account(&world, &mut browser).await);
    assert!(!shows_account(&world, &mut with_session(&session_of(&browser), &forged)).await);
    assert!(!signs_out(&world, &mut browser, &forged).await);
}

/// SR-14: the upgrade signs no user out.
#[tokio::test]
async fn sessions_and_forms_of_an_earlier_release_are_accepted_after_an_upgrade() {
    let world = TestServer::upgraded().await;
    let former = derived_from_signing_secret(&world, "v1");
    let session = session_of(&signed_in(&world).await);
    let mut browser = with_session(&session, &former);
    assert!(shows_account(&world, &mut browser).await);
    assert!(signs_out(&world, &mut browser, &former).await);
}

/// SR-14: after a leak of the signing secret, the operator ends this by rotating the root secret.
#[tokio::test]
async fn rotation_of_the_root_secret_ends_the_upgrade() {
    let world = TestServer::upgraded().await;
    let former = derived_from_signing_secret(&world, "v1");
    let mut browser = signed_in(&world).await;
    let session = session_of(&browser);
    world.root_secrets().begin_rotation("r2");
    for step in [Step::CreateSecret, Step::SetSecret, Step::TestSecret, Step::FinishSecret] {
        let event = Rotation { step, secret_id: ROOT_ARN.into(), client_request_token: "r2".into() };
        rotate(&world.platform(), event).await.expect("done");
    }
    world.turn_clock(SignedDuration::from_mins(12));
    assert!(!shows_account(&world, &mut with_session(&session, &former)).await);
    assert!(shows_account(&world, &mut browser).await, "the previous version verifies");
}

/// AS-22, SR-14: connections continue while both secrets are rotated again and again.
#[tokio::test]
async fn connection_outlives_rotations_of_the_root_secret() {
    let world = TestServer::with_secrets_manager().await;
    let mut pair = world.connect().await;
    for week in 0..4 {
        let version = format!("week-{week}");
        world.root_secrets().begin_rotation(&version);
        for step in [Step::CreateSecret, Step::SetSecret, Step::TestSecret, Step::FinishSecret] {
            let event = Rotation { step, secret_id: ROOT_ARN.into(), client_request_token: version.clone() };
            rotate(&world.platform(), event).await.expect("done");
        }
        for _ in 0..2 {
            let next = world.refresh(&pair.client_id, &pair.refresh_token).await.tokens(&pair.client_id);
            let again = world.refresh(&pair.client_id, &pair.refresh_token).await.tokens(&pair.client_id);
            assert_eq!(again.refresh_token, next.refresh_token, "{version}");
            pair = again;
            world.turn_clock(SignedDuration::from_mins(12));
        }
        world.turn_clock(SignedDuration::from_hours(24 * 7));
    }
}
