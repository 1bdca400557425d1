//! Rotation of the signing secret while several instances of each function are warm (AS-22).
//!
//! Clients and browsers must not notice a rotation.

use futures::future::join_all;
use http::StatusCode;
use jean_rotate::{Rotation, Step, rotate};
use jean_testing::{Browser, Pkce, TestServer, secrets_manager::ARN};
use jiff::SignedDuration;

const STEPS: [Step; 4] = [Step::CreateSecret, Step::SetSecret, Step::TestSecret, Step::FinishSecret];

/// The event that Secrets Manager sends for a step.
fn event(step: Step, token: &str) -> Rotation {
    Rotation { step, secret_id: ARN.into(), client_request_token: token.into() }
}

/// Runs all steps of a rotation.
async fn rotated(world: &TestServer, token: &str) {
    world.secrets().begin_rotation(token);
    for step in STEPS {
        rotate(&world.platform(), event(step, token)).await.expect("done");
    }
    assert_eq!(world.secrets().labelled("AWSCURRENT").as_deref(), Some(token));
}

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// AS-22
#[tokio::test]
async fn rotation_under_load_causes_no_401() {
    let world = TestServer::with_secrets_manager().await;
    let mut pairs = join_all((0..2).map(|_| world.connect())).await;
    let mut sent = 0;
    for minute in 0..52 {
        // Two rotations, 30 minutes apart, with one step per minute.
        match minute {
            5 => world.secrets().begin_rotation("v2"),
            35 => world.secrets().begin_rotation("v3"),
            6..=9 => rotate(&world.platform(), event(STEPS[minute - 6], "v2")).await.expect("done"),
            36..=39 => rotate(&world.platform(), event(STEPS[minute - 36], "v3")).await.expect("done"),
            _ => {}
        }
        for pair in &mut pairs {
            // One request per instance.
            let calls = join_all((0..3).map(|_| world.works(&pair.access_token))).await;
            assert!(calls.iter().all(|works| *works), "minute {minute}");
            sent += calls.len();
            let next = world.refresh(&pair.client_id, &pair.refresh_token).await.tokens(&pair.client_id);
            // A retry with the same token at another instance, as after a lost response.
            let again = world.refresh(&pair.client_id, &pair.refresh_token).await.tokens(&pair.client_id);
            assert_eq!(again.refresh_token, next.refresh_token, "minute {minute}");
            *pair = again;
        }
        world.turn_clock(MINUTE);
    }
    assert_eq!(sent, 52 * 2 * 3);
    assert_eq!(world.kid(&pairs[0].access_token), "v3");
    assert_eq!(world.secrets().labelled("AWSPREVIOUS").as_deref(), Some("v2"));
}

/// AS-15, AS-22
#[tokio::test]
async fn sign_in_continues_across_a_rotation() {
    // The secret is rotated at each step of the flow in turn, and the new version starts to sign.
    for moment in 0..4 {
        let world = TestServer::with_secrets_manager().await;
        let turn = async |now: usize| {
            if now == moment {
                rotated(&world, "v2").await;
                world.turn_clock(SignedDuration::from_mins(11));
            }
        };
        let client_id = world.register("Claude").await;
        let pkce = Pkce::new(1);
        let mut browser = Browser::default();
        let page = browser.open(&world, &world.authorize_path(&client_id, &pkce, "s")).await;
        turn(0).await;
        let signed_in = browser.submit(&world, &page.form("/oauth/sign-in"), &world.credentials()).await;
        turn(1).await;
        let consent = browser.follow(&world, &signed_in).await;
        turn(2).await;
        let allowed = browser.submit(&world, &consent.form("/oauth/consent"), &[("decision", "allow")]).await;
        let code = allowed.redirect_parameters(jean_testing::CALLBACK)["code"].clone();
        if moment == 3 {
            // The code would expire before the new version signs. It carries no signature.
            rotated(&world, "v2").await;
        }
        let pair = world.exchange(&client_id, &code, &pkce).await.tokens(&client_id);
        assert!(world.works(&pair.access_token).await, "moment {moment}");
        // The session is still valid. Over plain HTTP it lives a day.
        world.turn_clock(SignedDuration::from_hours(23));
        let page = browser.open(&world, &world.authorize_path(&client_id, &pkce, "s")).await;
        assert!(page.text().contains("/oauth/consent"), "moment {moment}");
    }
}

/// AS-22
#[tokio::test]
async fn connection_outlives_a_year_of_rotations() {
    let world = TestServer::with_secrets_manager().await;
    let mut pair = world.connect().await;
    for week in 0..52 {
        if week % 13 == 6 {
            rotated(&world, &format!("week-{week}")).await;
        }
        world.turn_clock(SignedDuration::from_hours(24 * 7));
        pair = world.refresh(&pair.client_id, &pair.refresh_token).await.tokens(&pair.client_id);
        assert!(world.works(&pair.access_token).await, "week {week}");
    }
    assert_eq!(world.secrets().labelled("AWSCURRENT").as_deref(), Some("week-45"));
}

/// AS-11, AS-22
#[tokio::test]
async fn retry_in_grace_works_when_the_signing_version_changes() {
    let world = TestServer::with_secrets_manager().await;
    let first = world.connect().await;
    rotated(&world, "v2").await;
    world.turn_clock(SignedDuration::from_secs(11 * 60 - 30));
    let second = world.refresh(&first.client_id, &first.refresh_token).await.tokens(&first.client_id);
    assert_eq!(world.kid(&second.access_token), "v1");
    world.turn_clock(MINUTE);
    let again = world.refresh(&first.client_id, &first.refresh_token).await.tokens(&first.client_id);
    assert_eq!(again.refresh_token, second.refresh_token);
    assert_eq!(world.kid(&again.access_token), "v2");
    let third = world.refresh(&first.client_id, &second.refresh_token).await.tokens(&first.client_id);
    let across = world.refresh(&first.client_id, &first.refresh_token).await.tokens(&first.client_id);
    assert_eq!(across.refresh_token, third.refresh_token, "the token is derived with both versions in turn");
}

#[tokio::test]
async fn secret_rotated_twice_is_invalid_after_ten_minutes() {
    let world = TestServer::with_secrets_manager().await;
    let pair = world.connect().await;
    assert!(world.works(&pair.access_token).await);
    rotated(&world, "v2").await;
    rotated(&world, "v3").await;
    world.turn_clock(SignedDuration::from_mins(10) + SignedDuration::from_secs(1));
    assert!(!world.works(&pair.access_token).await, "the signing version has no label left");
    // The grant continues: refresh tokens are not signed.
    let next = world.refresh(&pair.client_id, &pair.refresh_token).await.tokens(&pair.client_id);
    assert!(world.works(&next.access_token).await);
}

#[tokio::test]
async fn cached_keys_work_while_secrets_manager_is_down() {
    let world = TestServer::with_secrets_manager().await;
    let mut pair = world.connect().await;
    world.secrets().set_down(true);
    for _ in 0..30 {
        world.turn_clock(MINUTE);
        assert!(world.works(&pair.access_token).await);
        pair = world.refresh(&pair.client_id, &pair.refresh_token).await.tokens(&pair.client_id);
    }
}

#[tokio::test]
async fn unusable_pending_version_is_ignored() {
    let world = TestServer::with_secrets_manager().await;
    let pair = world.connect().await;
    world.secrets().begin_rotation("v2");
    world.secrets().set_value("v2", "too short");
    world.turn_clock(SignedDuration::from_mins(10));
    assert!(world.works(&pair.access_token).await);
    let refreshed = world.refresh(&pair.client_id, &pair.refresh_token).await;
    assert_eq!(refreshed.status, StatusCode::OK);
}

#[test]
fn secrets_manager_event_is_parsed() {
    let sent = r#"{"ClientRequestToken": "v2", "SecretId": "arn", "Step": "finishSecret", "RotationToken": "x"}"#;
    let read: Rotation = serde_json::from_str(sent).expect("reads");
    assert_eq!(
        (read.step, read.client_request_token.as_str(), read.secret_id.as_str()),
        (Step::FinishSecret, "v2", "arn")
    );
}
