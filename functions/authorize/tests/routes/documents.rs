//! `/oauth/authorize` with client id metadata documents.

use base64::{Engine, engine::general_purpose};
use http::{StatusCode, header};
use jean_testing::{Browser, CALLBACK, Pkce, TestServer, TokenPair};
use jiff::SignedDuration;
use serde_json::{Value, json};

const CLAUDE_CODE: &str = "https://claude.ai/oauth/claude-code-client-metadata";

fn claude_code() -> Value {
    json!({
        "client_id": CLAUDE_CODE,
        "client_name": "Claude Code",
        "client_uri": "https://claude.ai",
        "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    })
}

fn chatgpt() -> Value {
    json!({
        "client_id": "https://chatgpt.com/oauth/client.json",
        "client_name": "ChatGPT",
        "redirect_uris": ["https://chatgpt.com/connector_platform_oauth_redirect"],
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
        "jwks_uri": "https://chatgpt.com/oauth/jwks.json",
    })
}

fn vs_code() -> Value {
    json!({
        "client_id": "https://vscode.dev/oauth/client-metadata.json",
        "client_name": "Visual Studio Code",
        "redirect_uris": ["http://127.0.0.1:33418/", "https://vscode.dev/redirect"],
        "token_endpoint_auth_method": "none",
    })
}

fn claude() -> Value {
    json!({
        "client_id": "https://claude.ai/oauth/mcp-oauth-client-metadata",
        "client_name": "Claude",
        "redirect_uris": [CALLBACK],
    })
}

async fn connect(world: &TestServer, client_id: &str, callback: &str) -> TokenPair {
    let pkce = Pkce::new(1);
    let authorize = world.authorize_path_to(callback, client_id, &pkce, "s");
    let allowed = world.allow(&mut Browser::default(), &authorize).await;
    let code = allowed.redirect_parameters(callback)["code"].clone();
    let body = [
        ("grant_type", "authorization_code"),
        ("client_id", client_id),
        ("code", &code),
        ("redirect_uri", callback),
        ("code_verifier", &pkce.verifier),
    ];
    world.post_form("/oauth/token", &body).await.tokens(client_id)
}

fn claims(pair: &TokenPair) -> Value {
    let payload = pair.access_token.split('.').nth(1).expect("a payload");
    serde_json::from_slice(&general_purpose::URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("json")
}

fn authorize_path(world: &TestServer) -> String {
    world.authorize_path_to("http://localhost:53682/callback", CLAUDE_CODE, &Pkce::new(1), "s")
}

/// AS-04, SD-04
#[tokio::test]
async fn client_connects_by_its_document() {
    for (document, callback, short_name) in [
        (claude_code(), "http://localhost:53682/callback", "claude"),
        (claude_code(), "http://127.0.0.1:49152/callback", "claude"),
        (chatgpt(), "https://chatgpt.com/connector_platform_oauth_redirect", "chatgpt"),
        (vs_code(), "http://127.0.0.1:33418/", "vscode"),
        (vs_code(), "http://127.0.0.1:50000/", "vscode"),
        (claude(), CALLBACK, "claude"),
    ] {
        let world = TestServer::new().await;
        world.web.describe(&document);
        let client_id = document["client_id"].as_str().expect("an id");
        let pair = connect(&world, client_id, callback).await;
        assert_eq!(claims(&pair)["client"], short_name);
        assert_eq!(claims(&pair)["client_id"], client_id);
        let refreshed = world.refresh(client_id, &pair.refresh_token).await.tokens(client_id);
        assert_eq!(claims(&refreshed)["client"], short_name);
        assert_eq!(world.web.fetches(), 1, "the document is fetched once");
        assert_eq!(world.revoke(client_id, &refreshed.refresh_token).await.status, StatusCode::OK);
        assert_eq!(world.grants().await, 0);
    }
}

/// AS-04
#[tokio::test]
async fn connection_outlives_its_document() {
    let world = TestServer::new().await;
    world.web.describe(&claude_code());
    let mut pair = connect(&world, CLAUDE_CODE, "http://localhost:53682/callback").await;
    world.web.goes_dark();
    for _ in 0..4 {
        world.turn_clock(SignedDuration::from_hours(24 * 60));
        pair = world.refresh(CLAUDE_CODE, &pair.refresh_token).await.tokens(CLAUDE_CODE);
    }
    assert_eq!(world.web.fetches(), 1);
}

/// AS-04
#[tokio::test]
async fn document_about_another_url_is_rejected() {
    let world = TestServer::new().await;
    for other in ["https://claude.ai/oauth/other", "https://claude.ai/oauth/claude-code-client-metadata/"] {
        let mut document = claude_code();
        document["client_id"] = other.into();
        world.web.put(CLAUDE_CODE, StatusCode::OK, &document.to_string(), &[]);
        let page = world.get(&authorize_path(&world)).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        assert!(page.text().contains("could not read the app&#39;s description at claude.ai"), "{}", page.text());
    }
}

/// AS-04, T-17
#[tokio::test]
async fn only_a_json_document_is_accepted() {
    let world = TestServer::new().await;
    let document = claude_code().to_string();
    let elsewhere = [(header::LOCATION, "http://169.254.169.254/latest/meta-data")];
    for status in [201, 204, 301, 302, 303, 307, 308, 403, 404, 410, 500, 503] {
        world.web.put(CLAUDE_CODE, status.try_into().expect("a status"), &document, &elsewhere);
        let page = world.get(&authorize_path(&world)).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{status}");
        assert!(page.headers.get("location").is_none(), "{status}");
    }
    for content_type in ["text/html", "text/plain", "application/javascript", "application/octet-stream"] {
        world.web.put(CLAUDE_CODE, StatusCode::OK, &document, &[(header::CONTENT_TYPE, content_type)]);
        assert_eq!(world.get(&authorize_path(&world)).await.status, StatusCode::BAD_REQUEST, "{content_type}");
    }
}

/// AS-06, AS-07
#[tokio::test]
async fn redirect_uri_outside_the_document_gets_an_error_page() {
    let world = TestServer::new().await;
    world.web.describe(&claude_code());
    for callback in ["https://evil.example/cb", "http://localhost:53682/other", "http://evil.example/callback"] {
        let page = world.get(&world.authorize_path_to(callback, CLAUDE_CODE, &Pkce::new(1), "s")).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{callback}");
        assert!(page.headers.get("location").is_none(), "{callback}");
        assert!(page.text().contains("has not registered"), "{callback}");
    }
}

/// T-17
#[tokio::test]
async fn unusable_url_is_never_fetched() {
    let world = TestServer::new().await;
    for client_id in [
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:169.254.169.254]/x",
        "https://2852039166/x",
        "https://localhost/x",
        "https://claude.ai:8443/x",
        "https://user@claude.ai/x",
        "https://claude.ai/a/../x",
        "https://claude.ai",
        "http://claude.ai/x",
    ] {
        let page = world.get(&world.authorize_path(client_id, &Pkce::new(1), "s")).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{client_id}");
    }
    assert_eq!(world.web.fetches(), 0);
}

/// T-17
#[tokio::test]
async fn own_urls_are_never_fetched() {
    let world = TestServer::at("https://memory.example").await;
    let client_id = "https://memory.example/oauth/authorize?client_id=https%3A%2F%2Fmemory.example%2Foauth%2Fauthorize";
    let page = world.get(&world.authorize_path(client_id, &Pkce::new(1), "s")).await;
    assert_eq!((page.status, world.web.fetches()), (StatusCode::BAD_REQUEST, 0));
}

/// AS-15
#[tokio::test]
async fn consent_shows_the_host_of_the_document() {
    let world = TestServer::new().await;
    let mut document = claude_code();
    document["client_id"] = "https://evil.example/client".into();
    document["client_name"] = "Claude <b>Code</b>".into();
    world.web.describe(&document);
    let callback = "http://localhost:53682/callback";
    let authorize = world.authorize_path_to(callback, "https://evil.example/client", &Pkce::new(1), "s");
    let mut browser = Browser::default();
    let sign_in = browser.open(&world, &authorize).await;
    let signed_in = browser.submit(&world, &sign_in.form("/oauth/sign-in"), &world.credentials()).await;
    let page = browser.follow(&world, &signed_in).await.text();
    assert!(page.contains("described at <bdi class=\"host\">evil.example</bdi>"), "{page}");
    assert!(!page.contains("<b>"), "{page}");
}

/// AS-04
#[tokio::test]
async fn stale_document_is_fetched_again() {
    let world = TestServer::new().await;
    let mut document = claude_code();
    let put = |document: &Value| {
        let cached = [(header::CACHE_CONTROL, "public, max-age=3600")];
        world.web.put(CLAUDE_CODE, StatusCode::OK, &document.to_string(), &cached);
    };
    put(&document);
    for (minutes, fetches) in [(0, 1), (0, 1), (59, 1), (2, 2), (58, 2), (2, 3)] {
        world.turn_clock(SignedDuration::from_mins(minutes));
        assert_eq!(world.get(&authorize_path(&world)).await.status, StatusCode::OK);
        assert_eq!(world.web.fetches(), fetches);
    }
    // The new content applies.
    document["redirect_uris"] = json!(["https://claude.ai/moved"]);
    put(&document);
    world.turn_clock(SignedDuration::from_mins(61));
    assert_eq!(world.get(&authorize_path(&world)).await.status, StatusCode::BAD_REQUEST);
}

/// AS-04
#[tokio::test]
async fn cached_copy_stands_in_for_a_day() {
    let world = TestServer::new().await;
    world.web.describe(&claude_code());
    assert_eq!(world.get(&authorize_path(&world)).await.status, StatusCode::OK);
    world.web.goes_dark();
    world.turn_clock(SignedDuration::from_hours(23));
    assert_eq!(world.get(&authorize_path(&world)).await.status, StatusCode::OK);
    world.web.put(CLAUDE_CODE, StatusCode::BAD_GATEWAY, "", &[]);
    assert_eq!(world.get(&authorize_path(&world)).await.status, StatusCode::OK);
    assert_eq!(world.web.fetches(), 3);
    // A deleted document ends the use of the copy.
    world.web.put(CLAUDE_CODE, StatusCode::NOT_FOUND, "", &[]);
    assert_eq!(world.get(&authorize_path(&world)).await.status, StatusCode::BAD_REQUEST);
    world.web.goes_dark();
    world.turn_clock(SignedDuration::from_mins(61));
    assert_eq!(world.get(&authorize_path(&world)).await.status, StatusCode::BAD_REQUEST);
}

/// AS-04
#[tokio::test]
async fn day_old_copy_is_rejected_for_a_client_in_use() {
    let world = TestServer::new().await;
    world.web.describe(&claude_code());
    let pair = connect(&world, CLAUDE_CODE, "http://localhost:53682/callback").await;
    world.web.goes_dark();
    world.turn_clock(SignedDuration::from_hours(25));
    assert_eq!(world.get(&authorize_path(&world)).await.status, StatusCode::BAD_REQUEST);
    let pair = world.refresh(CLAUDE_CODE, &pair.refresh_token).await.tokens(CLAUDE_CODE);
    // A description in use keeps its lifetime when it is fetched again.
    world.web.describe(&claude_code());
    assert_eq!(world.get(&authorize_path(&world)).await.status, StatusCode::OK);
    world.turn_clock(SignedDuration::from_hours(24 * 80));
    world.refresh(CLAUDE_CODE, &pair.refresh_token).await.tokens(CLAUDE_CODE);
}

/// AS-05
#[tokio::test]
async fn concurrent_use_survives_a_fetch() {
    let world = TestServer::new().await;
    world.web.describe(&claude_code());
    world.get(&authorize_path(&world)).await;
    let (clients, now, client_id) = (world.clients(), world.now(), CLAUDE_CODE.parse().expect("an id"));
    let read = clients.find_description(&client_id, now).await.expect("reads").expect("stored");
    let used = now + SignedDuration::from_hours(24 * 90);
    clients.keep_until(&client_id, used).await.expect("writes");
    clients.describe(read.clone(), Some(&read), now).await.expect("writes");
    let kept = clients.find_description(&client_id, now).await.expect("reads").expect("stored");
    assert_eq!(kept.client.expires_at, used);
    // An expired description is replaced even before DynamoDB deletes it.
    world.turn_clock(SignedDuration::from_hours(24 * 91));
    assert_eq!(world.get(&authorize_path(&world)).await.status, StatusCode::OK);
    let kept = clients.find_description(&client_id, world.now()).await.expect("reads").expect("stored");
    assert_eq!(kept.fetched_at, world.now());
}

/// AS-12
#[tokio::test]
async fn unconnected_client_is_unknown_to_the_token_endpoint() {
    let world = TestServer::new().await;
    world.web.describe(&claude_code());
    let answer = world.refresh(CLAUDE_CODE, "unknown").await;
    assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "invalid_client"));
    assert_eq!(world.web.fetches(), 0, "the token endpoint fetches no documents");
}

/// T-17
#[tokio::test]
async fn fetches_per_source_are_limited() {
    let world = TestServer::new().await;
    let path = |n: usize| world.authorize_path(&format!("https://victim.example/{n}"), &Pkce::new(1), "s");
    for n in 0..50 {
        assert_eq!(world.get(&path(n)).await.status, StatusCode::BAD_REQUEST);
    }
    let refused = world.get(&path(50)).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(world.web.fetches(), 50);
}

/// AS-03, AS-04
#[tokio::test]
async fn disabled_documents_are_not_advertised_or_fetched() {
    let world = TestServer::with("ClientMetadataDocuments", "off").await;
    world.web.describe(&claude_code());
    let metadata = world.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata["client_id_metadata_document_supported"], false);
    let authorize = world.authorize_path_to("http://localhost:1/callback", CLAUDE_CODE, &Pkce::new(1), "s");
    let refused = world.get(&authorize).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.text().contains("does not know the app"), "{}", refused.text());
    assert_eq!(world.web.fetches(), 0);
    assert!(world.works(&world.connect().await.access_token).await, "registered clients can connect");
}
