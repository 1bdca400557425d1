//! `/mcp`: the rate limit of calls.

use http::{Method, StatusCode};
use jean_testing::{Answer, TestServer};
use jiff::SignedDuration;
use serde_json::{Value, json};

async fn of_ten_a_minute() -> TestServer {
    TestServer::with("RequestsPerMinute", "10").await
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

/// TL-04
#[tokio::test]
async fn rejected_call_says_how_long_to_wait() {
    let server = of_ten_a_minute().await;
    let token = server.connect().await.access_token;
    server.turn_clock(SignedDuration::from_secs(20));
    for call in 0..10 {
        assert_eq!(server.mcp(Some(&token), &ping()).await.status, StatusCode::OK, "{call}");
    }
    let kept = server.everything_kept().await.len();
    let refused = server.mcp(Some(&token), &add("too much")).await;
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
    assert_eq!(server.everything_kept().await.len(), kept);

    server.turn_clock(SignedDuration::from_secs(40));
    for _ in 0..10 {
        assert_eq!(server.mcp(Some(&token), &ping()).await.status, StatusCode::OK);
    }
    assert!(is_refused(&server.mcp(Some(&token), &ping()).await));
}

/// T-13: Lambda returns an error for a response of more than 6 MB.
#[tokio::test]
async fn batch_with_large_responses_is_done_in_part() {
    let server = TestServer::new().await;
    let token = server.connect().await.access_token;
    let added = server.mcp(Some(&token), &add(&"\" ".repeat(30_000))).await.json();
    let id = &added["result"]["structuredContent"]["id"];
    let get = |n| json!({"jsonrpc": "2.0", "id": n, "method": "get_memory", "params": {"id": id}});
    let answer = server.mcp(Some(&token), &(0..50).map(get).collect()).await;
    let answers = answer.json();
    let answers = answers.as_array().expect("a batch");
    let done = answers.iter().filter(|answer| answer["result"].is_object()).count();
    assert!(answers.len() == 50 && (5..50).contains(&done), "{done} of {}", answers.len());
    assert_eq!((&answers[49]["id"], &answers[49]["error"]["code"]), (&json!(49), &json!(-32000)));
    // As Lambda's JSON has it.
    assert!(json!(answer.text()).to_string().len() < 6 * 1024 * 1024);
}

/// TL-04, T-28
#[tokio::test]
async fn limit_is_per_user() {
    let server = of_ten_a_minute().await;
    let owner = server.owner().await;
    let tokens = [server.connect().await.access_token, server.connect().await.access_token];
    let ben = server.connect_as(&server.add_user("ben@example.org").await).await.access_token;
    for call in 0..10 {
        assert_eq!(server.mcp(Some(&tokens[call % 2]), &ping()).await.status, StatusCode::OK);
    }
    assert!(is_refused(&server.mcp(Some(&tokens[0]), &ping()).await));
    let (key, path) = (server.api_key(&owner).await, format!("/mcp/v2/claude/{}", owner.user_id));
    let older = async |key: &str| {
        let headers = [("content-type", "application/json"), ("x-api-key", key)];
        server.send(Method::POST, &path, &headers, &ping().to_string()).await
    };
    assert!(is_refused(&older(&key).await));
    // Unauthenticated requests get a 401 and are not counted for any user.
    assert_eq!(older("nonsense").await.status, StatusCode::UNAUTHORIZED);
    for token in [None, Some("nonsense")] {
        assert_eq!(server.mcp(token, &ping()).await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(server.mcp(Some(&ben), &ping()).await.status, StatusCode::OK);
}

/// TL-04
#[tokio::test]
async fn new_instance_reads_the_shared_count() {
    let server = of_ten_a_minute().await;
    let token = server.connect().await.access_token;
    for _ in 0..10 {
        assert_eq!(server.mcp(Some(&token), &ping()).await.status, StatusCode::OK);
    }
    let server = server.restart().await;
    assert!(is_refused(&server.mcp(Some(&token), &ping()).await));
    server.turn_clock(SignedDuration::from_secs(60));
    assert_eq!(server.mcp(Some(&token), &ping()).await.status, StatusCode::OK);
}

/// TL-04
#[tokio::test]
async fn batch_counts_every_message() {
    let server = of_ten_a_minute().await;
    let token = server.connect().await.access_token;
    let batch = |messages: usize| Value::Array((0..messages).map(|n| add(&format!("number {n}"))).collect());
    assert_eq!(server.mcp(Some(&token), &batch(8)).await.status, StatusCode::OK);
    let kept = server.everything_kept().await.matches("number ").count();
    let refused = server.mcp(Some(&token), &batch(3)).await;
    assert!(is_refused(&refused), "{}", refused.text());
    assert_eq!(server.everything_kept().await.matches("number ").count(), kept);
}
