//! The author of a memory and the credential it was written with.

use jean_auth::{
    api_key::ApiKeyId,
    client::{ClientId, ShortName},
    grant::GrantId,
};
use serde::{Deserialize, Serialize};

/// Who wrote a memory: told with it, for whoever reads it has to know whose words these are (T-29).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writer {
    /// What people call the client.
    pub client: ShortName,
    /// What let it write.
    pub credential: Credential,
}

impl Writer {
    /// The person whose memories they are. Clients are told so by this name.
    pub fn person() -> Self {
        Self { client: ShortName::of("person"), credential: Credential::Person }
    }
}

/// What a caller showed to be let in.
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
    /// An API key of the older endpoint (SD-02).
    ApiKey(ApiKeyId),
    /// A sign-in: the person themselves, on the pages of their account.
    Person,
}

impl Credential {
    /// The client, if it proved which one it is.
    pub fn client_id(&self) -> Option<&ClientId> {
        match self {
            Self::Grant { client_id, .. } => Some(client_id),
            Self::ApiKey(_) | Self::Person => None,
        }
    }
}
