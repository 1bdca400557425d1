//! Access tokens signed with a key pair: as a service elsewhere verifies them, across rotations and when the mode changes (SR-14).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{Method, StatusCode};
use jean_auth::{
    access_token::Claims,
    keys::{SigningKeyring, SigningSecret, VersionedSecret},
};
use jean_rotate::{Rotation, Step, rotate};
use jean_testing::{TestServer, TokenPair, secrets_manager::KEY_PAIR_ARN};
use jiff::SignedDuration;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const HOUR: SignedDuration = SignedDuration::from_hours(1);

async fn server() -> TestServer {
    let mut world = TestServer::with_secrets_manager().await;
    world.sign_with_key_pair(true).await;
    world
}

/// Runs all steps of a rotation of the key pair.
async fn rotated(world: &TestServer, token: &str) {
    world.key_pair().begin_rotation(token);
    for step in [Step::CreateSecret, Step::SetSecret, Step::TestSecret, Step::FinishSecret] {
        let rotation = Rotation { step, secret_id: KEY_PAIR_ARN.into(), client_request_token: token.into() };
        rotate(&world.platform(), rotation).await.expect("done");
    }
}

/// The `kid`s that are published.
async fn published(world: &TestServer) -> Vec<String> {
    let answer = world.get("/.well-known/jwks.json").await;
    assert_eq!(answer.status, StatusCode::OK);
    let keys = answer.json()["keys"].as_array().expect("keys").clone();
    keys.iter().map(|key| key["kid"].as_str().expect("a kid").to_owned()).collect()
}

async fn refreshed(world: &TestServer, pair: &TokenPair) -> TokenPair {
    world.refresh(&pair.client_id, &pair.refresh_token).await.tokens(&pair.client_id)
}

/// SR-14, AS-02
#[tokio::test]
async fn metadata_leads_to_the_key_of_a_token() {
    let world = server().await;
    let token = world.connect().await.access_token;
    assert!(world.works(&token).await);
    let metadata = world.get("/.well-known/oauth-authorization-server").await.json();
    let answer = world.get(world.path(metadata["jwks_uri"].as_str().expect("a URL"))).await;
    assert_eq!(answer.headers["cache-control"], "public, max-age=300");
    assert_eq!(answer.headers["content-type"], "application/json");
    let keys = answer.json();
    let key = &keys["keys"][0];
    assert_eq!([&key["kty"], &key["crv"], &key["alg"], &key["use"]], ["OKP", "Ed25519", "EdDSA", "sig"]);
    assert_eq!(key["kid"], world.kid(&token));
    assert_eq!(key.get("d"), None, "the private key");
    assert_eq!(keys["keys"].as_array().map(Vec::len), Some(1));
}

/// SR-14, SD-03
#[tokio::test]
async fn secret_alone_publishes_nothing() {
    let world = TestServer::with_secrets_manager().await;
    assert_eq!(world.get("/.well-known/jwks.json").await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.get("/.well-known/oauth-authorization-server").await.json().get("jwks_uri"), None);
    let local = TestServer::empty().await;
    assert_eq!(local.get("/.well-known/jwks.json").await.status, StatusCode::NOT_FOUND);
}

/// SR-14
#[tokio::test]
async fn published_keys_are_only_read() {
    let world = server().await;
    let answer = world.send(Method::POST, "/.well-known/jwks.json", &[], "").await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
}

/// SR-14, AS-22: a verifier elsewhere keeps the keys for 10 minutes, more than it is told.
#[tokio::test]
async fn rotation_is_seen_by_no_client_and_no_verifier() {
    let world = server().await;
    let mut pair = world.connect().await;
    let (mut copy, mut kids) = (published(&world).await, Vec::new());
    for minute in 0..90 {
        if minute == 5 {
            rotated(&world, "p2").await;
        }
        if minute % 10 == 0 {
            copy = published(&world).await;
        }
        pair = refreshed(&world, &pair).await;
        let kid = world.kid(&pair.access_token);
        assert!(copy.contains(&kid), "minute {minute}");
        for _ in 0..3 {
            assert!(world.works(&pair.access_token).await, "minute {minute}");
        }
        kids.push(kid);
        world.turn_clock(MINUTE);
    }
    kids.dedup();
    assert_eq!(kids.len(), 2, "the new key signs in the end");
    assert_eq!(world.key_pair().labelled("AWSPREVIOUS").as_deref(), Some("p1"));
}

/// SR-14: the previous key ends with the last token that it can have signed.
#[tokio::test]
async fn previous_key_is_published_for_a_day() {
    let world = server().await;
    let old = published(&world).await.remove(0);
    rotated(&world, "p2").await;
    world.turn_clock(HOUR * 24 + MINUTE * 59);
    assert!(published(&world).await.contains(&old));
    world.turn_clock(MINUTE);
    let left = published(&world).await;
    assert!(left.len() == 1 && !left.contains(&old), "{left:?}");
}

/// SR-14: no client notices the change of the mode.
#[tokio::test]
async fn tokens_of_the_secret_live_on_when_a_key_pair_is_chosen() {
    let mut world = TestServer::with_secrets_manager().await;
    world.turn_clock(HOUR * 48);
    let first = world.connect().await;
    world.sign_with_key_pair(true).await;
    assert!(world.works(&first.access_token).await);
    let second = refreshed(&world, &first).await;
    assert_eq!(world.kid(&second.access_token), "v1", "verifiers elsewhere have not read the key yet");
    assert_eq!(published(&world).await.len(), 1);
    world.turn_clock(MINUTE * 59);
    let second = refreshed(&world, &second).await;
    world.turn_clock(MINUTE);
    assert!(world.works(&second.access_token).await);
    let third = refreshed(&world, &second).await;
    assert_eq!([world.kid(&third.access_token)].to_vec(), published(&world).await);
    assert!(world.works(&third.access_token).await);
}

/// A token that a holder of the signing secret issues to itself, with the claims of a genuine one.
fn signed_with_secret(world: &TestServer, genuine: &str) -> String {
    let payload = URL_SAFE_NO_PAD.decode(genuine.split('.').nth(1).expect("claims")).expect("base64url");
    let mut claims: Claims = serde_json::from_slice(&payload).expect("claims");
    (claims.iat, claims.exp) = (world.now().as_second(), world.now().as_second() + 60);
    let secret = world.secrets().value("v1").expect("a value");
    let secret = SigningSecret::new(secret, Some("v1".into())).expect("strong");
    claims.sign(&SigningKeyring::new(secret, None))
}

/// SR-14
#[tokio::test]
async fn holder_of_the_secret_issues_nothing_a_day_after_the_change() {
    let mut world = TestServer::with_secrets_manager().await;
    let pair = world.connect().await;
    world.turn_clock(HOUR * 48);
    world.sign_with_key_pair(true).await;
    world.turn_clock(HOUR * 25 - MINUTE);
    assert!(world.works(&signed_with_secret(&world, &pair.access_token)).await, "as before the change");
    world.turn_clock(MINUTE);
    assert!(!world.works(&signed_with_secret(&world, &pair.access_token)).await);
    let new = server().await;
    let pair = new.connect().await;
    assert!(!new.works(&signed_with_secret(&new, &pair.access_token)).await, "a new stack");
}

/// SR-14: clients replace their tokens by themselves when the key pair is given up.
#[tokio::test]
async fn connection_continues_when_the_secret_signs_again() {
    let mut world = server().await;
    let pair = world.connect().await;
    world.sign_with_key_pair(false).await;
    assert!(!world.works(&pair.access_token).await);
    let next = refreshed(&world, &pair).await;
    assert_eq!(world.kid(&next.access_token), "v1");
    assert!(world.works(&next.access_token).await);
}
