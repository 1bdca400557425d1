//! Requests as known clients send them: registration, authorization, authentication and the first MCP messages.
//!
//! The table lists problems that users of similar servers report most often, and the test that covers each of them.
//! [`every_reported_problem_has_a_test`] checks that the tests exist.
//!
//! | problem | test |
//! |---|---|
//! | 1 the challenge is missing or relative | functions/mcp/tests/routes/authentication.rs: missing_or_forged_token_gets_a_challenge |
//! | 1 or renamed by a proxy | infra/tests/e2e/renamed_challenge.test.mjs: gets to the tools though WWW-Authenticate was renamed on the way |
//! | 1 or not exposed to browsers | infra/tests/e2e/browser_client.test.mjs: a page on localhost reads the challenge |
//! | 2 no metadata at the path-suffixed URL | functions/discovery/tests/routes/documents.rs: resource_metadata_is_at_both_paths |
//! | 3 `resource` or audience differs by a slash | infra/tests/flows/clients.rs: every_spelling_of_the_resource_gives_a_valid_token |
//! | 4 bare `/mcp` not routed, or redirected | infra/tests/flows/clients.rs: bare_endpoint_path_is_never_redirected |
//! | 5 a token of the token endpoint is rejected at `/mcp` | infra/tests/flows/first_connection.rs: client_connects_with_only_the_url |
//! | 6 registration rejected for one unknown field | functions/register/tests/routes/register.rs: response_shows_what_was_registered |
//! | 6 or for one invalid redirect URI | shared/auth/src/registration.rs: unusable_redirect_uri_is_omitted_from_the_response |
//! | 7 no way to register is advertised | functions/discovery/tests/routes/documents.rs: server_metadata_lists_every_capability |
//! | 8 `none` missing from the authentication methods | functions/discovery/tests/routes/documents.rs: server_metadata_lists_every_capability |
//! | 9 the port of a loopback redirect URI is compared | infra/tests/flows/clients.rs: claude_code_returns_to_a_random_loopback_port |
//! | 10 `form-action` blocks the redirect after consent | infra/tests/e2e/pages.test.mjs: the redirect after consent reaches |
//! | 11 no `offline_access` | infra/tests/flows/clients.rs: sdk_gets_offline_access_with_prompt_consent |
//! | 11 or no grace period on rotation | functions/token/tests/routes/refresh.rs: lost_response_can_be_requested_again |
//! | 12 the protocol version is compared strictly | functions/mcp/tests/routes/handler.rs: initialize_answers_every_revision_with_server_info |
//! | 13 a cold start exceeds client timeouts | functions/mcp/tests/routes/bearer.rs: authentication_does_not_read_the_store |
//! | 14 the host is not in an allow-list | infra/tests/flows/clients.rs: any_host_header_is_accepted |
//! | 15 HTML instead of JSON | infra/tests/flows/clients.rs: api_errors_are_json_and_never_html |
//! | 15 or a stage name in the URLs | functions/discovery/tests/routes/documents.rs: server_metadata_lists_every_capability |
//! | 16 a page loaded twice no longer works | functions/authorize/tests/routes/pages.rs: page_loaded_twice_works_from_either_copy |
//! | 17 a second click shows an error | functions/authorize/tests/routes/consent.rs: second_click_on_allow_is_harmless |
//! | 18 a deployment loses clients | infra/tests/e2e/restart.test.mjs: clients, codes, grants and memories outlive a restart |
//! | 19 unused registrations accumulate | functions/register/tests/routes/register.rs: unused_registration_expires_after_a_day |
//! | 20 a sign-in on one device disconnects another | infra/tests/flows/clients.rs: second_device_leaves_the_first_connected |

mod connect;
mod shapes;

use jean_testing::TestServer;
use std::{fs, path::Path};

use base64::{Engine as _, engine::general_purpose};
use futures::future::join_all;
use http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};

use self::{
    connect::{HERE, JSON},
    shapes::{ALL_SCOPES, Opening, Proof, Shape, chatgpt, claude, claude_code, cursor, inspector, sdk, vs_code},
};

/// The claims of an access token.
fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&general_purpose::URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("json")
}

/// A server with a public URL.
async fn deployed() -> TestServer {
    TestServer::at("https://memory.example").await
}

/// AS-05, AS-11
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claude_refreshes_concurrently_from_two_addresses() {
    let world = deployed().await;
    let claude = claude();
    let server = claude.discover(&world).await;
    let (_, registered) = (claude.register(&world, &server).await, claude.register(&world, &server).await);
    let code = claude.ask(&world, &server, &registered).await;
    let pair = claude.redeem(&world, &server, &registered, &code).await;
    claude.open(&world, &pair.access_token).await;

    let two = ["192.0.2.10:1000", "198.51.100.20:2000"];
    let at_once = two.map(|from| claude.refresh(&world, &registered, &pair.refresh_token, from));
    let mut pairs: Vec<_> = join_all(at_once).await.iter().map(|answer| answer.tokens(registered.id())).collect();
    // A burst of refreshes may last 76 seconds.
    world.turn_clock(SignedDuration::from_secs(76));
    pairs.push(claude.refresh(&world, &registered, &pair.refresh_token, two[0]).await.tokens(registered.id()));
    for pair in pairs {
        claude.open(&world, &pair.access_token).await;
        let next = claude.refresh(&world, &registered, &pair.refresh_token, two[1]).await;
        assert_eq!(next.status, StatusCode::OK, "{}", next.text());
    }
    assert_eq!(world.grants().await, 1);
}

/// AS-12
#[tokio::test]
async fn claude_gets_invalid_grant_and_then_invalid_client() {
    let world = deployed().await;
    let claude = claude();
    let (registered, pair) = claude.connect(&world).await;
    world.close_grants().await;
    let dead = claude.refresh(&world, &registered, &pair.refresh_token, HERE).await;
    assert_eq!((dead.status, dead.error()), (StatusCode::BAD_REQUEST, "invalid_grant".into()));
    world.turn_clock(SignedDuration::from_hours(24 * 91));
    let unknown = claude.refresh(&world, &registered, &pair.refresh_token, HERE).await;
    assert_eq!((unknown.status, unknown.error()), (StatusCode::UNAUTHORIZED, "invalid_client".into()));
}

/// AS-06
#[tokio::test]
async fn claude_code_returns_to_a_random_loopback_port() {
    let world = TestServer::new().await;
    for redirect_uri in ["http://localhost:53682/callback", "http://127.0.0.1:61001/callback"] {
        let (registered, pair) = Shape { redirect_uri, ..claude_code() }.connect(&world).await;
        assert!(registered.id().starts_with("claude-code_"), "SD-04: {}", registered.id());
        assert_eq!(claims(&pair.access_token)["client"], "claude-code");
    }
}

/// AS-05, AS-09
#[tokio::test]
async fn chatgpt_is_registered_as_a_public_client() {
    let world = deployed().await;
    for redirect_uri in
        ["https://chatgpt.com/connector_platform_oauth_redirect", "https://chatgpt.com/connector/oauth/Zr8_kQ-x2"]
    {
        let (registered, pair) = Shape { redirect_uri, ..chatgpt() }.connect(&world).await;
        assert_eq!(registered.answer["token_endpoint_auth_method"], "none");
        assert_eq!(claims(&pair.access_token)["aud"], world.url("/mcp"));
    }
}

/// AS-05, AS-06
#[tokio::test]
async fn cursor_returns_to_each_kind_of_redirect_uri() {
    let world = deployed().await;
    for redirect_uri in [
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "https://www.cursor.com/agents/mcp/oauth/callback",
        "http://localhost:8787/callback",
    ] {
        Shape { redirect_uri, ..cursor() }.connect(&world).await;
    }
}

/// AS-06
#[tokio::test]
async fn vs_code_returns_to_any_loopback_port() {
    let world = deployed().await;
    for redirect_uri in ["http://127.0.0.1:33418/", "http://127.0.0.1:50123/"] {
        let (registered, _) = Shape { redirect_uri, ..vs_code() }.connect(&world).await;
        assert!(registered.id().starts_with("vscode_"), "SD-04: {}", registered.id());
        assert_eq!(registered.answer["application_type"], "native");
    }
}

/// RS-07
#[tokio::test]
async fn inspector_sends_a_preflight_before_every_request() {
    let world = TestServer::new().await;
    let inspector = inspector();
    let (registered, pair) = inspector.connect(&world).await;
    let refreshed = inspector.refresh(&world, &registered, &pair.refresh_token, HERE).await;
    inspector.open(&world, &refreshed.tokens(registered.id()).access_token).await;
}

/// AS-20, RS-02
#[tokio::test]
async fn sdk_gets_offline_access_with_prompt_consent() {
    let world = deployed().await;
    let looked = world.send(Method::GET, "/mcp", &[("accept", "text/event-stream")], "").await;
    assert_eq!(looked.status, StatusCode::UNAUTHORIZED);
    assert!(looked.header("www-authenticate").starts_with("Bearer "));
    for opening in [Opening::Initialize, Opening::Discover] {
        for proof in [Proof::InHeader, Proof::InBody] {
            let sdk = Shape { opening, proof, ..sdk() };
            let (registered, pair) = sdk.connect(&world).await;
            assert_eq!(claims(&pair.access_token)["scope"], ALL_SCOPES);
            let refreshed = sdk.refresh(&world, &registered, &pair.refresh_token, HERE).await;
            assert_eq!(refreshed.json()["scope"], ALL_SCOPES);
        }
    }
}

/// AS-09
#[tokio::test]
async fn every_spelling_of_the_resource_gives_a_valid_token() {
    let world = deployed().await;
    for resource in ["/mcp", "/mcp/", "", "/"] {
        let (_, pair) = Shape { resource, ..claude() }.connect(&world).await;
        assert_eq!(claims(&pair.access_token)["aud"], world.url("/mcp"), "{resource}");
    }
}

/// RS-02
#[tokio::test]
async fn bare_endpoint_path_is_never_redirected() {
    let world = deployed().await;
    for method in [Method::GET, Method::POST, Method::DELETE] {
        let answer = world.send(method.clone(), "/mcp", &[JSON], "").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method}");
        assert!(answer.headers.get("location").is_none(), "{method}");
    }
}

/// TR-06
#[tokio::test]
async fn any_host_header_is_accepted() {
    let world = deployed().await;
    let bearer = format!("Bearer {}", world.connect().await.access_token);
    for host in ["abc123.execute-api.eu-west-1.amazonaws.com", "memory.example:443", "10.0.0.7:8080"] {
        let headers = [JSON, ("authorization", bearer.as_str()), ("host", host)];
        let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string();
        assert_eq!(world.send(Method::POST, "/mcp", &headers, &list).await.status, StatusCode::OK, "{host}");
    }
}

#[tokio::test]
async fn api_errors_are_json_and_never_html() {
    let world = deployed().await;
    for (path, body) in [
        ("/mcp", "{}"),
        ("/oauth/register", "{"),
        ("/oauth/register", "{}"),
        ("/oauth/token", "{"),
        ("/oauth/token", "{}"),
        ("/oauth/revoke", "{}"),
        ("/.well-known/openid-configuration", "{}"),
    ] {
        // Some clients copy the `accept` header of a browser.
        let headers = [JSON, ("accept", "text/html,*/*;q=0.8")];
        let refused = world.send(Method::POST, path, &headers, body).await;
        assert!(refused.status.is_client_error(), "{path}");
        assert_eq!(refused.header("content-type"), "application/json", "{path}");
        refused.json();
    }
}

/// T-30
#[tokio::test]
async fn second_device_leaves_the_first_connected() {
    let world = TestServer::new().await;
    let first = world.connect().await;
    let second = world.connect_with(&first.client_id).await;
    let (_, third) = claude_code().connect(&world).await;
    for pair in [&first, &second, &third] {
        assert!(world.works(&pair.access_token).await);
    }
    world.revoke(&second.client_id, &second.refresh_token).await;
    for pair in [&first, &third] {
        assert_eq!(world.refresh(&pair.client_id, &pair.refresh_token).await.status, StatusCode::OK);
    }
}

#[test]
fn every_reported_problem_has_a_test() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let rows = include_str!("clients.rs").lines().filter_map(|line| line.strip_prefix("//! | "));
    let mut failures = [false; 20];
    for row in rows {
        let (failure, shown_by) = row.trim_end_matches(" |").rsplit_once(" | ").expect("two columns");
        let Some((path, name)) = shown_by.split_once(": ") else { continue };
        let text = fs::read_to_string(project.join(path)).expect(path);
        let exists = match path.ends_with(".rs") {
            true => text.contains(&format!("fn {name}()")),
            false => text.contains(name),
        };
        assert!(exists, "no test {name} in {path}");
        let number: usize = failure.split(' ').next().expect("a number").parse().expect("a number");
        failures[number - 1] = true;
    }
    assert_eq!(failures, [true; 20]);
}
