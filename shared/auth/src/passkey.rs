//! Passkeys: credentials that a person's device keeps, and signs in with (WebAuthn Level 3).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{text::text_type, user::UserId};

text_type! {
    /// Names a passkey: the hash of its credential id, which itself may be longer than a key of the store.
    PasskeyId, "a passkey's id is 43 characters of base64url", |text| {
        text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    }
}

impl PasskeyId {
    /// The name of the passkey with this credential id.
    pub fn of(credential_id: &[u8]) -> Self {
        URL_SAFE_NO_PAD.encode(Sha256::digest(credential_id)).parse().expect("32 bytes in base64url")
    }
}

/// What is kept of a passkey: nothing secret, for the device has the private key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passkey {
    /// Its name in the store.
    pub id: PasskeyId,
    /// Who signs in with it.
    pub user_id: UserId,
    /// The browser it was made in, for its person to know it by.
    pub name: String,
    /// When it was made.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: Timestamp,
    /// The public key and the signature counter, in the words of the crate that checks them.
    pub credential: String,
}

/// The user handle (WebAuthn §5.4.3): it says nothing about the person, and is the same for all their passkeys, so that
/// a device keeps one of them for each account.
pub fn user_handle(user_id: &UserId) -> [u8; 16] {
    *Sha256::digest(format!("passkey {user_id}")).first_chunk().expect("32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_a_handle_of_their_own_and_it_stays() {
        let handle = |user: &str| user_handle(&user.parse().expect("valid"));
        assert_eq!(handle("ada"), handle("ada"));
        assert_ne!(handle("ada"), handle("bob"));
    }
}
