//! Rotation and expiry of refresh tokens.

use futures::future::join_all;
use http::StatusCode;
use jean_testing::TestServer;
use jiff::SignedDuration;
use serde_json::json;

/// AS-11
#[tokio::test]
async fn refresh_returns_a_working_pair() {
    let server = TestServer::new().await;
    let first = server.connect().await;
    let second = server.refresh(&first.client_id, &first.refresh_token).await;
    assert_eq!(second.status, StatusCode::OK);
    let second = second.tokens(&first.client_id);
    assert_ne!(second.refresh_token, first.refresh_token);
    assert!(server.works(&second.access_token).await);
    assert_eq!(server.refresh(&first.client_id, &second.refresh_token).await.status, StatusCode::OK);
}

/// AS-11
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_refreshes_all_get_a_working_pair() {
    let server = TestServer::new().await;
    let first = server.connect().await;
    let answers = join_all((0..20).map(|_| server.refresh(&first.client_id, &first.refresh_token))).await;
    for answer in answers {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let pair = answer.tokens(&first.client_id);
        assert!(server.works(&pair.access_token).await);
        assert_eq!(server.refresh(&first.client_id, &pair.refresh_token).await.status, StatusCode::OK);
    }
    assert_eq!(server.grants().await, 1);
}

/// AS-11
#[tokio::test]
async fn lost_response_can_be_requested_again() {
    let server = TestServer::new().await;
    let first = server.connect().await;
    server.refresh(&first.client_id, &first.refresh_token).await;
    server.turn_clock(SignedDuration::from_secs(89));
    let again = server.refresh(&first.client_id, &first.refresh_token).await.tokens(&first.client_id);
    assert!(server.works(&again.access_token).await);
    assert_eq!(server.refresh(&first.client_id, &again.refresh_token).await.status, StatusCode::OK);
}

/// AS-11, T-30
#[tokio::test]
async fn reuse_after_the_grace_revokes_that_grant_only() {
    let server = TestServer::new().await;
    let stolen = server.connect().await;
    let other = server.connect_with(&stolen.client_id).await;
    let current = server.refresh(&stolen.client_id, &stolen.refresh_token).await.tokens(&stolen.client_id);
    server.turn_clock(SignedDuration::from_secs(91));
    for dead in [&stolen.refresh_token, &current.refresh_token] {
        let refused = server.refresh(&stolen.client_id, dead).await;
        assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, "invalid_grant".into()));
    }
    assert_eq!(server.refresh(&other.client_id, &other.refresh_token).await.status, StatusCode::OK);
}

/// AS-12, T-03
#[tokio::test]
async fn foreign_client_gets_nothing_and_revokes_nothing() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    let thief = server.register("Thief").await;
    let refused = server.refresh(&thief, &pair.refresh_token).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, "invalid_grant".into()));
    assert_eq!(server.refresh(&pair.client_id, &pair.refresh_token).await.status, StatusCode::OK);
}

/// AS-14, T-24
#[tokio::test]
async fn refresh_narrows_the_scope_and_never_widens_it() {
    let server = TestServer::new().await;
    let pair = server.connect_for("memory:read").await;
    let ask = |scope: &str| {
        let body = [
            ("grant_type", "refresh_token"),
            ("client_id", &pair.client_id),
            ("refresh_token", &pair.refresh_token),
            ("scope", scope),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let server = &server;
        async move {
            let body: Vec<_> = body.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            server.post_form("/oauth/token", &body).await
        }
    };
    // Clients resend the scope they first requested, even if fewer were granted. Rejecting it would sign the user out.
    assert_eq!(ask("memory:read memory:write").await.json()["scope"], "memory:read");
    assert_eq!(ask("memory:read").await.json()["scope"], "memory:read");
    let none = ask("offline_access").await;
    assert_eq!((none.status, none.error()), (StatusCode::BAD_REQUEST, "invalid_scope".into()));
}

/// TO-04
#[tokio::test]
async fn refresh_for_offline_access_alone_keeps_the_memories() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    let body = [
        ("grant_type", "refresh_token"),
        ("client_id", &*pair.client_id),
        ("refresh_token", &*pair.refresh_token),
        ("scope", "openid offline_access"),
    ];
    let refreshed = server.post_form("/oauth/token", &body).await;
    assert_eq!(refreshed.json()["scope"], "memory:read memory:write offline_access");
}

#[tokio::test]
async fn unused_grant_expires_after_ninety_days() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    server.turn_clock(SignedDuration::from_hours(24 * 90));
    let refused = server.refresh(&pair.client_id, &pair.refresh_token).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, "invalid_grant".into()));
    // The unused client expires a day later (AS-05, AS-12).
    server.turn_clock(SignedDuration::from_hours(24));
    let refused = server.refresh(&pair.client_id, &pair.refresh_token).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::UNAUTHORIZED, "invalid_client".into()));
}

/// AS-23
#[tokio::test]
async fn access_token_ends_with_its_grant() {
    let server = TestServer::with("RefreshAbsoluteDays", "1").await;
    let pair = server.connect().await;
    server.turn_clock(SignedDuration::from_mins(24 * 60 - 10));
    let refreshed = server.refresh(&pair.client_id, &pair.refresh_token).await;
    assert_eq!(refreshed.json()["expires_in"], 600);
    let token = refreshed.tokens(&pair.client_id).access_token;
    assert!(server.works(&token).await);
    server.turn_clock(SignedDuration::from_mins(10));
    assert!(!server.works(&token).await);
}

#[tokio::test]
async fn hourly_refresh_keeps_the_connection() {
    let server = TestServer::new().await;
    let mut pair = server.connect().await;
    for _ in 0..24 * 4 {
        server.turn_clock(SignedDuration::from_hours(24));
        pair = server.refresh(&pair.client_id, &pair.refresh_token).await.tokens(&pair.client_id);
    }
    assert!(server.works(&pair.access_token).await);
}

/// AS-23
#[tokio::test]
async fn access_token_expires_after_an_hour() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    server.turn_clock(SignedDuration::from_secs(3599));
    assert!(server.works(&pair.access_token).await);
    server.turn_clock(SignedDuration::from_secs(1));
    let refused =
        server.mcp(Some(&pair.access_token), &json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert!(refused.header("www-authenticate").contains(r#"error="invalid_token""#), "RS-02");
}

/// AS-12, T-28
#[tokio::test]
async fn invalid_tokens_are_always_invalid_grant() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    let dead = format!("{}AAAA", pair.refresh_token);
    for _ in 0..100 {
        let refused = server.refresh(&pair.client_id, &dead).await;
        assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, "invalid_grant".into()));
    }
    assert_eq!(server.refresh("claude_gone", &dead).await.error(), "invalid_client");
}

/// SR-33
#[tokio::test]
async fn refresh_token_of_a_disabled_account_stays_dead() {
    let server = TestServer::new().await;
    let (pair, owner) = (server.connect().await, server.owner().await);
    server.disable(&owner).await;
    assert_eq!(server.refresh(&pair.client_id, &pair.refresh_token).await.error(), "invalid_grant");
    server.enable(&owner).await;
    assert_eq!(server.refresh(&pair.client_id, &pair.refresh_token).await.error(), "invalid_grant");
}
