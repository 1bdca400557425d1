//! Id tokens that must not sign anyone in: forged, foreign or expired ones (SR-31).

use http::StatusCode;
use jean_testing::identity_provider::Fault;
use serde_json::json;

use crate::stage::{empty, sign_in_with};

/// Asserts that an id token with this fault creates no account, on a server where anyone may sign up.
async fn assert_rejected(fault: Fault) {
    let server = empty(&json!({}), &[]).await;
    let refused = sign_in_with(&server, fault).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.text().contains("could not be verified"), "{}", refused.text());
    assert!(!server.everything_kept().await.contains("ada@example.com"));
}

/// SR-31
#[tokio::test]
async fn id_token_with_the_nonce_of_another_sign_in_is_rejected() {
    assert_rejected(Fault::WrongNonce).await;
}

/// SR-31
#[tokio::test]
async fn id_token_without_nonce_is_rejected() {
    assert_rejected(Fault::NoNonce).await;
}

/// SR-31
#[tokio::test]
async fn id_token_for_another_client_is_rejected() {
    assert_rejected(Fault::WrongAudience).await;
}

/// SR-31
#[tokio::test]
async fn id_token_for_a_second_client_is_rejected() {
    assert_rejected(Fault::MoreAudiences).await;
}

/// SR-31
#[tokio::test]
async fn id_token_issued_to_another_client_is_rejected() {
    assert_rejected(Fault::WrongParty).await;
}

/// SR-31
#[tokio::test]
async fn id_token_of_another_issuer_is_rejected() {
    assert_rejected(Fault::WrongIssuer).await;
}

/// SR-31
#[tokio::test]
async fn expired_id_token_is_rejected() {
    assert_rejected(Fault::Expired).await;
}

/// SR-31
#[tokio::test]
async fn unsigned_id_token_is_rejected() {
    assert_rejected(Fault::Unsigned).await;
}

/// RFC 8725 §3.1: a verifier that trusts the algorithm of the header takes the public key for an HMAC secret.
///
/// SR-31
#[tokio::test]
async fn id_token_signed_with_the_public_key_as_a_secret_is_rejected() {
    assert_rejected(Fault::SignedWithPublicKey).await;
}

/// SR-31
#[tokio::test]
async fn id_token_signed_with_another_key_is_rejected() {
    assert_rejected(Fault::OtherKey).await;
}

/// SR-31
#[tokio::test]
async fn id_token_signed_with_an_unpublished_key_is_rejected() {
    assert_rejected(Fault::UnknownKey).await;
}
