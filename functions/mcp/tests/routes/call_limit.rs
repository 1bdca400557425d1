//! `/mcp`: the rate limit while the store is unreachable.

use serde_json::json;

use crate::endpoint::Endpoint;

/// TL-04
#[tokio::test]
async fn unreachable_store_leaves_the_limit_of_one_instance() {
    let endpoint = Endpoint::new().await;
    endpoint.set_store_status(500);
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    for call in 0..600 {
        assert_eq!(endpoint.rpc(&ping).await.status, 200, "{call}");
    }
    let calls = endpoint.store_calls();
    assert_eq!(endpoint.rpc(&ping).await.status, 429);
    assert_eq!(endpoint.store_calls(), calls, "a rejected call does not reach the store");
}
