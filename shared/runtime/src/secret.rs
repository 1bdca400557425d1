//! A client for one secret in Secrets Manager and its versions.

use std::{collections::HashMap, fmt};

use aws_sdk_secretsmanager::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
};
use aws_types::SdkConfig;
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::error::with_causes;

/// A secret, identified by its ARN or name.
#[derive(Clone, Debug)]
pub struct ManagedSecret {
    client: Client,
    id: String,
}

/// A staging label of a version (Secrets Manager user guide, "What's in a secret").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The version in use.
    Current,
    /// The version before it.
    Previous,
    /// The version that a rotation is creating.
    Pending,
}

impl Stage {
    /// The label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Current => "AWSCURRENT",
            Self::Previous => "AWSPREVIOUS",
            Self::Pending => "AWSPENDING",
        }
    }
}

/// A version of a secret with its value.
pub struct Version {
    /// Its id, a UUID.
    pub id: String,
    /// Its creation time.
    pub created_at: Timestamp,
    /// Its value.
    pub value: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Version({}, [redacted])", self.id)
    }
}

/// The versions of a secret by id, with their labels.
#[derive(Debug)]
pub struct Versions {
    labels: HashMap<String, Vec<String>>,
    /// `true` if rotation was switched off. A secret without rotation has no such setting.
    pub rotation_is_off: bool,
}

impl Versions {
    /// `true` if the secret has this version.
    pub fn has(&self, id: &str) -> bool {
        self.labels.contains_key(id)
    }

    /// `true` if the version has the label.
    pub fn is(&self, id: &str, stage: Stage) -> bool {
        self.labels.get(id).is_some_and(|labels| labels.iter().any(|label| label == stage.label()))
    }

    /// The version with the label.
    pub fn staged(&self, stage: Stage) -> Option<&str> {
        self.labels.keys().find(|id| self.is(id, stage)).map(String::as_str)
    }
}

/// A failed call of Secrets Manager. The message never contains the secret.
#[derive(Debug, thiserror::Error)]
#[error("Secrets Manager: {0}")]
pub struct SecretError(String);

impl<E: std::error::Error + ProvideErrorMetadata + 'static, R: fmt::Debug + 'static> From<SdkError<E, R>>
    for SecretError
{
    fn from(error: SdkError<E, R>) -> Self {
        Self(error.message().map_or_else(|| with_causes(&error), Into::into))
    }
}

impl ManagedSecret {
    /// A client for the secret. Sends no request.
    pub fn new(aws: &SdkConfig, id: &str) -> Self {
        Self { client: Client::new(aws), id: id.into() }
    }

    /// Fetches the version with the label, or `None` if no version has it: before the first rotation there is no
    /// AWSPREVIOUS.
    pub async fn staged(&self, stage: Stage) -> Result<Option<Version>, SecretError> {
        let fetched = self.client.get_secret_value().secret_id(&self.id).version_stage(stage.label()).send().await;
        let version = match fetched {
            Ok(version) => version,
            Err(error) if error.code() == Some("ResourceNotFoundException") => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let value = match (version.secret_string(), version.secret_binary()) {
            (Some(text), _) => text.as_bytes(),
            (None, Some(binary)) => binary.as_ref(),
            (None, None) => return Ok(None),
        };
        let created_at = version.created_date().and_then(|at| Timestamp::from_second(at.secs()).ok());
        Ok(Some(Version {
            id: version.version_id().unwrap_or_default().into(),
            created_at: created_at.unwrap_or_default(),
            value: Zeroizing::new(value.to_vec()),
        }))
    }

    /// Lists the versions with their labels.
    pub async fn versions(&self) -> Result<Versions, SecretError> {
        let described = self.client.describe_secret().secret_id(&self.id).send().await?;
        let rotation_is_off = described.rotation_enabled() == Some(false);
        Ok(Versions { labels: described.version_ids_to_stages.unwrap_or_default(), rotation_is_off })
    }

    /// Creates the pending version with the id that the rotation chose. Idempotent.
    pub async fn put_pending(&self, id: &str, value: &str) -> Result<(), SecretError> {
        let put = self.client.put_secret_value().secret_id(&self.id).client_request_token(id);
        put.secret_string(value).version_stages(Stage::Pending.label()).send().await?;
        Ok(())
    }

    /// Moves AWSCURRENT to the version `id` if `from` still has it; `from` becomes AWSPREVIOUS.
    pub async fn make_current(&self, id: &str, from: &str) -> Result<(), SecretError> {
        let update = self.client.update_secret_version_stage().secret_id(&self.id);
        let update = update.version_stage(Stage::Current.label()).move_to_version_id(id).remove_from_version_id(from);
        update.send().await?;
        Ok(())
    }
}
