//! The real routers on a port, behind a proxy that injects faults.

use std::{
    collections::BTreeMap,
    future::IntoFuture,
    sync::{Arc, LazyLock},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use jean_auth::{
    password::{Hasher, Password, PasswordHash},
    user::User,
};
use jean_authorize::{Documents, FetchError};
use jean_cli::{
    doctor::{self, Account, Examination, Report, Trust, Unreachable},
    functions::{self, Outbound, ProviderWeb},
};
use jean_local::{
    engine::Engine,
    stack::{LocalSecrets, Stack, StackSettings},
};
use jean_runtime::{Clock, Random};
use jean_store::{Table, grants::Grants, users::Users};
use jiff::Timestamp;
use serde_json::json;
use tokio::net::TcpListener;
use zeroize::Zeroizing;

pub(crate) const EMAIL: &str = "ada@example.org";
pub(crate) const PASSWORD: &str = "correct horse battery staple";
/// Shared by all servers, since hashing is slow by design.
static PASSWORD_HASH: LazyLock<PasswordHash> =
    LazyLock::new(|| Hasher::default().hash(&Password::shown(PASSWORD), [7; 16]));
const BODY_BYTES: usize = 1 << 20;

/// A request as the proxy sees it.
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// A response of the routers, which the proxy may change.
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    pub(crate) delay: Duration,
}

impl Asked {
    /// `true` if the body, form or JSON, contains the text.
    pub(crate) fn says(&self, what: &str) -> bool {
        self.body.contains(what)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Answered {
    pub(crate) fn header(&self, name: &str) -> String {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().into()
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        let name: HeaderName = name.parse().expect("a name");
        self.headers.insert(name, HeaderValue::from_str(value).expect("a value"));
    }

    pub(crate) fn drop(&mut self, name: &str) {
        self.headers.remove(name);
    }

    pub(crate) fn replace(&mut self, from: &str, to: &str) {
        self.body = self.body.replace(from, to);
    }

    /// Replaces the response with an error.
    pub(crate) fn refuse(&mut self, status: u16, error: &str) {
        self.status = StatusCode::from_u16(status).expect("a status");
        self.headers.remove(header::LOCATION);
        self.body = json!({ "error": error }).to_string();
        self.set("content-type", "application/json");
    }
}

type Spoil = dyn Fn(&Asked, &mut Answered) + Send + Sync;

/// A change the proxy makes to responses.
#[derive(Clone)]
pub(crate) struct Fault(Arc<Spoil>);

impl Fault {
    pub(crate) fn new(spoil: impl Fn(&Asked, &mut Answered) + Send + Sync + 'static) -> Self {
        Self(Arc::new(spoil))
    }

    pub(crate) fn none() -> Self {
        Self::new(|_, _| {})
    }

    async fn pass(self, request: Request, next: Next) -> Response {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, BODY_BYTES).await.expect("a body");
        let asked = Asked {
            method: parts.method.clone(),
            path: parts.uri.path().into(),
            query: parts.uri.query().unwrap_or_default().into(),
            headers: parts.headers.clone(),
            body: String::from_utf8_lossy(&body).into_owned(),
        };
        let response = next.run(Request::from_parts(parts, Body::from(body))).await;
        let (mut parts, body) = response.into_parts();
        let body = to_bytes(body, BODY_BYTES).await.expect("a body");
        let mut answered = Answered {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
            delay: Duration::ZERO,
        };
        (self.0)(&asked, &mut answered);
        tokio::time::sleep(answered.delay).await;
        answered.headers.remove(header::CONTENT_LENGTH);
        (parts.status, parts.headers) = (answered.status, answered.headers);
        Response::from_parts(parts, Body::from(answered.body))
    }
}

pub(crate) struct Server {
    pub(crate) url: String,
    stack: Stack,
}

impl Server {
    pub(crate) async fn start(fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let (server, router) = Self::behind(fault, &format!("http://localhost:{port}")).await;
        tokio::spawn(axum::serve(listener, router).into_future());
        server
    }

    /// Builds a server and its router; the caller binds the port.
    pub(crate) async fn behind(fault: Fault, url: &str) -> (Self, Router) {
        let settings = StackSettings {
            public_url: url.parse().expect("an origin"),
            secrets: LocalSecrets {
                signing: "a secret of more than thirty-two bytes".to_owned().into(),
                root: "another secret, which no verifier holds".to_owned().into(),
                private_key: None,
            },
            clock: Clock::of_system(),
            random: Random::of_system(),
            parameters: BTreeMap::new(),
        };
        let documents = Documents::new(async |url| document_at(url.as_str()));
        let providers = ProviderWeb::new(async |_| Err(FetchError::TimedOut));
        let outbound = Outbound { documents, providers };
        let engine = Engine::in_memory(settings.clock.clone()).expect("starts");
        let stack = functions::stack(engine, settings, outbound).await.expect("starts");
        let user = User::new(
            "ada".parse().expect("an id"),
            EMAIL.parse().expect("an address"),
            Timestamp::UNIX_EPOCH,
            Some(PASSWORD_HASH.clone()),
        );
        let table = Table::new(&stack.aws, stack.template.variable("USERS_TABLE").expect("a name"));
        Users::new(table).add(&user).await.expect("writes");
        let router = stack.router.clone().layer(from_fn(move |request, next| fault.clone().pass(request, next)));
        (Self { url: url.into(), stack }, router)
    }

    /// Runs all checks with Ada's account.
    pub(crate) async fn examine(&self) -> Report {
        self.examine_as(Some(PASSWORD)).await
    }

    pub(crate) async fn examine_as(&self, password: Option<&str>) -> Report {
        examine(&self.url, password, None).await.expect("a report")
    }

    /// Returns the number of grants.
    pub(crate) async fn grants(&self) -> usize {
        let table = Table::new(&self.stack.aws, self.stack.template.variable("AUTH_TABLE").expect("a name"));
        Grants::new(table).with_expired(&"ada".parse().expect("an id")).await.expect("reads").len()
    }
}

pub(crate) async fn examine(
    url: &str,
    password: Option<&str>,
    budget: Option<Duration>,
) -> Result<Report, Unreachable> {
    examine_trusting(url, password, budget, Trust::default()).await
}

pub(crate) async fn examine_trusting(
    url: &str,
    password: Option<&str>,
    budget: Option<Duration>,
    trust: Trust,
) -> Result<Report, Unreachable> {
    let account = password.map(|password| Account {
        email: EMAIL.parse().expect("an address"),
        password: Zeroizing::new(password.into()),
    });
    let examination = Examination {
        target: url.parse().expect("a URL"),
        account,
        trust,
        budget: budget.unwrap_or(doctor::BUDGET),
        clock: Clock::of_system(),
        random: Random::of_system(),
    };
    doctor::examine(&examination, &mut |_| {}).await
}

/// The web as seen by the server: Claude's metadata document and nothing else.
fn document_at(url: &str) -> Result<Response<Bytes>, FetchError> {
    if url != "https://claude.ai/oauth/mcp-oauth-client-metadata" {
        return Err(FetchError::TimedOut);
    }
    let document = json!({
        "client_id": url,
        "client_name": "Claude",
        "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"],
        "token_endpoint_auth_method": "none",
    });
    let mut response = Response::new(Bytes::from(document.to_string()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
