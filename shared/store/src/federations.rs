//! Requests to identity providers that wait for their answer, and the metadata and keys of providers.

use aws_sdk_dynamodb::types::AttributeValue;
use jean_auth::{federation::FederationRequest, identity_provider::Issuer, secret::SecretHash, text::TextHash};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::table::{Condition, Expiring, StoreError, Table, Written, expiring_item};

/// The time for which an answered or expired request is stored.
const RETENTION: SignedDuration = SignedDuration::from_hours(1);
/// The time for which the documents of a provider are stored.
const DOCUMENTS_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// The requests in the auth table.
#[derive(Debug, Clone)]
pub struct Federations(Table);

impl Expiring for FederationRequest {
    const RETENTION: SignedDuration = RETENTION;

    fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}

/// The documents of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderDocuments {
    /// The metadata as JSON (OpenID Connect Discovery §3).
    pub metadata: String,
    /// The keys as JSON (RFC 7517 §5).
    pub keys: String,
    /// The time at which both were fetched.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub fetched_at: Timestamp,
}

impl Expiring for ProviderDocuments {
    fn expires_at(&self) -> Timestamp {
        self.fetched_at + DOCUMENTS_LIFETIME
    }
}

impl Federations {
    /// Opens the requests of a table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Stores a request under the hash of its state.
    pub async fn begin(&self, request: &FederationRequest, state: &SecretHash) -> Result<(), StoreError> {
        self.0.insert(expiring_item(&by_state(state), REQUEST, request)?).await.map(drop)
    }

    /// Returns the request with this state, which may have expired or been answered.
    pub async fn find(&self, state: &SecretHash) -> Result<Option<FederationRequest>, StoreError> {
        self.0.get(&by_state(state), REQUEST).await
    }

    /// Marks a request as answered. Returns `false` if it has been answered before.
    pub async fn answer(&self, state: &SecretHash) -> Result<bool, StoreError> {
        let is_unanswered = Condition::of("attribute_exists(pk) AND attribute_not_exists(answered)")
            .value(":yes", AttributeValue::Bool(true));
        let change = self.0.change(&by_state(state), REQUEST, "SET answered = :yes", is_unanswered);
        Ok(self.0.transact(vec![change]).await? == Written::Yes)
    }

    /// Returns the stored documents of a provider, or `None` if they are too old to be used, even if the provider cannot be
    /// reached.
    pub async fn documents(&self, issuer: &Issuer, now: Timestamp) -> Result<Option<ProviderDocuments>, StoreError> {
        self.0.current(&by_issuer(issuer), DOCUMENTS, now).await
    }

    /// Stores the documents of a provider in place of older ones.
    pub async fn put_documents(&self, issuer: &Issuer, documents: &ProviderDocuments) -> Result<(), StoreError> {
        self.0.transact(vec![self.0.put(expiring_item(&by_issuer(issuer), DOCUMENTS, documents)?)]).await.map(drop)
    }
}

const REQUEST: &str = "FEDERATION";
const DOCUMENTS: &str = "PROVIDER";

fn by_state(state: &SecretHash) -> String {
    format!("FEDERATION#{}", state.as_str())
}

fn by_issuer(issuer: &Issuer) -> String {
    format!("PROVIDER#{}", TextHash::of(&[issuer.as_str()]).as_str())
}
