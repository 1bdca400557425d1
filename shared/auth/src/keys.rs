//! The signing secret, and every key that is derived from it.
//!
//! Access tokens are signed with the bytes of the secret itself, so that any other service holding it can verify them
//! with an ordinary JWT library (SD-03). Everything else uses a key derived with HKDF (RFC 5869) under a label of its
//! own: a leak or a mix-up in one use says nothing about another.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// RFC 7518 §3.2: an HS256 key has at least the size of the hash.
pub const MINIMUM_SECRET_BYTES: usize = 32;

/// What a derived key is for. Each use has its own.
#[derive(Debug, Clone, Copy)]
pub enum Purpose {
    /// Signs session cookies.
    Session,
    /// Binds forms to the browser and the request they were made for.
    Form,
    /// Derives the next refresh token from the one before.
    Rotation,
    /// Names a secret that came without a version.
    KeyId,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Session => b"jean-memory/session/1",
            Self::Form => b"jean-memory/form/1",
            Self::Rotation => b"jean-memory/refresh-rotation/1",
            Self::KeyId => b"jean-memory/key-id/1",
        }
    }
}

/// One version of the signing secret.
#[derive(Clone)]
pub struct SigningSecret {
    kid: String,
    bytes: Zeroizing<Vec<u8>>,
    /// What all keys are derived from (RFC 5869 §2.2), prk once: nearly every request derives one.
    prk: Hkdf<Sha256>,
}

impl SigningSecret {
    /// Takes a secret and the version that names it (`kid`, RFC 7515 §4.1.4). Without a version the name is derived,
    /// so that it changes when the secret does.
    ///
    /// # Errors
    /// [`WeakSecret`] under 32 bytes: there is no default, and no short secret (T-19).
    pub fn new(bytes: impl Into<Vec<u8>>, version: Option<String>) -> Result<Self, WeakSecret> {
        let bytes = Zeroizing::new(bytes.into());
        if bytes.len() < MINIMUM_SECRET_BYTES {
            return Err(WeakSecret { bytes: bytes.len() });
        }
        let prk = Hkdf::new(None, &bytes);
        let mut secret = Self { kid: String::new(), bytes, prk };
        secret.kid = version.unwrap_or_else(|| URL_SAFE_NO_PAD.encode(&secret.derive(Purpose::KeyId)[..9]));
        Ok(secret)
    }

    /// The name in a token's header.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The bytes access tokens are signed with.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// A key for one purpose.
    pub(crate) fn derive(&self, purpose: Purpose) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        self.prk.expand(purpose.label(), key.as_mut_slice()).expect("32 bytes are within HKDF's 255 blocks");
        key
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningSecret({}, [redacted])", self.kid)
    }
}

/// A secret too short to sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the signing secret has {bytes} bytes and needs at least {MINIMUM_SECRET_BYTES}; make one with: openssl rand -base64 48"
)]
pub struct WeakSecret {
    /// How many it had.
    pub bytes: usize,
}

/// The versions of the signing secret that are known: the one that signs, and the others that still verify, or will
/// soon. A rotation logs nobody out (AS-22).
#[derive(Debug, Clone)]
pub struct Keyring {
    primary: SigningSecret,
    verification_only: Vec<SigningSecret>,
}

impl Keyring {
    /// The version that signs, and those that only verify.
    pub fn new(primary: SigningSecret, verification_only: impl IntoIterator<Item = SigningSecret>) -> Self {
        Self { primary, verification_only: verification_only.into_iter().collect() }
    }

    /// What signs.
    pub fn primary(&self) -> &SigningSecret {
        &self.primary
    }

    /// The version a token names, if it is one of ours.
    pub fn named(&self, kid: &str) -> Option<&SigningSecret> {
        self.all().find(|secret| secret.kid == kid)
    }

    /// What verifies.
    pub(crate) fn all(&self) -> impl Iterator<Item = &SigningSecret> {
        std::iter::once(&self.primary).chain(&self.verification_only)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_under_32_bytes_is_refused_with_the_way_out_t19() {
        let error = SigningSecret::new(vec![1; 31], None).unwrap_err();
        assert_eq!(error, WeakSecret { bytes: 31 });
        assert!(error.to_string().contains("openssl rand"));
    }

    #[test]
    fn each_purpose_has_a_key_of_its_own() {
        let secret = SigningSecret::new(vec![1; 32], None).expect("long enough");
        assert_ne!(*secret.derive(Purpose::Session), *secret.derive(Purpose::Form));
    }

    #[test]
    fn a_secret_without_a_version_is_named_after_itself() {
        let one = SigningSecret::new(vec![1; 32], None).expect("long enough");
        let same = SigningSecret::new(vec![1; 32], None).expect("long enough");
        let other = SigningSecret::new(vec![2; 32], None).expect("long enough");
        assert_eq!(one.kid(), same.kid());
        assert_ne!(one.kid(), other.kid());
    }

    #[test]
    fn debug_never_shows_the_bytes() {
        let secret =
            SigningSecret::new(b"correct horse battery staple, twice".to_vec(), Some("v1".into())).expect("long");
        assert_eq!(format!("{secret:?}"), "SigningSecret(v1, [redacted])");
    }
}
