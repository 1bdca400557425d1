//! Signing secrets and the keys derived from them.
//!
//! Access tokens are signed with the bytes of the secret itself, so that another service that holds it can verify them with
//! an ordinary JWT library (SD-03). Every other use has a key derived with
//! [HKDF](https://www.rfc-editor.org/rfc/rfc5869) under its own label, so that a leak in one use does not affect another.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// RFC 7518 §3.2: an HS256 key is at least as long as the hash.
pub const MINIMUM_SECRET_BYTES: usize = 32;

/// The purpose of a derived key.
#[derive(Debug, Clone, Copy)]
pub enum Purpose {
    /// Signs session cookies.
    Session,
    /// Binds forms to the browser and request they were rendered for.
    Form,
    /// Derives the next refresh token from the previous one.
    Rotation,
    /// Derives the `kid` of a secret without a version id.
    KeyId,
    /// Marks the accounts that a browser has signed in to.
    KnownAccount,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Session => b"jean-memory/session/1",
            Self::Form => b"jean-memory/form/1",
            Self::Rotation => b"jean-memory/refresh-rotation/1",
            Self::KeyId => b"jean-memory/key-id/1",
            Self::KnownAccount => b"jean-memory/known-account/1",
        }
    }
}

/// One version of the signing secret.
#[derive(Clone)]
pub struct SigningSecret {
    kid: String,
    bytes: Zeroizing<Vec<u8>>,
    /// The pseudorandom key that all keys are expanded from (RFC 5869 §2.2). Extracted once, since nearly every request
    /// derives a key.
    prk: Hkdf<Sha256>,
}

impl SigningSecret {
    /// Constructs a secret with its version id as `kid` (RFC 7515 §4.1.4). Without a version id the `kid` is derived from the
    /// secret, so that it changes with it.
    ///
    /// # Errors
    /// [`WeakSecret`] if it has fewer than 32 bytes (T-19).
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

    /// The `kid` in a token's header.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The bytes that access tokens are signed with.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Derives the key for one purpose.
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
    /// Its length in bytes.
    pub bytes: usize,
}

/// The known versions of the signing secret: the primary one signs, the others only verify. A rotation signs no user out
/// (AS-22).
#[derive(Debug, Clone)]
pub struct Keyring {
    primary: SigningSecret,
    verification_only: Vec<SigningSecret>,
}

impl Keyring {
    /// Constructs a keyring of the version that signs and those that only verify.
    pub fn new(primary: SigningSecret, verification_only: impl IntoIterator<Item = SigningSecret>) -> Self {
        Self { primary, verification_only: verification_only.into_iter().collect() }
    }

    /// The version that signs.
    pub fn primary(&self) -> &SigningSecret {
        &self.primary
    }

    /// The version with this `kid`.
    pub fn named(&self, kid: &str) -> Option<&SigningSecret> {
        self.all().find(|secret| secret.kid == kid)
    }

    /// Every version, the primary one first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &SigningSecret> {
        std::iter::once(&self.primary).chain(&self.verification_only)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// T-19
    #[test]
    fn short_secret_is_rejected_with_advice() {
        let error = SigningSecret::new(vec![1; 31], None).unwrap_err();
        assert_eq!(error, WeakSecret { bytes: 31 });
        assert!(error.to_string().contains("openssl rand"));
    }

    #[test]
    fn each_purpose_has_its_own_key() {
        let secret = SigningSecret::new(vec![1; 32], None).expect("long enough");
        assert_ne!(*secret.derive(Purpose::Session), *secret.derive(Purpose::Form));
    }

    #[test]
    fn kid_without_a_version_is_derived() {
        let one = SigningSecret::new(vec![1; 32], None).expect("long enough");
        let same = SigningSecret::new(vec![1; 32], None).expect("long enough");
        let other = SigningSecret::new(vec![2; 32], None).expect("long enough");
        assert_eq!(one.kid(), same.kid());
        assert_ne!(one.kid(), other.kid());
    }

    #[test]
    fn debug_is_redacted() {
        let secret =
            SigningSecret::new(b"correct horse battery staple, twice".to_vec(), Some("v1".into())).expect("long");
        assert_eq!(format!("{secret:?}"), "SigningSecret(v1, [redacted])");
    }
}
