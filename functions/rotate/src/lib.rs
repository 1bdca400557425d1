//! Rotation of the signing secret: Secrets Manager calls this four times, once for each step, and again when one failed
//! (Secrets Manager user guide, "Lambda rotation functions"). Every step may come twice.
//!
//! Nobody else has to be told: whoever signs or verifies fetches the versions itself (`jean_runtime::SigningKeys`).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jean_auth::{
    access_token::InvalidToken,
    keys::{Keyring, SigningSecret, WeakSecret},
    session::Session,
};
use jean_runtime::{
    Platform,
    secret::{ManagedSecret, SecretError, Stage},
};
use serde::Deserialize;
use zeroize::Zeroizing;

/// What Secrets Manager sends.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Rotation {
    /// What is to be done.
    pub step: Step,
    /// The ARN of the secret.
    pub secret_id: String,
    /// The id of the version that is being made.
    pub client_request_token: String,
}

/// The four steps, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    /// Make the new version, as AWSPENDING.
    CreateSecret,
    /// Tell the service that will be asked for it.
    SetSecret,
    /// Try it.
    TestSecret,
    /// Make it AWSCURRENT.
    FinishSecret,
}

/// Why a step was not done. Lambda counts it, and Secrets Manager tries the rotation again.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// Somebody calls this for a secret whose rotation was switched off.
    #[error("rotation is switched off for this secret")]
    SwitchedOff,
    /// The secret has no such version: there is no rotation under this token.
    #[error("the secret has no version {0}")]
    UnknownVersion(String),
    /// The version is there, and belongs to no rotation.
    #[error("the version {0} is not AWSPENDING")]
    NotPending(String),
    /// There is no version to rotate from.
    #[error("the secret has no version that is {}", .0.label())]
    NoVersion(Stage),
    /// The new version can't sign.
    #[error(transparent)]
    Weak(#[from] WeakSecret),
    /// What the new version signs can't be verified with it.
    #[error("what the new version signs can't be verified: {0}")]
    Unverifiable(#[from] InvalidToken),
    /// Secrets Manager did not do its part.
    #[error(transparent)]
    ManagedSecret(#[from] SecretError),
}

/// One step.
///
/// # Errors
/// [`RotationError`].
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
        // The functions ask for it themselves.
        Step::SetSecret => {}
        Step::TestSecret => test(platform, &secret, &id).await?,
        Step::FinishSecret => {
            let current = versions.staged(Stage::Current).ok_or(RotationError::NoVersion(Stage::Current))?;
            secret.make_current(&id, current).await?;
        }
    }
    tracing::info!(event = jean_runtime::event::ROTATION, ?step, version = id, "rotation step done");
    Ok(())
}

/// A version that was made by an earlier try stays: its token is its name, and it has one value.
async fn create(platform: &Platform, secret: &ManagedSecret, id: &str) -> Result<(), RotationError> {
    if secret.staged(Stage::Current).await?.is_none() {
        return Err(RotationError::NoVersion(Stage::Current));
    }
    if secret.staged(Stage::Pending).await?.is_some_and(|pending| pending.id == id) {
        return Ok(());
    }
    // As text, since other services may hold it as their own setting; 64 characters, as the first one has.
    let bytes = Zeroizing::new(platform.random.bytes::<48>());
    let value = Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice()));
    Ok(secret.put_pending(id, &value).await?)
}

/// Signs with the new version, and reads what it signed.
async fn test(platform: &Platform, secret: &ManagedSecret, id: &str) -> Result<(), RotationError> {
    let pending = secret.staged(Stage::Pending).await?.filter(|pending| pending.id == id);
    let pending = pending.ok_or(RotationError::NoVersion(Stage::Pending))?;
    let keys = Keyring::new(SigningSecret::new(pending.value.as_slice(), Some(pending.id))?, None);
    let now = platform.clock.now();
    let nobody = "rotation".parse().expect("a user id");
    let session = Session::begin(nobody, "rotation".parse().expect("a session id"), now);
    Session::verify(&session.sign(&keys), &keys, now)?;
    Ok(())
}
