//! Access tokens: JWTs ([RFC 7519](https://www.rfc-editor.org/rfc/rfc7519), modelled on RFC 9068) that identify user,
//! client and grant without a store lookup (RS-05).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use crate::jwt::InvalidToken;
use crate::{
    client::{ClientId, ShortName},
    grant::GrantId,
    jwt::{self, TimedClaims},
    keys::{SigningKeyring, VersionedSecret},
    known_client::ClientHost,
    public_url::PublicUrl,
    scope::Scopes,
    user::{Email, UserId},
};

/// The `typ` header, which SD-03 requires.
const TYPE: &str = "JWT";

/// The claims of an access token, in the order in which they are serialised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The user.
    pub sub: UserId,
    /// The user's email address.
    pub email: Email,
    /// The client's short name, e.g. `claude`.
    pub client: ShortName,
    /// The expiry, in epoch seconds.
    pub exp: i64,
    /// The issuer: this server.
    pub iss: String,
    /// The audience: the MCP URL, the only resource that accepts the token (RFC 8707 §2).
    pub aud: String,
    /// The time of issue, in epoch seconds.
    pub iat: i64,
    /// The time before which the token is invalid (RFC 7519 §4.1.5). Never issued, but honoured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// The unique id of the token.
    pub jti: String,
    /// The scopes, and the access they give.
    pub scope: Scopes,
    /// The client it was issued to (RFC 9068 §2.2).
    pub client_id: ClientId,
    /// The host at which the client took its code (SR-02).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_host: Option<ClientHost>,
    /// The grant it was issued for, recorded as the writer of memories.
    pub grant_id: GrantId,
}

impl Claims {
    /// Signs the claims with the primary key.
    pub fn sign(&self, keys: &SigningKeyring) -> String {
        jwt::sign(self, keys.primary().key(), keys.primary().kid(), TYPE)
    }

    /// Verifies signature, issuer, audience and times.
    ///
    /// # Errors
    /// An [`InvalidToken`]. Callers receive the same 401 for each, and no failed check falls back to a weaker one (T-22).
    pub fn verify(
        token: &str,
        keys: &SigningKeyring,
        public_url: &PublicUrl,
        now: Timestamp,
    ) -> Result<Self, InvalidToken> {
        let secret = keys.named(&jwt::unverified_kid(token)?).ok_or(InvalidToken::UnknownKid)?;
        let claims: Self = jwt::verify(token, secret.key(), TYPE, now)?;
        if claims.iss != public_url.issuer() || claims.aud != public_url.mcp() {
            return Err(InvalidToken::Foreign);
        }
        Ok(claims)
    }
}

impl TimedClaims for Claims {
    fn not_before(&self) -> i64 {
        self.nbf.unwrap_or(self.iat)
    }

    fn expires(&self) -> i64 {
        self.exp
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;
    use crate::keys::{SigningSecret, test_secret};

    const NOW: i64 = 1_800_000_000;

    fn now() -> Timestamp {
        Timestamp::from_second(NOW).expect("in range")
    }

    fn url() -> PublicUrl {
        "https://memory.example".parse().expect("valid")
    }

    fn secret(byte: u8, kid: &str) -> SigningSecret {
        test_secret(byte, Some(kid))
    }

    fn keys() -> SigningKeyring {
        SigningKeyring::new(secret(1, "new"), Some(secret(2, "old")))
    }

    fn claims() -> Claims {
        Claims {
            sub: "ada".parse().expect("valid"),
            email: "ada@example.org".parse().expect("valid"),
            client: "claude".parse().expect("valid"),
            exp: NOW + 3600,
            iss: url().issuer().into(),
            aud: url().mcp().into(),
            iat: NOW,
            nbf: None,
            jti: "id".into(),
            scope: "memory:read".parse().expect("valid"),
            client_id: "claude_abc123".parse().expect("valid"),
            client_host: None,
            grant_id: "grant".parse().expect("valid"),
        }
    }

    #[test]
    fn signed_claims_round_trip() {
        assert_eq!(Claims::verify(&claims().sign(&keys()), &keys(), &url(), now()), Ok(claims()));
    }

    /// SD-03
    #[test]
    fn header_matches_the_documented_one() {
        let token = claims().sign(&keys());
        let header = URL_SAFE_NO_PAD.decode(token.split('.').next().expect("a part")).expect("base64url");
        assert_eq!(String::from_utf8(header).expect("utf-8"), r#"{"typ":"JWT","alg":"HS256","kid":"new"}"#);
    }

    /// AS-22
    #[test]
    fn token_of_the_previous_secret_verifies() {
        let before = SigningKeyring::new(secret(2, "old"), None);
        assert_eq!(Claims::verify(&claims().sign(&before), &keys(), &url(), now()), Ok(claims()));
    }

    /// RS-04, T-14, T-22
    #[test]
    fn forged_foreign_and_untimely_tokens_are_rejected() {
        let same = |_: &mut serde_json::Value| {};
        let ours = r#"{"typ":"JWT","alg":"HS256","kid":"new"}"#;
        let secret = secret(1, "new");
        let jwt::JwtKey::Shared(key) = secret.key() else { panic!("a secret") };
        let unsigned = forge(r#"{"typ":"JWT","alg":"none","kid":"new"}"#, key, &same);
        let unsigned = format!("{}.", unsigned.rsplit_once('.').expect("three parts").0);
        let cases = [
            ("no token at all", String::new(), InvalidToken::Malformed),
            ("two parts", "a.b".into(), InvalidToken::Malformed),
            ("another key", forge(ours, &[9; 32], &same), InvalidToken::Forged),
            ("alg none", unsigned, InvalidToken::Malformed),
            ("alg RS256", forge(r#"{"typ":"JWT","alg":"RS256","kid":"new"}"#, key, &same), InvalidToken::Forged),
            ("alg HS512", forge(r#"{"typ":"JWT","alg":"HS512","kid":"new"}"#, key, &same), InvalidToken::Forged),
            ("no kid", forge(r#"{"typ":"JWT","alg":"HS256"}"#, key, &same), InvalidToken::UnknownKid),
            ("unknown kid", forge(r#"{"typ":"JWT","alg":"HS256","kid":"x"}"#, key, &same), InvalidToken::UnknownKid),
            (
                "path as kid",
                forge(r#"{"typ":"JWT","alg":"HS256","kid":"../old"}"#, key, &same),
                InvalidToken::UnknownKid,
            ),
            ("another type", forge(r#"{"typ":"at+jwt","alg":"HS256","kid":"new"}"#, key, &same), InvalidToken::Forged),
            ("wrong iss", forge(ours, key, &|c| c["iss"] = "https://evil.example".into()), InvalidToken::Foreign),
            ("wrong aud", forge(ours, key, &|c| c["aud"] = "https://evil.example/mcp".into()), InvalidToken::Foreign),
            ("no aud", forge(ours, key, &|c| c["aud"] = serde_json::Value::Null), InvalidToken::Malformed),
            (
                "no exp",
                forge(ours, key, &|c| drop(c.as_object_mut().map(|c| c.remove("exp")))),
                InvalidToken::Malformed,
            ),
            ("expired", forge(ours, key, &|c| c["exp"] = NOW.into()), InvalidToken::Expired),
            ("future nbf", forge(ours, key, &|c| c["nbf"] = (NOW + 61).into()), InvalidToken::NotYet),
            ("future iat", forge(ours, key, &|c| c["iat"] = (NOW + 61).into()), InvalidToken::NotYet),
        ];
        for (name, token, reason) in cases {
            assert_eq!(Claims::verify(&token, &keys(), &url(), now()), Err(reason), "{name}");
        }
    }

    const PAIR: &str = "v0Yk3fQ2p7Rm1Zx8Lw5Tn9Bd4Hc6Js0a";

    fn pair() -> SigningSecret {
        SigningSecret::key_pair(PAIR.as_bytes(), Some("v1")).expect("strong")
    }

    /// SR-14, AS-22
    #[test]
    fn key_pair_signs_with_eddsa_and_the_former_secret_verifies() {
        let keys = SigningKeyring::new(pair(), Some(secret(2, "old")));
        let token = claims().sign(&keys);
        let header = URL_SAFE_NO_PAD.decode(token.split('.').next().expect("a part")).expect("base64url");
        let kid = pair().kid().to_owned();
        assert_eq!(
            String::from_utf8(header).expect("utf-8"),
            format!(r#"{{"typ":"JWT","alg":"EdDSA","kid":"{kid}"}}"#)
        );
        let former = SigningKeyring::new(secret(2, "old"), Some(pair()));
        for (signing, verifying) in [(&keys, &former), (&former, &keys)] {
            assert_eq!(Claims::verify(&claims().sign(signing), verifying, &url(), now()), Ok(claims()));
        }
        let published = keys.public_keys().keys;
        assert_eq!(published.iter().map(|key| key.common.key_id.as_deref()).collect::<Vec<_>>(), [Some(&*kid)]);
    }

    /// SR-14, T-14: an attacker holds what a verifier holds, and signs with each algorithm.
    #[test]
    fn token_with_another_algorithm_than_that_of_its_key_is_rejected() {
        let keys = SigningKeyring::new(pair(), Some(secret(2, "old")));
        let pair_of_server = pair();
        let jwt::JwtKey::Pair { public, .. } = pair_of_server.key() else { panic!("a pair") };
        let x = URL_SAFE_NO_PAD.encode(public);
        let kid = pair().kid().to_owned();
        let same = |_: &mut serde_json::Value| {};
        let header = |alg: &str, kid: &str| format!(r#"{{"typ":"JWT","alg":"{alg}","kid":"{kid}"}}"#);
        let hs256 = header("HS256", &kid);
        let unsigned = forge(&header("none", &kid), public, &same);
        let unsigned = format!("{}.", unsigned.rsplit_once('.').expect("three parts").0);
        let genuine = claims().sign(&keys);
        let (claimed, signature) = genuine.rsplit_once('.').expect("three parts");
        let mut extended = serde_json::to_value(claims()).expect("json");
        extended["sub"] = "eve".into();
        let changed = claimed.split('.').next().expect("a header").to_owned() + ".";
        let changed = changed + &URL_SAFE_NO_PAD.encode(extended.to_string());
        // The key pair of an attacker, named by the key of the server.
        let other = SigningSecret::key_pair(b"w0Yk3fQ2p7Rm1Zx8Lw5Tn9Bd4Hc6Js0a", Some("v1")).expect("strong");
        let foreign = jwt::sign(&claims(), other.key(), &kid, TYPE);
        // A token of the key pair that names the secret.
        let renamed = jwt::sign(&claims(), pair().key(), "old", TYPE);
        for (name, token, reason) in [
            ("HS256 with the public key", forge(&hs256, public, &same), InvalidToken::Forged),
            ("HS256 with its text", forge(&hs256, x.as_bytes(), &same), InvalidToken::Forged),
            ("none", unsigned, InvalidToken::Malformed),
            ("ES256", forge(&header("ES256", &kid), public, &same), InvalidToken::Forged),
            ("EdDSA with an HMAC", forge(&header("EdDSA", &kid), public, &same), InvalidToken::Forged),
            ("EdDSA for the secret", renamed, InvalidToken::Forged),
            ("another key pair", foreign, InvalidToken::Forged),
            ("changed claims", format!("{changed}.{signature}"), InvalidToken::Forged),
            ("no signature", format!("{claimed}."), InvalidToken::Forged),
        ] {
            assert_eq!(Claims::verify(&token, &keys, &url(), now()), Err(reason), "{name}");
        }
        let only = SigningKeyring::new(pair(), None);
        let of_secret = claims().sign(&SigningKeyring::new(secret(2, "old"), None));
        assert_eq!(Claims::verify(&of_secret, &only, &url(), now()), Err(InvalidToken::UnknownKid));
    }

    /// A token with this header, signed with HS256.
    fn forge(header: &str, key: &[u8], change: &dyn Fn(&mut serde_json::Value)) -> String {
        let mut payload = serde_json::to_value(claims()).expect("json");
        change(&mut payload);
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload.to_string()));
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(hmac(key, signed.as_bytes())))
    }

    fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
        use hmac::{Hmac, KeyInit, Mac};
        Hmac::<sha2::Sha256>::new_from_slice(key)
            .expect("any size")
            .chain_update(message)
            .finalize()
            .into_bytes()
            .to_vec()
    }
}
