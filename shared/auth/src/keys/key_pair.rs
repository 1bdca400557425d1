//! Ed25519 key pairs ([RFC 8032](https://www.rfc-editor.org/rfc/rfc8032)) for services that verify access tokens and must not be
//! able to issue them (SR-14).
//!
//! CloudFormation generates texts, and no key pairs. A private key of Ed25519 is 32 arbitrary bytes, so it is derived from such
//! a text. A stack then has a key from its first moment, and the key is rotated like every other secret.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use hkdf::Hkdf;
use jsonwebtoken::jwk::Jwk;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use rustls_pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{WeakSecret, strength};
use crate::jwt;

/// The label under which a private key is derived from a generated secret.
const LABEL: &[u8] = b"jean-memory/ed25519/1";
/// A PKCS #8 private key of Ed25519 up to the key itself (RFC 8410 §7).
const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// A key pair.
#[derive(Clone)]
pub(super) struct KeyPair {
    seed: Zeroizing<[u8; 32]>,
    public: [u8; 32],
}

impl KeyPair {
    /// Reads a PEM, or derives a key pair from a version of a generated secret.
    pub(super) fn read(text: &[u8], version: Option<&str>) -> Result<Self, WeakSecret> {
        if version.is_none() || text.trim_ascii_start().starts_with(b"-----BEGIN ") {
            return Self::of_pem(text);
        }
        strength::check(text)?;
        let mut seed = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, text)
            .expand(LABEL, seed.as_mut_slice())
            .expect("32 bytes are within HKDF's 255 blocks");
        Ok(Self::of_seed(seed))
    }

    fn of_pem(text: &[u8]) -> Result<Self, WeakSecret> {
        let unreadable = |reason| WeakSecret::NoPrivateKey { reason };
        let key = PrivatePkcs8KeyDer::from_pem_slice(text)
            .map_err(|_| unreadable("it has no complete block \"PRIVATE KEY\""))?;
        // A second form of PKCS #8 appends the public key, which is checked, as is the type of the key.
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(key.secret_pkcs8_der())
            .map_err(|_| unreadable("the key is of another type or damaged"))?;
        let rest = key.secret_pkcs8_der().get(PKCS8_PREFIX.len()..).and_then(|rest| rest.first_chunk());
        let seed = rest.ok_or(unreadable("the key is damaged"))?;
        Ok(Self::of_seed(Zeroizing::new(*seed)))
    }

    fn of_seed(seed: Zeroizing<[u8; 32]>) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).expect("32 bytes");
        let public = pair.public_key().as_ref().try_into().expect("32 bytes");
        Self { seed, public }
    }

    pub(super) fn key(&self) -> jwt::JwtKey<'_> {
        jwt::JwtKey::Pair { seed: &self.seed, public: &self.public }
    }

    /// The public key as a JWK.
    pub(super) fn jwk(&self) -> Jwk {
        jwt::public_jwk(&self.public)
    }

    /// The thumbprint of the public key.
    pub(super) fn kid(&self) -> String {
        self.jwk().common.key_id.expect("every key has one")
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyPair([redacted])")
    }
}

/// Returns the private key with these 32 random bytes as a PKCS #8 PEM.
pub fn private_key_pem(seed: &[u8; 32]) -> Zeroizing<String> {
    let der = Zeroizing::new([&PKCS8_PREFIX[..], seed].concat());
    let encoded = Zeroizing::new(STANDARD.encode(&*der));
    Zeroizing::new(format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", *encoded))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The private key of RFC 8037 Appendix A.1.
    const SEED: [u8; 32] = [
        0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49,
        0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
    ];

    /// SR-14
    #[test]
    fn public_key_and_thumbprint_are_those_of_rfc_8037() {
        let pair = KeyPair::read(private_key_pem(&SEED).as_bytes(), None).expect("a PEM");
        let jwk = serde_json::to_value(pair.jwk()).expect("JSON");
        assert_eq!(jwk["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(jwk["kid"], "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let mut members: Vec<_> = jwk.as_object().expect("an object").keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x"], "the private key is in none");
    }

    /// SR-14
    #[test]
    fn key_of_a_generated_secret_depends_on_the_secret_alone() {
        let kid = |text: &str, version| KeyPair::read(text.as_bytes(), Some(version)).expect("strong").kid();
        let [one, other] = ["v0Yk3fQ2p7Rm1Zx8Lw5Tn9Bd4Hc6Js0a", "w0Yk3fQ2p7Rm1Zx8Lw5Tn9Bd4Hc6Js0a"];
        assert_eq!(kid(one, "v1"), kid(one, "v2"));
        assert_ne!(kid(one, "v1"), kid(other, "v1"));
    }

    /// SR-14, T-19
    #[test]
    fn malformed_private_key_is_refused_with_the_reason() {
        let pem =
            |der: &[u8]| format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----", STANDARD.encode(der));
        let whole = [&PKCS8_PREFIX[..], &SEED].concat();
        let mut of_x25519 = whole.clone();
        of_x25519[11] = 0x6e;
        for (case, text, reason) in [
            ("a secret", "v0Yk3fQ2p7Rm1Zx8Lw5Tn9Bd4Hc6Js0a".to_owned(), "complete block"),
            ("Base64 alone", STANDARD.encode(&whole), "complete block"),
            ("cut off", pem(&whole).replace("-----END PRIVATE KEY-----", ""), "complete block"),
            ("a public key", pem(&whole).replace("PRIVATE", "PUBLIC"), "complete block"),
            ("another type", pem(&of_x25519), "another type"),
            ("too short", pem(&whole[..40]), "damaged"),
            ("empty", pem(&[]), "damaged"),
        ] {
            let error = KeyPair::read(text.as_bytes(), None).expect_err(case).to_string();
            assert!(error.contains(reason) && error.contains("openssl genpkey"), "{case}: {error}");
        }
        let weak = KeyPair::read(b"short", Some("v1")).expect_err("weak");
        assert_eq!(weak, WeakSecret::TooShort { bytes: 5 });
    }

    #[test]
    fn debug_shows_no_key() {
        let pair = KeyPair::read(private_key_pem(&SEED).as_bytes(), None).expect("a PEM");
        assert_eq!(format!("{pair:?}"), "KeyPair([redacted])");
    }
}
