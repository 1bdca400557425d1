//! Signed claims ([RFC 7519](https://www.rfc-editor.org/rfc/rfc7519)) through jsonwebtoken, with HS256 or EdDSA (Ed25519, [RFC
//! 8037](https://www.rfc-editor.org/rfc/rfc8037)).
//!
//! An attacker could otherwise sign with HS256 and the bytes of a published key as the secret, so a [`JwtKey`] has one algorithm,
//! and a token that names another one is rejected (RFC 8725 §3.1, T-14).
//!
//! jsonwebtoken asks a process-wide provider for the implementation of an algorithm. The provider here has two, so a token
//! that names `none`, RS256 or any other algorithm cannot be verified, and neither RSA nor P-256 is linked.

use std::sync::Once;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{ErrorKind, Result},
    jwk::{
        AlgorithmParameters, CommonParameters, EllipticCurve, Jwk, KeyAlgorithm, OctetKeyPairParameters,
        OctetKeyPairType, PublicKeyUse, ThumbprintHash,
    },
};
use ring::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// A key, and with it the algorithm of the tokens that it signs and verifies.
#[derive(Clone, Copy)]
pub(crate) enum JwtKey<'a> {
    /// HS256 with a secret that signer and verifier share.
    Shared(&'a [u8]),
    /// EdDSA with an Ed25519 key pair.
    Pair {
        /// The private key (RFC 8032 §5.1.5).
        seed: &'a [u8; 32],
        /// The public key, with which a token is verified.
        public: &'a [u8; 32],
    },
}

impl JwtKey<'_> {
    fn algorithm(self) -> Algorithm {
        match self {
            Self::Shared(_) => Algorithm::HS256,
            Self::Pair { .. } => Algorithm::EdDSA,
        }
    }

    fn encoding(self) -> EncodingKey {
        match self {
            Self::Shared(secret) => EncodingKey::from_secret(secret),
            Self::Pair { seed, .. } => EncodingKey::from_ed_der(seed),
        }
    }

    fn decoding(self) -> DecodingKey {
        match self {
            Self::Shared(secret) => DecodingKey::from_secret(secret),
            Self::Pair { public, .. } => DecodingKey::from_ed_der(public),
        }
    }
}

/// Returns a public key as a JWK, with its thumbprint ([RFC 7638](https://www.rfc-editor.org/rfc/rfc7638)) as the `kid`.
pub(crate) fn public_jwk(public: &[u8; 32]) -> Jwk {
    install_provider();
    let algorithm = AlgorithmParameters::OctetKeyPair(OctetKeyPairParameters {
        key_type: OctetKeyPairType::OctetKeyPair,
        curve: EllipticCurve::Ed25519,
        x: URL_SAFE_NO_PAD.encode(public),
    });
    let common = CommonParameters {
        public_key_use: Some(PublicKeyUse::Signature),
        key_algorithm: Some(KeyAlgorithm::EdDSA),
        ..CommonParameters::default()
    };
    let mut jwk = Jwk { common, algorithm };
    jwk.common.key_id = Some(jwk.thumbprint(ThumbprintHash::SHA256).expect("a complete key"));
    jwk
}

/// The reason why a token is rejected. For the log only; callers learn nothing but the rejection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// Not three parts of base64url JSON, or claims of another shape.
    #[error("malformed")]
    Malformed,
    /// Signed by an unknown version of the secret, which may be newer than the cached ones.
    #[error("unknown kid")]
    UnknownKid,
    /// The signature, algorithm or type is wrong.
    #[error("not signed by us")]
    Forged,
    /// The issuer or audience is another.
    #[error("wrong issuer or audience")]
    Foreign,
    /// Expired.
    #[error("expired")]
    Expired,
    /// Not valid yet.
    #[error("not valid yet")]
    NotYet,
}

/// Signs `claims` with `key`, identified by `kid`, as a token of type `typ` (RFC 8725 §3.11).
pub(crate) fn sign<C: Serialize>(claims: &C, key: JwtKey<'_>, kid: &str, typ: &str) -> String {
    install_provider();
    let header = Header { typ: Some(typ.into()), kid: Some(kid.into()), ..Header::new(key.algorithm()) };
    jsonwebtoken::encode(&header, claims, &key.encoding()).expect("claims are plain structs")
}

/// The `kid` of an unverified token, for key lookup only.
pub(crate) fn unverified_kid(token: &str) -> std::result::Result<String, InvalidToken> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| InvalidToken::Malformed)?;
    header.kid.ok_or(InvalidToken::UnknownKid)
}

/// Claims with the time from which they are valid and the time of expiry, in epoch seconds.
pub(crate) trait TimedClaims: DeserializeOwned {
    /// The time before which the claims are invalid.
    fn not_before(&self) -> i64;

    /// The time of expiry.
    fn expires(&self) -> i64;
}

/// Verifies signature, type and times and parses the claims. The times are not left to jsonwebtoken, which would read the system
/// clock.
pub(crate) fn verify<C: TimedClaims>(
    token: &str,
    key: JwtKey<'_>,
    typ: &str,
    now: Timestamp,
) -> std::result::Result<C, InvalidToken> {
    install_provider();
    if has_critical_extension(token) {
        return Err(InvalidToken::Forged);
    }
    let mut validation = Validation::new(key.algorithm());
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let data = jsonwebtoken::decode::<C>(token, &key.decoding(), &validation).map_err(|error| match error.kind() {
        ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm => InvalidToken::Forged,
        _ => InvalidToken::Malformed,
    })?;
    if data.header.typ.as_deref() != Some(typ) {
        return Err(InvalidToken::Forged);
    }
    in_time(now, data.claims.not_before(), data.claims.expires())?;
    Ok(data.claims)
}

/// `true` if the header lists extensions that the recipient has to understand ([RFC 7515
/// §4.1.11](https://www.rfc-editor.org/rfc/rfc7515#section-4.1.11)). This server knows none, and jsonwebtoken ignores them.
fn has_critical_extension(token: &str) -> bool {
    let header = token.split('.').next().and_then(|header| URL_SAFE_NO_PAD.decode(header).ok());
    let header: Option<Map<String, Value>> = header.and_then(|header| serde_json::from_slice(&header).ok());
    header.is_some_and(|header| header.contains_key("crit"))
}

/// Checks the times of a token: `not_before` with a minute of leeway for clock skew, `expires` with none.
fn in_time(now: Timestamp, not_before: i64, expires: i64) -> std::result::Result<(), InvalidToken> {
    if expires <= now.as_second() {
        return Err(InvalidToken::Expired);
    }
    if not_before > now.as_second() + 60 {
        return Err(InvalidToken::NotYet);
    }
    Ok(())
}

fn install_provider() {
    static ONCE: Once = Once::new();
    static PROVIDER: CryptoProvider = CryptoProvider {
        signer_factory: |algorithm, key| match algorithm {
            Algorithm::HS256 => Ok(Box::new(HmacSha256::new(key.as_bytes())?)),
            Algorithm::EdDSA => Ok(Box::new(Ed25519Signer::new(key.as_bytes())?)),
            _ => Err(ErrorKind::InvalidAlgorithm.into()),
        },
        verifier_factory: |algorithm, key| match algorithm {
            Algorithm::HS256 => Ok(Box::new(HmacSha256::new(key.try_get_as_bytes()?)?)),
            Algorithm::EdDSA => Ok(Box::new(Ed25519Verifier(key.try_get_as_bytes()?.to_vec()))),
            _ => Err(ErrorKind::InvalidAlgorithm.into()),
        },
        key_utils: KeyUtils {
            compute_digest: |data, hash| match hash {
                ThumbprintHash::SHA256 => Ok(Sha256::digest(data).to_vec()),
                _ => Err(ErrorKind::InvalidAlgorithm.into()),
            },
            ..KeyUtils::new_unimplemented()
        },
    };
    // Fails only if another provider was installed first, which no code in this process does.
    ONCE.call_once(|| PROVIDER.install_default().expect("one provider per process"));
}

struct HmacSha256(Hmac<Sha256>);

impl HmacSha256 {
    fn new(key: &[u8]) -> Result<Self> {
        Ok(Self(Hmac::new_from_slice(key).map_err(|_| ErrorKind::InvalidKeyFormat)?))
    }
}

impl signature::Signer<Vec<u8>> for HmacSha256 {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, signature::Error> {
        Ok(self.0.clone().chain_update(message).finalize().into_bytes().to_vec())
    }
}

impl JwtSigner for HmacSha256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl signature::Verifier<Vec<u8>> for HmacSha256 {
    fn verify(&self, message: &[u8], tag: &Vec<u8>) -> std::result::Result<(), signature::Error> {
        // Compared in constant time (T-18).
        self.0.clone().chain_update(message).verify_slice(tag).map_err(signature::Error::from_source)
    }
}

impl JwtVerifier for HmacSha256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

struct Ed25519Signer(Ed25519KeyPair);

impl Ed25519Signer {
    fn new(seed: &[u8]) -> Result<Self> {
        Ok(Self(Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| ErrorKind::InvalidKeyFormat)?))
    }
}

impl signature::Signer<Vec<u8>> for Ed25519Signer {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, signature::Error> {
        Ok(self.0.sign(message).as_ref().to_vec())
    }
}

impl JwtSigner for Ed25519Signer {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

struct Ed25519Verifier(Vec<u8>);

impl signature::Verifier<Vec<u8>> for Ed25519Verifier {
    fn verify(&self, message: &[u8], signed: &Vec<u8>) -> std::result::Result<(), signature::Error> {
        UnparsedPublicKey::new(&ED25519, &self.0).verify(message, signed).map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Ed25519Verifier {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    struct TestClaims {
        exp: i64,
    }

    impl TimedClaims for TestClaims {
        fn not_before(&self) -> i64 {
            0
        }

        fn expires(&self) -> i64 {
            self.exp
        }
    }

    /// TO-12, T-14
    #[test]
    fn unknown_critical_extension_is_rejected() {
        let key = [1; 32];
        let signed = |header: Value| {
            let [header, claims] =
                [header, serde_json::json!({"exp": 1})].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
            let signature =
                Hmac::<Sha256>::new_from_slice(&key).expect("a key").chain_update(format!("{header}.{claims}"));
            format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode(signature.finalize().into_bytes()))
        };
        let now = Timestamp::UNIX_EPOCH;
        let verified = |header| verify::<TestClaims>(&signed(header), JwtKey::Shared(&key), "at+jwt", now);
        let header = serde_json::json!({"alg": "HS256", "typ": "at+jwt", "kid": "a", "exp": 1});
        assert!(verified(header.clone()).is_ok());
        for critical in [serde_json::json!(["exp"]), serde_json::json!(["b64"]), serde_json::json!([]), Value::Null] {
            let mut header = header.clone();
            header["crit"] = critical;
            assert_eq!(verified(header.clone()), Err(InvalidToken::Forged), "{header}");
        }
    }

    #[test]
    fn leeway_applies_to_not_before_only() {
        let now = Timestamp::from_second(1000).expect("in range");
        for (not_before, expires, verdict) in [
            (1060, 1001, Ok(())),
            (1061, 1001, Err(InvalidToken::NotYet)),
            (0, 1000, Err(InvalidToken::Expired)),
            (0, 999, Err(InvalidToken::Expired)),
        ] {
            assert_eq!(in_time(now, not_before, expires), verdict, "{not_before} {expires}");
        }
    }
}
