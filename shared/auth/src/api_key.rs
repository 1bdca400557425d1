//! API keys of the legacy endpoint, `POST /mcp/v2/{client}/{user_id}` with `X-API-Key` (SD-02).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    text::text_type,
    user::{Email, UserId},
};

text_type! {
    /// Identifies an API key to its owner. Not a credential.
    ApiKeyId, "a key id has 1 to 64 letters, digits, '-' or '_'", |text| {
        (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    }
}

/// An API key record. Only the hash of the key is stored, as the key of this record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedApiKey {
    /// Its id.
    pub key_id: ApiKeyId,
    /// The name its owner gave it.
    pub name: String,
    /// The owner of the memories it gives access to.
    pub user_id: UserId,
    /// The user's e-mail address.
    pub email: Email,
    /// The time of creation.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: Timestamp,
}
