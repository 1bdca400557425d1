//! Each fault that people report, switched on in turn: it is named by its own check, and what is said besides follows
//! from it.

use std::{
    collections::HashSet,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::{StreamExt, stream};
use http::{Method, StatusCode};
use jean::doctor::Status;

use crate::server::{Answered, Asked, Fault, PASSWORD, Server, examine};

/// What goes wrong, and which checks tell, the one whose fault it is first.
type Case = (&'static str, &'static [&'static str], Fault);

fn case(says: &'static str, told: &'static [&'static str], spoil: fn(&Asked, &mut Answered)) -> Case {
    (says, told, Fault::new(spoil))
}

fn is_unsigned(asked: &Asked) -> bool {
    asked.path == "/mcp" && asked.header("authorization").is_empty()
}

fn is_html(answer: &mut Answered, status: u16) {
    answer.refuse(status, "");
    answer.body = "<html><body><h1>Error</h1></body></html>".into();
    answer.set("content-type", "text/html");
}

const SERVER: &str = "/.well-known/oauth-authorization-server";
const RESOURCE: &str = "/.well-known/oauth-protected-resource";
const RESOURCE_OF_MCP: &str = "/.well-known/oauth-protected-resource/mcp";

fn at_the_front() -> Vec<Case> {
    vec![
        case("/mcp is redirected", &["connection.redirect", "challenge.status"], |asked, answer| {
            if is_unsigned(asked) && asked.method != Method::OPTIONS {
                answer.status = StatusCode::TEMPORARY_REDIRECT;
                answer.set("location", "/mcp/");
            }
        }),
        case("403 for 401", &["challenge.status", "challenge.invalid-token"], |_, answer| {
            if answer.status == StatusCode::UNAUTHORIZED
                && answer.headers.contains_key("www-authenticate")
                && answer.body.contains("token")
            {
                answer.status = StatusCode::FORBIDDEN;
            }
        }),
        case("200 for 401", &["challenge.status"], |asked, answer| {
            if is_unsigned(asked) && answer.status == StatusCode::UNAUTHORIZED {
                answer.status = StatusCode::OK;
            }
        }),
        case("nothing at GET /mcp", &["challenge.status"], |asked, answer| {
            if asked.path == "/mcp" && asked.method == Method::GET && is_unsigned(asked) {
                answer.status = StatusCode::NOT_FOUND;
            }
        }),
        case("no challenge", &["challenge.header"], |asked, answer| {
            if asked.path == "/mcp" {
                answer.drop("www-authenticate");
            }
        }),
        case("a challenge without the metadata", &["challenge.header"], |asked, answer| {
            if is_unsigned(asked) && answer.status == StatusCode::UNAUTHORIZED {
                answer.set("www-authenticate", "Bearer");
            }
        }),
        case("the challenge renamed", &["challenge.renamed"], |_, answer| {
            if let Some(challenge) = answer.headers.remove("www-authenticate") {
                answer.headers.insert("x-amzn-remapped-www-authenticate", challenge);
            }
        }),
        case("a relative challenge", &["challenge.metadata-url"], |asked, answer| {
            if asked.path == "/mcp" && answer.status == StatusCode::UNAUTHORIZED {
                answer.set(
                    "www-authenticate",
                    &format!("Bearer resource_metadata=\"{RESOURCE_OF_MCP}\", error=\"invalid_token\""),
                );
            }
        }),
        case("a challenge to another origin", &["challenge.metadata-url", "discovery.named"], |asked, answer| {
            if asked.path == "/mcp" && answer.status == StatusCode::UNAUTHORIZED {
                answer.set(
                    "www-authenticate",
                    "Bearer resource_metadata=\"http://127.0.0.1:9/metadata\", error=\"invalid_token\"",
                );
            }
        }),
        case("a stage in the challenge", &["challenge.stage", "discovery.named"], |_, answer| {
            let challenge = answer.header("www-authenticate");
            if challenge.contains("resource_metadata") {
                answer.set("www-authenticate", &challenge.replace("/.well-known", "/prod/.well-known"));
            }
        }),
        case("HTML for an error at /mcp", &["challenge.json"], |asked, answer| {
            if is_unsigned(asked) && answer.status == StatusCode::UNAUTHORIZED {
                let challenge = answer.header("www-authenticate");
                is_html(answer, 401);
                answer.set("www-authenticate", &challenge);
            }
        }),
        case("a wrong clock", &["timing.clock"], |_, answer| answer.set("date", "Tue, 01 Jan 2030 00:00:00 GMT")),
    ]
}

fn in_the_metadata() -> Vec<Case> {
    vec![
        case("no metadata at the suffixed path", &["discovery.path-suffixed", "discovery.named"], |asked, answer| {
            if asked.path == RESOURCE_OF_MCP && asked.method == Method::GET {
                answer.refuse(404, "not found");
            }
        }),
        case("no metadata at the root", &["discovery.root"], |asked, answer| {
            if asked.path == RESOURCE && asked.method == Method::GET {
                answer.refuse(404, "not found");
            }
        }),
        case("a slash after resource", &["discovery.resource"], |_, answer| {
            answer.replace("/mcp\",\"authorization_servers", "/mcp/\",\"authorization_servers")
        }),
        case("no authorization server", &["discovery.authorization-servers", "discovery.issuer"], |asked, answer| {
            if asked.path.starts_with(RESOURCE) {
                answer.body = answer.body.replace("authorization_servers", "authorisation_servers");
            }
        }),
        case("HTML for the server's metadata", &["discovery.server"], |asked, answer| {
            if asked.path == SERVER && asked.method == Method::GET {
                is_html(answer, 200);
            }
        }),
        case("a slash after the issuer", &["discovery.issuer", "authorization.iss"], |asked, answer| {
            if asked.path == SERVER {
                answer.replace("\",\"authorization_endpoint", "/\",\"authorization_endpoint");
            }
        }),
        case("no revocation endpoint", &["discovery.endpoints"], |asked, answer| {
            if asked.path == SERVER {
                answer.replace("\"revocation_endpoint\"", "\"x\"");
            }
        }),
        case("a stage in the endpoints", &["discovery.stage", "token.revocation"], |asked, answer| {
            if asked.path == SERVER {
                answer.replace("/oauth/revoke", "/prod/oauth/revoke");
            }
        }),
        case("an endpoint elsewhere", &["discovery.endpoints"], |asked, answer| {
            if asked.path == SERVER {
                answer.replace("\"token_endpoint\":\"http", "\"token_endpoint\":\"https");
            }
        }),
        case("S256 not listed", &["discovery.s256"], |asked, answer| {
            if asked.path == SERVER {
                answer.replace("\"S256\"", "\"plain\"");
            }
        }),
        case("none not listed", &["discovery.none"], |asked, answer| {
            if asked.path == SERVER {
                answer.replace("\"none\",", "");
            }
        }),
        case("no offline_access", &["discovery.offline-access"], |asked, answer| {
            if asked.path == SERVER {
                answer.replace(",\"offline_access\"", "");
            }
        }),
        case("no way to register", &["discovery.ways-to-register"], |asked, answer| {
            if asked.path == SERVER {
                answer.replace("\"registration_endpoint\"", "\"x\"");
                answer.replace("\"client_id_metadata_document_supported\":true", "\"y\":true");
            }
        }),
        case("no registration beside documents", &["discovery.ways-to-register"], |asked, answer| {
            if asked.path == SERVER {
                answer.replace("\"registration_endpoint\"", "\"x\"");
            }
        }),
        case("iss not advertised", &["discovery.iss"], |asked, answer| {
            if asked.path == SERVER {
                answer.replace("\"authorization_response_iss_parameter_supported\":true", "\"x\":true");
            }
        }),
        case("the host of the request in the metadata", &["discovery.host"], |asked, answer| {
            if asked.path == SERVER {
                let host = asked.header("host");
                answer.replace("\"service_documentation\":\"", &format!("\"service_documentation\":\"https://{host}"));
            }
        }),
        case("a forwarded host in the metadata", &["discovery.host"], |asked, answer| {
            if asked.path == SERVER && !asked.header("x-forwarded-host").is_empty() {
                answer.replace(
                    "\"token_endpoint\":\"",
                    &format!("\"token_endpoint\":\"https://{}", asked.header("x-forwarded-host")),
                );
            }
        }),
    ]
}

fn in_the_browser() -> Vec<Case> {
    vec![
        case("preflights refused", &["cors.preflight"], |asked, answer| {
            if asked.method == Method::OPTIONS {
                answer.refuse(401, "unauthorized");
            }
        }),
        case("a header of MCP not allowed", &["cors.headers"], |asked, answer| {
            if asked.method == Method::OPTIONS {
                let allowed = answer.header("access-control-allow-headers").replace("mcp-protocol-version", "x");
                answer.set("access-control-allow-headers", &allowed);
            }
        }),
        case("answers that can't be read", &["cors.answers"], |asked, answer| {
            if asked.method != Method::OPTIONS {
                answer.drop("access-control-allow-origin");
            }
        }),
        case("the challenge not exposed", &["cors.exposed"], |_, answer| answer.drop("access-control-expose-headers")),
        case("every origin allowed", &["cors.foreign"], |asked, answer| {
            if !asked.header("origin").is_empty() {
                answer.set("access-control-allow-origin", "*");
            }
        }),
    ]
}

fn at_registration() -> Vec<Case> {
    vec![
        case("client_secret_post refused", &["registration.claude", "registration.repeated"], |asked, answer| {
            if asked.says("client_secret_post") {
                answer.refuse(400, "invalid_client_metadata");
            }
        }),
        case("Claude given no secret", &["registration.claude"], |asked, answer| {
            if asked.path == "/oauth/register" && asked.says("client_secret_post") {
                answer.replace("\"client_secret\"", "\"x\"");
            }
        }),
        case("private_key_jwt refused", &["registration.chatgpt"], |asked, answer| {
            if asked.path == "/oauth/register" && asked.says("private_key_jwt") {
                answer.refuse(400, "invalid_client_metadata");
            }
        }),
        case("addresses of apps left out", &["registration.cursor"], |_, answer| {
            answer.replace("\"cursor://anysphere.cursor-mcp/oauth/callback\",", "")
        }),
        case("one odd address fails the whole", &["registration.odd-address"], |asked, answer| {
            if asked.path == "/oauth/register" && asked.says("javascript:") {
                answer.refuse(400, "invalid_redirect_uri");
            }
        }),
        case("one odd field fails the whole", &["registration.odd-field"], |asked, answer| {
            if asked.says("contacts") {
                answer.refuse(400, "invalid_client_metadata");
            }
        }),
        case("HTML when registration is refused", &["registration.refusal"], |asked, answer| {
            if asked.path == "/oauth/register" && answer.status == StatusCode::BAD_REQUEST && asked.says("Nowhere") {
                is_html(answer, 400);
            }
        }),
        case("loopback addresses refused", &["registration.claude-code"], |asked, answer| {
            if asked.path == "/oauth/register" && asked.says("Claude Code") {
                answer.refuse(400, "invalid_redirect_uri");
            }
        }),
    ]
}

fn at_authorization() -> Vec<Case> {
    vec![
        case("the loopback port compared", &["authorization.loopback-port"], |asked, answer| {
            if asked.path == "/oauth/authorize" && asked.query.contains("redirect_uri=http%3A%2F%2Flocalhost%3A") {
                is_html(answer, 400);
            }
        }),
        case("an open redirector", &["authorization.foreign-address"], |asked, answer| {
            if asked.path == "/oauth/authorize" && asked.query.contains("foreign.example") {
                answer.status = StatusCode::FOUND;
                answer.set("location", "https://foreign.example/callback?error=invalid_request");
            }
        }),
        case("unknown clients sent on", &["authorization.unknown-client"], |asked, answer| {
            if asked.path == "/oauth/authorize" && asked.query.contains("nobody") {
                answer.status = StatusCode::FOUND;
                answer.set("location", "https://claude.ai/api/mcp/auth_callback?error=unauthorized_client");
            }
        }),
        case("no challenge needed", &["authorization.pkce-missing"], |asked, answer| {
            if asked.path == "/oauth/authorize"
                && !asked.query.contains("code_challenge")
                && answer.status == StatusCode::FOUND
            {
                is_html(answer, 200);
            }
        }),
        case("plain taken", &["authorization.pkce-plain"], |asked, answer| {
            if asked.query.contains("code_challenge_method=plain") {
                is_html(answer, 200);
            }
        }),
        case("no iss in the answer", &["authorization.iss", "sign-in.return", "sign-in.second-click"], |_, answer| {
            let location = answer.header("location");
            if let Some((before, _)) = location.split_once("&iss=") {
                answer.set("location", before);
            }
        }),
        case("a resource with a slash refused", &["authorization.resource"], |asked, answer| {
            if asked.query.contains("mcp%2F&") {
                answer.status = StatusCode::FOUND;
                answer.set("location", "https://claude.ai/api/mcp/auth_callback?error=invalid_target");
            }
        }),
        case("pages that can be framed", &["authorization.framing"], |_, answer| {
            answer.drop("content-security-policy")
        }),
        case("form-action on the sign-in page", &["authorization.form-action"], |asked, answer| {
            if asked.path == "/oauth/authorize" && answer.body.contains("/oauth/sign-in") {
                let policy = answer.header("content-security-policy");
                answer.set("content-security-policy", &format!("{policy}; form-action 'self'"));
            }
        }),
        case("form-action on the consent page", &["sign-in.form-action"], |_, answer| {
            if answer.body.contains("/oauth/consent") {
                let policy = answer.header("content-security-policy");
                answer.set("content-security-policy", &format!("{policy}; form-action 'self'"));
            }
        }),
        case("no way to claude.ai", &["authorization.metadata-document"], |asked, answer| {
            if asked.query.contains("mcp-oauth-client-metadata") {
                is_html(answer, 400);
            }
        }),
        case("a page without a form", &["sign-in.page"], |_, answer| answer.replace("type=\"password\"", "type=\"x\"")),
        case("a consent page that hides who asks", &["sign-in.consent"], |_, answer| {
            answer.replace("Claude", "An app")
        }),
        case("a page that works only once loaded", &["sign-in.loaded-twice"], {
            |asked, answer| {
                static USED: Mutex<Option<HashSet<String>>> = Mutex::new(None);
                if asked.path != "/oauth/sign-in" {
                    return;
                }
                // The first copy sent for each request is taken for an old one.
                let is_new = USED.lock().expect("unharmed").get_or_insert_default().insert(asked.query.clone());
                if is_new {
                    is_html(answer, 400);
                }
            }
        }),
        (
            "a second click shows an error",
            &["sign-in.second-click"],
            Fault::new({
                let clicks = AtomicUsize::new(0);
                move |asked, answer| {
                    if asked.path == "/oauth/consent" && clicks.fetch_add(1, Ordering::Relaxed) > 0 {
                        is_html(answer, 400);
                    }
                }
            }),
        ),
    ]
}

fn at_the_token_endpoint() -> Vec<Case> {
    vec![
        case(
            "invalid_grant masked by 429",
            &[
                "token.dead-refresh-token",
                "token.rate-limit",
                "token.json",
                "exchange.verifier",
                "exchange.replay",
                "refresh.revocation",
            ],
            |_, answer| {
                if answer.body.contains("invalid_grant") {
                    answer.refuse(429, "slow_down");
                }
            },
        ),
        (
            "a client that retries limited",
            &["token.rate-limit"],
            Fault::new({
                let dead = AtomicUsize::new(0);
                move |asked, answer| {
                    if asked.says("refresh_token=dead") && dead.fetch_add(1, Ordering::Relaxed) == 9 {
                        answer.refuse(429, "slow_down");
                    }
                }
            }),
        ),
        case("JSON not read", &["token.json", "exchange.json"], |asked, answer| {
            if asked.path == "/oauth/token" && asked.header("content-type") == "application/json" {
                answer.refuse(415, "invalid_request");
            }
        }),
        case("an unknown client is a dead grant", &["token.unknown-client"], |_, answer| {
            if answer.body.contains("invalid_client") {
                answer.refuse(400, "invalid_grant");
            }
        }),
        case("tokens cached", &["token.no-store", "exchange.no-store", "refresh.no-store"], |asked, answer| {
            if asked.path == "/oauth/token" {
                answer.set("cache-control", "public, max-age=60");
            }
        }),
        case(
            "HTML for errors of the token endpoint",
            &["token.dead-refresh-token", "token.json", "exchange.verifier", "exchange.replay", "refresh.revocation"],
            |asked, answer| {
                if asked.path == "/oauth/token" && answer.status == StatusCode::BAD_REQUEST {
                    let cache = answer.header("cache-control");
                    is_html(answer, 400);
                    answer.set("cache-control", &cache);
                }
            },
        ),
        case("no tokens for a code", &["exchange.tokens"], |asked, answer| {
            if asked.says("code=") && answer.status == StatusCode::OK {
                answer.refuse(500, "server_error");
            }
        }),
        case("no refresh token", &["exchange.tokens"], |asked, answer| {
            if asked.says("authorization_code") {
                answer.replace("\"refresh_token\"", "\"x\"");
            }
        }),
        case("a lifetime that is not true", &["exchange.claims"], |_, answer| {
            answer.replace("\"expires_in\":3600", "\"expires_in\":60")
        }),
        (
            "a second connection ends the first",
            &["exchange.second-device"],
            Fault::new({
                let refreshes = AtomicUsize::new(0);
                move |asked, answer| {
                    let is_refresh = asked.path == "/oauth/token" && asked.says("refresh_token=jm");
                    if is_refresh && refreshes.fetch_add(1, Ordering::Relaxed) == 0 {
                        answer.refuse(400, "invalid_grant");
                    }
                }
            }),
        ),
        case("a verifier that does not matter", &["exchange.verifier"], |asked, answer| {
            if asked.says("code_verifier=not-the-verifier") {
                answer.status = StatusCode::OK;
            }
        }),
    ]
}

fn at_the_endpoint() -> Vec<Case> {
    vec![
        case("a token given and refused", &["mcp.token-accepted", "refresh.tokens-accepted"], |asked, answer| {
            if asked.path == "/mcp" && asked.header("authorization").starts_with("Bearer ey") {
                answer.refuse(401, "invalid_token");
            }
        }),
        case("an older program", &["mcp.version"], |asked, answer| {
            if asked.path == "/mcp" {
                answer.replace(&format!("\"version\":\"{}\"", env!("CARGO_PKG_VERSION")), "\"version\":\"0.0.1\"");
            }
        }),
        case("old revisions refused", &["mcp.revisions"], |asked, answer| {
            if asked.path == "/mcp" && asked.says("2024-11-05") {
                answer.refuse(400, "unsupported");
            }
        }),
        case("the revision compared strictly", &["mcp.unknown-revision"], |asked, answer| {
            if asked.says("2099-01-01") {
                answer.refuse(400, "unsupported protocol version");
            }
        }),
        case("discovery unknown", &["mcp.discover"], |asked, answer| {
            if asked.header("mcp-method") == "server/discover" {
                answer.refuse(404, "unknown");
            }
        }),
        case("Accept taken by the letter", &["mcp.accept"], |asked, answer| {
            if asked.path == "/mcp"
                && asked.header("authorization").starts_with("Bearer ey")
                && asked.header("accept") == "*/*"
            {
                answer.refuse(406, "not acceptable");
            }
        }),
        case("no tools for research", &["mcp.tools"], |asked, answer| {
            if asked.says("tools/list") {
                answer.replace("\"name\":\"fetch\"", "\"name\":\"get\"");
            }
        }),
        case("somebody else's memory", &["mcp.whoami"], |asked, answer| {
            if asked.says("whoami") {
                answer.replace("ada@example.org", "eve@example.org");
            }
        }),
        case("malformed JSON crashes it", &["mcp.errors"], |asked, answer| {
            if asked.path == "/mcp" && asked.body == "{" {
                is_html(answer, 500);
            }
        }),
        (
            "of refreshes at once one wins",
            &["refresh.storm", "refresh.grace"],
            Fault::new({
                let refreshes = AtomicUsize::new(0);
                move |asked, answer| {
                    let is_refresh = asked.says("refresh_token=jm");
                    // After the refresh beside a second connection come the twenty of the storm and the late one: but for the first
                    // of them the token is dead.
                    if is_refresh
                        && asked.path == "/oauth/token"
                        && (2..22).contains(&refreshes.fetch_add(1, Ordering::Relaxed))
                    {
                        answer.refuse(400, "invalid_grant");
                    }
                }
            }),
        ),
        case("revocation fails", &["token.revocation", "refresh.revocation"], |asked, answer| {
            if asked.path == "/oauth/revoke" {
                answer.refuse(500, "server_error");
            }
        }),
    ]
}

async fn tell((says, told, fault): Case, password: Option<&str>) -> Result<(), String> {
    let server = Server::start(fault).await;
    let report = server.examine_as(password).await;
    let found = report.findings.iter().filter(|finding| matches!(finding.status, Status::Warn | Status::Fail));
    // How fast this computer is just now is not what is tested.
    let is_slow = |check: &str| check.starts_with("timing.") && check != "timing.clock";
    let found: Vec<_> = found.filter(|finding| !is_slow(finding.check)).collect();
    let names: Vec<_> = found.iter().map(|finding| finding.check).collect();
    let all_say_what_to_do = found.iter().all(|finding| finding.mend.as_deref().is_some_and(|mend| !mend.is_empty()));
    if names == told && all_say_what_to_do {
        Ok(())
    } else {
        Err(format!("{says}: {told:?} should tell, and {found:#?} do"))
    }
}

/// As a stranger, for what a stranger meets, or as somebody with an account.
async fn tell_all(cases: Vec<Case>, password: Option<&str>) {
    let told = stream::iter(cases).map(|case| tell(case, password)).buffer_unordered(4);
    let told: Vec<_> = told.collect().await;
    let untold: Vec<_> = told.into_iter().filter_map(Result::err).collect();
    assert!(untold.is_empty(), "{}", untold.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_at_the_front_are_named() {
    tell_all(at_the_front(), None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_in_the_metadata_are_named() {
    tell_all(in_the_metadata(), None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_that_only_a_browser_meets_are_named() {
    tell_all(in_the_browser(), None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_at_registration_are_named() {
    tell_all(at_registration(), None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_at_authorization_are_named() {
    tell_all(at_authorization(), Some(PASSWORD)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_at_the_token_endpoint_are_named() {
    tell_all(at_the_token_endpoint(), Some(PASSWORD)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_at_the_endpoint_and_when_refreshing_are_named() {
    tell_all(at_the_endpoint(), Some(PASSWORD)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_takes_longer_than_clients_wait_is_named() {
    let first = AtomicUsize::new(0);
    let server = Server::start(Fault::new(move |asked, answer| {
        if asked.path == "/oauth/register" && asked.says("client_name") && first.fetch_add(1, Ordering::Relaxed) == 0 {
            answer.delay = Duration::from_millis(2500);
        }
    }));
    let server = server.await;
    let report = examine(&server.url, Some(PASSWORD), Some(Duration::from_secs(2))).await.expect("a report");
    let failed: Vec<_> = report.findings.iter().filter(|finding| finding.status == Status::Fail).collect();
    assert_eq!(failed.iter().map(|finding| finding.check).collect::<Vec<_>>(), ["timing.registration"], "{failed:#?}");
    assert!(failed[0].saw.contains("Claude gives up after 2 s"), "{:?}", failed[0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_url_with_a_slash_that_the_metadata_do_not_have_is_named() {
    let server = Server::start(Fault::none()).await;
    let report = examine(&format!("{}/mcp/", server.url), None, None).await.expect("a report");
    let resource = report.findings.iter().find(|finding| finding.check == "discovery.resource").expect("a check");
    assert_eq!(resource.status, Status::Fail);
    assert!(resource.mend.as_deref().is_some_and(|mend| mend.contains("a slash at the end")), "{resource:?}");
}
