//! Two requests that fetch one client metadata document at the same time.

use jean_auth::{
    client::ClientId,
    client_metadata::{Description, DocumentUrl, SHORTEST_LIFETIME},
};
use jean_testing::TestServer;
use jiff::SignedDuration;
use serde_json::json;

/// AS-04
#[tokio::test]
async fn older_document_does_not_replace_a_newer_one() {
    let server = TestServer::new().await;
    let (clients, now) = (server.clients(), server.now());
    let url: DocumentUrl = "https://app.example/client.json".parse().expect("valid");
    let client_id: ClientId = url.as_str().parse().expect("valid");
    let fetched = |name: &str, after: i64| {
        let document =
            json!({"client_id": url.as_str(), "client_name": name, "redirect_uris": ["https://app.example/cb"]});
        let at = now + SignedDuration::from_secs(after);
        Description::read(document.to_string().as_bytes(), &url, SHORTEST_LIFETIME, at).expect("valid")
    };
    clients.describe(fetched("First", 0), None, now).await.expect("writes");
    // A client in use keeps its expiry, so that does not tell which document is newer.
    clients.keep_until(&client_id, now + SignedDuration::from_hours(24 * 90)).await.expect("writes");
    let read = clients.find_description(&client_id, now).await.expect("reads");
    for (name, after) in [("Newer", 10), ("Older", 5)] {
        clients.describe(fetched(name, after), read.as_ref(), now).await.expect("answers");
    }
    let stored = clients.find_description(&client_id, now).await.expect("reads").expect("is there");
    assert_eq!(stored.client.client_name, "Newer");
}
