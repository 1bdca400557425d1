//! The metadata and keys of providers ([OpenID Connect Discovery
//! §4](https://openid.net/specs/openid-connect-discovery-1_0.html)), cached in memory and in the store.

use jean_auth::identity_provider::IdentityProvider;
use jean_runtime::with_causes;
use jean_store::federations::ProviderDocuments;
use jiff::SignedDuration;
use openidconnect::{
    AdditionalProviderMetadata, IssuerUrl, JsonWebKeySet, ProviderMetadata,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
        CoreSubjectIdentifierType,
    },
};
use serde::{Deserialize, Serialize};

use crate::{app::App, exchange::ProviderError};

/// The time for which documents are used without asking the provider. If it cannot be reached, the stored copy is used for a
/// day.
const FRESH: SignedDuration = SignedDuration::from_hours(1);
/// The minimum time between two fetches on account of an unknown key. A provider that signs with a key it does not publish
/// would otherwise double the requests.
const REFETCH: SignedDuration = SignedDuration::from_secs(10);

/// The metadata of a provider, with its keys.
pub(crate) type Metadata = ProviderMetadata<
    IssuerParameter,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// The metadata of RFC 9207 §3.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IssuerParameter {
    /// `true` if every answer names the issuer.
    #[serde(default)]
    pub(crate) authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for IssuerParameter {}

/// The documents of a provider as used in one request.
pub(crate) struct Loaded {
    pub(crate) metadata: Metadata,
    documents: ProviderDocuments,
}

impl Loaded {
    fn read(documents: ProviderDocuments) -> Result<Self, ProviderError> {
        let unreadable = |error: serde_json::Error| ProviderError::Documents(error.to_string());
        let metadata: Metadata = serde_json::from_str(&documents.metadata).map_err(unreadable)?;
        let keys: JsonWebKeySet<CoreJsonWebKey> = serde_json::from_str(&documents.keys).map_err(unreadable)?;
        Ok(Self { metadata: metadata.set_jwks(keys), documents })
    }
}

/// Returns the documents of a provider.
pub(crate) async fn load(app: &App, provider: &IdentityProvider) -> Result<Loaded, ProviderError> {
    let issuer = &provider.issuer;
    let is_fresh = |documents: &ProviderDocuments| app.now() < documents.fetched_at + FRESH;
    if let Some(documents) = app.documents.get(issuer).filter(is_fresh) {
        return Loaded::read(documents);
    }
    let stored = app.federations.documents(issuer, app.now()).await?;
    match stored {
        Some(documents) if is_fresh(&documents) => {
            app.documents.put(issuer, documents.clone());
            Loaded::read(documents)
        }
        stored => match (fetch(app, provider).await, stored) {
            (Ok(loaded), _) => Ok(loaded),
            (Err(reason), Some(documents)) => {
                tracing::warn!(provider = %provider.id, %reason, "identity provider unavailable: using the stored documents");
                Loaded::read(documents)
            }
            (Err(reason), None) => Err(reason),
        },
    }
}

/// Returns later documents than these, which lack the key of an id token: the provider may have rotated its keys. Returns `None`
/// if they have been fetched just now.
pub(crate) async fn later(
    app: &App,
    provider: &IdentityProvider,
    than: &Loaded,
) -> Result<Option<Loaded>, ProviderError> {
    let stored = app.federations.documents(&provider.issuer, app.now()).await?;
    if let Some(stored) = stored.filter(|stored| stored.fetched_at > than.documents.fetched_at) {
        app.documents.put(&provider.issuer, stored.clone());
        return Loaded::read(stored).map(Some);
    }
    if app.now() < than.documents.fetched_at + REFETCH {
        return Ok(None);
    }
    fetch(app, provider).await.map(Some)
}

async fn fetch(app: &App, provider: &IdentityProvider) -> Result<Loaded, ProviderError> {
    let failed = |error: &(dyn std::error::Error + 'static)| ProviderError::Documents(with_causes(error));
    let issuer = IssuerUrl::new(provider.issuer.as_str().into()).map_err(|error| failed(&error))?;
    let client = app.web.client(&provider.issuer);
    let metadata = Metadata::discover_async(issuer, &client).await.map_err(|error| failed(&error))?;
    let text = |value: serde_json::Result<String>| value.map_err(|error| failed(&error));
    let documents = ProviderDocuments {
        metadata: text(serde_json::to_string(&metadata))?,
        keys: text(serde_json::to_string(metadata.jwks()))?,
        fetched_at: app.now(),
    };
    app.federations.put_documents(&provider.issuer, &documents).await?;
    app.documents.put(&provider.issuer, documents.clone());
    Ok(Loaded { metadata, documents })
}
