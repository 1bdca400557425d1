//! The official Rust MCP client, rmcp, with its own OAuth implementation, over TCP. The browser is simulated.

use jean_testing::{Browser, TestServer};
use std::future::IntoFuture;

use rmcp::{
    ClientLifecycleMode, ClientServiceExt,
    model::{CallToolRequestParams, ProtocolVersion},
    transport::{
        StreamableHttpClientTransport,
        auth::{AuthClient, AuthError, AuthorizationRequest, OAuthState},
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::json;

/// A server on a TCP port, for the duration of the test.
async fn reachable() -> TestServer {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let world = TestServer::at(&format!("http://localhost:{port}")).await;
    tokio::spawn(axum::serve(listener, world.router()).into_future());
    world
}

/// RS-01, AS-02, AS-05, AS-08, AS-11, AS-18
#[tokio::test]
async fn rmcp_connects_calls_tools_refreshes_and_is_revoked() {
    // reqwest needs a default TLS provider; rmcp creates its clients without one.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    let world = reachable().await;
    let version = ProtocolVersion::V_2026_07_28;
    for lifecycle in
        [ClientLifecycleMode::Initialize, ClientLifecycleMode::Discover { preferred_versions: vec![version] }]
    {
        let mut oauth = OAuthState::new(world.url("/mcp"), None).await.expect("an address");
        let request = AuthorizationRequest::new("http://127.0.0.1:53682/callback").with_client_name("Rust application");
        oauth.start_authorization(request).await.expect("metadata and a registration");
        let address = oauth.get_authorization_url().await.expect("an address to open");
        let allowed = world.allow(&mut Browser::default(), world.path(&address)).await;
        oauth.handle_callback_url(allowed.location()).await.expect("tokens");
        oauth.refresh_token().await.expect("new tokens");

        let authorized = AuthClient::new(reqwest::Client::new(), oauth.into_authorization_manager().expect("a grant"));
        let config = StreamableHttpClientTransportConfig::with_uri(world.url("/mcp"));
        let transport = StreamableHttpClientTransport::with_client(authorized.clone(), config);
        let client = ().serve_with_lifecycle(transport, lifecycle).await.expect("a session");
        assert!(!client.list_all_tools().await.expect("tools").is_empty());
        let note = json!({"text": "The oyster catcher nests on the jetty"}).as_object().cloned().expect("an object");
        let added = client.call_tool(CallToolRequestParams::new("add_memory").with_arguments(note)).await;
        assert_ne!(added.expect("a result").is_error, Some(true));
        let query = json!({"query": "oyster"}).as_object().cloned().expect("an object");
        let found = client.call_tool(CallToolRequestParams::new("search_memory").with_arguments(query)).await;
        assert!(found.expect("a result").structured_content.expect("data").to_string().contains("jetty"));
        client.cancel().await.expect("an end");

        // rmcp cannot revoke a grant, but it handles the refresh error of a revoked one.
        let manager = authorized.auth_manager.lock().await;
        let (client_id, _) = manager.get_credentials().await.expect("an id");
        assert!(client_id.starts_with("rust-application_"), "SD-04: {client_id}");
        world.revoke(&client_id, &manager.get_access_token().await.expect("a token")).await;
        let refused = manager.refresh_token().await.expect_err("a refusal");
        assert!(matches!(refused, AuthError::TokenRefreshRejected(_)), "{refused}");
    }
}
