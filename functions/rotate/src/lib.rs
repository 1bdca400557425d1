//! Rotation of the signing secret, of the secret behind the key pair of access tokens, and of the root secret.
//!
//! Secrets Manager invokes the function once for each of four [`Step`]s and retries failed steps
//! ([Lambda rotation functions](https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html)),
//! so every step is idempotent. The other functions fetch the versions themselves (`jean_runtime::SigningKeys` and `RootKeys`) and are
//! not notified.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jean_auth::{
    access_token::InvalidToken,
    keys::{RootKeyring, RootSecret, VersionedSecret, WeakSecret},
    session::Session,
    user::CredentialEpoch,
};
use jean_runtime::{
    Platform,
    secret::{ManagedSecret, SecretError, Stage, Version},
};
use jiff::SignedDuration;
use serde::Deserialize;
use zeroize::Zeroizing;

/// The event that Secrets Manager sends.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Rotation {
    /// The step to perform.
    pub step: Step,
    /// The ARN of the secret.
    pub secret_id: String,
    /// The id of the new version.
    pub client_request_token: String,
}

/// The steps of a rotation, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    /// Create the new version as AWSPENDING.
    CreateSecret,
    /// Set the secret in the service that uses it. Has no effect here.
    SetSecret,
    /// Test the new version.
    TestSecret,
    /// Make the new version AWSCURRENT.
    FinishSecret,
}

/// A failed step. Lambda counts it as an error and Secrets Manager retries the rotation.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// Rotation is disabled for the secret.
    #[error("rotation is disabled for this secret")]
    SwitchedOff,
    /// The secret has no version with this id.
    #[error("unknown version {0} of the secret")]
    UnknownVersion(String),
    /// The version exists but is not being rotated.
    #[error("version {0} is not AWSPENDING")]
    NotPending(String),
    /// No version has the required stage.
    #[error("no version of the secret is {}", .0.label())]
    NoVersion(Stage),
    /// The new version is easy to guess.
    #[error("weak secret: {0}")]
    Weak(#[from] WeakSecret),
    /// A token signed with the new version could not be verified.
    #[error("token signed with the new version can't be verified: {0}")]
    Unverifiable(#[from] InvalidToken),
    /// A call to Secrets Manager failed.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

/// Performs one step of a rotation. Does nothing if the version is AWSCURRENT.
pub async fn rotate(platform: &Platform, rotation: Rotation) -> Result<(), RotationError> {
    let Rotation { step, secret_id, client_request_token: id } = rotation;
    let secret = ManagedSecret::new(&platform.aws, &secret_id);
    let versions = secret.versions().await?;
    if versions.rotation_is_off {
        return Err(RotationError::SwitchedOff);
    }
    if !versions.has(&id) {
        return Err(RotationError::UnknownVersion(id));
    }
    if versions.is(&id, Stage::Current) {
        tracing::info!(?step, version = id, "rotated already");
        return Ok(());
    }
    if !versions.is(&id, Stage::Pending) {
        return Err(RotationError::NotPending(id));
    }
    match step {
        Step::CreateSecret => create(platform, &secret, &id).await?,
        // The functions fetch the versions themselves.
        Step::SetSecret => {}
        // When a schedule is set, Secrets Manager tests without a rotation. Whether its version has a value then is not documented.
        Step::TestSecret => match pending(&secret, &id).await? {
            Some(version) => test(platform, version)?,
            None => tracing::info!(version = id, "nothing to test, the pending version has no value"),
        },
        Step::FinishSecret => {
            // A version without a value would leave the functions without a secret.
            pending(&secret, &id).await?.ok_or(RotationError::NoVersion(Stage::Pending))?;
            let current = versions.staged(Stage::Current).ok_or(RotationError::NoVersion(Stage::Current))?;
            secret.make_current(&id, current).await?;
        }
    }
    tracing::info!(event = jean_runtime::event::ROTATION, ?step, version = id, "rotation step done");
    Ok(())
}

/// Creates the pending version. A version that an earlier attempt created is retained.
async fn create(platform: &Platform, secret: &ManagedSecret, id: &str) -> Result<(), RotationError> {
    if secret.staged(Stage::Current).await?.is_none() {
        return Err(RotationError::NoVersion(Stage::Current));
    }
    if pending(secret, id).await?.is_some() {
        return Ok(());
    }
    // Stored as 64 characters of text, like the initial secret, so that it can be copied into settings.
    let bytes = Zeroizing::new(platform.random.bytes::<48>());
    let value = Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice()));
    RootSecret::new(value.as_bytes(), None)?;
    Ok(secret.put_pending(id, &value).await?)
}

/// Fetches the pending version of this rotation, or `None` if it has no value yet.
async fn pending(secret: &ManagedSecret, id: &str) -> Result<Option<Version>, SecretError> {
    Ok(secret.staged(Stage::Pending).await?.filter(|pending| pending.id == id))
}

/// Signs a session with the new version and verifies it. All secrets have the same form.
fn test(platform: &Platform, pending: Version) -> Result<(), RotationError> {
    let keys = RootKeyring::new(RootSecret::new(&pending.value, Some(pending.id))?, None);
    let now = platform.clock.now();
    let (sub, sid) = ("rotation".parse().expect("a user id"), "rotation".parse().expect("a session id"));
    let session = Session::begin(sub, CredentialEpoch::default(), sid, SignedDuration::from_secs(60), now);
    Session::verify(&session.sign(&keys), &keys, now)?;
    Ok(())
}
