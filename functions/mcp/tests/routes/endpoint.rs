//! Both MCP endpoints, on a stub of the store.

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
    Request,
    header::{ALLOW, WWW_AUTHENTICATE},
};
use http_body_util::BodyExt;
use jean_auth::{
    access_token::Claims,
    keys::{SigningKeyring, SigningSecret, VersionedSecret},
    known_client::ClientHost,
};
use jean_runtime::{Clock, Platform, Random, Shutdown};
use jiff::Timestamp;
use serde_json::{Value, json};
use tower::ServiceExt;

const NOW: i64 = 1_800_000_000;
const SECRET: &str = "a secret of the tests, 32 bytes at least";

/// A store without memories that counts its calls and returns the same status to each.
#[derive(Debug, Clone)]
struct StubStore {
    calls: Arc<AtomicUsize>,
    status: Arc<AtomicU16>,
}

impl HttpClient for StubStore {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for StubStore {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let status = StoreStatus::try_from(self.status.load(Ordering::Relaxed)).expect("a status");
        // The only item is the caller's grant.
        let is_grant = request.body().bytes().is_some_and(|body| String::from_utf8_lossy(body).contains("GRANT#grant"));
        let body = if is_grant {
            r#"{"Item":{"scope":{"S":"memory:read memory:write"},"expires_at":{"N":"1900000000"}}}"#
        } else {
            r#"{"Items":[],"Count":0}"#
        };
        let mut response = HttpResponse::new(status, SdkBody::from(body));
        response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
        HttpConnectorFuture::ready(Ok(response))
    }
}

pub(crate) struct Endpoint {
    router: Router,
    store: StubStore,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) challenge: Option<String>,
    pub(crate) allow: Option<String>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect(&self.body)
    }
}

impl Endpoint {
    pub(crate) async fn new() -> Self {
        let store = StubStore { calls: Arc::default(), status: Arc::new(200.into()) };
        let credentials = Credentials::new("test", "test", None, None, "test");
        let aws = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("local"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(SharedHttpClient::new(store.clone()))
            .timeout_config(TimeoutConfig::disabled())
            .retry_config(RetryConfig::disabled())
            .build();
        let variables = [
            ("PUBLIC_URL", "https://memory.example"),
            ("SERVICE_NAME", "Ada's memory"),
            ("AUTH_TABLE", "auth"),
            ("MEMORIES_TABLE", "memories"),
            ("USERS_TABLE", "users"),
            ("INDEX_CACHE_BYTES", "64000000"),
            ("REQUESTS_PER_MINUTE", "600"),
            ("JWT_SECRET_KEY", SECRET),
        ];
        let platform = Platform {
            environment: variables.map(|(name, value)| (name.into(), value.into())).into_iter().collect(),
            aws,
            clock: Clock::new(|| Timestamp::from_second(NOW).expect("in range")),
            random: Random::new(|buffer| buffer.fill(7)),
            shutdown: Shutdown::default(),
        };
        let router = jean_mcp::router(&platform).await.expect("starts");
        store.calls.store(0, Ordering::Relaxed);
        Self { router, store }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let status = response.status().as_u16();
        let header = |name| response.headers().get(name).map(|value| value.to_str().expect("ASCII").into());
        let (challenge, allow) = (header(WWW_AUTHENTICATE), header(ALLOW));
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        Answer { status, challenge, allow, body: String::from_utf8(body.into()).expect("text") }
    }

    /// Posts a body with a token of this scope.
    pub(crate) async fn post(&self, scope: &str, headers: &[(&str, &str)], body: impl Into<String>) -> Answer {
        let mut request = Request::post("/mcp").header("authorization", format!("Bearer {}", token(scope)));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body.into())).expect("a request")).await
    }

    /// Posts a JSON-RPC message with common client headers.
    pub(crate) async fn rpc(&self, message: &Value) -> Answer {
        let headers = [("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
        self.post("memory:write", &headers, message.to_string()).await
    }

    pub(crate) async fn call(&self, tool: &str, arguments: &Value) -> Value {
        let params = json!({ "name": tool, "arguments": arguments });
        self.rpc(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })).await.json()
    }

    /// Sets the status of all further store calls.
    pub(crate) fn set_store_status(&self, status: u16) {
        self.store.status.store(status, Ordering::Relaxed);
    }

    pub(crate) fn store_calls(&self) -> usize {
        self.store.calls.load(Ordering::Relaxed)
    }
}

pub(crate) fn token(scope: &str) -> String {
    let claims = Claims {
        sub: "ada".parse().expect("valid"),
        email: "ada@example.org".parse().expect("valid"),
        client: "claude".parse().expect("valid"),
        client_host: Some(ClientHost::from(&"https://claude.ai/api/mcp/auth_callback".parse().expect("valid"))),
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
    claims.sign(&SigningKeyring::new(SigningSecret::new(SECRET, None).expect("strong"), None))
}

pub(crate) const JSON: (&str, &str) = ("content-type", "application/json");
