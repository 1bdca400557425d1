//! Clients that are described by a document at their id (AS-04).

use base64::{Engine, engine::general_purpose};
use http::{StatusCode, header};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    world::{CALLBACK, Pair, Pkce, World},
};

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

async fn connect(world: &World, client_id: &str, callback: &str) -> Pair {
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

fn claims(pair: &Pair) -> Value {
    let payload = pair.access_token.split('.').nth(1).expect("a payload");
    serde_json::from_slice(&general_purpose::URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("json")
}

fn authorize_path(world: &World) -> String {
    world.authorize_path_to("http://localhost:53682/callback", CLAUDE_CODE, &Pkce::new(1), "s")
}

#[tokio::test]
async fn clients_are_connected_by_their_documents_and_stay_so_as04_sd04() {
    for (document, callback, short_name) in [
        (claude_code(), "http://localhost:53682/callback", "claude"),
        (claude_code(), "http://127.0.0.1:49152/callback", "claude"),
        (chatgpt(), "https://chatgpt.com/connector_platform_oauth_redirect", "chatgpt"),
        (vs_code(), "http://127.0.0.1:33418/", "vscode"),
        (vs_code(), "http://127.0.0.1:50000/", "vscode"),
        (claude(), CALLBACK, "claude"),
    ] {
        let world = World::new().await;
        world.outside.describe(&document);
        let client_id = document["client_id"].as_str().expect("an id");
        let pair = connect(&world, client_id, callback).await;
        assert_eq!(claims(&pair)["client"], short_name);
        assert_eq!(claims(&pair)["client_id"], client_id);
        let refreshed = world.refresh(client_id, &pair.refresh_token).await.tokens(client_id);
        assert_eq!(claims(&refreshed)["client"], short_name);
        assert_eq!(world.outside.fetches(), 1, "once for the whole of it");
        assert_eq!(world.revoke(client_id, &refreshed.refresh_token).await.status, StatusCode::OK);
        assert_eq!(world.grants().await, 0);
    }
}

#[tokio::test]
async fn a_connection_outlives_its_document_as04() {
    let world = World::new().await;
    world.outside.describe(&claude_code());
    let mut pair = connect(&world, CLAUDE_CODE, "http://localhost:53682/callback").await;
    world.outside.goes_dark();
    for _ in 0..4 {
        world.turn_clock(SignedDuration::from_hours(24 * 60));
        pair = world.refresh(CLAUDE_CODE, &pair.refresh_token).await.tokens(CLAUDE_CODE);
    }
    assert_eq!(world.outside.fetches(), 1);
}

#[tokio::test]
async fn a_document_about_somebody_else_describes_nobody_as04() {
    let world = World::new().await;
    for other in ["https://claude.ai/oauth/other", "https://claude.ai/oauth/claude-code-client-metadata/"] {
        let mut document = claude_code();
        document["client_id"] = other.into();
        world.outside.put(CLAUDE_CODE, StatusCode::OK, &document.to_string(), &[]);
        let page = world.get(&authorize_path(&world)).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        assert!(page.text().contains("could not read the app&#39;s description at claude.ai"), "{}", page.text());
    }
}

#[tokio::test]
async fn only_an_answer_that_is_a_document_counts_as04_t17() {
    let world = World::new().await;
    let document = claude_code().to_string();
    let elsewhere = [(header::LOCATION, "http://169.254.169.254/latest/meta-data")];
    for status in [201, 204, 301, 302, 303, 307, 308, 403, 404, 410, 500, 503] {
        world.outside.put(CLAUDE_CODE, status.try_into().expect("a status"), &document, &elsewhere);
        let page = world.get(&authorize_path(&world)).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{status}");
        assert!(page.headers.get("location").is_none(), "{status}");
    }
    for content_type in ["text/html", "text/plain", "application/javascript", "application/octet-stream"] {
        world.outside.put(CLAUDE_CODE, StatusCode::OK, &document, &[(header::CONTENT_TYPE, content_type)]);
        assert_eq!(world.get(&authorize_path(&world)).await.status, StatusCode::BAD_REQUEST, "{content_type}");
    }
}

#[tokio::test]
async fn a_return_address_that_is_not_in_the_document_is_a_page_as06_as07() {
    let world = World::new().await;
    world.outside.describe(&claude_code());
    for callback in ["https://evil.example/cb", "http://localhost:53682/other", "http://evil.example/callback"] {
        let page = world.get(&world.authorize_path_to(callback, CLAUDE_CODE, &Pkce::new(1), "s")).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{callback}");
        assert!(page.headers.get("location").is_none(), "{callback}");
        assert!(page.text().contains("has not registered"), "{callback}");
    }
}

#[tokio::test]
async fn a_url_no_document_is_at_is_never_asked_for_t17() {
    let world = World::new().await;
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
    assert_eq!(world.outside.fetches(), 0);
}

#[tokio::test]
async fn this_server_does_not_ask_itself_t17() {
    let world = World::at("https://memory.example").await;
    let client_id = "https://memory.example/oauth/authorize?client_id=https%3A%2F%2Fmemory.example%2Foauth%2Fauthorize";
    let page = world.get(&world.authorize_path(client_id, &Pkce::new(1), "s")).await;
    assert_eq!((page.status, world.outside.fetches()), (StatusCode::BAD_REQUEST, 0));
}

#[tokio::test]
async fn a_person_sees_where_the_description_is_from_as15() {
    let world = World::new().await;
    let mut document = claude_code();
    document["client_id"] = "https://evil.example/client".into();
    document["client_name"] = "Claude <b>Code</b>".into();
    world.outside.describe(&document);
    let callback = "http://localhost:53682/callback";
    let authorize = world.authorize_path_to(callback, "https://evil.example/client", &Pkce::new(1), "s");
    let mut browser = Browser::default();
    let sign_in = browser.open(&world, &authorize).await;
    let signed_in = browser.submit(&world, &sign_in.form("/oauth/sign-in"), &world.credentials()).await;
    let page = browser.follow(&world, &signed_in).await.text();
    assert!(page.contains("described at <span class=\"host\">evil.example</span>"), "{page}");
    assert!(!page.contains("<b>"), "{page}");
}

#[tokio::test]
async fn a_document_is_fetched_again_when_it_is_no_longer_fresh_as04() {
    let world = World::new().await;
    let mut document = claude_code();
    let put = |document: &Value| {
        let cached = [(header::CACHE_CONTROL, "public, max-age=3600")];
        world.outside.put(CLAUDE_CODE, StatusCode::OK, &document.to_string(), &cached);
    };
    put(&document);
    for (minutes, fetches) in [(0, 1), (0, 1), (59, 1), (2, 2), (58, 2), (2, 3)] {
        world.turn_clock(SignedDuration::from_mins(minutes));
        assert_eq!(world.get(&authorize_path(&world)).await.status, StatusCode::OK);
        assert_eq!(world.outside.fetches(), fetches);
    }
    // What it says then is what counts.
    document["redirect_uris"] = json!(["https://claude.ai/moved"]);
    put(&document);
    world.turn_clock(SignedDuration::from_mins(61));
    assert_eq!(world.get(&authorize_path(&world)).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn while_its_document_cannot_be_reached_a_copy_stands_in_for_a_day_as04() {
    let world = World::new().await;
    world.outside.describe(&claude_code());
    assert_eq!(world.get(&authorize_path(&world)).await.status, StatusCode::OK);
    world.outside.goes_dark();
    world.turn_clock(SignedDuration::from_hours(23));
    assert_eq!(world.get(&authorize_path(&world)).await.status, StatusCode::OK);
    world.outside.put(CLAUDE_CODE, StatusCode::BAD_GATEWAY, "", &[]);
    assert_eq!(world.get(&authorize_path(&world)).await.status, StatusCode::OK);
    assert_eq!(world.outside.fetches(), 3);
    // A document that is gone is gone.
    world.outside.put(CLAUDE_CODE, StatusCode::NOT_FOUND, "", &[]);
    assert_eq!(world.get(&authorize_path(&world)).await.status, StatusCode::BAD_REQUEST);
    world.outside.goes_dark();
    world.turn_clock(SignedDuration::from_mins(61));
    assert_eq!(world.get(&authorize_path(&world)).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_copy_of_a_day_does_not_stand_in_for_a_client_in_use_as04() {
    let world = World::new().await;
    world.outside.describe(&claude_code());
    let pair = connect(&world, CLAUDE_CODE, "http://localhost:53682/callback").await;
    world.outside.goes_dark();
    world.turn_clock(SignedDuration::from_hours(25));
    assert_eq!(world.get(&authorize_path(&world)).await.status, StatusCode::BAD_REQUEST);
    let pair = world.refresh(CLAUDE_CODE, &pair.refresh_token).await.tokens(CLAUDE_CODE);
    // Fetched again, it is kept for as long as before: it is in use.
    world.outside.describe(&claude_code());
    assert_eq!(world.get(&authorize_path(&world)).await.status, StatusCode::OK);
    world.turn_clock(SignedDuration::from_hours(24 * 80));
    world.refresh(CLAUDE_CODE, &pair.refresh_token).await.tokens(CLAUDE_CODE);
}

#[tokio::test]
async fn a_use_that_is_noted_while_the_document_is_fetched_is_not_forgotten_as05() {
    let world = World::new().await;
    world.outside.describe(&claude_code());
    world.get(&authorize_path(&world)).await;
    let (clients, now, client_id) = (world.clients(), world.now(), CLAUDE_CODE.parse().expect("an id"));
    let read = clients.find_description(&client_id, now).await.expect("reads").expect("is kept");
    let used = now + SignedDuration::from_hours(24 * 90);
    clients.keep_until(&client_id, used).await.expect("writes");
    clients.describe(read.clone(), Some(&read), now).await.expect("writes");
    let kept = clients.find_description(&client_id, now).await.expect("reads").expect("is kept");
    assert_eq!(kept.client.expires_at, used);
    // And what is over gives way to what is new, also before DynamoDB deletes it.
    world.turn_clock(SignedDuration::from_hours(24 * 91));
    assert_eq!(world.get(&authorize_path(&world)).await.status, StatusCode::OK);
    let kept = clients.find_description(&client_id, world.now()).await.expect("reads").expect("is kept");
    assert_eq!(kept.fetched_at, world.now());
}

#[tokio::test]
async fn a_client_nobody_connected_is_unknown_to_the_token_endpoint_as12() {
    let world = World::new().await;
    world.outside.describe(&claude_code());
    let answer = world.refresh(CLAUDE_CODE, "unknown").await;
    assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "invalid_client"));
    assert_eq!(world.outside.fetches(), 0, "it fetches nothing");
}

#[tokio::test]
async fn nobody_sends_this_server_around_without_end_t17() {
    let world = World::new().await;
    let path = |n: usize| world.authorize_path(&format!("https://victim.example/{n}"), &Pkce::new(1), "s");
    for n in 0..50 {
        assert_eq!(world.get(&path(n)).await.status, StatusCode::BAD_REQUEST);
    }
    let refused = world.get(&path(50)).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(world.outside.fetches(), 50);
}

#[tokio::test]
async fn documents_that_are_switched_off_are_neither_advertised_nor_fetched_as03_as04() {
    let world = World::with("ClientMetadataDocuments", "off").await;
    world.outside.describe(&claude_code());
    let metadata = world.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata["client_id_metadata_document_supported"], false);
    let authorize = world.authorize_path_to("http://localhost:1/callback", CLAUDE_CODE, &Pkce::new(1), "s");
    let refused = world.get(&authorize).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.text().contains("does not know the app"), "{}", refused.text());
    assert_eq!(world.outside.fetches(), 0);
    assert!(world.works(&world.connect().await.access_token).await, "a client that registers gets in");
}
