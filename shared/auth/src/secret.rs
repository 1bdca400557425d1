//! Secrets that are handed out once and kept only as a hash.
//!
//! Each kind has a prefix of its own, so that a secret scanner can tell a leak, and a type of its own, so that one kind
//! can't be taken for another. 256 random bits need no slow hash: SHA-256 is enough to make the store's copy worthless.

use std::{fmt, marker::PhantomData, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// 256 random bits, the strength of every secret here.
pub type Entropy = [u8; 32];

/// What sets one kind of secret apart.
pub trait Kind {
    /// How its text begins.
    const PREFIX: &'static str;
}

/// Declares a kind and the name it goes by.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $marker:ident, $prefix:literal;)*) => {$(
        #[doc = concat!("Marks [`", stringify!($name), "`].")]
        #[derive(Clone, Copy)]
        pub enum $marker {}
        impl Kind for $marker {
            const PREFIX: &'static str = $prefix;
        }
        $(#[$doc])*
        pub type $name = Secret<$marker>;
    )*};
}

kinds! {
    /// An authorization code (OAuth 2.1 §4.1.2).
    AuthorizationCode = CodeKind, "jmc_";
    /// A confidential client's secret (RFC 7591 §3.2.1).
    ClientSecret = ClientSecretKind, "jms_";
    /// A key for the older endpoint, sent as `X-API-Key`.
    ApiKey = ApiKeyKind, "jmk_";
    /// The secret of a one-time link that sets a password.
    PasswordLink = PasswordLinkKind, "jml_";
    /// What binds a page to the browser that loaded it.
    BrowserSecret = BrowserSecretKind, "jmb_";
}

/// 256 random bits of one kind. Its text is the prefix and 43 characters of base64url.
pub struct Secret<K> {
    bytes: Zeroizing<Entropy>,
    kind: PhantomData<K>,
}

impl<K: Kind> Secret<K> {
    /// Makes a secret of fresh randomness.
    pub fn new(entropy: Entropy) -> Self {
        Self { bytes: Zeroizing::new(entropy), kind: PhantomData }
    }

    /// What the store keeps in its place.
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(K::PREFIX, self.bytes.as_slice())
    }

    /// The text that is handed out, once.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}{}", K::PREFIX, URL_SAFE_NO_PAD.encode(self.bytes.as_slice())))
    }
}

impl<K: Kind> FromStr for Secret<K> {
    type Err = MalformedSecret;

    fn from_str(text: &str) -> Result<Self, MalformedSecret> {
        let encoded = text.strip_prefix(K::PREFIX).ok_or(MalformedSecret)?;
        Ok(Self::new(decode(encoded)?))
    }
}

impl<K: Kind> fmt::Debug for Secret<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[redacted]", K::PREFIX)
    }
}

/// Decodes exactly `N` bytes of base64url without padding.
pub(crate) fn decode<const N: usize>(encoded: &str) -> Result<[u8; N], MalformedSecret> {
    let mut bytes = Zeroizing::new([0; N]);
    // The slice form refuses both a longer and a shorter text.
    match URL_SAFE_NO_PAD.decode_slice(encoded, bytes.as_mut_slice()) {
        Ok(length) if length == N => Ok(*bytes),
        _ => Err(MalformedSecret),
    }
}

/// A text that is no secret of the kind asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a secret of this kind")]
pub struct MalformedSecret;

/// The SHA-256 of a secret, in base64url: what the store keeps, and finds it by.
#[derive(Debug, Clone, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretHash(String);

impl SecretHash {
    /// Hashes `bytes` of the kind `prefix` names, so that the same bytes of two kinds never meet.
    pub(crate) fn of(prefix: &str, bytes: &[u8]) -> Self {
        let digest = Sha256::new().chain_update(prefix).chain_update(bytes).finalize();
        Self(URL_SAFE_NO_PAD.encode(digest))
    }

    /// The text to build a key from.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Compares in constant time (T-18).
impl PartialEq for SecretHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_secret_reads_back_as_it_was_written(entropy: [u8; 32]) {
            let secret = ApiKey::new(entropy);
            let read: ApiKey = secret.expose().parse().expect("own text");
            prop_assert_eq!(read.hash(), secret.hash());
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,80}") {
            let _ = text.parse::<ApiKey>();
        }
    }

    #[test]
    fn one_kind_is_never_taken_for_another() {
        let key = ApiKey::new([7; 32]);
        assert_eq!(key.expose().parse::<AuthorizationCode>().unwrap_err(), MalformedSecret);
        assert_ne!(key.hash(), AuthorizationCode::new([7; 32]).hash());
    }

    #[test]
    fn a_shorter_or_longer_text_is_refused() {
        let text = ApiKey::new([7; 32]).expose();
        assert!(text[..text.len() - 1].parse::<ApiKey>().is_err());
        assert!(format!("{}A", *text).parse::<ApiKey>().is_err());
    }

    #[test]
    fn debug_shows_only_the_kind() {
        assert_eq!(format!("{:?}", ApiKey::new([7; 32])), "jmk_[redacted]");
    }
}
