//! All functions behind the routes of template.yaml, on an empty embedded DynamoDB, with a clock that the test advances.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::SdkConfig;
use axum::{Router, body::Body, extract::ConnectInfo};
use http::{Method, Request};
use jean_authorize::{Documents, FetchError};
use jean_cli::{
    functions::{self, Outbound},
    maintenance::BackgroundMaintenance,
};
use jean_local::{
    engine::{Engine, for_tests},
    role::Role,
    stack::{LocalSecrets, Stack, StackSettings},
    template::Template,
};
use jean_runtime::{Clock, Platform, Random};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tower::ServiceExt;

use crate::{Answer, identity_provider::IdentityWeb, log::Confidences, public_web::FakeWeb, secrets_manager::Secrets};

mod instances;

/// The owner's e-mail address.
pub(crate) const EMAIL: &str = "owner@example.org";
/// The address of all callers that have no other.
pub(crate) const ADDRESS: &str = "127.0.0.1:49152";
const PUBLIC_URL: &str = "http://localhost:3000";

/// A server for one test. When it is dropped, its log must not contain any secret that went over the wire (T-20).
pub struct TestServer {
    /// The documents that clients publish on the web.
    pub web: FakeWeb,
    /// The identity providers.
    pub identities: IdentityWeb,
    /// The secrets that went over the wire.
    pub confidences: Confidences,
    pub(crate) stack: Stack,
    pub(crate) settings: StackSettings,
    now: Arc<AtomicI64>,
    secrets: Option<Secrets>,
    calls: Arc<Mutex<Calls>>,
}

/// Calls of a server with Secrets Manager: invocations of functions, and operations of the store with their requests.
#[derive(Default)]
struct Calls {
    invocations: usize,
    store: Vec<(String, Value)>,
}

impl TestServer {
    /// A server with one user, the owner.
    pub async fn new() -> Self {
        Self::at(PUBLIC_URL).await
    }

    /// A server with its owner at another public URL.
    pub async fn at(public_url: &str) -> Self {
        Self::start(public_url, BTreeMap::new()).await.with_owner().await
    }

    /// A server with its owner and one template parameter set.
    pub async fn with(parameter: &str, value: &str) -> Self {
        Self::start(PUBLIC_URL, [(parameter.into(), value.into())].into()).await.with_owner().await
    }

    /// A server without users.
    pub async fn empty() -> Self {
        Self::start(PUBLIC_URL, BTreeMap::new()).await
    }

    /// A server without users and with one template parameter set.
    pub async fn empty_with(parameter: &str, value: &str) -> Self {
        Self::start(PUBLIC_URL, [(parameter.into(), value.into())].into()).await
    }

    /// A server without users, with these template parameters.
    pub async fn empty_with_all(parameters: &[(&str, &str)]) -> Self {
        Self::start(PUBLIC_URL, owned(parameters)).await
    }

    /// A server with its owner and these template parameters.
    pub async fn with_all(parameters: &[(&str, &str)]) -> Self {
        Self::empty_with_all(parameters).await.with_owner().await
    }

    /// A server with its owner, the retry and time-out settings of Lambda, and these template parameters, which reaches the
    /// store over `network`.
    pub async fn behind(network: impl FnOnce(Engine) -> SharedHttpClient, parameters: &[(&str, &str)]) -> Self {
        let lambda = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b"), ("AWS_REGION", "local")];
        let lambda = lambda.map(|(name, value)| (name.into(), value.into())).into_iter().collect();
        let aws = jean_runtime::aws_config(&lambda).expect("a configuration").into_builder();
        let parts = Parts::new(PUBLIC_URL, owned(parameters));
        let aws = aws.http_client(network(parts.engine.clone())).build();
        Self::start_with(parts, |_| aws.clone()).await.with_owner().await
    }

    async fn start(public_url: &str, parameters: BTreeMap<String, String>) -> Self {
        let parts = Parts::new(public_url, parameters);
        let engine = parts.engine.clone();
        Self::start_with(parts, move |role| engine.aws_as(role)).await
    }

    async fn start_with(parts: Parts, aws: impl Fn(Role) -> SdkConfig) -> Self {
        let Parts { engine, settings, now, web, identities } = parts;
        let outbound = outbound(&web, &identities);
        let start = async |folder: &str, platform: &Platform| functions::start(folder, platform, &outbound).await;
        let stack = Box::pin(Stack::start_with(engine, aws, settings.clone(), start)).await.expect("starts");
        let (confidences, calls) = (Confidences::default(), Arc::default());
        Self { web, identities, confidences, stack, settings, now, secrets: None, calls }
    }

    async fn with_owner(self) -> Self {
        let owner = self.add_user(EMAIL).await;
        self.make_owner(&owner).await;
        self
    }

    /// Restarts all functions on the same database: everything that was only in memory is lost.
    #[must_use]
    pub async fn restart(self) -> Self {
        let engine = self.stack.engine.clone();
        let stack = functions::stack(engine, self.settings.clone(), self.outbound()).await.expect("starts");
        Self { stack, ..self }
    }

    /// Ends all instances in an orderly way. They can answer requests after it, but store no further uses of apps.
    pub async fn shut_down(&self) {
        self.stack.shutdown.run().await;
    }

    /// The template that the server runs.
    pub fn template(&self) -> &Template {
        &self.stack.template
    }

    /// The platform of a function, by the folder of its code.
    pub fn platform_of(&self, folder: &str) -> &Platform {
        &self.stack.platforms[folder]
    }

    /// A new instance of the maintenance, fed with the writes from now on.
    pub fn maintenance(&self) -> BackgroundMaintenance {
        BackgroundMaintenance::of(&self.stack).expect("starts")
    }

    /// The permissions in the template that no function has used, as `folder table operation keys`.
    pub fn unused_permissions(&self) -> Vec<String> {
        self.stack.roles.keys().flat_map(|folder| self.unused_permissions_of(folder)).collect()
    }

    /// The permissions of one function that it has not used.
    pub fn unused_permissions_of(&self, folder: &str) -> Vec<String> {
        let unused = self.stack.roles[folder].unused().into_iter();
        unused.map(|permission| format!("{folder} {permission}")).collect()
    }

    /// Fetches client metadata documents from [`Self::web`], and asks the providers of [`Self::identities`].
    pub fn outbound(&self) -> Outbound {
        outbound(&self.web, &self.identities)
    }

    /// The invocations of functions and the operations of the store since the previous call, in a server with Secrets
    /// Manager.
    pub fn calls(&self) -> (usize, Vec<(String, Value)>) {
        let Calls { invocations, store } = std::mem::take(&mut *self.calls.lock().expect("not poisoned"));
        (invocations, store)
    }

    /// Advances the clock.
    pub fn turn_clock(&self, by: SignedDuration) {
        self.now.fetch_add(by.as_secs(), Ordering::SeqCst);
    }

    /// The time of the server.
    pub fn now(&self) -> Timestamp {
        self.settings.clock.now()
    }

    /// The routes of all functions.
    pub fn router(&self) -> Router {
        self.stack.router.clone()
    }

    /// The function that a route key (`POST /oauth/token`) leads to, by the last part of its folder.
    pub fn function_of(&self, route_key: &str) -> Option<String> {
        let template = &self.stack.template;
        let route = template.routes.iter().find(|route| route.key() == route_key)?;
        template.functions[&route.function].folder().rsplit('/').next().map(Into::into)
    }

    /// Sends a request from a fixed address. The response is no server error.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.send_from(ADDRESS, method, path, headers, body).await
    }

    /// Sends a request from `address` (`203.0.113.7:443`). The response is no server error.
    pub async fn send_from(
        &self,
        address: &str,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        self.ask_from(address, method, path, headers, body).await.not_failed()
    }

    /// Sends a request from an address and returns any response.
    pub(crate) async fn ask_from(
        &self,
        address: &str,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let address: SocketAddr = address.parse().expect("an address");
        let mut request = Request::builder().method(method).uri(path).extension(ConnectInfo(address));
        if headers.iter().all(|(name, _)| *name != "host") {
            request = request.header("host", "localhost:3000");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.ask(request.body(body.to_owned()).expect("a request")).await
    }

    /// Sends a request and returns any response.
    pub async fn ask(&self, request: Request<String>) -> Answer {
        self.confidences.hear(&request);
        let response = self.stack.router.clone().oneshot(request.map(Body::from)).await.expect("infallible");
        let answer = Answer::read(response).await;
        self.confidences.hear_answer(&answer);
        self.confidences.hear_providers(&self.identities.take_exchanges());
        answer
    }

    /// Sends a GET request.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], "").await
    }

    /// Sends JSON.
    pub async fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, &[("content-type", "application/json")], &body.to_string()).await
    }

    /// Sends a form.
    pub async fn post_form(&self, path: &str, body: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(body).finish();
        self.send(Method::POST, path, &[("content-type", "application/x-www-form-urlencoded")], &body).await
    }

    /// The URL of a path of this server.
    pub fn url(&self, path: &str) -> String {
        self.settings.public_url.join(path)
    }

    /// The path of a URL of this server.
    pub fn path<'a>(&self, url: &'a str) -> &'a str {
        url.strip_prefix(self.settings.public_url.issuer()).unwrap_or_else(|| panic!("another server: {url}"))
    }
}

/// The parts of a server that exist before its functions start.
struct Parts {
    engine: Engine,
    settings: StackSettings,
    now: Arc<AtomicI64>,
    web: FakeWeb,
    identities: IdentityWeb,
}

impl Parts {
    fn new(public_url: &str, parameters: BTreeMap<String, String>) -> Self {
        crate::log::begin();
        let now = Arc::new(AtomicI64::new(1_800_000_000));
        let clock = Arc::clone(&now);
        // The same seed in every run makes failures reproducible.
        let chance = Mutex::new(fastrand::Rng::with_seed(1));
        let settings = StackSettings {
            public_url: public_url.parse().expect("valid"),
            secrets: LocalSecrets {
                signing: "a secret of more than thirty-two bytes".to_owned().into(),
                root: "another secret, which no verifier holds".to_owned().into(),
                private_key: None,
            },
            clock: Clock::new(move || Timestamp::from_second(clock.load(Ordering::SeqCst)).expect("in range")),
            random: Random::new(move |buffer| chance.lock().expect("not poisoned").fill(buffer)),
            parameters,
        };
        let engine = for_tests(settings.clock.clone());
        Self { engine, settings, now, web: FakeWeb::default(), identities: IdentityWeb::default() }
    }
}

fn owned(parameters: &[(&str, &str)]) -> BTreeMap<String, String> {
    parameters.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

fn outbound(web: &FakeWeb, identities: &IdentityWeb) -> Outbound {
    let web = web.clone();
    let documents = Documents::new(move |url| std::future::ready(web.fetch(url.as_str()).ok_or(FetchError::TimedOut)));
    Outbound { documents, providers: identities.web() }
}
