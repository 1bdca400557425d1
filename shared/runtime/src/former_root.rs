//! The signing secret as the root secret that it was in the releases before December 2026.
//!
//! The upgrade signs no user out: session cookies, form tokens and replaced refresh tokens that an earlier release derived
//! from the signing secret are accepted while they can live. A new stack accepts none, since its secrets have the same age.

use jean_auth::keys::{RootSecret, SigningSecret, VersionedSecret};
use jiff::{SignedDuration, Timestamp};

use crate::{
    Environment, Platform, StartError,
    configured_secret::ConfiguredSecret,
    secret::{ManagedSecret, Stage},
};

/// The lifetime of a session, which is the longest of these values.
const ACCEPTED_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The maximum difference in age of two secrets that were created with one stack.
const SAME_AGE: SignedDuration = SignedDuration::from_hours(1);

/// The signing secret, which verifies what it derived before there was a root secret.
#[derive(Clone, Debug)]
pub(crate) struct FormerRoot {
    /// The signing secret of the operator.
    key: Option<SigningSecret>,
    /// The generated one. Beside one of the operator it tells the age of the stack.
    managed: Option<ManagedSecret>,
}

impl FormerRoot {
    /// The signing secret of a function, which is not loaded yet.
    pub(crate) fn of(platform: &Platform) -> Result<Self, StartError> {
        let environment = &platform.environment;
        let managed = environment.get(SigningSecret::ARN).map(|arn| ManagedSecret::new(&platform.aws, &arn));
        let key = environment.get(SigningSecret::KEY).map(|key| SigningSecret::new(key, None)).transpose();
        let key = key.map_err(|weak| StartError::WeakSecret(SigningSecret::KEY, weak))?;
        Ok(Self { key, managed })
    }

    /// The signing secret of the operator as the root secret, if there is no other: the ARN is missing, or it is the name to
    /// which `sam local` resolves the reference to a resource.
    pub(crate) fn instead_of_root(&self, environment: &Environment) -> Option<RootSecret> {
        let is_arn = |text: String| text.starts_with("arn:");
        let has_root =
            environment.get(RootSecret::KEY).is_some() || environment.get(RootSecret::ARN).is_some_and(is_arn);
        self.key.as_ref().filter(|_| !has_root).map(SigningSecret::as_former_root)
    }

    /// `true` if the operator has set the same value for both.
    pub(crate) fn is_root(&self, root: &RootSecret) -> bool {
        self.key.as_ref().is_some_and(|key| key.is_root(root))
    }

    /// The versions of the signing secret that are older than a root secret of `root_created_at`, which was never rotated.
    pub(crate) async fn signing_secrets(
        &self,
        root_created_at: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<SigningSecret>, StartError> {
        let Some(managed) = self.managed.as_ref().filter(|_| now < root_created_at + ACCEPTED_FOR) else {
            return Ok(Vec::new());
        };
        let mut older = Vec::new();
        for stage in [Stage::Current, Stage::Previous] {
            let version = managed.staged(stage).await;
            let version = version.map_err(|error| StartError::SecretsManager(SigningSecret::ARN, error.to_string()))?;
            older.extend(version.filter(|version| version.created_at + SAME_AGE < root_created_at));
        }
        if let Some(key) = &self.key {
            return Ok(if older.is_empty() { Vec::new() } else { vec![key.clone()] });
        }
        Ok(older.into_iter().filter_map(|version| SigningSecret::new(&version.value, Some(version.id)).ok()).collect())
    }
}
