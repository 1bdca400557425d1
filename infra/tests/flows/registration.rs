//! Clients and their registrations over time.

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;

use crate::world::{CALLBACK, Pkce, World};

#[tokio::test]
async fn a_registration_that_is_never_used_is_forgotten_after_a_day_as05() {
    let world = World::new().await;
    let client_id = world.register("Claude").await;
    let authorize = world.authorize_path(&client_id, &Pkce::new(1), "s");
    world.turn_clock(SignedDuration::from_secs(24 * 3600 - 1));
    assert_eq!(world.get(&authorize).await.status, StatusCode::OK);
    world.turn_clock(SignedDuration::from_secs(1));
    assert_eq!(world.get(&authorize).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_registration_that_is_used_is_kept_for_ninety_days_more_as05() {
    let world = World::new().await;
    let pair = world.connect().await;
    world.turn_clock(SignedDuration::from_hours(24 * 89));
    assert_eq!(world.refresh(&pair.client_id, &pair.refresh_token).await.status, StatusCode::OK);
    world.turn_clock(SignedDuration::from_hours(24 * 89));
    let authorize = world.authorize_path(&pair.client_id, &Pkce::new(1), "s");
    assert_eq!(world.get(&authorize).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_a_client_asks_for_and_we_do_not_have_is_answered_with_what_it_got_as05() {
    let world = World::new().await;
    let body = json!({
        "client_name": "ChatGPT",
        "redirect_uris": [CALLBACK, "javascript:alert(1)"],
        "grant_types": ["authorization_code", "refresh_token", "urn:x"],
        "response_types": ["code", "token"],
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": "openid memory:read",
        "software_id": 7,
    });
    let answer = world.post_json("/oauth/register", &body).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let registered = answer.json();
    assert_eq!(registered["redirect_uris"], json!([CALLBACK]));
    assert_eq!(registered["token_endpoint_auth_method"], "none");
    assert_eq!(registered["grant_types"], json!(["authorization_code", "refresh_token"]));
    assert_eq!(registered["scope"], "memory:read");
}
