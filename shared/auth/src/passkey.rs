//! Passkeys, the public-key credentials that users sign in with ([WebAuthn Level 3](https://www.w3.org/TR/webauthn-3/)).
//!
//! Defines the stored record [`Passkey`], its [`PasskeyId`] and the [`user_handle`]. The ceremonies and the verification
//! of signatures are elsewhere.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{text::text_type, user::UserId};

text_type! {
    /// The id of a passkey: base64url of the SHA-256 of its credential id, 43 characters, e.g.
    /// `E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM`. A credential id itself may exceed the maximum key size of the table.
    PasskeyId, "passkey id must be 43 characters of base64url", |text| {
        text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    }
}

impl PasskeyId {
    /// Returns the id of the passkey with this credential id.
    pub fn of(credential_id: &[u8]) -> Self {
        URL_SAFE_NO_PAD.encode(Sha256::digest(credential_id)).parse().expect("32 bytes in base64url")
    }
}

/// A stored passkey. It contains no secret: the private key never leaves the authenticator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passkey {
    /// The id it is stored under.
    pub id: PasskeyId,
    /// The user it signs in.
    pub user_id: UserId,
    /// The display name: the browser that created the passkey.
    pub name: String,
    /// The time of creation.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: Timestamp,
    /// The last sign-in with it, in the items that are listed. Passkeys that were last used before it was recorded have none.
    #[serde(default, with = "jiff::fmt::serde::timestamp::second::optional", skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Timestamp>,
    /// The public key and the signature counter, serialised by the WebAuthn crate that verifies them.
    pub credential: String,
}

/// Returns the user handle (WebAuthn §5.4.3): 16 bytes of a hash of the user id, without personal data. All passkeys of
/// a user share one handle, so an authenticator stores one passkey per account.
pub fn user_handle(user_id: &UserId) -> [u8; 16] {
    *Sha256::digest(format!("passkey {user_id}")).first_chunk().expect("32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_handle_is_stable_and_distinct() {
        let handle = |user: &str| user_handle(&user.parse().expect("valid"));
        assert_eq!(handle("ada"), handle("ada"));
        assert_ne!(handle("ada"), handle("bob"));
    }
}
