//! Redemption of authorization codes.

use futures::future::join_all;
use http::{Method, StatusCode};
use jean_store::account_access::{AccountAccess, Administrator};
use jean_testing::{Pkce, TestServer};
use jiff::SignedDuration;

/// AS-10
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_a_hundred_concurrent_redemptions_succeeds() {
    let server = TestServer::new().await;
    let (client_id, code, pkce) = server.code().await;
    let answers = join_all((0..100).map(|_| server.exchange(&client_id, &code, &pkce))).await;
    let succeeded = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    assert_eq!(succeeded, 1);
    for refused in answers.iter().filter(|answer| answer.status != StatusCode::OK) {
        assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, "invalid_grant".into()));
    }
}

/// SR-33
#[tokio::test]
async fn code_of_a_disabled_account_is_not_redeemed() {
    let server = TestServer::new().await;
    let (client_id, code, pkce) = server.code().await;
    let owner = server.owner().await;
    server.disable(&owner).await;
    let refused = server.exchange(&client_id, &code, &pkce).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, "invalid_grant".into()));
    assert_eq!(server.grants().await, 0);
    server.enable(&owner).await;
    let refused = server.exchange(&client_id, &code, &pkce).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, "invalid_grant".into()));
    assert!(server.works(&server.connect().await.access_token).await);
}

/// SR-11, SR-33
#[tokio::test]
async fn code_from_before_the_end_of_all_access_is_not_redeemed() {
    let server = TestServer::new().await;
    let (client_id, code, pkce) = server.code().await;
    let owner = server.owner().await;
    let access = AccountAccess::new(server.table("AuthTable"), server.table("UsersTable"));
    access.end_all(&owner.user_id, Administrator::Operator, server.now()).await.expect("writes").expect("an account");
    server.turn_clock(SignedDuration::from_secs(1));
    let refused = server.exchange(&client_id, &code, &pkce).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, "invalid_grant".into()));
    assert!(server.works(&server.connect().await.access_token).await);
}

/// AS-10
#[tokio::test]
async fn replay_revokes_the_grant() {
    let server = TestServer::new().await;
    let (client_id, code, pkce) = server.code().await;
    let pair = server.exchange(&client_id, &code, &pkce).await.tokens(&client_id);
    let replayed = server.exchange(&client_id, &code, &pkce).await;
    assert_eq!((replayed.status, replayed.error()), (StatusCode::BAD_REQUEST, "invalid_grant".into()));
    assert_eq!(server.refresh(&client_id, &pair.refresh_token).await.error(), "invalid_grant");
}

/// AS-10, T-03
#[tokio::test]
async fn wrong_verifier_client_or_uri_keeps_code_and_grant() {
    let server = TestServer::new().await;
    let (client_id, code, pkce) = server.code().await;
    let thief = server.register("Thief").await;
    let attempts = async || {
        let wrong_verifier = server.exchange(&client_id, &code, &Pkce::new(9)).await;
        let wrong_client = server.exchange(&thief, &code, &pkce).await;
        let mut body = server.exchange_body(&client_id, &code, &pkce);
        body.retain(|(name, _)| *name != "redirect_uri");
        body.push(("redirect_uri", "https://claude.com/api/mcp/auth_callback"));
        let wrong_address = server.post_form("/oauth/token", &body).await;
        for refused in [wrong_verifier, wrong_client, wrong_address] {
            assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, "invalid_grant".into()));
        }
    };
    attempts().await;
    let pair = server.exchange(&client_id, &code, &pkce).await.tokens(&client_id);
    attempts().await;
    assert_eq!(server.refresh(&client_id, &pair.refresh_token).await.status, StatusCode::OK);
}

/// AS-10, AS-21
#[tokio::test]
async fn code_expires_after_a_minute() {
    let server = TestServer::new().await;
    let (client_id, code, pkce) = server.code().await;
    server.turn_clock(SignedDuration::from_secs(60));
    let refused = server.exchange(&client_id, &code, &pkce).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, "invalid_grant".into()));
}

/// T-12
#[tokio::test]
async fn repeated_parameter_is_rejected() {
    let server = TestServer::new().await;
    let (client_id, code, pkce) = server.code().await;
    let mut body = server.exchange_body(&client_id, &code, &pkce);
    body.push(("code", "another"));
    let refused = server.post_form("/oauth/token", &body).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, "invalid_request".into()));
    assert_eq!(server.exchange(&client_id, &code, &pkce).await.status, StatusCode::OK, "nothing was used up");
}

/// T-16
#[tokio::test]
async fn text_body_is_not_read_as_json() {
    let server = TestServer::new().await;
    let answer = server.send(Method::POST, "/oauth/register", &[("content-type", "text/plain")], "{}").await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}
