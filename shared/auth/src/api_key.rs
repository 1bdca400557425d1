//! A key for the older endpoint, `POST /mcp/v2/{client}/{user_id}` with `X-API-Key` (SD-02).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    text::text_type,
    user::{Email, UserId},
};

text_type! {
    /// Names a key to the person who has it, without being one.
    ApiKeyId, "a key id has 1 to 64 letters, digits, '-' or '_'", |text| {
        (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    }
}

/// What is kept of a key. The key itself is kept only as the hash that finds this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedApiKey {
    /// Its id.
    pub key_id: ApiKeyId,
    /// What its owner calls it.
    pub name: String,
    /// Whose memories it opens, and nobody else's.
    pub user_id: UserId,
    /// Their address.
    pub email: Email,
    /// When it was made.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: Timestamp,
}
