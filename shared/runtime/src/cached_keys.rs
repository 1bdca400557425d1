//! The signing secret and the root secret, from the environment or from Secrets Manager with their previous and next version.
//!
//! Every instance caches a secret for at most [`CACHE_TTL`], and a new version signs only at an age
//! ([`ConfiguredSecret::signs_after`]) at which every instance has loaded it. A rotation therefore needs no pause, and no warm instance receives a signature
//! that it cannot verify (AS-22).

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use jean_auth::{
    access_token::InvalidToken,
    keys::{Keyring, RootSecret, SigningSecret, VersionedSecret, WeakSecret},
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    Platform, StartError,
    configured_secret::{ConfiguredSecret, KEY_PAIR, ROOT_SECRET, SIGNING_SECRET},
    former_secret::FormerSecret,
    secret::{ManagedSecret, Stage, Version},
};

/// Cache lifetime of a secret. A revoked version may still be accepted by warm instances for this long.
pub const CACHE_TTL: SignedDuration = SignedDuration::from_mins(10);
/// Minimum interval between reloads that an unknown `kid` or a failed reload causes.
const REFETCH_EVERY: SignedDuration = SignedDuration::from_secs(30);
/// Time limit of a reload within a request, which can continue with the cached copy.
const REFETCH_WITHIN: Duration = Duration::from_secs(2);

/// The keys that sign and verify access tokens. Handlers reach them through [`Context`](crate::Context) only.
pub type SigningKeys = CachedKeys<SigningSecret>;
/// The keys of everything else. Handlers reach them through [`Context`](crate::Context) only.
pub type RootKeys = CachedKeys<RootSecret>;

/// The versions of one secret in this instance.
#[derive(Clone, Debug)]
pub struct CachedKeys<S: 'static>(Arc<Inner<S>>);

#[derive(Debug)]
struct Inner<S: 'static> {
    held: RwLock<KeySet<S>>,
    /// The secret in Secrets Manager, and the time of the last reload: one request reloads, concurrent ones wait for it.
    source: Option<(ManagedSource<S>, tokio::sync::Mutex<Timestamp>)>,
}

/// A secret in Secrets Manager, and the one used in its place before.
#[derive(Debug)]
struct ManagedSource<S: 'static> {
    configured: &'static ConfiguredSecret<S>,
    secret: ManagedSecret,
    former: Option<FormerSecret>,
}

#[derive(Debug)]
struct KeySet<S> {
    /// Keyrings with the time from which each is in use, in order.
    eras: Vec<(Timestamp, Arc<Keyring<S>>)>,
    fetched_at: Timestamp,
}

impl<S: VersionedSecret> KeySet<S> {
    /// A secret without other versions.
    fn fixed(secret: S, now: Timestamp) -> Self {
        Self { eras: vec![(Timestamp::MIN, Arc::new(Keyring::new(secret, None)))], fetched_at: now }
    }
}

impl SigningKeys {
    /// Reads `JWT_SECRET_KEY`, or loads the secret with the ARN `JWT_SECRET_ARN`. If `ACCESS_TOKEN_PRIVATE_KEY` or
    /// `ACCESS_TOKEN_KEY_ARN` is set, a key pair takes its place.
    ///
    /// # Errors
    /// [`StartError`] if neither is set, the secret is weak (T-19), the private key is malformed, or it cannot be loaded.
    pub async fn load(platform: &Platform) -> Result<Self, StartError> {
        let is_set = |name| platform.environment.get(name).is_some();
        // Both are read in any case, as the test of the declared variables expects.
        if is_set(KEY_PAIR.key) | is_set(KEY_PAIR.arn) {
            return Self::load_after(&KEY_PAIR, platform, Some(FormerSecret::of(platform)?)).await;
        }
        Self::load_after(&SIGNING_SECRET, platform, None).await
    }
}

impl RootKeys {
    /// Reads `ROOT_SECRET_KEY`, or loads the secret with the ARN `ROOT_SECRET_ARN`, with what [`FormerSecret`] accepts.
    ///
    /// Outside a stack, as under `sam local`, there may be neither. `JWT_SECRET_KEY` then takes the place of both secrets, with
    /// a warning. A deployed stack always has the ARN.
    ///
    /// # Errors
    /// [`StartError`] if neither is set, the secret is weak (T-19) or that of access tokens, or it cannot be loaded.
    pub async fn load(platform: &Platform) -> Result<Self, StartError> {
        let former = FormerSecret::of(platform)?;
        if let Some(root) = former.instead_of_root(&platform.environment) {
            tracing::warn!(
                "no root secret: set ROOT_SECRET_KEY, or a service that holds JWT_SECRET_KEY can forge sessions and refresh tokens"
            );
            let keys = KeySet::fixed(root, platform.clock.now());
            return Ok(Self(Arc::new(Inner { held: RwLock::new(keys), source: None })));
        }
        let keys = Self::load_after(&ROOT_SECRET, platform, Some(former.clone())).await?;
        let root = keys.keyring_at(platform.clock.now());
        if former.is_root(root.primary()) {
            return Err(StartError::SharedRootSecret);
        }
        Ok(keys)
    }
}

impl<S: VersionedSecret> CachedKeys<S> {
    async fn load_after(
        configured: &'static ConfiguredSecret<S>,
        platform: &Platform,
        former: Option<FormerSecret>,
    ) -> Result<Self, StartError> {
        let (environment, ConfiguredSecret { key, arn, .. }) = (&platform.environment, configured);
        let now = platform.clock.now();
        let (held, source) = match (environment.get(key), environment.get(arn)) {
            (Some(text), _) => {
                let secret =
                    (configured.read)(text.as_bytes(), None).map_err(|weak| StartError::WeakSecret(key, weak))?;
                (KeySet::fixed(secret, now), None)
            }
            (None, Some(id)) => {
                let source = ManagedSource { configured, secret: ManagedSecret::new(&platform.aws, &id), former };
                (source.fetch(now).await?, Some((source, tokio::sync::Mutex::new(now))))
            }
            (None, None) => return Err(StartError::NoSecret { arn, key }),
        };
        Ok(Self(Arc::new(Inner { held: RwLock::new(held), source })))
    }

    /// The keys that sign and verify at `now`.
    pub(crate) fn keyring_at(&self, now: Timestamp) -> Arc<Keyring<S>> {
        let held = self.held();
        let era = held.eras.iter().rev().find(|(from, _)| *from <= now);
        Arc::clone(&era.expect("the first one has always begun").1)
    }

    /// Runs `verify` with the keys at `now`. On an unknown `kid` the secret is reloaded once, since the cached copy can
    /// be stale if the last reload failed.
    pub(crate) async fn verify<T>(
        &self,
        now: Timestamp,
        verify: impl Fn(&Keyring<S>) -> Result<T, InvalidToken>,
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
        let Some((source, asked_at)) = &self.0.source else { return };
        let mut asked_at = asked_at.lock().await;
        if self.held().fetched_at >= oldest || now.duration_since(*asked_at) < REFETCH_EVERY {
            return;
        }
        *asked_at = now;
        match tokio::time::timeout(REFETCH_WITHIN, source.fetch(now)).await {
            Ok(Ok(held)) => *self.0.held.write().unwrap_or_else(PoisonError::into_inner) = held,
            Ok(Err(error)) => tracing::error!(%error, secret = source.configured.arn, "reloading a secret failed"),
            Err(_) => tracing::error!(secret = source.configured.arn, "reloading a secret timed out"),
        }
    }

    fn held(&self) -> std::sync::RwLockReadGuard<'_, KeySet<S>> {
        self.0.held.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: VersionedSecret> ManagedSource<S> {
    /// Loads every version that can occur in a token, including the one that will sign next. Sequentially: concurrent
    /// requests would each open a connection, and a TLS handshake costs more than waiting for two requests.
    async fn fetch(&self, now: Timestamp) -> Result<KeySet<S>, StartError> {
        let ConfiguredSecret { arn, read, signs_after, previous_verifies_for, .. } = self.configured;
        let staged = async |stage| {
            let version = self.secret.staged(stage).await;
            version.map_err(|error| StartError::SecretsManager(arn, error.to_string()))
        };
        let current = staged(Stage::Current).await?;
        let current = current.ok_or_else(|| StartError::SecretsManager(arn, "no value".into()))?;
        let previous = staged(Stage::Previous).await?;
        let pending = staged(Stage::Pending).await?;
        let (created_at, current_id) = (current.created_at, current.id.clone());
        let current = read(&current.value, Some(current.id)).map_err(|weak| StartError::WeakSecret(arn, weak))?;
        let pending = pending.filter(|pending| pending.id != current_id).and_then(|pending| self.usable(pending));
        let mut previous = previous.and_then(|previous| self.usable(previous));
        let mut others = Vec::from_iter(pending);
        if let (None, Some(former), Some(rules)) = (&previous, &self.former, &self.configured.former) {
            let secrets = former.signing_secrets(created_at, rules.accepted_for, now).await?;
            let mut secrets = secrets.iter().filter_map(rules.of);
            previous = rules.signs_first.then(|| secrets.next()).flatten();
            others.extend(secrets);
        }
        let Some(previous) = previous else {
            let only = Arc::new(Keyring::new(current, others));
            return Ok(KeySet { eras: vec![(Timestamp::MIN, only)], fetched_at: now });
        };
        let before = Keyring::new(previous.clone(), [current.clone()].into_iter().chain(others.clone()));
        let after = Keyring::new(current.clone(), [previous].into_iter().chain(others.clone()));
        let signs_at = created_at + *signs_after;
        let last = previous_verifies_for.map(|time| (signs_at + time, Keyring::new(current, others)));
        let eras = [(Timestamp::MIN, before), (signs_at, after)].into_iter().chain(last);
        Ok(KeySet { eras: eras.map(|(from, keys)| (from, Arc::new(keys))).collect(), fetched_at: now })
    }

    /// The secret of a version that does not sign. A weak one is ignored, so that nothing that an attacker signs with it is
    /// accepted, and the current one stays in use.
    fn usable(&self, version: Version) -> Option<S> {
        let (id, secret) = (version.id.clone(), self.configured.arn);
        let ignored = |weak: &WeakSecret| tracing::warn!(secret, version = id, %weak, "a weak version is ignored");
        (self.configured.read)(&version.value, Some(version.id)).inspect_err(ignored).ok()
    }
}

#[cfg(test)]
mod tests;
