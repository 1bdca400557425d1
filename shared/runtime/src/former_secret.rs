//! The signing secret in the place of secrets added to a stack later.
//!
//! It was the root secret in the releases before December 2026. The upgrade signs no user out: session cookies, form tokens and
//! replaced refresh tokens that an earlier release derived from it are accepted while they can live.
//!
//! It signs access tokens until an operator chooses a key pair. Those that it has signed by then are accepted while they live.
//!
//! A new stack accepts none of them, since its secrets have the same age.

use jean_auth::keys::{RootSecret, SigningSecret, VersionedSecret};
use jiff::{SignedDuration, Timestamp};

use crate::{
    Environment, Platform, StartError,
    configured_secret::{ROOT_SECRET, SIGNING_SECRET},
    secret::{ManagedSecret, Stage},
};

/// The maximum difference in age of two secrets created with one stack.
const SAME_AGE: SignedDuration = SignedDuration::from_hours(1);

/// The signing secret, which verifies values older than the secret in its place.
#[derive(Clone, Debug)]
pub(crate) struct FormerSecret {
    /// The signing secret of the operator.
    key: Option<SigningSecret>,
    /// The generated one. Beside one of the operator it tells the age of the stack.
    managed: Option<ManagedSecret>,
}

impl FormerSecret {
    /// The signing secret of a function, which is not loaded yet.
    pub(crate) fn of(platform: &Platform) -> Result<Self, StartError> {
        let environment = &platform.environment;
        let managed = environment.get(SIGNING_SECRET.arn).map(|arn| ManagedSecret::new(&platform.aws, &arn));
        let key = environment.get(SIGNING_SECRET.key).map(|key| SigningSecret::new(key, None)).transpose();
        let key = key.map_err(|weak| StartError::WeakSecret(SIGNING_SECRET.key, weak))?;
        Ok(Self { key, managed })
    }

    /// The signing secret of the operator as the root secret, if there is no other: the ARN is missing, or it is the name to
    /// which `sam local` resolves the reference to a resource.
    pub(crate) fn instead_of_root(&self, environment: &Environment) -> Option<RootSecret> {
        let is_arn = |text: String| text.starts_with("arn:");
        let has_root =
            environment.get(ROOT_SECRET.key).is_some() || environment.get(ROOT_SECRET.arn).is_some_and(is_arn);
        self.key.as_ref().filter(|_| !has_root).and_then(SigningSecret::as_former_root)
    }

    /// `true` if the operator has set the same value for both.
    pub(crate) fn is_root(&self, root: &RootSecret) -> bool {
        self.key.as_ref().is_some_and(|key| key.is_root(root))
    }

    /// The versions of the signing secret older than a secret of `created_at` in its place, which was never rotated.
    pub(crate) async fn signing_secrets(
        &self,
        created_at: Timestamp,
        accepted_for: SignedDuration,
        now: Timestamp,
    ) -> Result<Vec<SigningSecret>, StartError> {
        let Some(managed) = self.managed.as_ref().filter(|_| now < created_at + accepted_for) else {
            return Ok(Vec::new());
        };
        let mut older = Vec::new();
        for stage in [Stage::Current, Stage::Previous] {
            let version = managed.staged(stage).await;
            let version = version.map_err(|error| StartError::SecretsManager(SIGNING_SECRET.arn, error.to_string()))?;
            older.extend(version.filter(|version| version.created_at < created_at));
        }
        // A rotation may have made the current version just before. In a new stack there is no older one beside it.
        if older.iter().all(|version| created_at <= version.created_at + SAME_AGE) {
            return Ok(Vec::new());
        }
        if let Some(key) = &self.key {
            return Ok(vec![key.clone()]);
        }
        Ok(older.into_iter().filter_map(|version| SigningSecret::new(&version.value, Some(version.id)).ok()).collect())
    }
}
