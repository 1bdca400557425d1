//! Signed claims (RFC 7519) by jsonwebtoken, with HS256 as the only algorithm that exists.
//!
//! jsonwebtoken asks its process-wide provider for an algorithm's implementation. Ours knows one: a token that names
//! `none`, RS256 or anything else meets nothing that could verify it (T-14), and neither RSA nor P-256 is linked.

use std::sync::Once;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{ErrorKind, Result},
};
use serde::{Serialize, de::DeserializeOwned};
use sha2::Sha256;

/// Why a token was not accepted. For the log; a caller is only ever told that it was not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// Not three parts of base64url JSON, or claims of the wrong shape.
    #[error("malformed")]
    Malformed,
    /// Signed by a version that is not held here. It may have been made since: worth one look.
    #[error("unknown kid")]
    UnknownKid,
    /// The signature, algorithm or type is not ours.
    #[error("not signed by us")]
    Forged,
    /// Issued by somebody else, or for somebody else.
    #[error("wrong issuer or audience")]
    Foreign,
    /// Over.
    #[error("expired")]
    Expired,
    /// Not begun.
    #[error("not valid yet")]
    NotYet,
}

/// Signs `claims` with `key`, named `kid`, as a token of the type `typ` (RFC 8725 §3.11).
pub(crate) fn sign<C: Serialize>(claims: &C, key: &[u8], kid: &str, typ: &str) -> String {
    install_provider();
    let header = Header { typ: Some(typ.into()), kid: Some(kid.into()), ..Header::new(Algorithm::HS256) };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(key)).expect("claims are plain structs")
}

/// The `kid` of a token that was not verified yet: what to look its key up by, and nothing else.
pub(crate) fn unverified_kid(token: &str) -> std::result::Result<String, InvalidToken> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| InvalidToken::Malformed)?;
    header.kid.ok_or(InvalidToken::UnknownKid)
}

/// Verifies the signature and type, and reads the claims. Times are the caller's to check: jsonwebtoken would ask the
/// system's clock.
pub(crate) fn verify<C: DeserializeOwned>(token: &str, key: &[u8], typ: &str) -> std::result::Result<C, InvalidToken> {
    install_provider();
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

/// Checks the times of a verified token: `not_before` with a minute's leeway between clocks, `expires` with none.
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
    // Fails only if somebody else in the process installed one first, which nothing here does.
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
        // In constant time (T-18).
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

    #[test]
    fn clocks_may_differ_by_a_minute_and_no_token_lives_a_second_longer() {
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
