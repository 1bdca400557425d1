//! Opaque secrets that are issued once and stored only as a hash.
//!
//! Each kind has its own prefix, by which secret scanners detect leaks, and its own type, so that the compiler rejects a
//! secret of another kind. SHA-256 suffices for 256 random bits; a slow hash is needed only for passwords
//! ([`password`](crate::password)).
//!
//! ```
//! use jean_auth::secret::{ApiKey, AuthorizationCode};
//!
//! let key = ApiKey::new([7; 32]);
//! let text = key.expose();
//! assert!(text.starts_with("jmk_BwcHBwcH"));
//! assert_eq!(text.len(), 4 + 43);
//! assert_eq!(text.parse::<ApiKey>()?.hash(), key.hash());
//! assert!(text.parse::<AuthorizationCode>().is_err());
//! # Ok::<(), jean_auth::secret::MalformedSecret>(())
//! ```

use std::{fmt, marker::PhantomData, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The 256 random bits of a secret.
pub type Entropy = [u8; 32];

/// A kind of secret.
pub trait Kind {
    /// The prefix of the text.
    const PREFIX: &'static str;
}

/// Declares the kinds and their type aliases.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $marker:ident, $prefix:literal;)*) => {$(
        #[doc = concat!("The kind of [`", stringify!($name), "`].")]
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
    /// An authorization code (OAuth 2.1 §4.1.2): `jmc_` + base64url of 32 bytes, e.g. `jmc_3q2-7w…`.
    AuthorizationCode = CodeKind, "jmc_";
    /// The secret of a confidential client (RFC 7591 §3.2.1): `jms_` + base64url of 32 bytes, e.g. `jms_3q2-7w…`.
    ClientSecret = ClientSecretKind, "jms_";
    /// An API key for the legacy endpoint, sent as `X-API-Key`: `jmk_` + base64url of 32 bytes, e.g. `jmk_3q2-7w…`.
    ApiKey = ApiKeyKind, "jmk_";
    /// The secret of a one-time password link: `jml_` + base64url of 32 bytes, e.g. `jml_3q2-7w…`.
    PasswordLink = PasswordLinkKind, "jml_";
    /// The cookie value that binds a page to the browser: `jmb_` + base64url of 32 bytes, e.g. `jmb_3q2-7w…`.
    BrowserSecret = BrowserSecretKind, "jmb_";
    /// The `state` of a request to an identity provider: `jmi_` + base64url of 32 bytes, e.g. `jmi_3q2-7w…`.
    FederationState = FederationStateKind, "jmi_";
    /// The cookie value that binds requests to identity providers to the browser: `jmf_` + base64url of 32 bytes, e.g.
    /// `jmf_3q2-7w…`.
    FederationSecret = FederationSecretKind, "jmf_";
}

/// A secret of 256 random bits: prefix + 43 characters of base64url, e.g. `jmk_3q2-7w…`. Zeroised on drop.
pub struct Secret<K> {
    bytes: Zeroizing<Entropy>,
    kind: PhantomData<K>,
}

impl<K: Kind> Secret<K> {
    /// Creates a secret from fresh entropy.
    pub fn new(entropy: Entropy) -> Self {
        Self { bytes: Zeroizing::new(entropy), kind: PhantomData }
    }

    /// Returns the hash under which the secret is stored.
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(K::PREFIX, self.bytes.as_slice())
    }

    /// Returns the text to issue to the client or user.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}{}", K::PREFIX, URL_SAFE_NO_PAD.encode(self.bytes.as_slice())))
    }
}

impl PasswordLink {
    /// The path and query of the page that sets a password by this link, e.g. `/account/password?link=jml_3q2-7w…`.
    pub fn path(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("/account/password?link={}", *self.expose()))
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
    // `decode_slice` rejects longer text, the comparison shorter text.
    match URL_SAFE_NO_PAD.decode_slice(encoded, bytes.as_mut_slice()) {
        Ok(length) if length == N => Ok(*bytes),
        _ => Err(MalformedSecret),
    }
}

/// A text that is not a secret of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed secret, or secret of another kind")]
pub struct MalformedSecret;

/// The stored form of a secret and its lookup key: base64url of SHA-256(prefix ‖ bytes), 43 characters, e.g.
/// `E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM`.
#[derive(Debug, Clone, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretHash(String);

impl SecretHash {
    /// Hashes `bytes` together with the prefix of their kind, so that equal bytes of two kinds have different hashes.
    pub(crate) fn of(prefix: &str, bytes: &[u8]) -> Self {
        let digest = Sha256::new().chain_update(prefix).chain_update(bytes).finalize();
        Self(URL_SAFE_NO_PAD.encode(digest))
    }

    /// The text of the hash, for use in a table key.
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
        fn secret_round_trips(entropy: [u8; 32]) {
            let secret = ApiKey::new(entropy);
            let read: ApiKey = secret.expose().parse().expect("own text");
            prop_assert_eq!(read.hash(), secret.hash());
        }

        #[test]
        fn parser_does_not_panic(text in ".{0,80}") {
            let _ = text.parse::<ApiKey>();
        }
    }

    #[test]
    fn secret_of_another_kind_is_rejected() {
        let key = ApiKey::new([7; 32]);
        assert_eq!(key.expose().parse::<AuthorizationCode>().unwrap_err(), MalformedSecret);
        assert_ne!(key.hash(), AuthorizationCode::new([7; 32]).hash());
    }

    #[test]
    fn shorter_or_longer_text_is_rejected() {
        let text = ApiKey::new([7; 32]).expose();
        assert!(text[..text.len() - 1].parse::<ApiKey>().is_err());
        assert!(format!("{}A", *text).parse::<ApiKey>().is_err());
    }

    #[test]
    fn debug_shows_only_the_prefix() {
        assert_eq!(format!("{:?}", ApiKey::new([7; 32])), "jmk_[redacted]");
    }
}
