//! The signing secret: from the environment, or from Secrets Manager with the version before it.

use std::sync::{Arc, RwLock};

use auth::{
    access_token::{Claims, InvalidToken},
    keys::{Keyring, SigningSecret},
    public_url::PublicUrl,
};
use aws_sdk_secretsmanager::{Client, error::ProvideErrorMetadata};
use jiff::{SignedDuration, Timestamp};

use crate::{Platform, StartError};

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

    /// Verifies an access token. A kid that is not held makes one look for a newer version, so that a rotation reaches
    /// warm instances without an outage (AS-22).
    ///
    /// # Errors
    /// [`InvalidToken`].
    pub async fn verify(&self, token: &str, public_url: &PublicUrl, now: Timestamp) -> Result<Claims, InvalidToken> {
        match Claims::verify(token, &self.current(), public_url, now) {
            Err(InvalidToken::UnknownKid) if self.refetch(now).await => {
                Claims::verify(token, &self.current(), public_url, now)
            }
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
            Err(error) => {
                let reason = error.message().map_or_else(|| format!("{error:?}"), Into::into);
                return Err(StartError::SecretsManager(reason));
            }
        };
        let bytes = match (value.secret_string(), value.secret_binary()) {
            (Some(text), _) => text.as_bytes(),
            (None, Some(binary)) => binary.as_ref(),
            (None, None) => return Ok(None),
        };
        Ok(Some(SigningSecret::new(bytes, value.version_id().map(Into::into))?))
    }
}
