//! The endpoint up to its store: who is let in, what is understood, and what costs a read. The store is a stub that
//! counts; what the tools do to a real one is told in infra/cli/tests.

use std::sync::{
    Arc,
    atomic::{AtomicU16, AtomicUsize, Ordering},
};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::{
    client::{
        behavior_version::BehaviorVersion,
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
            SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        runtime_components::RuntimeComponents,
    },
    http::StatusCode as StoreStatus,
};
use aws_smithy_types::{body::SdkBody, retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{SdkConfig, region::Region};
use axum::{Router, body::Body};
use http::{
    Method, Request,
    header::{ALLOW, WWW_AUTHENTICATE},
};
use http_body_util::BodyExt;
use jean_auth::{
    access_token::Claims,
    keys::{Keyring, SigningSecret},
};
use jean_runtime::{Clock, Platform, Random};
use jiff::Timestamp;
use lambda_http::{aws_lambda_events::apigw::ApiGatewayV2httpRequestContext, request::RequestContext};
use serde_json::{Value, json};
use tower::ServiceExt;

const NOW: i64 = 1_800_000_000;
const SECRET: &str = "a secret of the tests, 32 bytes at least";

/// A store that has nothing, and answers every request with the same status.
#[derive(Debug, Clone)]
struct Stub {
    calls: Arc<AtomicUsize>,
    status: Arc<AtomicU16>,
}

impl HttpClient for Stub {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Stub {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let status = StoreStatus::try_from(self.status.load(Ordering::Relaxed)).expect("a status");
        let mut response = HttpResponse::new(status, SdkBody::from(r#"{"Items":[],"Count":0}"#));
        response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
        HttpConnectorFuture::ready(Ok(response))
    }
}

struct Endpoint {
    router: Router,
    store: Stub,
}

struct Answer {
    status: u16,
    challenge: Option<String>,
    allow: Option<String>,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect(&self.body)
    }
}

impl Endpoint {
    async fn new() -> Self {
        let store = Stub { calls: Arc::default(), status: Arc::new(200.into()) };
        let nobody = Credentials::new("test", "test", None, None, "test");
        let aws = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("local"))
            .credentials_provider(SharedCredentialsProvider::new(nobody))
            .http_client(SharedHttpClient::new(store.clone()))
            .timeout_config(TimeoutConfig::disabled())
            .retry_config(RetryConfig::disabled())
            .build();
        let variables = [
            ("PUBLIC_URL", "https://memory.example"),
            ("SERVICE_NAME", "Ada's memory"),
            ("MEMORIES_TABLE", "memories"),
            ("USERS_TABLE", "users"),
            ("JWT_SECRET_KEY", SECRET),
        ];
        let platform = Platform {
            environment: variables.map(|(name, value)| (name.into(), value.into())).into_iter().collect(),
            aws,
            clock: Clock::new(|| Timestamp::from_second(NOW).expect("in range")),
            random: Random::new(|buffer| buffer.fill(7)),
        };
        let router = jean_mcp::router(&platform).await.expect("starts");
        store.calls.store(0, Ordering::Relaxed);
        Self { router, store }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let status = response.status().as_u16();
        let header = |name| response.headers().get(name).map(|value| value.to_str().expect("ASCII").into());
        let (challenge, allow) = (header(WWW_AUTHENTICATE), header(ALLOW));
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        Answer { status, challenge, allow, body: String::from_utf8(body.into()).expect("text") }
    }

    /// Sends a body with a token of this scope.
    async fn post(&self, scope: &str, headers: &[(&str, &str)], body: impl Into<String>) -> Answer {
        let mut request = Request::post("/mcp").header("authorization", format!("Bearer {}", token(scope)));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body.into())).expect("a request")).await
    }

    /// Sends a message as clients do.
    async fn rpc(&self, message: &Value) -> Answer {
        let headers = [("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
        self.post("memory:write", &headers, message.to_string()).await
    }

    async fn call(&self, tool: &str, arguments: &Value) -> Value {
        let params = json!({ "name": tool, "arguments": arguments });
        self.rpc(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })).await.json()
    }

    fn store_calls(&self) -> usize {
        self.store.calls.load(Ordering::Relaxed)
    }
}

fn token(scope: &str) -> String {
    let claims = Claims {
        sub: "ada".parse().expect("valid"),
        email: "ada@example.org".parse().expect("valid"),
        client: "claude".parse().expect("valid"),
        exp: NOW + 3600,
        iss: "https://memory.example".into(),
        aud: "https://memory.example/mcp".into(),
        iat: NOW,
        nbf: None,
        jti: "id".into(),
        scope: scope.parse().expect("known"),
        client_id: "claude_abc123".parse().expect("valid"),
        grant_id: "grant".parse().expect("valid"),
    };
    claims.sign(&Keyring::new(SigningSecret::new(SECRET, None).expect("long enough"), None))
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn without_a_good_token_every_method_is_401_before_anything_else_rs02_rs03() {
    let endpoint = Endpoint::new().await;
    for method in [Method::GET, Method::POST, Method::DELETE, Method::PUT, Method::HEAD] {
        for (authorization, error) in [(None, false), (Some("Basic YTpi"), false), (Some("bearer forged"), true)] {
            let uri = format!("/mcp?access_token={}", token("memory:write"));
            let mut request = Request::builder().method(&method).uri(uri);
            if let Some(authorization) = authorization {
                request = request.header("authorization", authorization);
            }
            let answer = endpoint.send(request.body(Body::empty()).expect("a request")).await;
            assert_eq!(answer.status, 401, "{method} {authorization:?}");
            let challenge = answer.challenge.expect("a challenge");
            assert!(challenge.contains(r#"resource_metadata="https://memory.example/.well-known/"#), "{challenge}");
            assert_eq!(challenge.starts_with(r#"Bearer error="invalid_token""#), error, "{challenge}");
        }
    }
    assert_eq!(endpoint.store_calls(), 0);
}

#[tokio::test]
async fn nothing_is_read_to_find_out_who_is_calling_rs05() {
    let endpoint = Endpoint::new().await;
    let tools = endpoint.rpc(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" })).await.json();
    let names: Vec<_> = tools["result"]["tools"].as_array().expect("tools").iter().map(|tool| &tool["name"]).collect();
    let expected = [
        "add_memory",
        "delete_all_memories",
        "delete_memory",
        "fetch",
        "get_memory",
        "list_memories",
        "search",
        "search_memory",
        "store_document",
        "update_memory",
        "whoami",
    ];
    assert_eq!(names, expected, "TL-01");
    endpoint.call("whoami", &json!({})).await;
    assert_eq!(endpoint.store_calls(), 0);
    endpoint.call("search_memory", &json!({ "query": "tea" })).await;
    // Whether there is an index; and, since there is none, whether there is a memory.
    assert_eq!(endpoint.store_calls(), 2);
}

#[tokio::test]
async fn a_scope_that_is_missing_is_named_rs06() {
    let endpoint = Endpoint::new().await;
    let add =
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add_memory","arguments":{"text":"tea"}}}"#;
    let bare = r#"{"jsonrpc":"2.0","method":"delete_memory","params":{"id":"x"}}"#;
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    for (scope, body, status) in [
        ("memory:read", list, 200),
        ("memory:read", add, 403),
        ("memory:read", bare, 403),
        ("memory:write", add, 200),
        ("offline_access", list, 403),
    ] {
        let answer = endpoint.post(scope, &[JSON], body).await;
        assert_eq!(answer.status, status, "{scope} {body}: {}", answer.body);
        let insufficient = answer.challenge.is_some_and(|challenge| challenge.contains("insufficient_scope"));
        assert_eq!(insufficient, status == 403);
    }
}

#[tokio::test]
async fn a_page_of_a_foreign_origin_is_refused_and_preflights_need_no_token_rs07() {
    let endpoint = Endpoint::new().await;
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    for (origin, status) in [("https://evil.example", 403), ("http://localhost:6274", 200), ("null", 403)] {
        assert_eq!(endpoint.post("memory:read", &[JSON, ("origin", origin)], list).await.status, status, "{origin}");
    }
    let preflight = Request::options("/mcp")
        .header("origin", "http://localhost:6274")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization, content-type, mcp-protocol-version");
    assert_eq!(endpoint.send(preflight.body(Body::empty()).expect("a request")).await.status, 200);
}

#[tokio::test]
async fn every_accept_header_is_answered_in_json_tr04() {
    let endpoint = Endpoint::new().await;
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    for accept in [None, Some("*/*"), Some("application/json"), Some("application/json, text/event-stream")] {
        let headers = [Some(JSON), accept.map(|accept| ("accept", accept))];
        let answer = endpoint.post("memory:read", &headers.into_iter().flatten().collect::<Vec<_>>(), list).await;
        assert_eq!(answer.status, 200, "{accept:?}");
        assert!(answer.json()["result"]["tools"].is_array(), "{accept:?}");
    }
}

#[tokio::test]
async fn what_can_not_be_read_is_answered_in_json_rpc_tr04_tr05_t13_t16() {
    let endpoint = Endpoint::new().await;
    let text = [("content-type", "text/plain")];
    let large = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list","x":"{}"}}"#, "a".repeat(1024 * 1024));
    for (headers, body, status, code) in [
        (&[JSON], "{", 400, -32700),
        (&[JSON], "", 400, -32700),
        (&[JSON], "[]", 400, -32600),
        (&[JSON], "7", 400, -32600),
        (&[JSON], "{}", 400, -32600),
        (&[JSON], r#"{"jsonrpc":"1.0","id":1,"method":"tools/list"}"#, 400, -32600),
        (&[JSON], r#"{"jsonrpc":"2.0","id":{},"method":"tools/list"}"#, 400, -32600),
        (&[JSON], r#"{"jsonrpc":"2.0","id":1,"method":"search_memory","params":[1]}"#, 200, -32602),
        (&[JSON], r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}"#, 200, -32602),
        (&[JSON], r#"{"jsonrpc":"2.0","id":1,"method":"resources/forget"}"#, 200, -32601),
        (&text, r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, 415, -32600),
        (&[JSON], &large, 413, -32600),
    ] {
        let answer = endpoint.post("memory:read", headers, body).await;
        let excerpt = &body[..body.len().min(99)];
        assert_eq!(answer.status, status, "{excerpt}: {}", answer.body);
        assert_eq!(answer.json()["error"]["code"], code, "{excerpt}");
        assert_eq!(answer.json()["jsonrpc"], "2.0");
    }
}

#[tokio::test]
async fn other_methods_are_not_allowed_once_it_is_known_who_asks_tr05() {
    let endpoint = Endpoint::new().await;
    for method in [Method::GET, Method::DELETE, Method::HEAD, Method::PUT] {
        let request = Request::builder().method(&method).uri("/mcp");
        let request = request.header("authorization", format!("Bearer {}", token("memory:read")));
        let answer = endpoint.send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!((answer.status, answer.allow.as_deref()), (405, Some("POST")), "{method}");
    }
}

#[tokio::test]
async fn every_revision_is_greeted_by_this_servers_name_tr03_tr06() {
    let endpoint = Endpoint::new().await;
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "1999-01-01"] {
        let client = json!({ "name": "test", "version": "1" });
        let params = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": client });
        let answer =
            endpoint.rpc(&json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params })).await;
        let result = &answer.json()["result"];
        assert_eq!(result["serverInfo"]["name"], "jean-memory", "{result}");
        assert_eq!(result["serverInfo"]["title"], "Ada's memory");
        let icon = result["serverInfo"]["icons"][0]["src"].as_str().expect("an icon");
        assert!(icon.starts_with("data:image/svg+xml;base64,"), "{icon}");
        assert!(result["instructions"].as_str().is_some_and(|text| text.contains("never as instructions")), "T-29");
        assert_eq!(result["protocolVersion"] == version, version != "1999-01-01", "{result}");
    }
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    assert_eq!(endpoint.rpc(&initialized).await.status, 202);
    let ping = json!({ "jsonrpc": "2.0", "id": "p", "method": "ping" });
    assert_eq!(endpoint.rpc(&ping).await.json(), json!({ "jsonrpc": "2.0", "id": "p", "result": {} }));
}

#[tokio::test]
async fn a_batch_is_answered_message_by_message_and_only_where_there_were_batches_tr03() {
    let endpoint = Endpoint::new().await;
    let batch = json!([
        { "jsonrpc": "2.0", "id": "a", "method": "ping" },
        { "jsonrpc": "2.0", "method": "notifications/initialized" },
        7,
        { "jsonrpc": "2.0", "id": 2, "method": "search_memory", "params": { "query": "tea" } },
        { "jsonrpc": "2.0", "id": 3, "method": "resources/forget" },
    ])
    .to_string();
    for version in [None, Some("2024-11-05"), Some("2025-03-26")] {
        let headers = [Some(JSON), version.map(|version| ("mcp-protocol-version", version))];
        let headers: Vec<_> = headers.into_iter().flatten().collect();
        let answer = endpoint.post("memory:read", &headers, batch.as_str()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let answers = answer.json();
        let ids: Vec<_> = answers.as_array().expect("answers").iter().map(|answer| &answer["id"]).collect();
        assert_eq!(ids, [&json!("a"), &json!(null), &json!(2), &json!(3)]);
        assert_eq!(answers[1]["error"]["code"], -32600);
        assert_eq!(answers[2]["result"]["structuredContent"], json!({ "memories": [] }));
        assert_eq!(answers[3]["error"]["code"], -32601);
        let notification = r#"[{"jsonrpc":"2.0","method":"notifications/initialized"}]"#;
        assert_eq!(endpoint.post("memory:read", &headers, notification).await.status, 202);
    }
    let headers = [JSON, ("mcp-protocol-version", "2025-06-18")];
    let answer = endpoint.post("memory:read", &headers, batch.as_str()).await;
    assert_eq!((answer.status, answer.json()["error"]["code"].clone()), (400, json!(-32600)), "{}", answer.body);
}

#[tokio::test]
async fn a_batch_of_which_one_call_is_not_allowed_is_not_begun_rs06() {
    let endpoint = Endpoint::new().await;
    let batch = r#"[{"jsonrpc":"2.0","id":1,"method":"search_memory","params":{"query":"tea"}},
        {"jsonrpc":"2.0","id":2,"method":"add_memory","params":{"text":"tea"}}]"#;
    assert_eq!(endpoint.post("memory:read", &[JSON], batch).await.status, 403);
    assert_eq!(endpoint.store_calls(), 0);
}

#[tokio::test]
async fn a_revision_nobody_knows_is_answered_with_those_that_are_spoken_tr02() {
    let endpoint = Endpoint::new().await;
    for body in [r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, r#"{"jsonrpc":"2.0","method":"notifications/x"}"#]
    {
        let answer = endpoint.post("memory:read", &[JSON, ("mcp-protocol-version", "2031-01-01")], body).await;
        assert_eq!(answer.status, 400, "{}", answer.body);
        let error = &answer.json()["error"];
        assert_eq!(error["code"], -32022);
        assert_eq!(error["data"]["requested"], "2031-01-01");
        let supported = json!(["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]);
        assert_eq!(error["data"]["supported"], supported);
    }
}

#[tokio::test]
async fn at_2026_07_28_every_result_says_whose_it_is_and_how_long_it_is_good_tr01_tr06() {
    let endpoint = Endpoint::new().await;
    for (method, name, params) in [
        ("server/discover", None, json!({})),
        ("tools/list", None, json!({})),
        ("tools/call", Some("search_memory"), json!({ "name": "search_memory", "arguments": { "query": "tea" } })),
    ] {
        let mut params = params;
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let mut headers = vec![JSON, ("mcp-protocol-version", "2026-07-28"), ("mcp-method", method)];
        headers.extend(name.map(|name| ("mcp-name", name)));
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let answer = endpoint.post("memory:read", &headers, message).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let result = &answer.json()["result"];
        assert_eq!(result["resultType"], "complete", "{method}");
        let server = &result["_meta"]["io.modelcontextprotocol/serverInfo"];
        assert_eq!((&server["name"], &server["title"]), (&json!("jean-memory"), &json!("Ada's memory")), "{method}");
        if method != "tools/call" {
            assert_eq!((&result["ttlMs"], &result["cacheScope"]), (&json!(300_000), &json!("private")), "{method}");
        }
    }
}

#[tokio::test]
async fn whoever_may_only_read_sees_only_what_reads_rs06() {
    let endpoint = Endpoint::new().await;
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let tools = endpoint.post("memory:read", &[JSON], list).await.json()["result"]["tools"].clone();
    let tools = tools.as_array().expect("tools");
    assert!(!tools.is_empty() && tools.iter().all(|tool| tool["annotations"]["readOnlyHint"] == true), "{tools:?}");
}

#[tokio::test]
async fn a_bare_tool_name_is_a_call_with_or_without_an_id_sd01() {
    let endpoint = Endpoint::new().await;
    for (id, answered) in [(None, Value::Null), (Some(json!(null)), Value::Null), (Some(json!("a")), json!("a"))] {
        let mut message = json!({ "jsonrpc": "2.0", "method": "search_memory", "params": { "query": "test" } });
        if let Some(id) = id {
            message["id"] = id;
        }
        let answer = endpoint.rpc(&message).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let answer = answer.json();
        assert_eq!(answer["id"], answered);
        assert_eq!(answer["result"]["structuredContent"], json!({ "memories": [] }));
        assert_eq!(answer["result"]["content"][0]["text"], r#"{"memories":[]}"#);
    }
}

#[tokio::test]
async fn what_a_model_can_put_right_is_a_result_and_the_rest_a_protocol_error_tl03() {
    let endpoint = Endpoint::new().await;
    for (tool, arguments, sentence) in [
        ("add_memory", json!({}), "The arguments do not fit the tool: missing field `text`. Correct them"),
        ("add_memory", json!({ "text": 7 }), "expected a string"),
        ("add_memory", json!({ "text": " " }), "The text is empty."),
        ("add_memory", json!({ "text": "a".repeat(65_537) }), "Shorten it"),
        ("search_memory", json!({ "query": "" }), "The query is empty."),
        ("search_memory", json!({ "query": "tea", "limit": 51 }), "The limit is 1 to 50."),
        ("list_memories", json!({ "limit": -1 }), "invalid value"),
        ("get_memory", json!({ "id": "nonsense" }), "There is no memory with this id."),
        ("fetch", json!({ "id": "nonsense" }), "There is no memory with this id."),
        ("update_memory", json!({ "id": "01J9ZQ4T5N8M2X7R3K6W1V0YBC" }), "Nothing would change."),
        ("store_document", json!({ "title": "", "content": "text" }), "A document's title"),
        ("list_memories", json!({ "after": "yesterday" }), "after and before are dates"),
        ("delete_all_memories", json!({}), "Nothing is deleted yet."),
        ("delete_all_memories", json!({ "confirm": "yes" }), "with confirm set to \"delete all memories\""),
        ("get_memory", json!({ "id": "01J9ZQ4T5N8M2X7R3K6W1V0YBC" }), "There is no memory with this id."),
    ] {
        let answer = endpoint.call(tool, &arguments).await;
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        let text = answer["result"]["content"][0]["text"].as_str().expect("a sentence");
        assert!(text.contains(sentence), "{tool} {arguments}: {text}");
    }
    for (tool, arguments) in [("forget_everything", json!({})), ("list_memories", json!({ "cursor": "nonsense" }))] {
        assert_eq!(endpoint.call(tool, &arguments).await["error"]["code"], -32602, "{tool}");
    }
}

#[tokio::test]
async fn an_error_does_not_repeat_all_that_was_sent_tl04() {
    let endpoint = Endpoint::new().await;
    let long = "é".repeat(200_000);
    for (tool, arguments) in [
        ("list_memories", json!({ "limit": long })),
        ("list_memories", json!({ "cursor": long })),
        ("list_memories", json!({ "after": long })),
        ("get_memory", json!({ "id": long })),
        ("search_memory", json!({ "query": "tea", "tags": long })),
        ("update_memory", json!({ "id": "01J9ZQ4T5N8M2X7R3K6W1V0YBC", "occurred_at": long })),
        ("delete_all_memories", json!({ "confirm": long })),
        (&long, json!({})),
    ] {
        let answer = endpoint.call(tool, &arguments).await.to_string();
        assert!(answer.chars().count() < 1_000, "{tool:.20}: {} characters", answer.chars().count());
    }
}

#[tokio::test]
async fn at_2026_07_28_headers_and_body_say_the_same_tr02() {
    let endpoint = Endpoint::new().await;
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let call = json!({ "name": "whoami", "_meta": meta });
    let version = Some("2026-07-28");
    for (version, method_header, name_header, method, params, status, code) in [
        (version, Some("tools/call"), Some("whoami"), "tools/call", call.clone(), 200, None),
        (version, Some("tools/list"), Some("whoami"), "tools/call", call.clone(), 400, Some(-32020)),
        (version, Some("tools/call"), Some("search"), "tools/call", call.clone(), 400, Some(-32020)),
        (version, Some("tools/call"), None, "tools/call", call.clone(), 400, Some(-32020)),
        (version, None, Some("whoami"), "tools/call", call.clone(), 400, Some(-32020)),
        (Some("2025-11-25"), Some("tools/call"), Some("whoami"), "tools/call", call.clone(), 400, Some(-32020)),
        (version, Some("tools/list"), None, "tools/list", json!({}), 400, Some(-32602)),
        (version, Some("tea/brew"), None, "tea/brew", json!({ "_meta": meta }), 404, Some(-32601)),
    ] {
        let mut headers = vec![JSON];
        headers.extend(version.map(|version| ("mcp-protocol-version", version)));
        headers.extend(method_header.map(|method| ("mcp-method", method)));
        headers.extend(name_header.map(|name| ("mcp-name", name)));
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let answer = endpoint.post("memory:read", &headers, message.to_string()).await;
        assert_eq!(answer.status, status, "{headers:?} {message}: {}", answer.body);
        assert_eq!(answer.json()["error"]["code"].as_i64(), code, "{headers:?} {message}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_session_of_another_server_and_any_host_are_ignored_tr05_tr06_t08() {
    let endpoint = Endpoint::new().await;
    let list = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    for host in ["memory.example", "localhost", "evil.example", "10.0.0.1:3000"] {
        let answer = endpoint.post("memory:read", &[JSON, ("host", host), ("mcp-session-id", "stale")], list).await;
        assert_eq!(answer.status, 200, "{host}: {}", answer.body);
    }
}

#[tokio::test]
async fn people_may_call_while_the_store_can_not_count_up_to_what_one_instance_counts_tl04() {
    let endpoint = Endpoint::new().await;
    endpoint.store.status.store(500, Ordering::Relaxed);
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    for call in 0..600 {
        assert_eq!(endpoint.rpc(&ping).await.status, 200, "{call}");
    }
    let asked = endpoint.store_calls();
    assert_eq!(endpoint.rpc(&ping).await.status, 429);
    assert_eq!(endpoint.store_calls(), asked, "who is refused costs the store nothing");
}

#[tokio::test]
async fn what_was_kept_is_shown_with_who_wrote_it_t29() {
    let endpoint = Endpoint::new().await;
    let told = json!({ "text": " Tea, never coffee. ", "tags": ["taste"], "occurred_at": "2026-07-28" });
    let answer = endpoint.call("add_memory", &told).await;
    let shown = &answer["result"]["structuredContent"];
    assert_eq!(shown["text"], "Tea, never coffee.");
    assert_eq!(shown["written_by"], "claude");
    assert_eq!(shown["occurred_at"], "2026-07-28");
    assert_eq!(shown["created_at"], "2027-01-15T08:00:00Z");
    assert_eq!(shown["id"].as_str().map(str::len), Some(26));
}

#[tokio::test]
async fn a_failure_of_the_store_is_told_by_its_reference_alone() {
    let endpoint = Endpoint::new().await;
    endpoint.store.status.store(500, Ordering::Relaxed);
    let mut context = ApiGatewayV2httpRequestContext::default();
    context.request_id = Some("request-1".into());
    let search = r#"{"jsonrpc":"2.0","id":1,"method":"search_memory","params":{"query":"tea"}}"#;
    let request = Request::post("/mcp")
        .extension(RequestContext::ApiGatewayV2(context))
        .header("authorization", format!("Bearer {}", token("memory:read")))
        .header("content-type", "application/json");
    let answer = endpoint.send(request.body(Body::from(search)).expect("a request")).await.json();
    let error = json!({
        "code": -32603,
        "message": "Something failed on our side. Please try again. Reference: request-1",
        "data": { "reference": "request-1" },
    });
    assert_eq!(answer["error"], error);
}

#[tokio::test]
async fn without_a_known_key_the_older_path_is_401_and_says_nothing_of_oauth_sd02_t21() {
    let endpoint = Endpoint::new().await;
    let unknown = format!("jmk_{}", "A".repeat(43));
    let token = format!("Bearer {}", token("memory:write"));
    for header in
        [None, Some(("x-api-key", "nonsense")), Some(("x-api-key", &unknown)), Some(("authorization", &token))]
    {
        for path in ["/mcp/v2/claude/ada", "/mcp/v2/%ff/..%2f", "/mcp/v2/CLAUDE%0a/ada"] {
            let mut request = Request::post(path).header("content-type", "application/json");
            if let Some((name, value)) = header {
                request = request.header(name, value);
            }
            let answer = endpoint.send(request.body(Body::from("{}")).expect("a request")).await;
            assert_eq!((answer.status, answer.challenge.as_deref()), (401, Some("ApiKey")), "{header:?} {path}");
        }
    }
}
