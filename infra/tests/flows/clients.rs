//! Requests in the shape in which real clients send them: what they register, how they ask, how they prove themselves,
//! and how they open the conversation.
//!
//! And the failures that people report most of servers like this one, each with what shows that it does not happen here.
//! A test reads this table, and fails if what it names is not there.
//!
//! | failure | shown by |
//! |---|---|
//! | 1 the challenge is missing or relative | infra/tests/flows/refusals.rs: a_token_that_is_missing_forged_or_in_the_query_is_a_401_with_the_way_in_rs02_rs03 |
//! | 1 or renamed on the way | infra/tests/e2e/renamed_challenge.test.mjs: gets to the tools though WWW-Authenticate was renamed on the way |
//! | 1 or not exposed to browsers | infra/tests/e2e/browser_client.test.mjs: a page on localhost reads the challenge |
//! | 2 no metadata at the path-suffixed address | infra/tests/flows/documents.rs: the_resource_is_described_at_both_of_its_addresses_rs01 |
//! | 3 `resource` or audience off by a slash | infra/tests/flows/clients.rs: a_token_asked_for_by_any_spelling_of_the_resource_opens_it_as09 |
//! | 4 bare `/mcp` not routed, or redirected | infra/tests/flows/clients.rs: the_bare_address_is_answered_and_never_redirected_rs02 |
//! | 5 a token that the token endpoint gave is refused at `/mcp` | infra/tests/flows/first_connection.rs: an_assistant_is_given_nothing_but_the_url_and_finds_a_memory |
//! | 6 registration refused for one odd field | infra/tests/flows/registration.rs: what_a_client_asks_for_and_we_do_not_have_is_answered_with_what_it_got_as05 |
//! | 6 or for one odd address | shared/auth/src/registration.rs: unusable_redirect_uri_is_omitted_from_the_response |
//! | 7 no way to register is advertised | infra/tests/flows/documents.rs: the_server_says_what_it_can_do_as02_as03 |
//! | 8 `none` not listed among the methods | infra/tests/flows/documents.rs: the_server_says_what_it_can_do_as02_as03 |
//! | 9 the port of a loopback address compared | infra/tests/flows/clients.rs: claude_code_registers_without_a_port_and_returns_to_a_random_one_as06 |
//! | 10 a `form-action` stops the redirect after consent | infra/tests/e2e/pages.test.mjs: the redirect after consent reaches |
//! | 11 no `offline_access` | infra/tests/flows/clients.rs: an_sdk_looks_with_get_first_and_asks_for_offline_access_with_consent_as20_rs02 |
//! | 11 or no grace when tokens rotate | infra/tests/flows/refresh.rs: a_lost_answer_is_asked_for_again_within_two_minutes_as11 |
//! | 12 the protocol version compared strictly | functions/mcp/tests/routes/handler.rs: initialize_answers_every_revision_with_server_info |
//! | 13 a start that takes longer than clients wait: a call reads nothing to find out who is calling | functions/mcp/tests/routes/bearer.rs: authentication_does_not_read_the_store |
//! | 14 a list of allowed hosts that the edge is not on | infra/tests/flows/clients.rs: by_whatever_name_the_edge_calls_it_the_endpoint_answers_tr06 |
//! | 15 HTML where JSON was due | infra/tests/flows/clients.rs: programs_are_refused_in_json_and_never_by_a_page |
//! | 15 or a stage in the addresses | infra/tests/flows/documents.rs: the_server_says_what_it_can_do_as02_as03 |
//! | 16 a page that was loaded twice is dead | infra/tests/flows/pages.rs: a_page_that_was_loaded_twice_works_from_either_copy_as15 |
//! | 17 a second click shows an error | infra/tests/flows/pages.rs: a_second_click_on_allow_is_harmless_as15 |
//! | 18 clients lost when the server is deployed again | infra/tests/e2e/restart.test.mjs: clients, codes, grants and memories outlive a restart |
//! | 19 registrations pile up for ever | infra/tests/flows/registration.rs: a_registration_that_is_never_used_is_forgotten_after_a_day_as05 |
//! | 20 signing in on one device signs another out | infra/tests/flows/clients.rs: a_second_device_leaves_the_first_connected_t30 |

use jean_testing::{Answer, Browser, Pkce, TestServer, TokenPair};
use std::{fs, path::Path};

use base64::{Engine as _, engine::general_purpose};
use futures::future::join_all;
use http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};

/// How a client proves itself at the token endpoint.
#[derive(Clone, Copy)]
enum Proof {
    Nothing,
    InBody,
    InHeader,
}

/// How a client opens the conversation.
#[derive(Clone, Copy)]
enum Opening {
    /// A handshake, as up to 2025-11-25.
    Initialize,
    /// Every request for itself, from 2026-07-28 on.
    Discover,
}

/// What a client sends.
struct Shape {
    registration: Value,
    /// Where it wants its answer, as the authorization request says it.
    redirect_uri: &'static str,
    /// What it adds to that request.
    request: &'static [(&'static str, &'static str)],
    /// How it writes the address of the endpoint.
    resource: &'static str,
    proof: Proof,
    opening: Opening,
    /// The origin of the page it is, if it is one.
    origin: Option<&'static str>,
}

const ALL_SCOPES: &str = "memory:read memory:write offline_access";

fn claude() -> Shape {
    Shape {
        registration: json!({
            "client_name": "Claude",
            "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_post",
            "scope": ALL_SCOPES,
        }),
        redirect_uri: "https://claude.ai/api/mcp/auth_callback",
        request: &[("scope", ALL_SCOPES)],
        resource: "/mcp",
        proof: Proof::InBody,
        opening: Opening::Discover,
        origin: None,
    }
}

fn claude_code() -> Shape {
    Shape {
        registration: json!({
            "client_name": "Claude Code (memory)",
            "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        }),
        redirect_uri: "http://localhost:53682/callback",
        request: &[("scope", ALL_SCOPES)],
        resource: "/mcp",
        proof: Proof::Nothing,
        opening: Opening::Initialize,
        origin: None,
    }
}

fn chatgpt() -> Shape {
    Shape {
        registration: json!({
            "client_name": "ChatGPT",
            "redirect_uris": [
                "https://chatgpt.com/connector_platform_oauth_redirect",
                "https://chatgpt.com/connector/oauth/Zr8_kQ-x2",
            ],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
        }),
        redirect_uri: "https://chatgpt.com/connector_platform_oauth_redirect",
        request: &[("scope", "memory:read memory:write")],
        resource: "/mcp",
        proof: Proof::Nothing,
        opening: Opening::Initialize,
        origin: None,
    }
}

fn cursor() -> Shape {
    Shape {
        registration: json!({
            "client_name": "Cursor",
            "redirect_uris": [
                "cursor://anysphere.cursor-mcp/oauth/callback",
                "https://www.cursor.com/agents/mcp/oauth/callback",
                "http://localhost:8787/callback",
            ],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        }),
        redirect_uri: "cursor://anysphere.cursor-mcp/oauth/callback",
        request: &[("scope", "memory:read memory:write")],
        resource: "/mcp/",
        proof: Proof::Nothing,
        opening: Opening::Initialize,
        origin: None,
    }
}

fn vs_code() -> Shape {
    Shape {
        registration: json!({
            "client_name": "Visual Studio Code",
            "client_uri": "https://code.visualstudio.com",
            "redirect_uris": ["https://vscode.dev/redirect", "http://127.0.0.1/", "http://127.0.0.1:33418/"],
            "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "application_type": "native",
        }),
        redirect_uri: "http://127.0.0.1:33418/",
        request: &[("scope", ALL_SCOPES), ("prompt", "select_account")],
        resource: "/mcp",
        proof: Proof::Nothing,
        opening: Opening::Initialize,
        origin: None,
    }
}

fn inspector() -> Shape {
    Shape {
        registration: json!({
            "client_name": "MCP Inspector",
            "client_uri": "https://github.com/modelcontextprotocol/inspector",
            "redirect_uris": ["http://localhost:6274/oauth/callback"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "scope": "memory:read memory:write",
        }),
        redirect_uri: "http://localhost:6274/oauth/callback",
        request: &[("scope", "memory:read memory:write")],
        resource: "/mcp",
        proof: Proof::Nothing,
        opening: Opening::Initialize,
        origin: Some("http://localhost:6274"),
    }
}

/// An application on an SDK that keeps secrets, as those on servers do.
fn sdk() -> Shape {
    Shape {
        registration: json!({
            "client_name": "My application",
            "redirect_uris": ["http://localhost:8090/callback"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_basic",
            "scope": ALL_SCOPES,
        }),
        redirect_uri: "http://localhost:8090/callback",
        request: &[("scope", ALL_SCOPES), ("prompt", "consent")],
        resource: "/mcp",
        proof: Proof::InHeader,
        opening: Opening::Discover,
        origin: None,
    }
}

/// A client that is registered.
struct Registered {
    answer: Value,
}

impl Registered {
    fn id(&self) -> &str {
        self.answer["client_id"].as_str().expect("an id")
    }

    fn secret(&self) -> &str {
        self.answer["client_secret"].as_str().expect("a secret")
    }
}

impl Shape {
    /// From the first 401 to a list of tools, each address read from the document that names it.
    async fn connect(&self, world: &TestServer) -> (Registered, TokenPair) {
        let server = self.discover(world).await;
        let registered = self.register(world, &server).await;
        let code = self.ask(world, &server, &registered).await;
        let pair = self.redeem(world, &server, &registered, &code).await;
        self.open(world, &pair.access_token).await;
        (registered, pair)
    }

    /// The document of the authorization server, found from nothing but the address of the endpoint.
    async fn discover(&self, world: &TestServer) -> Value {
        let refused = self.send(world, Method::POST, "/mcp", &[JSON], &self.greeting().to_string()).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        let challenge = refused.header("www-authenticate").to_owned();
        let (_, address) = challenge.split_once("resource_metadata=\"").expect("where the metadata are");
        let (address, _) = address.split_once('"').expect("an end");
        let version = [("mcp-protocol-version", "2025-11-25")];
        let resource = self.send(world, Method::GET, world.path(address), &version, "").await.json();
        assert_eq!(resource["resource"], world.url("/mcp"));
        let issuer = resource["authorization_servers"][0].as_str().expect("the first one").to_owned();
        let address = format!("{issuer}/.well-known/oauth-authorization-server");
        let server = self.send(world, Method::GET, world.path(&address), &version, "").await.json();
        assert_eq!(server["issuer"], issuer);
        server
    }

    async fn register(&self, world: &TestServer, server: &Value) -> Registered {
        let path = world.path(server["registration_endpoint"].as_str().expect("an address"));
        let answer = self.send(world, Method::POST, path, &[JSON], &self.registration.to_string()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        let answer = answer.json();
        assert_eq!(answer["redirect_uris"], self.registration["redirect_uris"], "nothing of it is odd here");
        Registered { answer }
    }

    /// Sends the person to the pages, who signs in and allows it.
    async fn ask(&self, world: &TestServer, server: &Value, registered: &Registered) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", registered.id())
            .append_pair("redirect_uri", self.redirect_uri)
            .append_pair("state", "a-state")
            .append_pair("code_challenge", &Pkce::new(1).challenge)
            .append_pair("code_challenge_method", "S256")
            .append_pair("resource", &world.url(self.resource))
            .extend_pairs(self.request)
            .finish();
        let endpoint = world.path(server["authorization_endpoint"].as_str().expect("an address"));
        let allowed = world.allow(&mut Browser::default(), &format!("{endpoint}?{query}")).await;
        let answer = allowed.redirect_parameters(self.redirect_uri);
        assert_eq!(answer["state"], "a-state");
        assert_eq!(server["issuer"], answer["iss"].as_str(), "AS-08");
        answer["code"].clone()
    }

    async fn redeem(&self, world: &TestServer, server: &Value, registered: &Registered, code: &str) -> TokenPair {
        let body = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.redirect_uri),
            ("code_verifier", &Pkce::new(1).verifier),
            ("resource", &world.url(self.resource)),
        ];
        let path = world.path(server["token_endpoint"].as_str().expect("an address"));
        self.token(world, path, registered, &body, HERE).await.tokens(registered.id())
    }

    /// Refreshes from an address.
    async fn refresh(&self, world: &TestServer, registered: &Registered, token: &str, from: &str) -> Answer {
        let resource = world.url(self.resource);
        let body = [("grant_type", "refresh_token"), ("refresh_token", token), ("resource", &resource)];
        self.token(world, "/oauth/token", registered, &body, from).await
    }

    async fn token(
        &self,
        world: &TestServer,
        path: &str,
        registered: &Registered,
        body: &[(&str, &str)],
        from: &str,
    ) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(body);
        // As fetch writes it.
        let mut headers = vec![("content-type", "application/x-www-form-urlencoded;charset=UTF-8")];
        let basic;
        match self.proof {
            Proof::Nothing => {
                form.append_pair("client_id", registered.id());
            }
            Proof::InBody => {
                form.append_pair("client_id", registered.id()).append_pair("client_secret", registered.secret());
            }
            Proof::InHeader => {
                let pair = format!("{}:{}", registered.id(), registered.secret());
                basic = format!("Basic {}", general_purpose::STANDARD.encode(pair));
                headers.push(("authorization", &basic));
            }
        }
        self.send_from(from, world, Method::POST, path, &headers, &form.finish()).await
    }

    /// Greets the server, and finds its tools.
    async fn open(&self, world: &TestServer, token: &str) {
        let greeted = self.call(world, token, self.greeting()).await;
        assert_eq!(greeted.status, StatusCode::OK, "{}", greeted.text());
        assert_eq!(greeted.json()["error"], Value::Null);
        if matches!(self.opening, Opening::Initialize) {
            assert_eq!(greeted.json()["result"]["protocolVersion"], "2025-11-25");
            let noted = self.call(world, token, json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
            assert_eq!(noted.status, StatusCode::ACCEPTED);
        }
        let listed = self.call(world, token, json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})).await;
        assert_eq!(listed.status, StatusCode::OK, "{}", listed.text());
        assert!(listed.json()["result"]["tools"].as_array().is_some_and(|tools| !tools.is_empty()));
    }

    /// The first message, with a token and without.
    fn greeting(&self) -> Value {
        match self.opening {
            Opening::Initialize => {
                let identity = json!({"name": "client", "version": "1.0.0"});
                let params =
                    json!({"protocolVersion": "2025-11-25", "capabilities": {"roots": {}}, "clientInfo": identity});
                json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})
            }
            Opening::Discover => json!({"jsonrpc": "2.0", "id": 0, "method": "server/discover"}),
        }
    }

    async fn call(&self, world: &TestServer, token: &str, mut message: Value) -> Answer {
        let bearer = format!("Bearer {token}");
        let mut headers =
            vec![JSON, ("accept", "application/json, text/event-stream"), ("authorization", bearer.as_str())];
        let method = message["method"].as_str().expect("a method").to_owned();
        match self.opening {
            // Which version it is to be is only asked in the first message of a handshake.
            Opening::Initialize if method == "initialize" => {}
            Opening::Initialize => headers.push(("mcp-protocol-version", "2025-11-25")),
            Opening::Discover => {
                headers.extend([("mcp-protocol-version", "2026-07-28"), ("mcp-method", method.as_str())]);
                message["params"]["_meta"] = json!({
                    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                    "io.modelcontextprotocol/clientInfo": {"name": "client", "version": "1.0.0"},
                    "io.modelcontextprotocol/clientCapabilities": {},
                });
            }
        }
        self.send(world, Method::POST, "/mcp", &headers, &message.to_string()).await
    }

    async fn send(
        &self,
        world: &TestServer,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        self.send_from(HERE, world, method, path, headers, body).await
    }

    /// A page's requests go out with its origin, and only after the browser has asked whether they may (RS-07).
    async fn send_from(
        &self,
        from: &str,
        world: &TestServer,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let Some(origin) = self.origin else { return world.send_from(from, method, path, headers, body).await };
        let names: Vec<_> = headers.iter().map(|(name, _)| *name).filter(|name| *name != "accept").collect();
        let question = [
            ("origin", origin),
            ("access-control-request-method", method.as_str()),
            ("access-control-request-headers", &names.join(",")),
        ];
        let allowed = world.send_from(from, Method::OPTIONS, path, &question, "").await;
        assert!(allowed.status.is_success(), "{path}");
        assert_eq!(allowed.header("access-control-allow-origin"), origin, "{path}");
        let listed = |header: &str, name: &str| allowed.header(header).split(',').any(|item| item.trim() == name);
        assert!(listed("access-control-allow-methods", method.as_str()), "{method} {path}");
        for name in names {
            assert!(listed("access-control-allow-headers", name), "{name} at {path}");
        }
        let headers: Vec<_> = headers.iter().copied().chain([("origin", origin)]).collect();
        let answer = world.send_from(from, method, path, &headers, body).await;
        assert_eq!(answer.header("access-control-allow-origin"), origin, "{path}");
        if answer.status == StatusCode::UNAUTHORIZED {
            assert!(answer.header("access-control-expose-headers").contains("www-authenticate"));
        }
        answer
    }
}

const JSON: (&str, &str) = ("content-type", "application/json");
const HERE: &str = "192.0.2.1:40000";

/// The claims of a token, as whoever holds it can read them.
fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&general_purpose::URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("json")
}

/// A server as hosted clients see it.
async fn deployed() -> TestServer {
    TestServer::at("https://memory.example").await
}

/// AS-05, AS-11
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claude_registers_twice_shows_its_secret_in_the_body_and_refreshes_from_two_addresses_at_once() {
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
    // The burst may last for 76 seconds.
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
async fn claude_is_told_invalid_grant_of_a_dead_token_and_invalid_client_of_itself() {
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
async fn claude_code_registers_without_a_port_and_returns_to_a_random_one() {
    let world = TestServer::new().await;
    for redirect_uri in ["http://localhost:53682/callback", "http://127.0.0.1:61001/callback"] {
        let (registered, pair) = Shape { redirect_uri, ..claude_code() }.connect(&world).await;
        assert!(registered.id().starts_with("claude-code_"), "SD-04: {}", registered.id());
        assert_eq!(claims(&pair.access_token)["client"], "claude-code");
    }
}

/// AS-05, AS-09
#[tokio::test]
async fn chatgpt_is_registered_as_the_public_client_it_can_be_and_finds_the_resource_in_aud() {
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
async fn cursor_registers_three_kinds_of_addresses_in_one_list_and_returns_to_any() {
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
async fn vs_code_returns_to_port_33418_or_to_any_other() {
    let world = deployed().await;
    for redirect_uri in ["http://127.0.0.1:33418/", "http://127.0.0.1:50123/"] {
        let (registered, _) = Shape { redirect_uri, ..vs_code() }.connect(&world).await;
        assert!(registered.id().starts_with("vscode_"), "SD-04: {}", registered.id());
        assert_eq!(registered.answer["application_type"], "native");
    }
}

/// RS-07
#[tokio::test]
async fn the_inspector_is_a_page_and_asks_before_every_request() {
    let world = TestServer::new().await;
    let inspector = inspector();
    let (registered, pair) = inspector.connect(&world).await;
    let refreshed = inspector.refresh(&world, &registered, &pair.refresh_token, HERE).await;
    inspector.open(&world, &refreshed.tokens(registered.id()).access_token).await;
}

/// AS-20, RS-02
#[tokio::test]
async fn an_sdk_looks_with_get_first_and_asks_for_offline_access_with_consent() {
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
async fn a_token_asked_for_by_any_spelling_of_the_resource_opens_it() {
    let world = deployed().await;
    for resource in ["/mcp", "/mcp/", "", "/"] {
        let (_, pair) = Shape { resource, ..claude() }.connect(&world).await;
        assert_eq!(claims(&pair.access_token)["aud"], world.url("/mcp"), "{resource}");
    }
}

/// RS-02
#[tokio::test]
async fn the_bare_address_is_answered_and_never_redirected() {
    let world = deployed().await;
    for method in [Method::GET, Method::POST, Method::DELETE] {
        let answer = world.send(method.clone(), "/mcp", &[JSON], "").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method}");
        assert!(answer.headers.get("location").is_none(), "{method}");
    }
}

/// TR-06
#[tokio::test]
async fn by_whatever_name_the_edge_calls_it_the_endpoint_answers() {
    let world = deployed().await;
    let bearer = format!("Bearer {}", world.connect().await.access_token);
    for host in ["abc123.execute-api.eu-west-1.amazonaws.com", "memory.example:443", "10.0.0.7:8080"] {
        let headers = [JSON, ("authorization", bearer.as_str()), ("host", host)];
        let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string();
        assert_eq!(world.send(Method::POST, "/mcp", &headers, &list).await.status, StatusCode::OK, "{host}");
    }
}

#[tokio::test]
async fn programs_are_refused_in_json_and_never_by_a_page() {
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
        // Such is what a browser would send; a program that copies it wants JSON nevertheless.
        let headers = [JSON, ("accept", "text/html,*/*;q=0.8")];
        let refused = world.send(Method::POST, path, &headers, body).await;
        assert!(refused.status.is_client_error(), "{path}");
        assert_eq!(refused.header("content-type"), "application/json", "{path}");
        refused.json();
    }
}

/// T-30
#[tokio::test]
async fn a_second_device_leaves_the_first_connected() {
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
fn each_of_the_failures_people_report_most_has_a_test_that_is_there() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let rows = include_str!("clients.rs").lines().filter_map(|line| line.strip_prefix("//! | "));
    let mut failures = [false; 20];
    for row in rows {
        let (failure, shown_by) = row.trim_end_matches(" |").rsplit_once(" | ").expect("two columns");
        let Some((path, name)) = shown_by.split_once(": ") else { continue };
        let text = fs::read_to_string(project.join(path)).expect(path);
        let is_there = match path.ends_with(".rs") {
            true => text.contains(&format!("fn {name}()")),
            false => text.contains(name),
        };
        assert!(is_there, "{path} has no test {name}");
        let number: usize = failure.split(' ').next().expect("a number").parse().expect("a number");
        failures[number - 1] = true;
    }
    assert_eq!(failures, [true; 20]);
}
