//! The signing secret: from the environment, or from Secrets Manager with the version before it.

use std::sync::{Arc, RwLock};

use auth::{
    access_token::{Claims, InvalidToken},
    keys::{Keyring, SigningSecret},
    public_url::PublicUrl,
    session::Session,
};
use aws_sdk_secretsmanager::{Client, error::ProvideErrorMetadata};
use jiff::{SignedDuration, Timestamp};

use crate::{Platform, StartError, error::with_causes};

/// How often an unknown kid may make an instance ask Secrets Manager again: anybody can send one.
const REFETCH_EVERY: SignedDuration = SignedDuration::from_secs(30);

/// The keys of this instance, fetched when it starts and again when a token names a version made since.
#[derive(Clone, Debug)]
pub struct SigningKeys(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    held: RwLock<Held>,
    source: Option<Source>,
}

#[derive(Debug)]
struct Held {
    keys: Arc<Keyring>,
    fetched_at: Timestamp,
}

#[derive(Debug)]
struct Source {
    client: Client,
    arn: String,
}

impl SigningKeys {
    /// Reads `JWT_SECRET_KEY`, or fetches what `JWT_SECRET_ARN` names.
    ///
    /// # Errors
    /// [`StartError`]: there is no default, and no secret under 32 bytes (T-19).
    pub async fn load(platform: &Platform) -> Result<Self, StartError> {
        let environment = &platform.environment;
        let (keys, source) = match (environment.get("JWT_SECRET_KEY"), environment.get("JWT_SECRET_ARN")) {
            (Some(key), _) => (Keyring::new(SigningSecret::new(key, None)?, None), None),
            (None, Some(arn)) => {
                let source = Source { client: Client::new(&platform.aws), arn: arn.into() };
                (source.fetch().await?, Some(source))
            }
            (None, None) => return Err(StartError::NoSigningSecret),
        };
        let held = RwLock::new(Held { keys: Arc::new(keys), fetched_at: platform.clock.now() });
        Ok(Self(Arc::new(Inner { held, source })))
    }

    /// What signs and verifies now.
    pub fn current(&self) -> Arc<Keyring> {
        Arc::clone(&self.held().keys)
    }

    /// Verifies an access token.
    ///
    /// # Errors
    /// [`InvalidToken`].
    pub async fn verify(&self, token: &str, public_url: &PublicUrl, now: Timestamp) -> Result<Claims, InvalidToken> {
        self.with_newest(now, |keys| Claims::verify(token, keys, public_url, now)).await
    }

    /// Reads the cookie of a sign-in.
    ///
    /// # Errors
    /// [`InvalidToken`]: nobody is signed in.
    pub async fn session(&self, cookie: &str, now: Timestamp) -> Result<Session, InvalidToken> {
        self.with_newest(now, |keys| Session::verify(cookie, keys, now)).await
    }

    /// A kid that is not held makes one look for a newer version, so that a rotation reaches warm instances without an
    /// outage (AS-22).
    async fn with_newest<T>(
        &self,
        now: Timestamp,
        verify: impl Fn(&Keyring) -> Result<T, InvalidToken>,
    ) -> Result<T, InvalidToken> {
        match verify(&self.current()) {
            Err(InvalidToken::UnknownKid) if self.refetch(now).await => verify(&self.current()),
            decided => decided,
        }
    }

    /// Fetches again if the last time is long enough ago. Whether there is something new to try.
    async fn refetch(&self, now: Timestamp) -> bool {
        let Some(source) = &self.0.source else { return false };
        {
            let mut held = self.0.held.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            if now.duration_since(held.fetched_at) < REFETCH_EVERY {
                return false;
            }
            held.fetched_at = now;
        }
        match source.fetch().await {
            Ok(keys) => {
                self.0.held.write().unwrap_or_else(std::sync::PoisonError::into_inner).keys = Arc::new(keys);
                true
            }
            Err(error) => {
                tracing::error!(%error, "the signing secret could not be fetched again");
                false
            }
        }
    }

    fn held(&self) -> std::sync::RwLockReadGuard<'_, Held> {
        self.0.held.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Source {
    async fn fetch(&self) -> Result<Keyring, StartError> {
        let (current, previous) = tokio::join!(self.version("AWSCURRENT"), self.version("AWSPREVIOUS"));
        let current = current?.ok_or_else(|| StartError::SecretsManager("it has no value yet".into()))?;
        Ok(Keyring::new(current, previous?))
    }

    /// One version, or nothing when no version has this stage: before the first rotation nothing is AWSPREVIOUS.
    async fn version(&self, stage: &str) -> Result<Option<SigningSecret>, StartError> {
        let fetched = self.client.get_secret_value().secret_id(&self.arn).version_stage(stage).send().await;
        let value = match fetched {
            Ok(value) => value,
            Err(error) if error.code() == Some("ResourceNotFoundException") => return Ok(None),
            Err(error) => return Err(StartError::SecretsManager(with_causes(&error))),
        };
        let bytes = match (value.secret_string(), value.secret_binary()) {
            (Some(text), _) => text.as_bytes(),
            (None, Some(binary)) => binary.as_ref(),
            (None, None) => return Ok(None),
        };
        Ok(Some(SigningSecret::new(bytes, value.version_id().map(Into::into))?))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use aws_sdk_secretsmanager::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
    use aws_smithy_http_client::test_util::infallible_client_fn;
    use aws_types::SdkConfig;
    use serde_json::{Value, json};

    use super::*;
    use crate::{Clock, Environment, Random};

    /// Secrets Manager at its network edge: the versions of one secret by stage, and how often it was asked.
    #[derive(Default)]
    struct Manager {
        stages: Vec<(&'static str, &'static str, String)>,
        asked: usize,
        is_garbled: bool,
    }

    impl Manager {
        fn answer(&mut self, body: &[u8]) -> http::Response<String> {
            self.asked += 1;
            let request: Value = serde_json::from_slice(body).expect("json");
            let found = self.stages.iter().find(|(stage, ..)| request["VersionStage"] == *stage);
            let (status, answer) = match found {
                Some((_, id, value)) => (200, json!({"VersionId": id, "SecretString": value})),
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
        let environment: Environment =
            variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Platform { environment, aws, clock: Clock::new(|| at(0)), random: Random::new(|buffer| buffer.fill(7)) }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn manager(stages: &[(&'static str, &'static str, char)]) -> Arc<Mutex<Manager>> {
        let stages = stages.iter().map(|(stage, id, byte)| (*stage, *id, byte.to_string().repeat(32))).collect();
        Arc::new(Mutex::new(Manager { stages, asked: 0, is_garbled: false }))
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
            scope: auth::scope::Scopes::all(),
            client_id: "claude_abc".parse().expect("valid"),
            grant_id: "g".parse().expect("valid"),
        }
    }

    const ARN: (&str, &str) = ("JWT_SECRET_ARN", "arn:aws:secretsmanager:eu-central-1:1:secret:x");

    #[tokio::test]
    async fn without_a_secret_nothing_starts_t19() {
        let none = platform(&[("JWT_SECRET_ARN", ""), ("JWT_SECRET_KEY", "")], manager(&[]));
        assert!(matches!(SigningKeys::load(&none).await, Err(StartError::NoSigningSecret)));
        let short = platform(&[("JWT_SECRET_KEY", "short")], manager(&[]));
        assert!(matches!(SigningKeys::load(&short).await, Err(StartError::WeakSigningSecret(_))));
        let missing = platform(&[ARN], manager(&[]));
        assert!(matches!(SigningKeys::load(&missing).await, Err(StartError::SecretsManager(_))));
    }

    #[tokio::test]
    async fn an_answer_that_can_not_be_read_is_not_told_to_the_log_t20() {
        let secrets = manager(&[("AWSCURRENT", "v1", 's')]);
        secrets.lock().expect("not poisoned").is_garbled = true;
        let error = SigningKeys::load(&platform(&[ARN], secrets)).await.expect_err("garbled");
        assert!(!format!("{error} {error:?}").contains("ssss"), "{error}");
    }

    #[tokio::test]
    async fn the_version_is_the_kid_and_the_one_before_still_verifies_as22() {
        let secrets = manager(&[("AWSCURRENT", "v2", '2'), ("AWSPREVIOUS", "v1", '1')]);
        let keys = SigningKeys::load(&platform(&[ARN], secrets)).await.expect("loads").current();
        assert_eq!(keys.current().kid(), "v2");
        assert!(keys.named("v1").is_some());
    }

    #[tokio::test]
    async fn a_rotation_reaches_a_warm_instance_and_an_invented_kid_asks_at_most_twice_a_minute() {
        let public_url: PublicUrl = "https://memory.example".parse().expect("valid");
        let secrets = manager(&[("AWSCURRENT", "v1", '1')]);
        let warm = SigningKeys::load(&platform(&[ARN], Arc::clone(&secrets))).await.expect("loads");
        let other_warm = SigningKeys::load(&platform(&[ARN], Arc::clone(&secrets))).await.expect("loads");
        secrets.lock().expect("not poisoned").stages =
            vec![("AWSPREVIOUS", "v1", "1".repeat(32)), ("AWSCURRENT", "v2", "2".repeat(32))];
        let rotated = SigningKeys::load(&platform(&[ARN], Arc::clone(&secrets))).await.expect("loads");
        let token = claims(&public_url).sign(&rotated.current());
        let asked = || secrets.lock().expect("not poisoned").asked;

        assert_eq!(warm.verify(&token, &public_url, at(29)).await, Err(InvalidToken::UnknownKid), "asked a moment ago");
        assert_eq!(warm.verify(&token, &public_url, at(30)).await, Ok(claims(&public_url)));
        let session = Session::begin("ada".parse().expect("valid"), "s1".parse().expect("valid"), at(0));
        assert_eq!(other_warm.session(&session.sign(&rotated.current()), at(30)).await, Ok(session));

        let before = asked();
        let other = SigningSecret::new("3".repeat(32), Some("v3".into())).expect("long enough");
        let invented = claims(&public_url).sign(&Keyring::new(other, None));
        for second in 31..91 {
            assert_eq!(warm.verify(&invented, &public_url, at(second)).await, Err(InvalidToken::UnknownKid));
        }
        assert_eq!(asked() - before, 2 * 2, "two stages, once per half minute");
    }
}
