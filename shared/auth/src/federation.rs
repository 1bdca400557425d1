//! Sign-in requests that wait for the answer of an identity provider.
//!
//! The answer comes through the browser, so its `state` must lead to a stored [`FederationRequest`] that is used once, has not
//! expired, was sent to the same provider, and began in the same browser (RFC 9700 §4.7). The nonce and the PKCE verifier
//! derive from the browser's cookie, so the table holds neither.
//!
//! ```
//! use jean_auth::secret::{FederationSecret, FederationState};
//!
//! let (browser, state) = (FederationSecret::new([1; 32]), FederationState::new([2; 32]));
//! assert_eq!(browser.pkce_verifier(&state).len(), 43);
//! assert_ne!(*browser.pkce_verifier(&state), *browser.nonce(&state));
//! ```

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    identity_provider::{IdentityProvider, Issuer, ProviderId},
    return_to::ReturnTo,
    secret::{FederationSecret, FederationState, SecretHash},
    session::SessionId,
    text::TextHash,
    user::UserId,
};

/// The time in which a user has to sign in at the provider.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// A request that was sent to a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FederationRequest {
    /// The provider.
    pub provider: ProviderId,
    /// Its issuer. The operator may have replaced the provider since.
    pub issuer: Issuer,
    /// The hash of the browser's cookie.
    pub browser: SecretHash,
    /// The purpose.
    pub purpose: FederationPurpose,
    /// `true` if the provider was asked to authenticate a user who may be signed in there already.
    #[serde(default)]
    pub asks_again: bool,
    /// The time of expiry.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub expires_at: Timestamp,
}

/// The purpose of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FederationPurpose {
    /// Sign in or sign up.
    SignIn {
        /// The page to return to.
        return_to: ReturnTo,
    },
    /// Link the account of the provider to the signed-in user's account.
    Link {
        /// The user.
        user_id: UserId,
        /// The session, which must be the same when the answer arrives.
        sid: SessionId,
    },
}

/// The reasons to reject an answer of a provider. For the log; the user has to start again in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAnswer {
    /// The state is unknown, malformed or used.
    #[error("unknown or used state")]
    UnknownState,
    /// The user took too long.
    #[error("expired state")]
    Expired,
    /// The answer is for a request of another browser.
    #[error("state of another browser")]
    OtherBrowser,
    /// The answer came to the redirect URI of another provider, or the provider names another issuer (RFC 9207).
    #[error("answer of another provider")]
    OtherProvider,
}

impl FederationRequest {
    /// Checks that an answer for `provider` in the browser with this cookie belongs to the request.
    ///
    /// # Errors
    /// [`InvalidAnswer`]
    pub fn answered(
        self,
        provider: &IdentityProvider,
        browser: &FederationSecret,
        now: Timestamp,
    ) -> Result<Self, InvalidAnswer> {
        if browser.hash() != self.browser {
            return Err(InvalidAnswer::OtherBrowser);
        }
        if provider.id != self.provider || provider.issuer != self.issuer {
            return Err(InvalidAnswer::OtherProvider);
        }
        if now >= self.expires_at {
            return Err(InvalidAnswer::Expired);
        }
        Ok(self)
    }
}

impl FederationSecret {
    /// The nonce of a request, which the provider repeats in the id token.
    pub fn nonce(&self, state: &FederationState) -> Zeroizing<String> {
        self.derived("nonce", state)
    }

    /// The PKCE verifier of a request (RFC 7636 §4.1).
    pub fn pkce_verifier(&self, state: &FederationState) -> Zeroizing<String> {
        self.derived("pkce", state)
    }

    fn derived(&self, purpose: &str, state: &FederationState) -> Zeroizing<String> {
        Zeroizing::new(TextHash::of(&[purpose, &self.expose(), &state.expose()]).as_str().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity_provider::IdentityProviders;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    /// SR-30
    #[test]
    fn answer_must_come_from_the_provider_in_the_browser_in_time() {
        let read = |setting| {
            IdentityProviders::read(setting, &"https://memory.example".parse().expect("valid")).expect("valid")
        };
        let providers = read(
            r#"[
            {"id": "a", "label": "A", "issuer": "https://a.example", "client_id": "c"},
            {"id": "b", "label": "B", "issuer": "https://b.example", "client_id": "c"}
        ]"#,
        );
        let (a, b) = (providers.find("a").expect("one"), providers.find("b").expect("one"));
        let (browser, other) = (FederationSecret::new([1; 32]), FederationSecret::new([2; 32]));
        let replaced = read(r#"[{"id": "a", "label": "A", "issuer": "https://other.example", "client_id": "c"}]"#);
        let request = FederationRequest {
            provider: a.id.clone(),
            issuer: a.issuer.clone(),
            browser: browser.hash(),
            purpose: FederationPurpose::SignIn { return_to: ReturnTo::default() },
            asks_again: false,
            expires_at: at(1000),
        };
        let answered = |provider, browser, second| request.clone().answered(provider, browser, at(second)).err();
        assert_eq!(answered(a, &browser, 999), None);
        assert_eq!(answered(a, &browser, 1000), Some(InvalidAnswer::Expired));
        assert_eq!(answered(b, &browser, 999), Some(InvalidAnswer::OtherProvider));
        assert_eq!(answered(a, &other, 999), Some(InvalidAnswer::OtherBrowser));
        assert_eq!(answered(replaced.find("a").expect("one"), &browser, 999), Some(InvalidAnswer::OtherProvider));
    }

    /// SR-30
    #[test]
    fn nonce_and_verifier_differ_by_browser_and_request() {
        let (browser, state) = (FederationSecret::new([1; 32]), FederationState::new([2; 32]));
        let others = [
            browser.pkce_verifier(&state),
            browser.nonce(&FederationState::new([3; 32])),
            FederationSecret::new([3; 32]).nonce(&state),
        ];
        assert!(others.iter().all(|other| **other != *browser.nonce(&state)));
        assert!(browser.pkce_verifier(&state).parse::<crate::pkce::CodeVerifier>().is_ok());
    }
}
