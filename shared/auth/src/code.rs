//! The authorization code, as it is kept between the consent and the token request (AS-10).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    client::{ClientId, ShortName},
    grant::GrantId,
    pkce::{CodeChallenge, CodeVerifier},
    redirect_uri::RedirectUri,
    scope::Scopes,
    user::{Email, UserId},
};

/// How long a code can be redeemed.
pub const LIFETIME: SignedDuration = SignedDuration::from_secs(60);
/// How long a code is remembered, so that a second redemption is noticed.
pub const MEMORY: SignedDuration = SignedDuration::from_hours(24);

/// What a code was issued for. The code itself is kept only as the hash that finds this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedCode {
    /// The client it was issued to.
    pub client_id: ClientId,
    /// Its short name.
    pub client: ShortName,
    /// Where it was sent.
    pub redirect_uri: RedirectUri,
    /// What the verifier must answer.
    pub code_challenge: CodeChallenge,
    /// Who consented.
    pub user_id: UserId,
    /// Their address.
    pub email: Email,
    /// To what.
    pub scope: Scopes,
    /// When it ends.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub expires_at: Timestamp,
    /// The grant it was redeemed for, once it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redeemed_for: Option<GrantId>,
}

/// Why a code gives nothing. Each is `invalid_grant` to the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unredeemable {
    /// Another client's.
    #[error("issued to another client")]
    Foreign,
    /// Sent to another address.
    #[error("wrong redirect_uri")]
    WrongRedirectUri,
    /// The verifier does not answer the challenge.
    #[error("wrong code_verifier")]
    WrongVerifier,
    /// Redeemed before, by somebody who knew everything: one of the two is not the client (RFC 6749 §4.1.2).
    #[error("already redeemed")]
    Replayed(GrantId),
    /// Too late.
    #[error("expired")]
    Expired,
}

impl IssuedCode {
    /// Whether the code may be redeemed now by this request.
    ///
    /// Whoever has only the code, without the client's verifier, changes nothing (T-03): a replay is named, and so acted
    /// on, only after client, address and verifier were right.
    ///
    /// # Errors
    /// [`Unredeemable`].
    pub fn check(
        &self,
        client_id: &ClientId,
        redirect_uri: Option<&RedirectUri>,
        verifier: &CodeVerifier,
        now: Timestamp,
    ) -> Result<(), Unredeemable> {
        if self.client_id != *client_id {
            return Err(Unredeemable::Foreign);
        }
        // OAuth 2.1 §4.1.3 no longer asks for it; what is sent must be the same.
        if redirect_uri.is_some_and(|uri| *uri != self.redirect_uri) {
            return Err(Unredeemable::WrongRedirectUri);
        }
        if !verifier.answers(&self.code_challenge) {
            return Err(Unredeemable::WrongVerifier);
        }
        if let Some(grant_id) = &self.redeemed_for {
            return Err(Unredeemable::Replayed(grant_id.clone()));
        }
        if self.expires_at <= now {
            return Err(Unredeemable::Expired);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_is_named_only_to_who_knew_everything_t03_as10() {
        let code = IssuedCode {
            client_id: "claude_abc123".parse().expect("valid"),
            client: "claude".parse().expect("valid"),
            redirect_uri: "https://claude.ai/cb".parse().expect("valid"),
            code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".parse().expect("valid"),
            user_id: "ada".parse().expect("valid"),
            email: "ada@example.org".parse().expect("valid"),
            scope: Scopes::all(),
            expires_at: Timestamp::from_second(60).expect("in range"),
            redeemed_for: None,
        };
        let grant: GrantId = "grant".parse().expect("valid");
        let redeemed = IssuedCode { redeemed_for: Some(grant.clone()), ..code.clone() };
        let ours: ClientId = "claude_abc123".parse().expect("valid");
        let theirs: ClientId = "cursor_abc123".parse().expect("valid");
        let same: RedirectUri = "https://claude.ai/cb".parse().expect("valid");
        let other: RedirectUri = "https://claude.com/cb".parse().expect("valid");
        let right: CodeVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".parse().expect("valid");
        let wrong: CodeVerifier = "a".repeat(43).parse().expect("valid");
        let at = |second| Timestamp::from_second(second).expect("in range");

        assert_eq!(code.check(&ours, Some(&same), &right, at(59)), Ok(()));
        assert_eq!(code.check(&ours, None, &right, at(59)), Ok(()));
        assert_eq!(code.check(&ours, Some(&same), &right, at(60)), Err(Unredeemable::Expired));
        for code in [&code, &redeemed] {
            assert_eq!(code.check(&theirs, Some(&same), &right, at(0)), Err(Unredeemable::Foreign));
            assert_eq!(code.check(&ours, Some(&other), &right, at(0)), Err(Unredeemable::WrongRedirectUri));
            assert_eq!(code.check(&ours, Some(&same), &wrong, at(0)), Err(Unredeemable::WrongVerifier));
        }
        assert_eq!(redeemed.check(&ours, Some(&same), &right, at(99)), Err(Unredeemable::Replayed(grant)));
    }
}
