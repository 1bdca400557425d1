//! Proof Key for Code Exchange ([RFC 7636](https://www.rfc-editor.org/rfc/rfc7636)).
//!
//! PKCE is required of every client, and S256 is the only supported method (AS-01). A [`CodeVerifier`] is checked
//! against the [`CodeChallenge`] of the authorization request:
//!
//! ```
//! use jean_auth::pkce::{CodeChallenge, CodeVerifier};
//!
//! let challenge: CodeChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".parse()?;
//! let verifier: CodeVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".parse()?;
//! assert!(verifier.answers(&challenge));
//! assert!("too-short".parse::<CodeVerifier>().is_err());
//! # Ok::<(), jean_auth::text::InvalidValue>(())
//! ```

use std::str::FromStr;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::text::InvalidValue;

/// The challenge of an authorization request (RFC 7636 §4.2): base64url of the verifier's SHA-256, 43 characters, e.g.
/// `E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct CodeChallenge(String);

impl FromStr for CodeChallenge {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        match URL_SAFE_NO_PAD.decode(text) {
            Ok(digest) if digest.len() == 32 => Ok(Self(text.into())),
            _ => Err(InvalidValue("code_challenge must be the base64url SHA-256 of the verifier")),
        }
    }
}

impl TryFrom<String> for CodeChallenge {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        text.parse()
    }
}

/// The verifier of a token request (RFC 7636 §4.1): 43 to 128 unreserved characters, e.g.
/// `dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`.
#[derive(Clone)]
pub struct CodeVerifier(String);

impl CodeVerifier {
    /// Returns `true` if the challenge was derived from this verifier (RFC 7636 §4.6). Compares in constant time.
    pub fn answers(&self, challenge: &CodeChallenge) -> bool {
        let computed = URL_SAFE_NO_PAD.encode(Sha256::digest(&self.0));
        computed.as_bytes().ct_eq(challenge.0.as_bytes()).into()
    }
}

impl FromStr for CodeVerifier {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if (43..=128).contains(&text.len()) && text.bytes().all(unreserved) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidValue("code_verifier must have 43 to 128 unreserved characters"))
        }
    }
}

impl std::fmt::Debug for CodeVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CodeVerifier([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636 appendix B
    #[test]
    fn rfc_example_verifies() {
        let verifier: CodeVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".parse().expect("valid");
        let challenge: CodeChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".parse().expect("valid");
        assert!(verifier.answers(&challenge));
    }

    #[test]
    fn another_verifier_is_rejected() {
        let verifier: CodeVerifier = "a".repeat(43).parse().expect("valid");
        let challenge: CodeChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".parse().expect("valid");
        assert!(!verifier.answers(&challenge));
    }

    #[test]
    fn lengths_and_characters_outside_the_grammar_are_rejected() {
        for (length, ok) in [(42, false), (43, true), (128, true), (129, false)] {
            assert_eq!("a".repeat(length).parse::<CodeVerifier>().is_ok(), ok, "{length}");
        }
        assert!(format!("{}+", "a".repeat(50)).parse::<CodeVerifier>().is_err());
        for challenge in ["", "short", &"a".repeat(44), &format!("{}=", "a".repeat(43))] {
            assert!(challenge.parse::<CodeChallenge>().is_err(), "{challenge}");
        }
    }
}
