//! Long and odd values in every place of a request that a caller controls. None of them causes a server error: typed text
//! is bounded or hashed before it becomes a key of the store.

mod sweep;
mod values;

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose};
use http::Method;
use jean_testing::{Browser, Pkce, TestServer, account::open_signed_in};
use jiff::SignedDuration;
use serde_json::{Value, json};

use self::{
    sweep::{Odd, Sweep},
    values::odd,
};

/// Query parameters of the authorization request.
const REQUEST: [&str; 16] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "code_challenge",
    "code_challenge_method",
    "state",
    "scope",
    "prompt",
    "max_age",
    "login_hint",
    "resource",
    "response_mode",
    "nonce",
    "iss",
    "id_token_hint",
    "unknown",
];
/// Query parameters of the account pages.
const ACCOUNT: [&str; 6] = ["return_to", "link", "q", "after", "until", "unknown"];
const ANSWER: [&str; 4] = ["state", "code", "iss", "error"];
/// Headers that a handler, an extractor or a layer reads.
const HEADERS: [&str; 19] = [
    "accept",
    "accept-language",
    "access-control-request-headers",
    "access-control-request-method",
    "authorization",
    "content-encoding",
    "content-type",
    "cookie",
    "forwarded",
    "host",
    "if-none-match",
    "last-event-id",
    "mcp-protocol-version",
    "mcp-session-id",
    "origin",
    "sec-fetch-site",
    "user-agent",
    "x-api-key",
    "x-forwarded-for",
];
const FORM: &str = "application/x-www-form-urlencoded";

/// The paths of all routes, with a plausible value in each placeholder.
fn paths(server: &TestServer) -> Vec<String> {
    let paths = server.template().routes.iter().map(|route| {
        let path = route.path.replace("{client}", "claude").replace("{user_id}", "owner-example.org");
        path.replace("{provider}", "open").replace("{id}", "01KAV7M2Q4R8S6T0V1W2X3Y4Z5")
    });
    paths.collect()
}

fn encoded(value: &str) -> String {
    url::form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>().replace('+', "%20")
}

/// SR-15, TO-06, T-13
#[tokio::test]
async fn odd_path_segments_and_query_parameters_are_no_server_error() {
    let mut sweep = Sweep::new().await;
    let (browser, authorize) = sweep.server.at_consent().await;
    let cookies = browser.cookie_header();
    let headers: [(&str, &[u8]); 3] =
        [("cookie", cookies.as_bytes()), ("content-type", FORM.as_bytes()), ("sec-fetch-site", b"same-origin")];
    let templates: Vec<_> = sweep.server.template().routes.iter().map(|route| route.path.clone()).collect();
    let query = authorize.split_once('?').expect("a query").1.to_owned();
    for (turn, template) in templates.into_iter().enumerate() {
        for value in odd("path").into_iter().filter(|_| template.contains('{')) {
            for value in [encoded(&value), value] {
                let mut path = template.clone();
                for placeholder in ["{id}", "{client}", "{user_id}", "{provider}"] {
                    path = path.replace(placeholder, &value);
                }
                for method in [Method::GET, Method::POST] {
                    sweep.send("path", Odd { method, path: &path, headers: &headers, body: "" }).await;
                }
            }
        }
        let path = template.replace("{client}", "claude").replace("{provider}", "open").replace(['{', '}'], "");
        // The other routes read no query. Pages share its parser, so each gets every third value.
        let names: &[&str] = match path.as_str() {
            path if path.starts_with("/account") || path == "/federate" => &ACCOUNT,
            "/federate/open/callback" => &ANSWER,
            "/oauth/authorize" | "/authorize" | "/oauth/sign-in" | "/oauth/sign-out" | "/oauth/consent" => &REQUEST,
            _ => &REQUEST[..1],
        };
        for name in names {
            let is_other = |pair: &&str| !pair.starts_with(&format!("{name}="));
            let rest: String = query.split('&').filter(is_other).map(|pair| format!("&{pair}")).collect();
            for value in odd("query").into_iter().skip(turn % 3).step_by(3) {
                let raw = format!("{path}?{name}={value}{rest}");
                let path = format!("{path}?{name}={}{rest}", encoded(&value));
                // As it is, too, if that is a URL.
                for path in [path, raw].into_iter().collect::<BTreeSet<_>>() {
                    let place = format!("parameter {name}");
                    sweep.send(&place, Odd { method: Method::GET, path: &path, headers: &headers, body: "" }).await;
                }
            }
        }
    }
    sweep.finish(4_000);
}

/// SR-15, TO-06, T-13
#[tokio::test]
async fn odd_headers_and_cookies_are_no_server_error() {
    let mut sweep = Sweep::new().await;
    let token = sweep.server.connect().await.access_token;
    let (browser, _) = sweep.server.at_consent().await;
    let paths = paths(&sweep.server);
    // Routes share extractors and layers, so each route gets every third value of each header.
    for (place, path) in paths.iter().enumerate() {
        for name in HEADERS {
            for value in odd("header").into_iter().skip(place % 3).step_by(3) {
                let mut values = vec![value.clone()];
                if name == "authorization" {
                    let basic = general_purpose::STANDARD.encode(&value);
                    values =
                        vec![format!("Bearer {value}"), format!("Basic {basic}"), format!("Bearer {token}{value}")];
                }
                for value in values {
                    for method in [Method::GET, Method::POST, Method::OPTIONS] {
                        let headers = [(name, value.as_bytes())];
                        let place = format!("header {name}");
                        sweep.send(&place, Odd { method, path, headers: &headers, body: "" }).await;
                    }
                }
            }
        }
    }
    let names = browser.cookies.keys().cloned().chain(["jean_refused", "jean_browser", "unknown"].map(Into::into));
    for name in names.collect::<BTreeSet<_>>() {
        for value in odd("cookie") {
            let mut odd_browser = browser.clone();
            odd_browser.cookies.insert(name.clone(), value);
            let cookies = odd_browser.cookie_header();
            let headers: [(&str, &[u8]); 3] =
                [("cookie", cookies.as_bytes()), ("content-type", FORM.as_bytes()), ("sec-fetch-site", b"same-origin")];
            for path in &paths {
                let place = format!("cookie {name}");
                sweep.send(&place, Odd { method: Method::GET, path, headers: &headers, body: "" }).await;
            }
        }
    }
    sweep.finish(10_000);
}

/// SR-15, TO-06, T-13
#[tokio::test]
async fn odd_form_fields_are_no_server_error() {
    let mut sweep = Sweep::new().await;
    let tokens = sweep.server.connect().await;
    let added = sweep.server.call(&tokens.access_token, "add_memory", &json!({"text": "tea at four"})).await;
    let memory = format!("/account/memories/{}", added["structuredContent"]["id"].as_str().expect("an id"));
    let gone = sweep.server.call(&tokens.access_token, "add_memory", &json!({"text": "coffee at four"})).await;
    let gone = gone["structuredContent"]["id"].clone();
    sweep.server.call(&tokens.access_token, "delete_memory", &json!({"id": gone})).await;
    let authorize = sweep.server.authorize_path(&tokens.client_id, &Pkce::new(1), "s");
    let link = sweep.server.password_link(Some(&sweep.server.add_user("ada@example.org").await)).await;
    let credentials = sweep.server.credentials();
    for page in ["/account/sign-in", "/account/sign-up", &authorize, &link] {
        let mut browser = Browser::default();
        for form in browser.open(&sweep.server, page).await.forms() {
            sweep.form(&browser, &form, &credentials[..1]).await;
        }
    }
    sweep.server.turn_clock(SignedDuration::from_hours(1));
    let mut browser = Browser::default();
    let overview = open_signed_in(&sweep.server, &mut browser, "/account").await;
    let connection = jean_testing::account::connections(&overview).swap_remove(0);
    let pages = [
        "/account",
        "/account/security",
        "/account/keys",
        "/account/users",
        "/account/users/ada-example.org",
        "/account/memories",
        &memory,
        "/account/connect",
        "/account/trash",
        "/account/data",
        &connection,
        "/account/delete",
        "/account/passkeys",
        "/account/password",
        &authorize,
    ];
    for page in pages {
        let forms = browser.open(&sweep.server, page).await.forms();
        assert!(!forms.is_empty(), "{page}");
        for form in forms.iter().filter(|form| !form.action.contains("sign-out")) {
            sweep.form(&browser, form, &[]).await;
        }
    }
    sweep.finish(2_000);
}

/// SR-15, TO-06, T-13
#[tokio::test]
async fn odd_members_of_json_and_token_requests_are_no_server_error() {
    let mut sweep = Sweep::new().await;
    let tokens = sweep.server.connect().await;
    let bearer = format!("Bearer {}", tokens.access_token);
    let call = |tool: &str, arguments: Value| json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}});
    let id = "01KAV7M2Q4R8S6T0V1W2X3Y4Z5";
    let requests = [
        (
            "/oauth/register",
            json!({"client_name": "a", "redirect_uris": ["https://example.org/cb"], "scope": "memory:read", "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"], "application_type": "web", "client_uri": "https://example.org"}),
        ),
        (
            "/oauth/token",
            json!({"grant_type": "authorization_code", "client_id": tokens.client_id, "code": "jmc_x", "redirect_uri": "https://example.org/cb", "code_verifier": "x", "client_secret": "jms_x", "resource": "http://localhost:3000/mcp"}),
        ),
        (
            "/oauth/token",
            json!({"grant_type": "refresh_token", "client_id": tokens.client_id, "refresh_token": tokens.refresh_token, "scope": "memory:read"}),
        ),
        (
            "/oauth/revoke",
            json!({"client_id": tokens.client_id, "token": tokens.refresh_token, "token_type_hint": "refresh_token"}),
        ),
        (
            "/mcp",
            call(
                "add_memory",
                json!({"text": "tea", "tags": ["a"], "occurred_at": "2026-01-01", "source_url": "https://example.org"}),
            ),
        ),
        (
            "/mcp",
            call(
                "search_memory",
                json!({"query": "tea", "limit": 5, "tags": ["a"], "since": "2026-01-01", "until": "2026-02-01"}),
            ),
        ),
        ("/mcp", call("list_memories", json!({"cursor": id, "limit": 5}))),
        ("/mcp", call("get_memory", json!({"id": id}))),
        ("/mcp", call("update_memory", json!({"id": id, "text": "tea", "clear": ["tags"]}))),
        ("/mcp", call("delete_memory", json!({"id": id}))),
        ("/mcp", call("store_document", json!({"title": "tea", "content": "tea at four"}))),
        ("/mcp", call("fetch", json!({"id": id}))),
        ("/mcp", call("delete_all_memories", json!({"confirm": "delete all memories"}))),
        ("/mcp", json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"cursor": "a"}})),
        ("/mcp", json!({"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": "memory://profile"}})),
        (
            "/mcp",
            json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "a", "version": "1"}}}),
        ),
    ];
    let headers: [(&str, &[u8]); 3] = [
        ("content-type", b"application/json"),
        ("authorization", bearer.as_bytes()),
        ("accept", b"application/json, text/event-stream"),
    ];
    for (path, request) in &requests {
        for place in values::places(request) {
            let texts = odd("json").into_iter().map(Value::from);
            for value in texts.chain([
                Value::Null,
                json!(true),
                json!(-1),
                json!(1.5),
                json!(u64::MAX),
                json!([]),
                json!([[]]),
                json!({}),
            ]) {
                let body = values::with(request, &place, value);
                sweep
                    .send(
                        &format!("member {place}"),
                        Odd { method: Method::POST, path, headers: &headers, body: &body },
                    )
                    .await;
                // The token endpoint takes forms of the same parameters, and a Basic header with any text.
                if *path != "/mcp" && *path != "/oauth/register" {
                    let body = values::form(&body);
                    let headers: [(&str, &[u8]); 1] = [("content-type", FORM.as_bytes())];
                    sweep
                        .send(
                            &format!("parameter {place}"),
                            Odd { method: Method::POST, path, headers: &headers, body: &body },
                        )
                        .await;
                }
            }
        }
    }
    sweep.finish(3_000);
}
