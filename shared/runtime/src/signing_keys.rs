//! The signing secret, from the environment or from Secrets Manager with its previous and next version.
//!
//! Every instance caches the secret for at most [`CACHE_TTL`], and a new version signs only once it is [`SIGNS_AFTER`]
//! old, when every instance has loaded it. A rotation therefore needs no pause, and no warm instance receives a signature
//! that it cannot verify (AS-22).

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use jean_auth::{
    access_token::InvalidToken,
    keys::{Keyring, SigningSecret},
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    Platform, StartError,
    secret::{ManagedSecret, Stage},
};

/// Cache lifetime of the signing secret. A revoked secret version may still be accepted by warm instances for this long.
pub const CACHE_TTL: SignedDuration = SignedDuration::from_mins(10);
/// Minimum age of a version that signs: longer than any cached copy without it, and any request that began with one.
const SIGNS_AFTER: SignedDuration = SignedDuration::from_mins(11);
/// Minimum interval between reloads that an unknown `kid` or a failed reload causes.
const REFETCH_EVERY: SignedDuration = SignedDuration::from_secs(30);
/// Time limit of a reload within a request, which can continue with the cached copy.
const REFETCH_WITHIN: Duration = Duration::from_secs(2);

/// The signing keys of this instance. Handlers reach them through [`Context`](crate::Context) only.
#[derive(Clone, Debug)]
pub struct SigningKeys(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    held: RwLock<KeySet>,
    /// The secret in Secrets Manager, and the time of the last reload: one request reloads, concurrent ones wait for it.
    source: Option<(ManagedSecret, tokio::sync::Mutex<Timestamp>)>,
}

#[derive(Debug)]
struct KeySet {
    /// The keyring in use, and the one in use until the given time.
    now: Arc<Keyring>,
    until: Option<(Timestamp, Arc<Keyring>)>,
    fetched_at: Timestamp,
}

impl SigningKeys {
    /// Reads `JWT_SECRET_KEY`, or loads the secret with the ARN `JWT_SECRET_ARN`.
    ///
    /// # Errors
    /// [`StartError`] if neither is set, the secret has fewer than 32 bytes (T-19) or it cannot be loaded.
    pub async fn load(platform: &Platform) -> Result<Self, StartError> {
        let environment = &platform.environment;
        let now = platform.clock.now();
        let (held, source) = match (environment.get("JWT_SECRET_KEY"), environment.get("JWT_SECRET_ARN")) {
            (Some(key), _) => {
                let keys = Keyring::new(SigningSecret::of_operator(&key)?, None);
                (KeySet { now: Arc::new(keys), until: None, fetched_at: now }, None)
            }
            (None, Some(arn)) => {
                let secret = ManagedSecret::new(&platform.aws, &arn);
                (fetch(&secret, now).await?, Some((secret, tokio::sync::Mutex::new(now))))
            }
            (None, None) => return Err(StartError::NoSigningSecret),
        };
        Ok(Self(Arc::new(Inner { held: RwLock::new(held), source })))
    }

    /// The keys that sign and verify at `now`.
    pub(crate) fn keyring_at(&self, now: Timestamp) -> Arc<Keyring> {
        let held = self.held();
        match &held.until {
            Some((moment, before)) if now < *moment => Arc::clone(before),
            _ => Arc::clone(&held.now),
        }
    }

    /// Runs `verify` with the keys at `now`. On an unknown `kid` the secret is reloaded once, since the cached copy can
    /// be stale if the last reload failed.
    pub(crate) async fn verify<T>(
        &self,
        now: Timestamp,
        verify: impl Fn(&Keyring) -> Result<T, InvalidToken>,
    ) -> Result<T, InvalidToken> {
        match verify(&self.keyring_at(now)) {
            Err(InvalidToken::UnknownKid) => {
                self.refetch(now, now).await;
                verify(&self.keyring_at(now))
            }
            decided => decided,
        }
    }

    /// Reloads keys older than [`CACHE_TTL`].
    pub(crate) async fn refresh(&self, now: Timestamp) {
        self.refetch(now - CACHE_TTL, now).await;
    }

    /// Reloads keys loaded before `oldest`, at most once per [`REFETCH_EVERY`]. If that fails the cached keys
    /// stay in use.
    async fn refetch(&self, oldest: Timestamp, now: Timestamp) {
        let Some((secret, asked_at)) = &self.0.source else { return };
        let mut asked_at = asked_at.lock().await;
        if self.held().fetched_at >= oldest || now.duration_since(*asked_at) < REFETCH_EVERY {
            return;
        }
        *asked_at = now;
        match tokio::time::timeout(REFETCH_WITHIN, fetch(secret, now)).await {
            Ok(Ok(held)) => *self.0.held.write().unwrap_or_else(PoisonError::into_inner) = held,
            Ok(Err(error)) => tracing::error!(%error, "reloading the signing secret failed"),
            Err(_) => tracing::error!("reloading the signing secret timed out"),
        }
    }

    fn held(&self) -> std::sync::RwLockReadGuard<'_, KeySet> {
        self.0.held.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Loads every version that can occur in a token, including the one that will sign next. Sequentially: concurrent requests
/// would each open a connection, and a TLS handshake costs more than waiting for two requests.
async fn fetch(secret: &ManagedSecret, now: Timestamp) -> Result<KeySet, StartError> {
    let failed = |error: crate::secret::SecretError| StartError::SecretsManager(error.to_string());
    let current = secret.staged(Stage::Current).await.map_err(failed)?;
    let current = current.ok_or_else(|| StartError::SecretsManager("the secret has no value".into()))?;
    let previous = secret.staged(Stage::Previous).await.map_err(failed)?;
    let pending = secret.staged(Stage::Pending).await.map_err(failed)?;
    let created_at = current.created_at;
    let current_id = current.id.clone();
    let current = SigningSecret::new(current.value.as_slice(), Some(current.id))?;
    let previous =
        previous.map(|version| SigningSecret::new(version.value.as_slice(), Some(version.id))).transpose()?;
    // A pending version of too few bytes is ignored: nothing is signed with it, and the rotation's own test rejects it.
    let pending = pending.filter(|pending| pending.id != current_id);
    let pending = pending.and_then(|version| SigningSecret::new(version.value.as_slice(), Some(version.id)).ok());
    let others = previous.clone().into_iter().chain(pending.clone());
    let until = previous.map(|previous| {
        let before = Keyring::new(previous, [current.clone()].into_iter().chain(pending));
        (created_at + SIGNS_AFTER, Arc::new(before))
    });
    Ok(KeySet { now: Arc::new(Keyring::new(current, others)), until, fetched_at: now })
}

#[cfg(test)]
mod tests;
