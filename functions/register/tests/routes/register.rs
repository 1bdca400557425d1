//! The registration endpoint.

use http::{Method, StatusCode};
use jean_auth::throttle::REGISTRATION_PER_SOURCE;
use jean_testing::{CALLBACK, Pkce, TestServer};
use jiff::SignedDuration;
use serde_json::json;

/// AS-05
#[tokio::test]
async fn unused_registration_expires_after_a_day() {
    let server = TestServer::new().await;
    let client_id = server.register("Claude").await;
    let authorize = server.authorize_path(&client_id, &Pkce::new(1), "s");
    server.turn_clock(SignedDuration::from_secs(24 * 3600 - 1));
    assert_eq!(server.get(&authorize).await.status, StatusCode::OK);
    server.turn_clock(SignedDuration::from_secs(1));
    assert_eq!(server.get(&authorize).await.status, StatusCode::BAD_REQUEST);
}

/// AS-05
#[tokio::test]
async fn used_registration_lives_ninety_days() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    server.turn_clock(SignedDuration::from_hours(24 * 89));
    assert_eq!(server.refresh(&pair.client_id, &pair.refresh_token).await.status, StatusCode::OK);
    server.turn_clock(SignedDuration::from_hours(24 * 89));
    let authorize = server.authorize_path(&pair.client_id, &Pkce::new(1), "s");
    assert_eq!(server.get(&authorize).await.status, StatusCode::OK);
}

/// AS-05
#[tokio::test]
async fn response_shows_what_was_registered() {
    let server = TestServer::new().await;
    let body = json!({
        "client_name": "ChatGPT",
        "redirect_uris": [CALLBACK, "javascript:alert(1)"],
        "grant_types": ["authorization_code", "refresh_token", "urn:x"],
        "response_types": ["code", "token"],
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": "openid memory:read",
        "software_id": 7,
    });
    let answer = server.post_json("/oauth/register", &body).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let registered = answer.json();
    assert_eq!(registered["redirect_uris"], json!([CALLBACK]));
    assert_eq!(registered["token_endpoint_auth_method"], "none");
    assert_eq!(registered["grant_types"], json!(["authorization_code", "refresh_token"]));
    assert_eq!(registered["scope"], "memory:read");
}

/// SR-17
#[tokio::test]
async fn registrations_are_counted_by_source() {
    let server = TestServer::new().await;
    let body = json!({"client_name": "Claude", "redirect_uris": [CALLBACK]}).to_string();
    let register = async |address: &str| {
        let headers = [("content-type", "application/json")];
        server.send_from(address, Method::POST, "/oauth/register", &headers, &body).await
    };
    for _ in 0..REGISTRATION_PER_SOURCE.attempts {
        assert_eq!(register("203.0.113.7:1").await.status, StatusCode::CREATED);
    }
    let refused = register("203.0.113.7:2").await;
    assert_eq!((refused.status, refused.error()), (StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable".into()));
    let wait: i64 = refused.header("retry-after").parse().expect("seconds");
    assert_eq!(register("203.0.113.8:1").await.status, StatusCode::CREATED);
    server.turn_clock(SignedDuration::from_secs(wait));
    assert_eq!(register("203.0.113.7:1").await.status, StatusCode::CREATED);
}

/// SR-17
#[tokio::test]
async fn redirect_uris_are_bounded() {
    let server = TestServer::new().await;
    let uri = |number: usize, bytes: usize| {
        let start = format!("https://example.org/{number}/");
        format!("{start}{}", "a".repeat(bytes - start.len()))
    };
    let mut uris: Vec<_> = (0..12).map(|number| uri(number, 512)).collect();
    uris.insert(0, uri(99, 513));
    let answer = server.post_json("/oauth/register", &json!({"redirect_uris": uris})).await;
    assert_eq!(answer.json()["redirect_uris"], json!(uris[1..11]));
    let large = json!({"redirect_uris": [CALLBACK], "software_statement": "a".repeat(8 * 1024)});
    let answer = server.post_json("/oauth/register", &large).await;
    assert_eq!((answer.status, answer.error()), (StatusCode::PAYLOAD_TOO_LARGE, "invalid_request".into()));
}
