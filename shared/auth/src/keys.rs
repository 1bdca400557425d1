//! Signing secrets and the keys derived from them.
//!
//! Access tokens are signed with the bytes of the secret itself, so that another service that holds it can verify them with
//! an ordinary JWT library (SD-03). Every other use has a key derived with
//! [HKDF](https://www.rfc-editor.org/rfc/rfc5869) under its own label, so that a leak in one use does not affect another.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
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
    /// Hashes source addresses for the log.
    Audit,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Session => b"jean-memory/session/1",
            Self::Form => b"jean-memory/form/1",
            Self::Rotation => b"jean-memory/refresh-rotation/1",
            Self::KeyId => b"jean-memory/key-id/1",
            Self::KnownAccount => b"jean-memory/known-account/1",
            Self::Audit => b"jean-memory/audit/1",
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
            return Err(WeakSecret::TooShort { bytes: bytes.len() });
        }
        let prk = Hkdf::new(None, &bytes);
        let mut secret = Self { kid: String::new(), bytes, prk };
        secret.kid = version.unwrap_or_else(|| URL_SAFE_NO_PAD.encode(&secret.derive(Purpose::KeyId)[..9]));
        Ok(secret)
    }

    /// Constructs a secret that the operator has typed or pasted, without a version id.
    ///
    /// # Errors
    /// [`WeakSecret`] if it is too short, easy to guess, or pasted with something around it: a service that verifies tokens
    /// with the secret alone would then reject all of them (TO-12).
    pub fn of_operator(text: &str) -> Result<Self, WeakSecret> {
        if text.trim() != text {
            return Err(WeakSecret::Surrounded);
        }
        if text.starts_with(['{', '[', '"', '\'']) {
            return Err(WeakSecret::Quoted);
        }
        let letters: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
        let letters = letters.to_ascii_lowercase();
        if PLACEHOLDERS.iter().any(|placeholder| letters.contains(placeholder)) {
            return Err(WeakSecret::Placeholder);
        }
        let bytes = text.as_bytes();
        let repeats = |period: usize| bytes.iter().zip(&bytes[period..]).all(|(one, next)| one == next);
        if (1..=bytes.len() / 2).any(repeats) {
            return Err(WeakSecret::Repetitive);
        }
        Self::new(text, None)
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

/// A secret that must not sign, with advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakSecret {
    /// It is shorter than the hash.
    #[error(
        "the signing secret has {bytes} bytes and needs at least {MINIMUM_SECRET_BYTES}; make one with: openssl rand -base64 48"
    )]
    TooShort {
        /// Its length in bytes.
        bytes: usize,
    },
    /// It begins or ends with white space.
    #[error("the signing secret begins or ends with white space; remove it")]
    Surrounded,
    /// It is JSON or has quotation marks.
    #[error("the signing secret is JSON or quoted; set the bare value")]
    Quoted,
    /// It repeats one character or a short text.
    #[error("the signing secret repeats itself; make one with: openssl rand -base64 48")]
    Repetitive,
    /// It is an example.
    #[error("the signing secret is a placeholder; make one with: openssl rand -base64 48")]
    Placeholder,
}

/// Parts of secrets in examples, in lower case without other characters. Too long to occur in a random secret by chance.
const PLACEHOLDERS: [&str; 13] = [
    "changeme",
    "changethis",
    "replaceme",
    "replacethis",
    "placeholder",
    "yoursecret",
    "yourjwtsecret",
    "yoursigningsecret",
    "supersecret",
    "secretkey",
    "jwtsecret",
    "examplesecret",
    "insertsecret",
];

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

/// Returns the hash of a source address for the log: 11 characters of base64url. Lines of one attacker can be matched, and the
/// address cannot be found by trying all of them without the key (SR-21). A rotation of the secret changes it.
pub fn audit_hash(source: &str, keys: &Keyring) -> String {
    audit_hashes(source, keys).next().expect("there is a primary key")
}

/// Returns the [`audit_hash`] under every key, to compare a stored one with.
pub(crate) fn audit_hashes(source: impl AsRef<[u8]>, keys: &Keyring) -> impl Iterator<Item = String> {
    keys.all().map(move |secret| {
        let mac = Hmac::<Sha256>::new_from_slice(secret.derive(Purpose::Audit).as_slice());
        let tag = mac.expect("HMAC takes a key of any size").chain_update(source.as_ref()).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode(&tag[..8])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// T-19
    #[test]
    fn short_secret_is_rejected_with_advice() {
        let error = SigningSecret::new(vec![1; 31], None).unwrap_err();
        assert_eq!(error, WeakSecret::TooShort { bytes: 31 });
        assert!(error.to_string().contains("openssl rand"));
    }

    /// TO-12
    #[test]
    fn weak_secret_of_the_operator_is_rejected_with_the_reason() {
        let good = "v0Yk3fQ2p7Rm1Zx8Lw5Tn9Bd4Hc6Js0a";
        assert!(SigningSecret::of_operator(good).is_ok());
        assert!(SigningSecret::of_operator("a secret of more than thirty-two bytes").is_ok());
        for (text, reason) in [
            (format!(" {good}"), WeakSecret::Surrounded),
            (format!("{good}\n"), WeakSecret::Surrounded),
            (format!(r#"{{"key":"{good}"}}"#), WeakSecret::Quoted),
            (format!("\"{good}\""), WeakSecret::Quoted),
            ("a".repeat(64), WeakSecret::Repetitive),
            ("0123456789abcdef".repeat(4), WeakSecret::Repetitive),
            ("change-me-change-me-change-me-now!".into(), WeakSecret::Placeholder),
            ("Your_JWT_Secret_goes_here_0123456789".into(), WeakSecret::Placeholder),
            ("my-super-secret-key-for-development".into(), WeakSecret::Placeholder),
            ("v0Yk3fQ2".into(), WeakSecret::TooShort { bytes: 8 }),
        ] {
            assert_eq!(SigningSecret::of_operator(&text).expect_err("refused"), reason, "{text}");
        }
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
