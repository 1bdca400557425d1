//! The author of a memory and the credential it was written with.

use jean_auth::{
    api_key::ApiKeyId,
    client::{ClientId, ShortName},
    grant::GrantId,
};
use serde::{Deserialize, Serialize};

/// The author of a memory. Returned with it, so that a model knows whether to trust the text (T-29).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writer {
    /// The client's short name.
    pub client: ShortName,
    /// The credential that authorised the write.
    pub credential: Credential,
}

impl Writer {
    /// The user, as shown to clients.
    pub fn person() -> Self {
        Self { client: ShortName::of("person"), credential: Credential::Person }
    }
}

/// The credential of a caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// An access token of this grant.
    Grant {
        /// The client it was issued to.
        client_id: ClientId,
        /// The grant.
        grant_id: GrantId,
    },
    /// An API key for the legacy endpoint (SD-02).
    ApiKey(ApiKeyId),
    /// A session: the user, on the account pages.
    Person,
}

impl Credential {
    /// The id of the grant or API key; empty for the person.
    pub fn id(&self) -> &str {
        match self {
            Self::Grant { grant_id, .. } => grant_id.as_str(),
            Self::ApiKey(key_id) => key_id.as_str(),
            Self::Person => "",
        }
    }

    /// The client, if the credential identifies one.
    pub fn client_id(&self) -> Option<&ClientId> {
        match self {
            Self::Grant { client_id, .. } => Some(client_id),
            Self::ApiKey(_) | Self::Person => None,
        }
    }
}
