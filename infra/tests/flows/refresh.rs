//! Staying connected: rotation, retries, races, reuse.

use futures::future::join_all;
use http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_refresh_gives_a_new_pair_and_both_parts_work_as11() {
    let world = World::new().await;
    let first = world.connect().await;
    let second = world.refresh(&first.client_id, &first.refresh_token).await;
    assert_eq!(second.status, StatusCode::OK);
    let second = second.tokens(&first.client_id);
    assert_ne!(second.refresh_token, first.refresh_token);
    assert!(world.works(&second.access_token).await);
    assert_eq!(world.refresh(&first.client_id, &second.refresh_token).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_refreshes_of_one_token_at_once_all_get_a_working_pair_of_one_grant_as11() {
    let world = World::new().await;
    let first = world.connect().await;
    let answers = join_all((0..20).map(|_| world.refresh(&first.client_id, &first.refresh_token))).await;
    for answer in answers {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let pair = answer.tokens(&first.client_id);
        assert!(world.works(&pair.access_token).await);
        assert_eq!(world.refresh(&first.client_id, &pair.refresh_token).await.status, StatusCode::OK);
    }
    assert_eq!(world.grants().await, 1);
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_within_two_minutes_as11() {
    let world = World::new().await;
    let first = world.connect().await;
    world.refresh(&first.client_id, &first.refresh_token).await;
    world.turn_clock(SignedDuration::from_secs(119));
    let again = world.refresh(&first.client_id, &first.refresh_token).await.tokens(&first.client_id);
    assert!(world.works(&again.access_token).await);
    assert_eq!(world.refresh(&first.client_id, &again.refresh_token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn reuse_after_the_grace_ends_that_grant_and_no_other_as11_t30() {
    let world = World::new().await;
    let stolen = world.connect().await;
    let other = world.connect_with(&stolen.client_id).await;
    let current = world.refresh(&stolen.client_id, &stolen.refresh_token).await.tokens(&stolen.client_id);
    world.turn_clock(SignedDuration::from_secs(121));
    for dead in [&stolen.refresh_token, &current.refresh_token] {
        let refused = world.refresh(&stolen.client_id, dead).await;
        assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, "invalid_grant".into()));
    }
    assert_eq!(world.refresh(&other.client_id, &other.refresh_token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn another_client_with_the_token_gets_nothing_and_ends_nothing_as12_t03() {
    let world = World::new().await;
    let pair = world.connect().await;
    let thief = world.register("Thief").await;
    let refused = world.refresh(&thief, &pair.refresh_token).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, "invalid_grant".into()));
    assert_eq!(world.refresh(&pair.client_id, &pair.refresh_token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_refresh_may_narrow_the_scope_and_never_widen_it_as14_t24() {
    let world = World::new().await;
    let pair = world.connect_for("memory:read").await;
    let ask = |scope: &str| {
        let body = [
            ("grant_type", "refresh_token"),
            ("client_id", &pair.client_id),
            ("refresh_token", &pair.refresh_token),
            ("scope", scope),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let world = &world;
        async move {
            let body: Vec<_> = body.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            world.post_form("/oauth/token", &body).await
        }
    };
    // Clients send what they asked for at first, whatever they got: nobody is logged out for it.
    assert_eq!(ask("memory:read memory:write").await.json()["scope"], "memory:read");
    assert_eq!(ask("memory:read").await.json()["scope"], "memory:read");
    let none = ask("offline_access").await;
    assert_eq!((none.status, none.error()), (StatusCode::BAD_REQUEST, "invalid_scope".into()));
}

#[tokio::test]
async fn a_grant_that_is_not_used_for_ninety_days_is_over() {
    let world = World::new().await;
    let pair = world.connect().await;
    world.turn_clock(SignedDuration::from_hours(24 * 90));
    // Its client, used as little, is forgotten at the same moment: that is what it is told (AS-05, AS-12).
    let refused = world.refresh(&pair.client_id, &pair.refresh_token).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::UNAUTHORIZED, "invalid_client".into()));
}

#[tokio::test]
async fn a_client_that_refreshes_every_hour_stays_connected_for_a_season() {
    let world = World::new().await;
    let mut pair = world.connect().await;
    for _ in 0..24 * 4 {
        world.turn_clock(SignedDuration::from_hours(24));
        pair = world.refresh(&pair.client_id, &pair.refresh_token).await.tokens(&pair.client_id);
    }
    assert!(world.works(&pair.access_token).await);
}

#[tokio::test]
async fn an_access_token_ends_after_an_hour_as23() {
    let world = World::new().await;
    let pair = world.connect().await;
    world.turn_clock(SignedDuration::from_secs(3599));
    assert!(world.works(&pair.access_token).await);
    world.turn_clock(SignedDuration::from_secs(1));
    let refused =
        world.mcp(Some(&pair.access_token), &json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert!(refused.header("www-authenticate").contains(r#"error="invalid_token""#), "RS-02");
}

#[tokio::test]
async fn a_client_can_give_back_what_it_was_granted_as18() {
    let world = World::new().await;
    for by_access_token in [false, true] {
        let pair = world.connect().await;
        let token = if by_access_token { &pair.access_token } else { &pair.refresh_token };
        assert_eq!(world.revoke(&pair.client_id, token).await.status, StatusCode::OK);
        assert_eq!(world.refresh(&pair.client_id, &pair.refresh_token).await.error(), "invalid_grant");
    }
}

#[tokio::test]
async fn another_clients_revocation_is_answered_and_does_nothing_as18_t03() {
    let world = World::new().await;
    let pair = world.connect().await;
    let other = world.register("Other").await;
    for token in [pair.refresh_token.as_str(), &pair.access_token, "unknown"] {
        assert_eq!(world.revoke(&other, token).await.status, StatusCode::OK);
    }
    assert_eq!(world.refresh(&pair.client_id, &pair.refresh_token).await.status, StatusCode::OK);
}
