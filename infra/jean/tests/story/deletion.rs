//! An account is deleted.

use http::StatusCode;
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_code_that_is_still_out_opens_nothing_once_the_account_is_being_deleted() {
    let world = World::new().await;
    let (client_id, code, pkce) = world.code().await;
    world.close_grants().await;
    let refused = world.exchange(&client_id, &code, &pkce).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, "invalid_grant".into()));
    assert_eq!(world.grants().await, 0);
}

#[tokio::test]
async fn refresh_tokens_end_with_the_account_and_access_tokens_by_themselves_as23() {
    let world = World::new().await;
    let pair = world.connect().await;
    world.close_grants().await;
    assert_eq!(world.refresh(&pair.client_id, &pair.refresh_token).await.error(), "invalid_grant");
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    assert_eq!(world.mcp(Some(&pair.access_token), &list).await.status, StatusCode::OK);
}
