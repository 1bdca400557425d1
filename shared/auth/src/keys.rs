//! The signing secret, the root secret and the keys derived from it.
//!
//! Access tokens are signed with the bytes of the [`SigningSecret`] itself, so that another service that holds it can verify
//! them with an ordinary JWT library (SD-03). Such a service could issue access tokens, too; a [key
//! pair](SigningSecret::key_pair) in its place has a public key for verifiers. A holder of the secret could compute everything derived from the same secret:
//! session cookies, form tokens, and the live refresh token of a grant from a dead one. All of these therefore have keys
//! derived from the [`RootSecret`], which is shared with no verifier (SR-14), with
//! [HKDF](https://www.rfc-editor.org/rfc/rfc5869) under a label of their own, so that a leak in one use does not affect
//! another.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::jwk::JwkSet;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::jwt;

mod key_pair;
mod strength;

use key_pair::KeyPair;
pub use key_pair::private_key_pem;
pub(crate) use strength::check as check_strength;
pub use strength::{MINIMUM_SECRET_BYTES, WeakSecret};

/// The maximum lifetime of an access token, in seconds. A replaced version of the signing secret verifies for as long.
pub const MAXIMUM_ACCESS_TOKEN_SECONDS: u32 = 24 * 60 * 60;

/// A secret of the operator or of Secrets Manager: one version of a keyring.
pub trait VersionedSecret: Clone + Send + Sync + 'static {
    /// Constructs a secret with its version id as `kid` (RFC 7515 §4.1.4). Without a version id the `kid` is derived from the
    /// secret, so that it changes with it.
    ///
    /// # Errors
    /// [`WeakSecret`] if it is too short, easy to guess, or pasted with something around it (T-19, TO-12).
    fn new(bytes: impl AsRef<[u8]>, version: Option<String>) -> Result<Self, WeakSecret>;

    /// The `kid` in the header of what it signs.
    fn kid(&self) -> &str;
}

/// Declares each purpose of a derived key with its label.
macro_rules! purposes {
    ($($(#[$doc:meta])* $name:ident = $label:literal,)*) => {
        /// The purpose of a derived key.
        #[derive(Debug, Clone, Copy)]
        pub enum Purpose {
            $($(#[$doc])* $name,)*
        }

        impl Purpose {
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$name,)*];

            fn label(self) -> &'static [u8] {
                match self { $(Self::$name => $label,)* }
            }
        }
    };
}

purposes! {
    /// Signs session cookies.
    Session = b"jean-memory/session/1",
    /// Binds forms to the browser and request they were rendered for.
    Form = b"jean-memory/form/1",
    /// Derives the next refresh token from the previous one.
    Rotation = b"jean-memory/refresh-rotation/1",
    /// Derives the `kid` of a secret without a version id.
    KeyId = b"jean-memory/key-id/1",
    /// Marks the accounts that a browser has signed in to.
    KnownAccount = b"jean-memory/known-account/1",
    /// Hashes source addresses for the log.
    Audit = b"jean-memory/audit/1",
}

/// One version of the secret that signs access tokens.
#[derive(Clone)]
pub struct SigningSecret {
    kid: String,
    material: Material,
}

#[derive(Clone)]
enum Material {
    /// Signs with HS256 and verifies.
    Shared(Zeroizing<Vec<u8>>),
    /// Signs with EdDSA; the public key verifies.
    Pair(KeyPair),
}

impl VersionedSecret for SigningSecret {
    fn new(bytes: impl AsRef<[u8]>, version: Option<String>) -> Result<Self, WeakSecret> {
        strength::check(bytes.as_ref())?;
        let bytes = Zeroizing::new(bytes.as_ref().to_vec());
        let kid = version.unwrap_or_else(|| derived_kid(&Hkdf::new(None, &bytes)));
        Ok(Self { kid, material: Material::Shared(bytes) })
    }

    fn kid(&self) -> &str {
        &self.kid
    }
}

impl SigningSecret {
    /// Constructs an Ed25519 key pair, which signs with EdDSA: from a PKCS #8 PEM, or derived from a generated secret, which
    /// has a version id. The `kid` is the thumbprint of the public key (RFC 7638).
    ///
    /// # Errors
    /// [`WeakSecret`] if a PEM is malformed or has a key of another type, or a secret is weak.
    pub fn key_pair(text: &[u8], version: Option<&str>) -> Result<Self, WeakSecret> {
        let pair = KeyPair::read(text, version)?;
        Ok(Self { kid: pair.kid(), material: Material::Pair(pair) })
    }

    /// The key of access tokens, with its algorithm.
    pub(crate) fn key(&self) -> jwt::JwtKey<'_> {
        match &self.material {
            Material::Shared(bytes) => jwt::JwtKey::Shared(bytes),
            Material::Pair(pair) => pair.key(),
        }
    }

    /// The root secret of the releases before December 2026, which derived every key from the signing secret. It verifies
    /// what they issued and never signs. A key pair never was one.
    pub fn as_former_root(&self) -> Option<RootSecret> {
        match &self.material {
            Material::Shared(bytes) => Some(RootSecret { kid: self.kid.clone(), prk: Hkdf::new(None, bytes) }),
            Material::Pair(_) => None,
        }
    }

    /// `true` if `root` has the same bytes: a verifier of access tokens would hold it.
    pub fn is_root(&self, root: &RootSecret) -> bool {
        self.as_former_root().is_some_and(|own| *own.derive(Purpose::KeyId) == *root.derive(Purpose::KeyId))
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningSecret({}, [redacted])", self.kid)
    }
}

/// One version of the secret behind every key but that of access tokens.
#[derive(Clone)]
pub struct RootSecret {
    kid: String,
    /// The pseudorandom key that all keys are expanded from (RFC 5869 §2.2). Extracted once, since nearly every request
    /// derives a key.
    prk: Hkdf<Sha256>,
}

impl VersionedSecret for RootSecret {
    fn new(bytes: impl AsRef<[u8]>, version: Option<String>) -> Result<Self, WeakSecret> {
        strength::check(bytes.as_ref())?;
        let prk = Hkdf::new(None, bytes.as_ref());
        Ok(Self { kid: version.unwrap_or_else(|| derived_kid(&prk)), prk })
    }

    fn kid(&self) -> &str {
        &self.kid
    }
}

impl RootSecret {
    /// Derives the key for one purpose.
    pub(crate) fn derive(&self, purpose: Purpose) -> Zeroizing<[u8; 32]> {
        derive(&self.prk, purpose)
    }
}

impl fmt::Debug for RootSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RootSecret({}, [redacted])", self.kid)
    }
}

fn derive(prk: &Hkdf<Sha256>, purpose: Purpose) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    prk.expand(purpose.label(), key.as_mut_slice()).expect("32 bytes are within HKDF's 255 blocks");
    key
}

fn derived_kid(prk: &Hkdf<Sha256>) -> String {
    URL_SAFE_NO_PAD.encode(&derive(prk, Purpose::KeyId)[..9])
}

/// The known versions of a secret: the primary one signs, the others only verify. A rotation signs no user out (AS-22).
#[derive(Debug, Clone)]
pub struct Keyring<S> {
    primary: S,
    verification_only: Vec<S>,
}

/// The versions of the signing secret.
pub type SigningKeyring = Keyring<SigningSecret>;
/// The versions of the root secret.
pub type RootKeyring = Keyring<RootSecret>;

impl<S: VersionedSecret> Keyring<S> {
    /// Constructs a keyring of the version that signs and those that only verify.
    pub fn new(primary: S, verification_only: impl IntoIterator<Item = S>) -> Self {
        Self { primary, verification_only: verification_only.into_iter().collect() }
    }

    /// The version that signs.
    pub fn primary(&self) -> &S {
        &self.primary
    }

    /// The version with this `kid`.
    pub fn named(&self, kid: &str) -> Option<&S> {
        self.all().find(|secret| secret.kid() == kid)
    }

    /// Every version, the primary one first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &S> {
        std::iter::once(&self.primary).chain(&self.verification_only)
    }
}

impl SigningKeyring {
    /// The public keys of all versions ([RFC 7517 §5](https://www.rfc-editor.org/rfc/rfc7517#section-5)), including one that will
    /// sign next. Empty if access tokens are signed with a secret.
    pub fn public_keys(&self) -> JwkSet {
        let public = |secret: &SigningSecret| match &secret.material {
            Material::Shared(_) => None,
            Material::Pair(pair) => Some(pair.jwk()),
        };
        JwkSet { keys: self.all().filter_map(public).collect() }
    }
}

/// Returns the hash of a source address for the log: 11 characters of base64url. Lines of one attacker can be matched, and the
/// address cannot be found by trying all of them without the key (SR-21). A rotation of the secret changes it.
pub fn audit_hash(source: &str, keys: &RootKeyring) -> String {
    audit_hashes(source, keys).next().expect("there is a primary key")
}

/// Returns the [`audit_hash`] under every key, to compare a stored one with.
pub(crate) fn audit_hashes(source: impl AsRef<[u8]>, keys: &RootKeyring) -> impl Iterator<Item = String> {
    keys.all().map(move |secret| {
        let mac = Hmac::<Sha256>::new_from_slice(secret.derive(Purpose::Audit).as_slice());
        let tag = mac.expect("HMAC takes a key of any size").chain_update(source.as_ref()).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode(&tag[..8])
    })
}

/// A strong secret of 32 bytes for tests, another one for each `byte`.
#[cfg(test)]
pub(crate) fn test_secret<S: VersionedSecret>(byte: u8, version: Option<&str>) -> S {
    let bytes: [u8; 32] = std::array::from_fn(|place| byte.wrapping_mul(31).wrapping_add(7 * place as u8));
    S::new(bytes, version.map(Into::into)).expect("strong")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_purpose_has_its_own_key() {
        let secret: RootSecret = test_secret(1, None);
        let keys: BTreeSet<_> = Purpose::ALL.iter().map(|purpose| *secret.derive(*purpose)).collect();
        assert_eq!(keys.len(), Purpose::ALL.len());
    }

    #[test]
    fn kid_without_a_version_is_derived() {
        let kid = |byte| test_secret::<SigningSecret>(byte, None).kid().to_owned();
        assert_eq!(kid(1), kid(1));
        assert_ne!(kid(1), kid(2));
    }

    /// SR-14
    #[test]
    fn root_secret_with_the_bytes_of_the_signing_secret_is_recognised() {
        let signing: SigningSecret = test_secret(1, Some("v1"));
        assert!(signing.is_root(&test_secret(1, Some("v2"))));
        assert!(!signing.is_root(&test_secret(2, Some("v1"))));
    }

    #[test]
    fn debug_is_redacted() {
        let bytes = b"correct horse battery staple, twice";
        let signing = SigningSecret::new(bytes, Some("v1".into())).expect("long");
        let root = RootSecret::new(bytes, Some("v1".into())).expect("long");
        assert_eq!(format!("{signing:?} {root:?}"), "SigningSecret(v1, [redacted]) RootSecret(v1, [redacted])");
    }
}
