//! Authorization codes, from consent to redemption
//! ([RFC 6749 §4.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1), AS-10).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    client::{AuthenticatedClient, ClientId, ShortName},
    grant::{Grant, GrantId, Lifetimes, RefreshFamily, RefreshToken},
    known_client::ClientHost,
    pkce::{CodeChallenge, CodeVerifier},
    redirect_uri::RedirectUri,
    scope::Scopes,
    user::{Email, UserId},
};

/// Time in which a code can be redeemed.
pub const LIFETIME: SignedDuration = SignedDuration::from_secs(60);
/// Time for which a code is stored after it expired, so that a replay is detected.
pub const RETENTION: SignedDuration = SignedDuration::from_hours(24);

/// An issued code. Only the hash of the code itself is stored, as the key of this record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedCode {
    /// The client it was issued to.
    pub client_id: ClientId,
    /// The client's short name.
    pub client: ShortName,
    /// The redirect URI it was sent to. The user sees its host beside the name.
    pub redirect_uri: RedirectUri,
    /// The PKCE challenge of the authorization request.
    pub code_challenge: CodeChallenge,
    /// The user who consented.
    pub user_id: UserId,
    /// The user's email address.
    pub email: Email,
    /// The scopes the user consented to.
    pub scope: Scopes,
    /// The time at which it expires.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub expires_at: Timestamp,
    /// The grant it was redeemed for, if it has been redeemed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redeemed_for: Option<GrantId>,
}

/// The part of a token request that must match the code.
#[derive(Debug, Clone, Copy)]
pub struct Redemption<'a> {
    /// The client.
    pub client: &'a AuthenticatedClient,
    /// The redirect URI, if the client repeats it: OAuth 2.1 §4.1.3 no longer requires that.
    pub redirect_uri: Option<&'a RedirectUri>,
    /// The PKCE verifier.
    pub verifier: &'a CodeVerifier,
}

/// The reason why a code cannot be redeemed. Each is `invalid_grant` to the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unredeemable {
    /// The code belongs to another client.
    #[error("issued to another client")]
    Foreign,
    /// The redirect URI is not the one the code was sent to.
    #[error("wrong redirect_uri")]
    WrongRedirectUri,
    /// The PKCE verifier does not match the challenge.
    #[error("wrong code_verifier")]
    WrongVerifier,
    /// The code was already redeemed, and this request also has the right client, redirect URI and verifier. One of the
    /// two requests is not from the client, so the grant must be revoked (RFC 6749 §4.1.2).
    #[error("already redeemed")]
    Replayed {
        /// The user of the grant to revoke.
        user_id: UserId,
        /// The grant to revoke.
        grant_id: GrantId,
    },
    /// The code has expired.
    #[error("expired")]
    Expired,
}

impl IssuedCode {
    /// The time at which it was issued.
    pub fn issued_at(&self) -> Timestamp {
        self.expires_at - LIFETIME
    }

    /// Redeems the code for the grant that `refresh_token` opens. The grant must then be stored in the same write that
    /// marks the code as redeemed.
    ///
    /// Replays are detected only after client, redirect URI and PKCE verifier have been checked. Otherwise an attacker who
    /// has just seen the code could revoke the grant (T-03).
    ///
    /// # Errors
    /// [`Unredeemable`] if the request does not match the code, or the code is expired or already redeemed.
    pub fn redeem(
        self,
        by: Redemption<'_>,
        refresh_token: &RefreshToken,
        lifetimes: &Lifetimes,
        now: Timestamp,
    ) -> Result<Grant, Unredeemable> {
        if self.client_id != by.client.client_id {
            return Err(Unredeemable::Foreign);
        }
        if by.redirect_uri.is_some_and(|uri| *uri != self.redirect_uri) {
            return Err(Unredeemable::WrongRedirectUri);
        }
        if !by.verifier.answers(&self.code_challenge) {
            return Err(Unredeemable::WrongVerifier);
        }
        if let Some(grant_id) = self.redeemed_for {
            return Err(Unredeemable::Replayed { user_id: self.user_id, grant_id });
        }
        if self.expires_at <= now {
            return Err(Unredeemable::Expired);
        }
        Ok(Grant {
            grant_id: refresh_token.grant_id(),
            user_id: self.user_id,
            email: self.email,
            client_id: self.client_id,
            client: self.client,
            client_host: Some(ClientHost::from(&self.redirect_uri)),
            given_name: None,
            scope: self.scope,
            created_at: now,
            expires_at: Grant::expiry(now, now, lifetimes),
            family: RefreshFamily::new(refresh_token),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn redeem(code: &IssuedCode, by: Redemption<'_>, second: i64) -> Result<Grant, Unredeemable> {
        let refresh_token = RefreshToken::new(code.user_id.clone(), [1; 16], [2; 32]);
        code.clone().redeem(by, &refresh_token, &testing::lifetimes(), at(second))
    }

    /// RFC 6749 §4.1.2, AS-10, T-03
    #[test]
    fn replay_is_detected_after_client_uri_and_verifier() {
        let code = IssuedCode { expires_at: at(60), ..testing::issued_code() };
        let grant_id: GrantId = "grant".parse().expect("valid");
        let redeemed = IssuedCode { redeemed_for: Some(grant_id.clone()), ..code.clone() };
        let [client, foreign] = ["claude_abc123", "cursor_abc123"].map(testing::authenticated_client);
        let other: RedirectUri = "https://claude.com/cb".parse().expect("valid");
        let wrong: CodeVerifier = "a".repeat(43).parse().expect("valid");
        let verifier = testing::code_verifier();
        let by = Redemption { client: &client, redirect_uri: Some(&code.redirect_uri), verifier: &verifier };

        assert!(redeem(&code, by, 59).is_ok());
        assert!(redeem(&code, Redemption { redirect_uri: None, ..by }, 59).is_ok());
        assert_eq!(redeem(&code, by, 60), Err(Unredeemable::Expired));
        for code in [&code, &redeemed] {
            let refused = |by| redeem(code, by, 0).expect_err("refused");
            assert_eq!(refused(Redemption { client: &foreign, ..by }), Unredeemable::Foreign);
            assert_eq!(refused(Redemption { redirect_uri: Some(&other), ..by }), Unredeemable::WrongRedirectUri);
            assert_eq!(refused(Redemption { verifier: &wrong, ..by }), Unredeemable::WrongVerifier);
        }
        let replayed = Unredeemable::Replayed { user_id: code.user_id.clone(), grant_id };
        assert_eq!(redeem(&redeemed, by, 99), Err(replayed));
    }

    /// AS-10
    #[test]
    fn grant_has_the_terms_of_its_code() {
        let code = IssuedCode { scope: Scopes::all().own_only(), ..testing::issued_code() };
        let verifier = testing::code_verifier();
        let client = testing::authenticated_client("claude_abc123");
        let by = Redemption { client: &client, redirect_uri: None, verifier: &verifier };
        let grant = redeem(&code, by, 0).expect("redeems");
        assert_eq!((&grant.user_id, &grant.email), (&code.user_id, &code.email));
        assert_eq!((&grant.client_id, &grant.client, &grant.scope), (&code.client_id, &code.client, &code.scope));
        assert_eq!((grant.created_at, grant.expires_at), (at(0), at(0) + testing::lifetimes().sliding));
        assert_eq!(grant.family.superseded, []);
    }
}
