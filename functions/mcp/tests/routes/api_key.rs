//! `/mcp/v2/{client}/{user_id}`: API keys, on a stub of the store.

use axum::body::Body;
use http::Request;
use jean_testing::log;

use crate::endpoint::{Endpoint, token};

/// SD-02, T-21
#[tokio::test]
async fn unknown_key_is_401_without_oauth_challenge() {
    let endpoint = Endpoint::new().await;
    let unknown = format!("jmk_{}", "A".repeat(43));
    let token = format!("Bearer {}", token("memory:write"));
    for header in
        [None, Some(("x-api-key", "nonsense")), Some(("x-api-key", &unknown)), Some(("authorization", &token))]
    {
        for path in ["/mcp/v2/claude/ada", "/mcp/v2/%ff/..%2f", "/mcp/v2/CLAUDE%0a/ada"] {
            let mut request = Request::post(path).header("content-type", "application/json");
            if let Some((name, value)) = header {
                request = request.header(name, value);
            }
            let answer = endpoint.send(request.body(Body::from("{}")).expect("a request")).await;
            assert_eq!((answer.status, answer.challenge.as_deref()), (401, Some("ApiKey")), "{header:?} {path}");
        }
    }
}

/// T-20
#[tokio::test]
async fn failure_of_the_store_is_logged_once() {
    log::begin();
    let endpoint = Endpoint::new().await;
    endpoint.set_store_status(500);
    log::told();
    let key = format!("jmk_{}", "A".repeat(43));
    let request = Request::post("/mcp/v2/claude/ada").header("x-api-key", key).body(Body::from("{}"));
    assert_eq!(endpoint.send(request.expect("a request")).await.status, 500);
    let by_key = log::told();
    let search = r#"{"jsonrpc":"2.0","id":1,"method":"search_memory","params":{"query":"tea"}}"#;
    let answer = endpoint.post("memory:read", &[("content-type", "application/json")], search).await;
    assert_eq!(answer.status, 500, "{}", answer.body);
    for told in [by_key, log::told()] {
        assert_eq!((told.matches("failed error=").count(), told.matches("refused").count()), (1, 0), "{told}");
    }
}
