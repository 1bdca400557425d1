//! The signing secret: from the environment, or from Secrets Manager with the versions before and after it.
//!
//! Every instance holds its copy for [`CACHE_TTL`] at most, and a new version signs only once it is [`SIGNS_AFTER`] old:
//! by then every instance knows it. So a rotation needs no pause, and no instance ever meets a signature it can't verify
//! because it is warm (AS-22).

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
    secret::{Secret, Stage},
};

/// How long a copy is used before Secrets Manager is asked again. Also how long a version that was taken back may still
/// be accepted by an instance that is warm.
pub const CACHE_TTL: SignedDuration = SignedDuration::from_mins(10);
/// How old a version is before it signs: older than any copy that was made without it, and than any request that began
/// with such a copy.
const SIGNS_AFTER: SignedDuration = SignedDuration::from_mins(11);
/// How often an unknown kid, or Secrets Manager that does not answer, may make an instance ask again.
const REFETCH_EVERY: SignedDuration = SignedDuration::from_secs(30);
/// How long a request waits for a newer copy, since it could do with the one that is there.
const REFETCH_WITHIN: Duration = Duration::from_secs(2);

/// The keys of this instance.
#[derive(Clone, Debug)]
pub struct SigningKeys(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    held: RwLock<KeySet>,
    /// Where to ask, and when that was last done: one request asks, the others wait for its answer.
    source: Option<(Secret, tokio::sync::Mutex<Timestamp>)>,
}

#[derive(Debug)]
struct KeySet {
    /// What signs from the first of its moments on, and until then.
    now: Arc<Keyring>,
    until: Option<(Timestamp, Arc<Keyring>)>,
    fetched_at: Timestamp,
}

impl SigningKeys {
    /// Reads `JWT_SECRET_KEY`, or fetches what `JWT_SECRET_ARN` names.
    ///
    /// # Errors
    /// [`StartError`]: there is no default, and no secret under 32 bytes (T-19).
    pub async fn load(platform: &Platform) -> Result<Self, StartError> {
        let environment = &platform.environment;
        let now = platform.clock.now();
        let (held, source) = match (environment.get("JWT_SECRET_KEY"), environment.get("JWT_SECRET_ARN")) {
            (Some(key), _) => {
                let keys = Keyring::new(SigningSecret::new(key, None)?, None);
                (KeySet { now: Arc::new(keys), until: None, fetched_at: now }, None)
            }
            (None, Some(arn)) => {
                let secret = Secret::new(&platform.aws, &arn);
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

    /// Reloads keys that are older than [`CACHE_TTL`].
    pub(crate) async fn refresh(&self, now: Timestamp) {
        self.refetch(now - CACHE_TTL, now).await;
    }

    /// Fetches again what was fetched before `oldest`, if the last try is long enough ago. What is held stays if that
    /// fails.
    async fn refetch(&self, oldest: Timestamp, now: Timestamp) {
        let Some((secret, asked_at)) = &self.0.source else { return };
        let mut asked_at = asked_at.lock().await;
        if self.held().fetched_at >= oldest || now.duration_since(*asked_at) < REFETCH_EVERY {
            return;
        }
        *asked_at = now;
        match tokio::time::timeout(REFETCH_WITHIN, fetch(secret, now)).await {
            Ok(Ok(held)) => *self.0.held.write().unwrap_or_else(PoisonError::into_inner) = held,
            Ok(Err(error)) => tracing::error!(%error, "the signing secret could not be fetched again"),
            Err(_) => tracing::error!("the signing secret could not be fetched again in time"),
        }
    }

    fn held(&self) -> std::sync::RwLockReadGuard<'_, KeySet> {
        self.0.held.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every version that can be met: the one that is to sign next is known before it does. One after the other, since at
/// once each would open a connection of its own, and a TLS handshake costs more than a request that waits for two.
async fn fetch(secret: &Secret, now: Timestamp) -> Result<KeySet, StartError> {
    let failed = |error: crate::secret::SecretError| StartError::SecretsManager(error.to_string());
    let current = secret.staged(Stage::Current).await.map_err(failed)?;
    let current = current.ok_or_else(|| StartError::SecretsManager("it has no value yet".into()))?;
    let previous = secret.staged(Stage::Previous).await.map_err(failed)?;
    let pending = secret.staged(Stage::Pending).await.map_err(failed)?;
    let created_at = current.created_at;
    let current_id = current.id.clone();
    let current = SigningSecret::new(current.value.as_slice(), Some(current.id))?;
    let previous =
        previous.map(|version| SigningSecret::new(version.value.as_slice(), Some(version.id))).transpose()?;
    // Nothing is signed with it yet, so one that could not sign is none: the rotation finds it in its own test.
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
