//! Requests to identity providers that wait for their answer, and the metadata and keys of providers.

use aws_sdk_dynamodb::types::AttributeValue;
use jean_auth::{federation::FederationRequest, identity_provider::Issuer, secret::SecretHash, text::TextHash};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::table::{Item, StoreError, Table, Written, item};

/// The time for which an answered or expired request is stored.
const RETENTION: SignedDuration = SignedDuration::from_hours(1);
/// The time for which the documents of a provider are stored.
const DOCUMENTS_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// The requests in the auth table.
#[derive(Debug, Clone)]
pub struct Federations(Table);

#[derive(Serialize)]
struct FederationRecord<'a> {
    #[serde(flatten)]
    request: &'a FederationRequest,
    ttl: i64,
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

impl ProviderDocuments {
    /// `true` if the documents are too old to be used, even if the provider cannot be reached. DynamoDB may not have deleted
    /// them yet.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        now >= self.fetched_at + DOCUMENTS_LIFETIME
    }
}

#[derive(Serialize)]
struct DocumentsRecord<'a> {
    #[serde(flatten)]
    documents: &'a ProviderDocuments,
    ttl: i64,
}

impl Federations {
    /// Opens the requests of a table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Stores a request under the hash of its state.
    pub async fn begin(&self, request: &FederationRequest, state: &SecretHash) -> Result<(), StoreError> {
        let record = FederationRecord { request, ttl: (request.expires_at + RETENTION).as_second() };
        self.0.insert(item(&by_state(state), REQUEST, &record)?).await.map(drop)
    }

    /// Returns the request with this state, which may have expired or been answered.
    pub async fn find(&self, state: &SecretHash) -> Result<Option<FederationRequest>, StoreError> {
        self.0.get(&by_state(state), REQUEST).await
    }

    /// Marks a request as answered. Returns `false` if it has been answered before.
    pub async fn answer(&self, state: &SecretHash) -> Result<bool, StoreError> {
        let condition = "attribute_exists(pk) AND attribute_not_exists(answered)";
        let values = Item::from([(":yes".into(), AttributeValue::Bool(true))]);
        let change = self.0.change(&by_state(state), REQUEST, "SET answered = :yes", condition, values);
        Ok(self.0.transact(vec![change]).await? == Written::Yes)
    }

    /// Returns the stored documents of a provider.
    pub async fn documents(&self, issuer: &Issuer) -> Result<Option<ProviderDocuments>, StoreError> {
        self.0.get(&by_issuer(issuer), DOCUMENTS).await
    }

    /// Stores the documents of a provider in place of older ones.
    pub async fn put_documents(&self, issuer: &Issuer, documents: &ProviderDocuments) -> Result<(), StoreError> {
        let record = DocumentsRecord { documents, ttl: (documents.fetched_at + DOCUMENTS_LIFETIME).as_second() };
        self.0.transact(vec![self.0.put(item(&by_issuer(issuer), DOCUMENTS, &record)?)]).await.map(drop)
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
