//! Several instances of every function, with their secrets in the fake Secrets Manager.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use aws_smithy_http_client::test_util::infallible_client_fn;
use axum::{Router, routing::any};
use base64::{Engine as _, engine::general_purpose};
use jean_cli::functions;
use jean_runtime::Platform;
use jiff::SignedDuration;
use serde_json::Value;
use tower::ServiceExt;

use super::TestServer;
use crate::secrets_manager::{ARN, KEY_PAIR_ARN, ROOT_ARN, Secrets, SecretsManager};

/// Warm instances of each function where the signing secret is in Secrets Manager.
const INSTANCES: usize = 3;
const FOLDERS: [&str; 7] = [
    "functions/account",
    "functions/authorize",
    "functions/federate",
    "functions/token",
    "functions/mcp",
    "functions/register",
    "functions/discovery",
];

impl TestServer {
    /// A server with its owner and its signing secret in Secrets Manager. Several instances of every function answer in
    /// turn, each with the keys it loaded itself.
    pub async fn with_secrets_manager() -> Self {
        let mut server = Self::new().await;
        let new = |arn, first| SecretsManager::new(arn, first, Arc::clone(&server.now));
        server.secrets = Some(Secrets { signing: new(ARN, "v1"), root: new(ROOT_ARN, "r1"), key_pair: None });
        server.start_instances().await;
        server
    }

    /// A server with its owner, upgraded from a release that derived every key from the signing secret: the signing secret
    /// is a year older than the root secret.
    pub async fn upgraded() -> Self {
        let mut server = Self::with_secrets_manager().await;
        server.secrets().set_age("v1", SignedDuration::from_hours(365 * 24));
        server.start_instances().await;
        server
    }

    /// Deploys the parameter `AccessTokenAlgorithm` EdDSA, which adds the secret of the key pair, or HS256, which deletes it.
    pub async fn sign_with_key_pair(&mut self, is_chosen: bool) {
        let key_pair = is_chosen.then(|| SecretsManager::new(KEY_PAIR_ARN, "p1", Arc::clone(&self.now)));
        self.secrets.as_mut().expect("a server with Secrets Manager").key_pair = key_pair;
        self.start_instances().await;
    }

    /// The secret of the key pair in the fake Secrets Manager.
    pub fn key_pair(&self) -> &SecretsManager {
        self.secrets.as_ref().and_then(|secrets| secrets.key_pair.as_ref()).expect("a server with a key pair")
    }

    /// Starts several instances of every function, which answer in turn.
    async fn start_instances(&mut self) {
        let server = self;
        let mut instances = Vec::new();
        for _ in 0..INSTANCES {
            instances.push(server.instance().await);
        }
        let (turn, calls) = (AtomicUsize::new(0), Arc::clone(&server.calls));
        let turn = Arc::new(turn);
        server.stack.router = Router::new().fallback(any(move |request: axum::extract::Request| {
            let instance = instances[turn.fetch_add(1, Ordering::SeqCst) % INSTANCES].clone();
            calls.lock().expect("not poisoned").invocations += 1;
            async move { instance.oneshot(request).await }
        }));
    }

    /// One instance of every function.
    async fn instance(&self) -> Router {
        let (platform, outbound) = (self.platform(), self.outbound());
        let mut router = Router::new();
        for folder in FOLDERS {
            let function = functions::start(folder, &platform, &outbound).await.expect("known").expect("starts");
            router = router.merge(function);
        }
        router
    }

    /// The platform of a function in a server with Secrets Manager.
    pub fn platform(&self) -> Platform {
        let (signing, root) = (self.secrets().clone(), self.root_secrets().clone());
        let key_pair = self.secrets.as_ref().and_then(|secrets| secrets.key_pair.clone());
        let has_key_pair = key_pair.is_some();
        let (engine, calls) = (self.stack.engine.clone(), Arc::clone(&self.calls));
        let edge = infallible_client_fn(move |request| {
            let target = request.headers()["x-amz-target"].to_str().expect("ascii");
            let body = request.body().bytes().expect("in memory");
            if target.starts_with("secretsmanager.") {
                let names = |arn: &str| body.windows(arn.len()).any(|part| part == arn.as_bytes());
                return match &key_pair {
                    Some(key_pair) if names(KEY_PAIR_ARN) => key_pair,
                    _ if names(ROOT_ARN) => &root,
                    _ => &signing,
                }
                .answer(target, body);
            }
            let operation = target.rsplit('.').next().expect("an operation").to_owned();
            let request = serde_json::from_slice(body).expect("json");
            calls.lock().expect("not poisoned").store.push((operation, request));
            let answer = engine.answer(target, body);
            let body = String::from_utf8(answer.body).expect("json");
            http::Response::builder().status(answer.status).body(body).expect("valid")
        });
        let variables = self.stack.template.functions.values().flat_map(|function| function.variables.clone());
        let own = [
            ("JWT_SECRET_KEY", ""),
            ("JWT_SECRET_ARN", ARN),
            ("ROOT_SECRET_KEY", ""),
            ("ROOT_SECRET_ARN", ROOT_ARN),
            ("ACCESS_TOKEN_ALGORITHM", if has_key_pair { "EdDSA" } else { "HS256" }),
            ("ACCESS_TOKEN_KEY_ARN", if has_key_pair { KEY_PAIR_ARN } else { "" }),
        ];
        let own = own.map(|(name, value)| (name.into(), value.into()));
        Platform {
            environment: variables.chain(own).collect(),
            aws: self.stack.aws.to_builder().http_client(edge).build(),
            clock: self.settings.clock.clone(),
            random: self.settings.random.clone(),
            shutdown: self.stack.shutdown.clone(),
        }
    }

    /// The signing secret in the fake Secrets Manager.
    pub fn secrets(&self) -> &SecretsManager {
        &self.secrets.as_ref().expect("a server with Secrets Manager").signing
    }

    /// The root secret in the fake Secrets Manager.
    pub fn root_secrets(&self) -> &SecretsManager {
        &self.secrets.as_ref().expect("a server with Secrets Manager").root
    }

    /// The version of the signing secret that signed `token`.
    pub fn kid(&self, token: &str) -> String {
        let header = general_purpose::URL_SAFE_NO_PAD.decode(token.split('.').next().expect("a part"));
        let header: Value = serde_json::from_slice(&header.expect("base64url")).expect("json");
        header["kid"].as_str().expect("text").into()
    }
}
