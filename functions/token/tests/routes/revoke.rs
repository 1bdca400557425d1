//! The revocation endpoint.

use http::StatusCode;
use jean_testing::TestServer;

/// AS-18
#[tokio::test]
async fn client_revokes_its_grant() {
    let server = TestServer::new().await;
    for by_access_token in [false, true] {
        let pair = server.connect().await;
        let token = if by_access_token { &pair.access_token } else { &pair.refresh_token };
        assert_eq!(server.revoke(&pair.client_id, token).await.status, StatusCode::OK);
        assert_eq!(server.refresh(&pair.client_id, &pair.refresh_token).await.error(), "invalid_grant");
    }
}

/// AS-18, T-03
#[tokio::test]
async fn revocation_by_another_client_does_nothing() {
    let server = TestServer::new().await;
    let pair = server.connect().await;
    let other = server.register("Other").await;
    for token in [pair.refresh_token.as_str(), &pair.access_token, "unknown"] {
        assert_eq!(server.revoke(&other, token).await.status, StatusCode::OK);
    }
    assert_eq!(server.refresh(&pair.client_id, &pair.refresh_token).await.status, StatusCode::OK);
}
