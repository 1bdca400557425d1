//! The secrets of this server at its providers: one secret in Secrets Manager, a JSON object with a client secret by provider
//! id, e.g. `{"google": "GOCSPX-…"}`.
//!
//! It is read when a provider's answer arrives, since most instances never need it.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use jean_auth::identity_provider::ProviderId;
use jean_runtime::{
    CACHE_TTL, Platform,
    secret::{ManagedSecret, SecretError, Stage},
};
use jiff::Timestamp;
use openidconnect::ClientSecret;
use serde::Deserialize;

/// The secrets, cached for [`CACHE_TTL`].
pub(crate) struct ClientSecrets {
    source: SecretSource,
    cached: Mutex<Option<Arc<Cached>>>,
}

/// The place of the secrets.
enum SecretSource {
    /// The JSON itself, in the local server.
    Text(String),
    Managed(ManagedSecret),
    None,
}

struct Cached {
    secrets: SecretsById,
    read_at: Timestamp,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct SecretsById(HashMap<String, ClientSecret>);

/// There is no client secret of a provider.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoClientSecret {
    #[error(transparent)]
    SecretsManager(#[from] SecretError),
    /// The parser's message could contain a secret.
    #[error("the secret is not a JSON object of client secrets by provider id")]
    Malformed,
    #[error("no client secret for this provider")]
    Missing,
}

impl ClientSecrets {
    pub(crate) fn new(platform: &Platform, text: Option<String>, arn: Option<&str>) -> Self {
        let source = match (text, arn) {
            (Some(text), _) => SecretSource::Text(text),
            (None, Some(arn)) => SecretSource::Managed(ManagedSecret::new(&platform.aws, arn)),
            (None, None) => SecretSource::None,
        };
        Self { source, cached: Mutex::default() }
    }

    /// Returns the secret of a provider. A secret that is missing in the cached copy may have been added since, so the copy is
    /// replaced.
    pub(crate) async fn of(&self, provider: &ProviderId, now: Timestamp) -> Result<ClientSecret, NoClientSecret> {
        let cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let fresh = cached.filter(|cached| now.duration_since(cached.read_at) < CACHE_TTL);
        if let Some(secret) = fresh.and_then(|cached| cached.secrets.of(provider)) {
            return Ok(secret);
        }
        let read = Arc::new(Cached { secrets: self.read().await?, read_at: now });
        *self.cached.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&read));
        read.secrets.of(provider).ok_or(NoClientSecret::Missing)
    }

    async fn read(&self) -> Result<SecretsById, NoClientSecret> {
        let read = match &self.source {
            SecretSource::Text(text) => serde_json::from_str(text),
            SecretSource::Managed(secret) => {
                let version = secret.staged(Stage::Current).await?.ok_or(NoClientSecret::Missing)?;
                serde_json::from_slice(&version.value)
            }
            SecretSource::None => return Err(NoClientSecret::Missing),
        };
        read.map_err(|_| NoClientSecret::Malformed)
    }
}

impl SecretsById {
    fn of(&self, provider: &ProviderId) -> Option<ClientSecret> {
        self.0.get(provider.as_str()).cloned()
    }
}

impl fmt::Debug for ClientSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecrets")
    }
}
