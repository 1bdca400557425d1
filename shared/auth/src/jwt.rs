//! Signed claims ([RFC 7519](https://www.rfc-editor.org/rfc/rfc7519)) through jsonwebtoken, with HS256 as the only algorithm.
//!
//! jsonwebtoken asks a process-wide provider for the implementation of an algorithm. The provider here has one, so a token
//! that names `none`, RS256 or any other algorithm cannot be verified (T-14), and neither RSA nor P-256 is linked.

use std::sync::Once;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{ErrorKind, Result},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use sha2::Sha256;

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
pub(crate) fn sign<C: Serialize>(claims: &C, key: &[u8], kid: &str, typ: &str) -> String {
    install_provider();
    let header = Header { typ: Some(typ.into()), kid: Some(kid.into()), ..Header::new(Algorithm::HS256) };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(key)).expect("claims are plain structs")
}

/// The `kid` of an unverified token, for key lookup only.
pub(crate) fn unverified_kid(token: &str) -> std::result::Result<String, InvalidToken> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| InvalidToken::Malformed)?;
    header.kid.ok_or(InvalidToken::UnknownKid)
}

/// Verifies signature and type and parses the claims. The caller checks the times, since jsonwebtoken would read the system
/// clock.
pub(crate) fn verify<C: DeserializeOwned>(token: &str, key: &[u8], typ: &str) -> std::result::Result<C, InvalidToken> {
    install_provider();
    if has_critical_extension(token) {
        return Err(InvalidToken::Forged);
    }
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let data = jsonwebtoken::decode::<C>(token, &DecodingKey::from_secret(key), &validation).map_err(|error| {
        match error.kind() {
            ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm => InvalidToken::Forged,
            _ => InvalidToken::Malformed,
        }
    })?;
    if data.header.typ.as_deref() != Some(typ) {
        return Err(InvalidToken::Forged);
    }
    Ok(data.claims)
}

/// `true` if the header lists extensions that the recipient has to understand ([RFC 7515
/// §4.1.11](https://www.rfc-editor.org/rfc/rfc7515#section-4.1.11)). This server knows none, and jsonwebtoken ignores them.
fn has_critical_extension(token: &str) -> bool {
    let header = token.split('.').next().and_then(|header| URL_SAFE_NO_PAD.decode(header).ok());
    let header: Option<Map<String, Value>> = header.and_then(|header| serde_json::from_slice(&header).ok());
    header.is_some_and(|header| header.contains_key("crit"))
}

/// Checks the times of a verified token: `not_before` with a minute of leeway for clock skew, `expires` with none.
pub(crate) fn in_time(now: Timestamp, not_before: i64, expires: i64) -> std::result::Result<(), InvalidToken> {
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
    static HS256: CryptoProvider = CryptoProvider {
        signer_factory: |algorithm, key| {
            Ok(Box::new(HmacSha256::new(*algorithm, key.as_bytes())?) as Box<dyn JwtSigner>)
        },
        verifier_factory: |algorithm, key| {
            Ok(Box::new(HmacSha256::new(*algorithm, key.try_get_as_bytes()?)?) as Box<dyn JwtVerifier>)
        },
        key_utils: KeyUtils::new_unimplemented(),
    };
    // Fails only if another provider was installed first, which no code in this process does.
    ONCE.call_once(|| HS256.install_default().expect("one provider per process"));
}

struct HmacSha256(Hmac<Sha256>);

impl HmacSha256 {
    fn new(algorithm: Algorithm, key: &[u8]) -> Result<Self> {
        match algorithm {
            Algorithm::HS256 => Ok(Self(Hmac::new_from_slice(key).map_err(|_| ErrorKind::InvalidKeyFormat)?)),
            _ => Err(ErrorKind::InvalidAlgorithm.into()),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// TO-12, T-14
    #[test]
    fn unknown_critical_extension_is_rejected() {
        let key = [1; 32];
        let signed = |header: Value| {
            let [header, claims] =
                [header, serde_json::json!({"a": 1})].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
            let signature =
                Hmac::<Sha256>::new_from_slice(&key).expect("a key").chain_update(format!("{header}.{claims}"));
            format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode(signature.finalize().into_bytes()))
        };
        let verified = |header| verify::<Value>(&signed(header), &key, "at+jwt");
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
