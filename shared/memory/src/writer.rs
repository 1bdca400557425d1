//! The author of a memory and the credential it was written with.

use jean_auth::{
    api_key::ApiKeyId,
    client::{ClientId, ShortName},
    grant::GrantId,
    known_client::ClientHost,
};
use serde::{Deserialize, Serialize};

/// The author of a memory. Returned with it, so that a model knows whether to trust the text (T-29).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writer {
    /// The client's short name. With an API key, it is the name in the URL, which its holder can choose.
    pub client: ShortName,
    /// The host at which the client took its code, if it has a grant. Memories from before November 2026 have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<ClientHost>,
    /// The credential that authorised the write.
    pub credential: Credential,
}

impl Writer {
    /// The user, as shown to clients.
    pub fn person() -> Self {
        Self::import(ShortName::of("person"))
    }

    /// The application whose export the user has imported.
    pub fn import(client: ShortName) -> Self {
        Self { client, host: None, credential: Credential::Person }
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
