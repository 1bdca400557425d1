//! How many calls a person may make (TL-04).

use http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{Answer, World};

async fn of_ten_a_minute() -> World {
    World::with("RequestsPerMinute", "10").await
}

fn ping() -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "ping"})
}

fn add(text: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "add_memory", "params": {"text": text}})
}

fn is_refused(answer: &Answer) -> bool {
    answer.status == StatusCode::TOO_MANY_REQUESTS
}

#[tokio::test]
async fn who_calls_too_often_is_told_how_long_to_wait_and_nothing_is_done_tl04() {
    let world = of_ten_a_minute().await;
    let token = world.connect().await.access_token;
    world.turn_clock(SignedDuration::from_secs(20));
    for call in 0..10 {
        assert_eq!(world.mcp(Some(&token), &ping()).await.status, StatusCode::OK, "{call}");
    }
    let kept = world.everything_kept().await.len();
    let refused = world.mcp(Some(&token), &add("too much")).await;
    assert!(is_refused(&refused), "{}", refused.text());
    assert_eq!(refused.header("retry-after"), "40");
    let expected = json!({
        "jsonrpc": "2.0",
        "id": null,
        "error": {
            "code": -32000,
            "message": "Too many calls in one minute. Retry in 40 seconds.",
            "data": {"retryAfter": 40},
        },
    });
    assert_eq!(refused.json(), expected);
    assert_eq!(world.everything_kept().await.len(), kept);

    world.turn_clock(SignedDuration::from_secs(40));
    for _ in 0..10 {
        assert_eq!(world.mcp(Some(&token), &ping()).await.status, StatusCode::OK);
    }
    assert!(is_refused(&world.mcp(Some(&token), &ping()).await));
}

#[tokio::test]
async fn the_limit_is_a_persons_over_all_their_clients_and_both_endpoints_and_nobody_elses_tl04_t28() {
    let world = of_ten_a_minute().await;
    let owner = world.owner().await;
    let tokens = [world.connect().await.access_token, world.connect().await.access_token];
    let ben = world.connect_as(&world.add_user("ben@example.org").await).await.access_token;
    for call in 0..10 {
        assert_eq!(world.mcp(Some(&tokens[call % 2]), &ping()).await.status, StatusCode::OK);
    }
    assert!(is_refused(&world.mcp(Some(&tokens[0]), &ping()).await));
    let (key, path) = (world.api_key(&owner).await, format!("/mcp/v2/claude/{}", owner.user_id));
    let older = async |key: &str| {
        let headers = [("content-type", "application/json"), ("x-api-key", key)];
        world.send(Method::POST, &path, &headers, &ping().to_string()).await
    };
    assert!(is_refused(&older(&key).await));
    // Who is not known is told so, at whatever limit; and has used up nobody's calls.
    assert_eq!(older("nonsense").await.status, StatusCode::UNAUTHORIZED);
    for token in [None, Some("nonsense")] {
        assert_eq!(world.mcp(token, &ping()).await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(world.mcp(Some(&ben), &ping()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_new_instance_learns_what_the_others_have_counted_tl04() {
    let world = of_ten_a_minute().await;
    let token = world.connect().await.access_token;
    for _ in 0..10 {
        assert_eq!(world.mcp(Some(&token), &ping()).await.status, StatusCode::OK);
    }
    let world = world.restart().await;
    assert!(is_refused(&world.mcp(Some(&token), &ping()).await));
    world.turn_clock(SignedDuration::from_secs(60));
    assert_eq!(world.mcp(Some(&token), &ping()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_batch_counts_its_messages_and_is_done_whole_or_not_at_all_tl04() {
    let world = of_ten_a_minute().await;
    let token = world.connect().await.access_token;
    let batch = |messages: usize| Value::Array((0..messages).map(|n| add(&format!("number {n}"))).collect());
    assert_eq!(world.mcp(Some(&token), &batch(8)).await.status, StatusCode::OK);
    let kept = world.everything_kept().await.matches("number ").count();
    let refused = world.mcp(Some(&token), &batch(3)).await;
    assert!(is_refused(&refused), "{}", refused.text());
    assert_eq!(world.everything_kept().await.matches("number ").count(), kept);
}
