//! Secrets across rotations, and faults of Secrets Manager.

use std::{
    io::ErrorKind,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use aws_sdk_secretsmanager::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_http_client::test_util::infallible_client_fn;
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_types::SdkConfig;
use jean_auth::{access_token::Claims, public_url::PublicUrl};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::*;
use crate::{Clock, Environment, Random, Shutdown};

mod key_pair;

/// A fake Secrets Manager at its network edge: the versions of each secret by label, with their creation time in seconds,
/// and the number of requests.
#[derive(Default)]
struct Manager {
    stages: Vec<(&'static str, &'static str, String, i64)>,
    /// The versions of the root secret.
    root: Vec<(&'static str, &'static str, String, i64)>,
    asked: usize,
    is_garbled: bool,
}

impl Manager {
    fn answer(&mut self, body: &[u8]) -> http::Response<String> {
        self.asked += 1;
        let request: Value = serde_json::from_slice(body).expect("json");
        let is_root = request["SecretId"].as_str().is_some_and(|id| id.ends_with("root"));
        let stages = if is_root { &self.root } else { &self.stages };
        let found = stages.iter().find(|(stage, ..)| request["VersionStage"] == *stage);
        let (status, answer) = match found {
            Some((_, id, value, at)) => (200, json!({"VersionId": id, "SecretString": value, "CreatedDate": at})),
            None => (400, json!({"__type": "ResourceNotFoundException", "Message": "no such stage"})),
        };
        let mut body = answer.to_string();
        if self.is_garbled {
            body.pop();
        }
        http::Response::builder().status(status).body(body).expect("valid")
    }
}

fn platform(variables: &[(&str, &str)], manager: Arc<Mutex<Manager>>) -> Platform {
    let client = infallible_client_fn(move |request| {
        manager.lock().expect("not poisoned").answer(request.body().bytes().expect("in memory"))
    });
    let aws = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("a", "b", None, None, "test")))
        .http_client(client)
        .build();
    let environment: Environment = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let (clock, random) = (Clock::new(|| at(0)), Random::new(|buffer| buffer.fill(7)));
    Platform { environment, aws, clock, random, shutdown: Shutdown::default() }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}

fn stages(stages: &[(&'static str, &'static str, char, i64)]) -> Vec<(&'static str, &'static str, String, i64)> {
    stages.iter().map(|(stage, id, byte, at)| (*stage, *id, strong(*byte), *at)).collect()
}

/// A strong secret, another one for each `byte`.
fn strong(byte: char) -> String {
    format!("{byte}0Yk3fQ2p7Rm1Zx8Lw5Tn9Bd4Hc6Js0a")
}

fn manager(labels: &[(&'static str, &'static str, char, i64)]) -> Arc<Mutex<Manager>> {
    Arc::new(Mutex::new(Manager { stages: stages(labels), ..Manager::default() }))
}

fn claims(public_url: &PublicUrl) -> Claims {
    Claims {
        sub: "ada".parse().expect("valid"),
        email: "ada@example.org".parse().expect("valid"),
        client: "claude".parse().expect("valid"),
        exp: 3600,
        iss: public_url.issuer().into(),
        aud: public_url.mcp().into(),
        iat: 0,
        nbf: None,
        jti: "1".into(),
        scope: jean_auth::scope::Scopes::all(),
        client_id: "claude_abc".parse().expect("valid"),
        client_host: None,
        grant_id: "g".parse().expect("valid"),
    }
}

async fn verified(keys: &SigningKeys, token: &str, now: Timestamp) -> Result<Claims, InvalidToken> {
    let public_url: PublicUrl = "https://memory.example".parse().expect("valid");
    keys.verify(now, |keys| Claims::verify(token, keys, &public_url, now)).await
}

const ARN: (&str, &str) = ("JWT_SECRET_ARN", "arn:aws:secretsmanager:eu-central-1:1:secret:x");

/// T-19
#[tokio::test]
async fn missing_or_weak_secret_is_a_start_error() {
    let none = platform(&[("JWT_SECRET_ARN", ""), ("JWT_SECRET_KEY", "")], manager(&[]));
    assert!(matches!(SigningKeys::load(&none).await, Err(StartError::NoSecret { .. })));
    let short = platform(&[("JWT_SECRET_KEY", "short")], manager(&[]));
    assert!(matches!(SigningKeys::load(&short).await, Err(StartError::WeakSecret("JWT_SECRET_KEY", _))));
    let missing = platform(&[ARN], manager(&[]));
    assert!(matches!(SigningKeys::load(&missing).await, Err(StartError::SecretsManager("JWT_SECRET_ARN", _))));
}

const MINUTE: i64 = 60;

/// T-20
#[tokio::test]
async fn malformed_response_is_not_in_the_error() {
    let secrets = manager(&[("AWSCURRENT", "v1", 's', 0)]);
    secrets.lock().expect("not poisoned").is_garbled = true;
    let error = SigningKeys::load(&platform(&[ARN], secrets)).await.expect_err("garbled");
    assert!(!format!("{error} {error:?}").contains("s0Yk3"), "{error}");
}

/// AS-22
#[tokio::test]
async fn previous_and_pending_versions_verify() {
    let secrets = manager(&[("AWSPREVIOUS", "v1", '1', 0), ("AWSCURRENT", "v2", '2', 1), ("AWSPENDING", "v3", '3', 2)]);
    let keys = SigningKeys::load(&platform(&[ARN], secrets)).await.expect("loads").keyring_at(at(11 * MINUTE + 1));
    assert_eq!(keys.primary().kid(), "v2");
    assert!(keys.named("v1").is_some() && keys.named("v3").is_some());
}

/// AS-22
#[tokio::test]
async fn new_version_signs_once_every_instance_has_it() {
    let secrets = manager(&[("AWSCURRENT", "v1", '1', 0)]);
    let keys = SigningKeys::load(&platform(&[ARN], Arc::clone(&secrets))).await.expect("loads");
    assert_eq!(keys.keyring_at(at(0)).primary().kid(), "v1", "the first version signs at once");
    secrets.lock().expect("not poisoned").stages =
        stages(&[("AWSPREVIOUS", "v1", '1', 0), ("AWSCURRENT", "v2", '2', 100)]);
    let rotated = SigningKeys::load(&platform(&[ARN], Arc::clone(&secrets))).await.expect("loads");
    let moment = 100 + 11 * MINUTE;
    assert_eq!(rotated.keyring_at(at(moment - 1)).primary().kid(), "v1");
    assert_eq!(rotated.keyring_at(at(moment)).primary().kid(), "v2");

    // The warm instance reloads before that.
    keys.refetch(at(99), at(99 + 10 * MINUTE)).await;
    assert!(keys.keyring_at(at(99 + 10 * MINUTE)).named("v2").is_some());
}

#[tokio::test]
async fn failed_reload_keeps_the_cached_keys() {
    let secrets = manager(&[("AWSCURRENT", "v1", '1', 0)]);
    let keys = SigningKeys::load(&platform(&[ARN], Arc::clone(&secrets))).await.expect("loads");
    secrets.lock().expect("not poisoned").stages.clear();
    let before = secrets.lock().expect("not poisoned").asked;
    for second in 601..661 {
        keys.refetch(at(second - 600), at(second)).await;
        assert_eq!(keys.keyring_at(at(second)).primary().kid(), "v1");
    }
    assert_eq!(secrets.lock().expect("not poisoned").asked - before, 2, "once per half minute");
}

/// The fault of a call.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Fails,
    Hangs,
    Cut,
}

/// A network on which one call, and every one after it, fails.
#[derive(Debug, Clone)]
struct Network {
    calls: Arc<AtomicUsize>,
    trouble: Arc<Mutex<Option<(usize, Fate)>>>,
}

impl Network {
    fn set(&self, trouble: Option<(usize, Fate)>) {
        self.calls.store(0, Ordering::SeqCst);
        *self.trouble.lock().expect("not poisoned") = trouble;
    }
}

impl HttpClient for Network {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Network {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        let trouble = *self.trouble.lock().expect("not poisoned");
        let fate = trouble.and_then(|(first, fate)| (call >= first).then_some(fate));
        let body = request.body().bytes().expect("in memory").to_vec();
        HttpConnectorFuture::new(async move {
            let answer =
                |status: u16, body: String| Ok(HttpResponse::new(status.try_into().expect("a status"), body.into()));
            match fate {
                None => {
                    let manager = manager(&[("AWSPREVIOUS", "v1", '1', 0), ("AWSCURRENT", "v2", '2', 0)]);
                    let (parts, body) = manager.lock().expect("not poisoned").answer(&body).into_parts();
                    answer(parts.status.as_u16(), body)
                }
                Some(Fate::Fails) => answer(500, json!({"__type": "InternalServiceError"}).to_string()),
                Some(Fate::Hangs) => std::future::pending().await,
                Some(Fate::Cut) => Err(ConnectorError::io(std::io::Error::from(ErrorKind::ConnectionReset).into())),
            }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn any_failed_call_stops_a_start_and_no_request() {
    let network = Network { calls: Arc::default(), trouble: Arc::default() };
    let lambda = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b"), ("AWS_REGION", "local")];
    let environment = lambda.map(|(name, value)| (name.into(), value.into())).into_iter().collect();
    let aws = crate::aws::config(&environment).expect("a configuration").into_builder();
    let platform = Platform {
        aws: aws.http_client(SharedHttpClient::new(network.clone())).build(),
        ..platform(&[ARN], manager(&[]))
    };
    for (call, fate) in (0..3).flat_map(|call| [Fate::Fails, Fate::Hangs, Fate::Cut].map(|fate| (call, fate))) {
        network.set(Some((call, fate)));
        let began = Instant::now();
        let started = SigningKeys::load(&platform).await;
        assert!(matches!(started, Err(StartError::SecretsManager("JWT_SECRET_ARN", _))), "{call} {fate:?}");
        assert!(began.elapsed() < Duration::from_secs(10), "init is limited to ten seconds: {call} {fate:?}");

        network.set(None);
        let keys = SigningKeys::load(&platform).await.expect("starts");
        let later = at(15 * MINUTE);
        network.set(Some((call, fate)));
        let began = Instant::now();
        keys.refetch(later - CACHE_TTL, later).await;
        assert!(began.elapsed() <= REFETCH_WITHIN, "{call} {fate:?}");
        assert_eq!(keys.keyring_at(later).primary().kid(), "v2");
        assert_eq!(keys.held().fetched_at, at(0), "a partial response is not cached: {call} {fate:?}");

        network.set(None);
        let again = later + REFETCH_EVERY;
        keys.refetch(again - CACHE_TTL, again).await;
        assert_eq!(keys.held().fetched_at, again, "{call} {fate:?}");
    }
}

#[tokio::test]
async fn unknown_kid_reloads_at_most_twice_a_minute() {
    let public_url: PublicUrl = "https://memory.example".parse().expect("valid");
    let secrets = manager(&[("AWSCURRENT", "v1", '1', 0)]);
    let warm = SigningKeys::load(&platform(&[ARN], Arc::clone(&secrets))).await.expect("loads");
    let other_warm = SigningKeys::load(&platform(&[ARN], Arc::clone(&secrets))).await.expect("loads");
    let v2 = Keyring::new(SigningSecret::new(strong('2'), Some("v2".into())).expect("strong"), None);
    secrets.lock().expect("not poisoned").stages =
        stages(&[("AWSPREVIOUS", "v1", '1', 0), ("AWSCURRENT", "v2", '2', 0)]);
    let token = claims(&public_url).sign(&v2);

    assert_eq!(verified(&warm, &token, at(29)).await, Err(InvalidToken::UnknownKid), "reloaded a moment ago");
    assert_eq!(verified(&warm, &token, at(30)).await, Ok(claims(&public_url)));
    assert_eq!(verified(&other_warm, &token, at(30)).await, Ok(claims(&public_url)));

    let before = secrets.lock().expect("not poisoned").asked;
    let other = SigningSecret::new(strong('3'), Some("v3".into())).expect("strong");
    let invented = claims(&public_url).sign(&Keyring::new(other, None));
    for second in 31..91 {
        assert_eq!(verified(&warm, &invented, at(second)).await, Err(InvalidToken::UnknownKid));
    }
    assert_eq!(secrets.lock().expect("not poisoned").asked - before, 2 * 3, "three stages, once per half minute");
}

/// T-19, SR-14: an operator has set the value by hand.
#[tokio::test]
async fn weak_secret_in_secrets_manager_is_a_start_error_with_the_reason() {
    let weak = ["short".into(), "a".repeat(64), "changeme".repeat(5) + "0123456789", "abcab".repeat(7) + "bac"];
    for value in weak {
        let secrets = manager(&[]);
        secrets.lock().expect("not poisoned").stages = vec![("AWSCURRENT", "v1", value.clone(), 0)];
        let error = SigningKeys::load(&platform(&[ARN], secrets)).await.expect_err("weak").to_string();
        assert!(error.starts_with("weak secret in JWT_SECRET_ARN: "), "{error}");
        assert!(!error.contains(&value), "{error}");
    }
}

/// SR-14: an attacker who guesses a weak version can sign nothing with it, and the strong one signs at once.
#[tokio::test]
async fn weak_previous_version_is_ignored() {
    let secrets = manager(&[("AWSCURRENT", "v2", '2', 0)]);
    secrets.lock().expect("not poisoned").stages.push(("AWSPREVIOUS", "v1", "a".repeat(64), 0));
    let keys = SigningKeys::load(&platform(&[ARN], secrets)).await.expect("loads").keyring_at(at(0));
    assert_eq!(keys.primary().kid(), "v2");
    assert!(keys.named("v1").is_none());
}

/// SR-14
#[tokio::test]
async fn previous_version_verifies_while_a_token_of_it_can_live() {
    let labels = [("AWSPREVIOUS", "v1", '1', 0), ("AWSCURRENT", "v2", '2', 100)];
    let secrets = manager(&labels);
    secrets.lock().expect("not poisoned").root = stages(&labels);
    let platform = platform(&[ARN, ROOT_ARN], secrets);
    let keys = SigningKeys::load(&platform).await.expect("loads");
    let end = 100 + 11 * MINUTE + 24 * 60 * MINUTE;
    assert!(keys.keyring_at(at(end - 1)).named("v1").is_some());
    assert!(keys.keyring_at(at(end)).named("v1").is_none());
    let root = RootKeys::load(&platform).await.expect("loads");
    assert!(root.keyring_at(at(end)).named("v1").is_some(), "sessions live longer");
}

const ROOT_ARN: (&str, &str) = ("ROOT_SECRET_ARN", "arn:aws:secretsmanager:eu-central-1:1:secret:root");
const DAY: i64 = 24 * 60 * MINUTE;

/// The `kid` of what verifies, beside the root secret, at a time after the root secret was created.
async fn former_kids(variables: &[(&str, &str)], signing_created_at: i64, root: &[i64], now: i64) -> Vec<String> {
    let secrets = manager(&[("AWSCURRENT", "v1", '1', signing_created_at)]);
    let labels = [("AWSCURRENT", "r1", 'r', root[0])].into_iter();
    let labels: Vec<_> = labels.chain(root.get(1).map(|created_at| ("AWSPREVIOUS", "r0", 'q', *created_at))).collect();
    secrets.lock().expect("not poisoned").root = stages(&labels);
    let platform = Platform { clock: Clock::new(move || at(now)), ..platform(variables, secrets) };
    let keys = RootKeys::load(&platform).await.expect("loads").keyring_at(at(now));
    let own = strong('o');
    let of_operator = SigningSecret::new(&own, None).expect("strong").kid().to_owned();
    ["v1", &of_operator].into_iter().filter(|kid| keys.named(kid).is_some()).map(Into::into).collect()
}

/// SR-14: the upgrade signs no user out, and the signing secret soon verifies access tokens only.
#[tokio::test]
async fn signing_secret_is_a_former_root_for_the_life_of_a_session() {
    let generated = [ARN, ROOT_ARN];
    assert_eq!(former_kids(&generated, 0, &[DAY], DAY).await, ["v1"]);
    assert_eq!(former_kids(&generated, 0, &[DAY], 31 * DAY - 1).await, ["v1"]);
    assert!(former_kids(&generated, 0, &[DAY], 31 * DAY).await.is_empty(), "no session lives as long");
    assert!(former_kids(&generated, DAY - 60, &[DAY], DAY).await.is_empty(), "a new stack");
    assert!(former_kids(&generated, 2 * DAY, &[DAY], 3 * DAY).await.is_empty(), "rotated since");
    assert!(former_kids(&generated, 0, &[DAY, DAY], 2 * DAY).await.is_empty(), "the root secret was rotated");
}

/// SR-14
#[tokio::test]
async fn secret_of_the_operator_is_a_former_root_of_an_older_stack() {
    let own = strong('o');
    let kid = SigningSecret::new(&own, None).expect("strong").kid().to_owned();
    let variables = [ARN, ROOT_ARN, ("JWT_SECRET_KEY", own.as_str())];
    assert_eq!(former_kids(&variables, 0, &[DAY], DAY).await, [kid]);
    assert!(former_kids(&variables, DAY - 60, &[DAY], DAY).await.is_empty(), "a new stack");
    let both = [("JWT_SECRET_KEY", own.as_str()), ("ROOT_SECRET_KEY", own.as_str())];
    let shared = RootKeys::load(&platform(&both, manager(&[]))).await;
    assert!(matches!(shared, Err(StartError::SharedRootSecret)));
}

/// SR-14
#[tokio::test]
async fn signing_secret_takes_the_place_of_the_root_secret_outside_a_stack_only() {
    let own = strong('s');
    let key = ("JWT_SECRET_KEY", own.as_str());
    // `sam local` resolves the reference to the root secret to its name.
    for arn in ["", "RootSecret"] {
        let keys = RootKeys::load(&platform(&[key, ("ROOT_SECRET_ARN", arn)], manager(&[]))).await.expect("loads");
        let signing = SigningSecret::new(&own, None).expect("strong");
        assert!(signing.is_root(keys.keyring_at(at(0)).primary()), "{arn}");
    }
    let deployed = RootKeys::load(&platform(&[key, ROOT_ARN], manager(&[]))).await;
    assert!(matches!(deployed, Err(StartError::SecretsManager(..))), "{deployed:?}");
    let none = RootKeys::load(&platform(&[("ROOT_SECRET_ARN", "")], manager(&[]))).await;
    assert!(matches!(none, Err(StartError::NoSecret { .. })), "{none:?}");
}
