//! A world for one test: the whole set on an empty database, a clock that stands still until it is turned, one person.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
};

use aws_smithy_http_client::test_util::infallible_client_fn;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::SdkConfig;
use axum::{Router, body::Body, extract::ConnectInfo, response::Response, routing::any};
use base64::{Engine as _, engine::general_purpose};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use jean_auth::{
    api_key::IssuedApiKey,
    password::{Hasher, Password, PasswordHash},
    secret::{ApiKey, PasswordLink as LinkSecret},
    user::User,
};
use jean_cli::functions;
use jean_local::{
    engine::Engine,
    role::Role,
    stack::{Settings, Stack},
    template::Template,
};
use jean_runtime::{Clock, Platform, Random};
use jean_store::{
    Table,
    api_keys::ApiKeys,
    clients::Clients,
    grants::Grants,
    password_links::{PasswordLink, PasswordLinks},
    users::Users,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tower::ServiceExt;

use crate::{
    browser::Browser,
    log::Confidences,
    outside::Outside,
    secrets_manager::{ARN, SecretsManager},
};

/// Claude's callback (clients.md).
pub(crate) const CALLBACK: &str = "https://claude.ai/api/mcp/auth_callback";
const PASSWORD: &str = "correct horse battery staple";
const EMAIL: &str = "owner@example.org";

/// Hashing is slow by design: once is enough for all worlds.
static PASSWORD_HASH: LazyLock<PasswordHash> =
    LazyLock::new(|| Hasher::default().hash(&Password::chosen(PASSWORD).expect("long enough"), [7; 16]));

pub(crate) struct World {
    pub(crate) outside: Outside,
    desk: Stack,
    settings: Settings,
    now: Arc<AtomicI64>,
    secrets: Option<SecretsManager>,
    calls: Arc<Mutex<Calls>>,
    pub(crate) confidences: Confidences,
}

/// What was called where a world has Secrets Manager: how often a function, and which operations of the store.
#[derive(Default)]
struct Calls {
    invocations: usize,
    store: Vec<(String, Value)>,
}

/// How many instances of each function are warm, where a world has Secrets Manager.
const INSTANCES: usize = 3;

/// What a client holds once it is connected.
pub(crate) struct Pair {
    pub(crate) client_id: String,
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
}

/// A verifier and its challenge (RFC 7636).
pub(crate) struct Pkce {
    pub(crate) verifier: String,
    pub(crate) challenge: String,
}

impl Pkce {
    pub(crate) fn new(seed: u8) -> Self {
        let verifier = general_purpose::URL_SAFE_NO_PAD.encode([seed; 32]);
        let challenge = general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        Self { verifier, challenge }
    }
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    pub(crate) async fn read(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body").to_bytes().to_vec();
        Self { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("text")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()))
    }

    /// The OAuth error code.
    pub(crate) fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_else(|| panic!("no error: {}", self.text())).into()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}: {:?}", self.headers)).to_str().expect("ascii")
    }

    pub(crate) fn location(&self) -> &str {
        self.header("location")
    }

    /// The parameters of a redirect to a client's address.
    pub(crate) fn redirect_parameters(&self, callback: &str) -> BTreeMap<String, String> {
        assert_eq!(self.status, StatusCode::FOUND, "{}", self.text());
        let query = self.location().strip_prefix(callback).and_then(|rest| rest.strip_prefix('?'));
        let query = query.unwrap_or_else(|| panic!("not to {callback}: {}", self.location()));
        url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    pub(crate) fn tokens(&self, client_id: &str) -> Pair {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        let tokens = self.json();
        let token = |name: &str| tokens[name].as_str().expect("a token").to_owned();
        Pair { client_id: client_id.into(), access_token: token("access_token"), refresh_token: token("refresh_token") }
    }
}

impl World {
    /// A world with its owner.
    pub(crate) async fn new() -> Self {
        Self::at("http://localhost:3000").await
    }

    /// The same, with one of the template's parameters set.
    pub(crate) async fn with(parameter: &str, value: &str) -> Self {
        let parameters = BTreeMap::from([(parameter.into(), value.into())]);
        let (engine, settings, now, outside) = Self::beginnings("http://localhost:3000", parameters);
        let own = engine.clone();
        Self::begin(engine, move |role| own.aws_as(role), settings, now, outside).await.with_owner().await
    }

    /// The same, with functions that reach the store as Lambda's do, with the same patience, over a network of a test's.
    pub(crate) async fn behind(network: impl FnOnce(Engine) -> SharedHttpClient, parameter: &str, value: &str) -> Self {
        let parameters = BTreeMap::from([(parameter.into(), value.into())]);
        let (engine, settings, now, outside) = Self::beginnings("http://localhost:3000", parameters);
        let lambda = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b"), ("AWS_REGION", "local")];
        let lambda = lambda.map(|(name, value)| (name.into(), value.into())).into_iter().collect();
        let aws = jean_runtime::aws_config(&lambda).expect("a configuration");
        let aws = aws.into_builder().http_client(network(engine.clone())).build();
        Self::begin(engine, |_| aws.clone(), settings, now, outside).await.with_owner().await
    }

    async fn with_owner(self) -> Self {
        self.add_user(EMAIL).await;
        self
    }

    /// The same, at another address.
    pub(crate) async fn at(public_url: &str) -> Self {
        Self::empty_at(public_url).await.with_owner().await
    }

    /// A world with nobody in it.
    pub(crate) async fn empty() -> Self {
        Self::empty_at("http://localhost:3000").await
    }

    async fn empty_at(public_url: &str) -> Self {
        let (engine, settings, now, outside) = Self::beginnings(public_url, BTreeMap::new());
        let own = engine.clone();
        Self::begin(engine, move |role| own.aws_as(role), settings, now, outside).await
    }

    fn beginnings(
        public_url: &str,
        parameters: BTreeMap<String, String>,
    ) -> (Engine, Settings, Arc<AtomicI64>, Outside) {
        crate::log::begin();
        let now = Arc::new(AtomicI64::new(1_800_000_000));
        let clock = Arc::clone(&now);
        let outside = Outside::default();
        // Chance is the same in every run.
        let chance = Mutex::new(fastrand::Rng::with_seed(1));
        let settings = Settings {
            public_url: public_url.parse().expect("valid"),
            secret: "a secret of more than thirty-two bytes".to_owned().into(),
            clock: Clock::new(move || Timestamp::from_second(clock.load(Ordering::SeqCst)).expect("in range")),
            random: Random::new(move |buffer| chance.lock().expect("not poisoned").fill(buffer)),
            parameters,
        };
        (Engine::in_memory(settings.clock.clone()).expect("starts"), settings, now, outside)
    }

    async fn begin(
        engine: Engine,
        reached: impl Fn(Role) -> SdkConfig,
        settings: Settings,
        now: Arc<AtomicI64>,
        outside: Outside,
    ) -> Self {
        let documents = outside.documents();
        let start = async |folder: &str, platform: &Platform| functions::start(folder, platform, &documents).await;
        let desk = Stack::start_with(engine, reached, settings.clone(), start).await.expect("starts");
        let confidences = Confidences::default();
        Self { outside, desk, settings, now, secrets: None, calls: Arc::default(), confidences }
    }

    /// A world with its owner, whose signing secret is in Secrets Manager, and in which several instances of every
    /// function take turns, each with what it fetched itself.
    pub(crate) async fn with_secrets_manager() -> Self {
        let mut world = Self::new().await;
        world.secrets = Some(SecretsManager::new(Arc::clone(&world.now)));
        let mut instances = Vec::new();
        for _ in 0..INSTANCES {
            instances.push(world.instance().await);
        }
        let (turn, calls) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&world.calls));
        world.desk.router = Router::new().fallback(any(move |request: axum::extract::Request| {
            let instance = instances[turn.fetch_add(1, Ordering::SeqCst) % INSTANCES].clone();
            calls.lock().expect("not poisoned").invocations += 1;
            async move { instance.oneshot(request).await }
        }));
        world
    }

    /// One instance of every function.
    async fn instance(&self) -> Router {
        let documents = self.outside.documents();
        let platform = self.platform();
        let account = jean_account::router(&platform).await.expect("starts");
        let authorize = jean_authorize::router_with(&platform, documents).await.expect("starts");
        let token = jean_token::router(&platform).await.expect("starts");
        let mcp = jean_mcp::router(&platform).await.expect("starts");
        let register = jean_register::router(&platform).await.expect("starts");
        let discovery = jean_discovery::router(&platform).await.expect("starts");
        account.merge(authorize).merge(token).merge(mcp).merge(register).merge(discovery)
    }

    /// What was read from template.yaml, and the permissions no function used so far.
    pub(crate) fn template(&self) -> &Template {
        &self.desk.template
    }

    pub(crate) fn unused_permissions(&self) -> Vec<String> {
        let unused = |(folder, role): (&String, &Role)| {
            let unused = role.unused().into_iter();
            unused.map(|(table, verb)| format!("{folder} {table} {verb}")).collect::<Vec<_>>()
        };
        self.desk.roles.iter().flat_map(unused).collect()
    }

    pub(crate) fn documents(&self) -> jean_authorize::Documents {
        self.outside.documents()
    }

    /// What functions start with in a world with Secrets Manager.
    pub(crate) fn platform(&self) -> Platform {
        let (secrets, engine, calls) = (self.secrets().clone(), self.desk.engine.clone(), Arc::clone(&self.calls));
        let edge = infallible_client_fn(move |request| {
            let target = request.headers()["x-amz-target"].to_str().expect("ascii");
            let body = request.body().bytes().expect("in memory");
            if target.starts_with("secretsmanager.") {
                return secrets.answer(target, body);
            }
            let operation = target.rsplit('.').next().expect("an operation").to_owned();
            let request = serde_json::from_slice(body).expect("json");
            calls.lock().expect("not poisoned").store.push((operation, request));
            let answer = engine.answer(target, body);
            let body = String::from_utf8(answer.body).expect("json");
            http::Response::builder().status(answer.status).body(body).expect("valid")
        });
        let variables = self.desk.template.functions.values().flat_map(|function| function.variables.clone());
        let own = [("JWT_SECRET_KEY", ""), ("JWT_SECRET_ARN", ARN)].map(|(name, value)| (name.into(), value.into()));
        Platform {
            environment: variables.chain(own).collect(),
            aws: self.desk.aws.to_builder().http_client(edge).build(),
            clock: self.settings.clock.clone(),
            random: self.settings.random.clone(),
        }
    }

    /// How often a function was called since this was last asked, and with what the store was.
    pub(crate) fn calls(&self) -> (usize, Vec<(String, Value)>) {
        let Calls { invocations, store } = std::mem::take(&mut *self.calls.lock().expect("not poisoned"));
        (invocations, store)
    }

    pub(crate) fn secrets(&self) -> &SecretsManager {
        self.secrets.as_ref().expect("a world with Secrets Manager")
    }

    /// Which version signed a token.
    pub(crate) fn kid(&self, token: &str) -> String {
        let header = general_purpose::URL_SAFE_NO_PAD.decode(token.split('.').next().expect("a part"));
        let header: Value = serde_json::from_slice(&header.expect("base64url")).expect("json");
        header["kid"].as_str().expect("text").into()
    }

    /// The same database under new processes: nothing that was only in memory is left.
    pub(crate) async fn restart(self) -> Self {
        let documents = self.outside.documents();
        let desk = functions::stack(self.desk.engine, self.settings.clone(), documents).await.expect("starts");
        Self {
            outside: self.outside,
            desk,
            settings: self.settings,
            now: self.now,
            secrets: self.secrets,
            calls: self.calls,
            confidences: self.confidences,
        }
    }

    pub(crate) fn turn_clock(&self, by: SignedDuration) {
        self.now.fetch_add(by.as_secs(), Ordering::SeqCst);
    }

    pub(crate) fn router(&self) -> axum::Router {
        self.desk.router.clone()
    }

    /// The folder of the function a route goes to.
    pub(crate) fn function_of(&self, route_key: &str) -> Option<String> {
        let template = &self.desk.template;
        let key = |route: &jean_local::template::Route| {
            format!("{} {}", route.method.as_ref().map_or("ANY", Method::as_str), route.path)
        };
        let route = template.routes.iter().find(|route| key(route) == route_key)?;
        let folder = template.functions[&route.function].code_uri.trim_end_matches('/');
        folder.rsplit('/').next().map(Into::into)
    }

    // --- HTTP ---

    pub(crate) async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.send_from("127.0.0.1:49152", method, path, headers, body).await
    }

    /// A request from an address, `203.0.113.7:443` for one.
    pub(crate) async fn send_from(
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
        let answer = self.ask(request.body(body.to_owned()).expect("a request")).await;
        assert!(!answer.status.is_server_error(), "{}: {}", answer.status, answer.text());
        answer
    }

    /// The answer to a request, whatever it is.
    pub(crate) async fn ask(&self, request: Request<String>) -> Answer {
        self.confidences.hear(&request);
        let response = self.desk.router.clone().oneshot(request.map(Body::from)).await.expect("infallible");
        let answer = Answer::read(response).await;
        self.confidences.hear_answer(&answer);
        answer
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], "").await
    }

    pub(crate) async fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, &[("content-type", "application/json")], &body.to_string()).await
    }

    pub(crate) async fn post_form(&self, path: &str, body: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(body).finish();
        self.send(Method::POST, path, &[("content-type", "application/x-www-form-urlencoded")], &body).await
    }

    /// An address of this server.
    pub(crate) fn url(&self, path: &str) -> String {
        self.settings.public_url.join(path)
    }

    /// The path of an address of this server.
    pub(crate) fn path<'a>(&self, url: &'a str) -> &'a str {
        url.strip_prefix(self.settings.public_url.issuer()).unwrap_or_else(|| panic!("not here: {url}"))
    }

    // --- A client ---

    pub(crate) async fn register(&self, client_name: &str) -> String {
        let body = json!({
            "client_name": client_name,
            "redirect_uris": [CALLBACK, "https://claude.com/api/mcp/auth_callback"],
            "token_endpoint_auth_method": "none",
        });
        self.post_json("/oauth/register", &body).await.json()["client_id"].as_str().expect("an id").into()
    }

    /// A client with a secret: id and secret.
    pub(crate) async fn register_confidential(&self) -> (String, String) {
        let body = json!({"client_name": "Claude", "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "client_secret_post"});
        let answer = self.post_json("/oauth/register", &body).await.json();
        let member = |name: &str| answer[name].as_str().expect("text").to_owned();
        (member("client_id"), member("client_secret"))
    }

    pub(crate) fn authorize_path(&self, client_id: &str, pkce: &Pkce, state: &str) -> String {
        self.authorize_path_to(CALLBACK, client_id, pkce, state)
    }

    /// The same for a client that wants its answer elsewhere.
    pub(crate) fn authorize_path_to(&self, callback: &str, client_id: &str, pkce: &Pkce, state: &str) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", callback)
            .append_pair("code_challenge", &pkce.challenge)
            .append_pair("code_challenge_method", "S256")
            .append_pair("state", state)
            .finish();
        format!("/oauth/authorize?{query}")
    }

    pub(crate) fn exchange_body<'a>(
        &self,
        client_id: &'a str,
        code: &'a str,
        pkce: &'a Pkce,
    ) -> Vec<(&'static str, &'a str)> {
        vec![
            ("grant_type", "authorization_code"),
            ("client_id", client_id),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", &pkce.verifier),
        ]
    }

    pub(crate) async fn exchange(&self, client_id: &str, code: &str, pkce: &Pkce) -> Answer {
        self.post_form("/oauth/token", &self.exchange_body(client_id, code, pkce)).await
    }

    /// The exchange of a confidential client, its secret in the body or in the header.
    pub(crate) async fn exchange_with_secret(
        &self,
        client_id: &str,
        code: &str,
        pkce: &Pkce,
        secret: Option<&str>,
        in_header: bool,
    ) -> Answer {
        let mut body = self.exchange_body(client_id, code, pkce);
        if !in_header {
            body.extend(secret.map(|secret| ("client_secret", secret)));
            return self.post_form("/oauth/token", &body).await;
        }
        body.retain(|(name, _)| *name != "client_id");
        let credentials = format!("{client_id}:{}", secret.unwrap_or_default());
        let basic = format!("Basic {}", general_purpose::STANDARD.encode(credentials));
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(body).finish();
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("authorization", basic.as_str())];
        self.send(Method::POST, "/oauth/token", &headers, &body).await
    }

    pub(crate) async fn refresh(&self, client_id: &str, refresh_token: &str) -> Answer {
        let body = [("grant_type", "refresh_token"), ("client_id", client_id), ("refresh_token", refresh_token)];
        self.post_form("/oauth/token", &body).await
    }

    pub(crate) async fn revoke(&self, client_id: &str, token: &str) -> Answer {
        self.post_form("/oauth/revoke", &[("client_id", client_id), ("token", token)]).await
    }

    /// A client that is about to redeem its code.
    pub(crate) async fn code(&self) -> (String, String, Pkce) {
        let client_id = self.register("Claude").await;
        let pkce = Pkce::new(1);
        let code = self.approve(&mut Browser::default(), &self.authorize_path(&client_id, &pkce, "s")).await;
        (client_id, code, pkce)
    }

    /// A client the owner connected.
    pub(crate) async fn connect(&self) -> Pair {
        self.connect_with(&self.register("Claude").await).await
    }

    /// The same client, connected once more.
    pub(crate) async fn connect_with(&self, client_id: &str) -> Pair {
        self.connected(client_id, EMAIL, None).await
    }

    /// A client that asked for these scopes.
    pub(crate) async fn connect_for(&self, scope: &str) -> Pair {
        self.connected(&self.register("Claude").await, EMAIL, Some(scope)).await
    }

    /// A client somebody else connected.
    pub(crate) async fn connect_as(&self, user: &User) -> Pair {
        self.connected(&self.register("Claude").await, user.email.as_str(), None).await
    }

    async fn connected(&self, client_id: &str, email: &str, scope: Option<&str>) -> Pair {
        let pkce = Pkce::new(1);
        let mut authorize = self.authorize_path(client_id, &pkce, "s");
        if let Some(scope) = scope {
            authorize = url::form_urlencoded::Serializer::new(authorize).append_pair("scope", scope).finish();
        }
        let code = self.approve_as(&mut Browser::default(), &authorize, email).await;
        self.exchange(client_id, &code, &pkce).await.tokens(client_id)
    }

    // --- A person ---

    /// What the owner types.
    pub(crate) fn credentials(&self) -> [(&'static str, &'static str); 2] {
        [("email", EMAIL), ("password", PASSWORD)]
    }

    /// The owner signs in if asked, allows what is asked, and the code comes back.
    pub(crate) async fn approve(&self, browser: &mut Browser, authorize: &str) -> String {
        self.approve_as(browser, authorize, EMAIL).await
    }

    async fn approve_as(&self, browser: &mut Browser, authorize: &str, email: &str) -> String {
        self.allow_as(browser, authorize, email).await.redirect_parameters(CALLBACK)["code"].clone()
    }

    /// The owner signs in if asked, and allows what is asked.
    pub(crate) async fn allow(&self, browser: &mut Browser, authorize: &str) -> Answer {
        self.allow_as(browser, authorize, EMAIL).await
    }

    async fn allow_as(&self, browser: &mut Browser, authorize: &str, email: &str) -> Answer {
        let mut page = browser.open(self, authorize).await;
        if page.text().contains("/oauth/sign-in") {
            let typed = [("email", email), ("password", PASSWORD)];
            let signed_in = browser.submit(self, &page.form("/oauth/sign-in"), &typed).await;
            page = browser.follow(self, &signed_in).await;
        }
        browser.submit(self, &page.form("/oauth/consent"), &[("decision", "allow")]).await
    }

    pub(crate) async fn owner(&self) -> User {
        self.users().by_email(&EMAIL.parse().expect("valid")).await.expect("reads").expect("is there")
    }

    pub(crate) async fn add_user(&self, email: &str) -> User {
        let user = User {
            user_id: email.replace('@', "-").parse().expect("valid"),
            email: email.parse().expect("valid"),
            created_at: self.settings.clock.now(),
            password: Some(PASSWORD_HASH.clone()),
        };
        self.users().add(&user).await.expect("writes");
        user
    }

    /// The path of a link that sets a password: this person's, or that of the first account.
    pub(crate) async fn password_link(&self, user: Option<&User>) -> String {
        let secret = LinkSecret::new(self.settings.random.bytes());
        let expires_at = self.settings.clock.now() + SignedDuration::from_hours(24);
        let link = PasswordLink { user_id: user.map(|user| user.user_id.clone()), expires_at, used_by: None };
        PasswordLinks::new(self.table("UsersTable")).create(&link, &secret.hash()).await.expect("writes");
        format!("/account/password?link={}", *secret.expose())
    }

    pub(crate) async fn api_key(&self, user: &User) -> String {
        let secret = ApiKey::new(self.settings.random.bytes());
        let key = IssuedApiKey {
            key_id: self.settings.random.id().parse().expect("valid"),
            name: "test".into(),
            user_id: user.user_id.clone(),
            email: user.email.clone(),
            created_at: self.settings.clock.now(),
        };
        assert!(ApiKeys::new(self.table("UsersTable")).create(&key, &secret.hash()).await.expect("writes"));
        secret.expose().to_string()
    }

    pub(crate) async fn revoke_api_keys(&self, user: &User) {
        let keys = ApiKeys::new(self.table("UsersTable"));
        for key in keys.list(&user.user_id).await.expect("reads") {
            assert!(keys.revoke(&user.user_id, &key.key_id).await.expect("writes"));
        }
    }

    /// How many grants the owner has given.
    pub(crate) async fn grants(&self) -> usize {
        let owner = self.owner().await;
        Grants::new(self.table("AuthTable")).list(&owner.user_id).await.expect("reads").len()
    }

    /// What the deletion of the owner's account begins with.
    pub(crate) async fn close_grants(&self) {
        let owner = self.owner().await;
        Grants::new(self.table("AuthTable")).close(&owner.user_id, self.settings.clock.now()).await.expect("writes");
    }

    /// Every item of every table, as text.
    pub(crate) async fn everything_kept(&self) -> String {
        let client = aws_sdk_dynamodb::Client::new(&self.desk.aws);
        let mut kept = String::new();
        for table in &self.desk.template.tables {
            let items = client.scan().table_name(&table.name).send().await.expect("reads").items.unwrap_or_default();
            kept += &format!("{items:?}");
        }
        kept
    }

    pub(crate) fn clients(&self) -> Clients {
        Clients::new(self.table("AuthTable"))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.settings.clock.now()
    }

    fn users(&self) -> Users {
        Users::new(self.table("UsersTable"))
    }

    fn table(&self, name: &str) -> Table {
        Table::new(&self.desk.aws, name)
    }

    // --- MCP ---

    pub(crate) async fn mcp(&self, token: Option<&str>, message: &Value) -> Answer {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        self.send(Method::POST, "/mcp", &headers, &message.to_string()).await
    }

    /// Calls a tool, and gives its result.
    pub(crate) async fn call(&self, token: &str, tool: &str, arguments: &Value) -> Value {
        let params = json!({"name": tool, "arguments": arguments});
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        let answer = self.mcp(Some(token), &message).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()["result"].clone()
    }

    /// Whether an access token opens the MCP endpoint.
    pub(crate) async fn works(&self, token: &str) -> bool {
        let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
        self.mcp(Some(token), &list).await.status == StatusCode::OK
    }
}
