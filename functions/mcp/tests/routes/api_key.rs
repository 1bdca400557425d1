//! `/mcp/v2/{client}/{user_id}`: API keys, on a stub of the store.

use axum::body::Body;
use http::Request;

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
