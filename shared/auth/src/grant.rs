//! Grants: the access that a user gave a client, carried by rotating refresh tokens (AS-11).
//!
//! Refresh tokens rotate, and reuse of a replaced token revokes the grant
//! ([OAuth 2.1 §4.3.1](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1)). Real clients refresh concurrently, from
//! several addresses, and lose responses. A replaced token therefore still returns a working pair for [`GRACE`]. All of
//! these requests must end up with the same next token without storing it, so each token is derived from the previous one
//! with a server-side key.

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{
    client::{ClientId, ShortName},
    keys::{Keyring, Purpose},
    known_client::ClientHost,
    scope::Scopes,
    secret::{Entropy, MalformedSecret, SecretHash},
    text::text_type,
    user::{Email, UserId},
};

/// Time for which a replaced refresh token still returns a working pair.
pub const GRACE: SignedDuration = SignedDuration::from_secs(120);
/// Maximum number of rotations recorded within the grace. A faster client receives its token back, unrotated.
const REMEMBERED: usize = 32;
const PREFIX: &str = "jmr_";

text_type! {
    /// A grant id, derived one-way from the handle in the grant's refresh tokens, e.g. `x5nYx8…` (22 characters).
    GrantId, "a grant id has 1 to 64 letters, digits, '-' or '_'", |text| {
        (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    }
}

/// A refresh token: `jmr_` + base64url(handle ‖ secret ‖ user id), e.g. `jmr_3q2-7w…`. The secret changes with every
/// rotation.
///
/// The store holds only an id derived from the handle. A request with a known handle and a wrong secret has therefore seen
/// a token of this grant, which distinguishes reuse from noise.
pub struct RefreshToken {
    user_id: UserId,
    handle: [u8; 16],
    secret: Zeroizing<Entropy>,
}

impl RefreshToken {
    /// The first token of a grant.
    pub fn new(user_id: UserId, handle: [u8; 16], entropy: Entropy) -> Self {
        Self { user_id, handle, secret: Zeroizing::new(entropy) }
    }

    /// The user of the grant.
    pub fn user_id(&self) -> &UserId {
        &self.user_id
    }

    /// The grant.
    pub fn grant_id(&self) -> GrantId {
        // 132 bits of the hash are as hard to collide with as the handle is to guess.
        GrantId(SecretHash::of("jean-memory/grant", &self.handle).as_str()[..22].into())
    }

    /// The hash of its secret, which is stored.
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(PREFIX, self.secret.as_slice())
    }

    /// The token as issued to the client.
    pub fn expose(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(48 + self.user_id.as_str().len()));
        bytes.extend_from_slice(&self.handle);
        bytes.extend_from_slice(self.secret.as_slice());
        bytes.extend_from_slice(self.user_id.as_str().as_bytes());
        Zeroizing::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes.as_slice())))
    }

    /// The token that follows this one under `key`.
    fn next(&self, key: &[u8; 32]) -> Self {
        let mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any size");
        let tag = mac.chain_update(self.handle).chain_update(self.secret.as_slice()).finalize();
        Self::new(self.user_id.clone(), self.handle, tag.into_bytes().into())
    }
}

impl FromStr for RefreshToken {
    type Err = MalformedSecret;

    fn from_str(text: &str) -> Result<Self, MalformedSecret> {
        let encoded = text.strip_prefix(PREFIX).ok_or(MalformedSecret)?;
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(encoded).map_err(|_| MalformedSecret)?);
        let (handle, rest) = bytes.split_first_chunk().ok_or(MalformedSecret)?;
        let (secret, user_id) = rest.split_first_chunk().ok_or(MalformedSecret)?;
        let user_id = std::str::from_utf8(user_id).ok().and_then(|id| id.parse().ok()).ok_or(MalformedSecret)?;
        Ok(Self::new(user_id, *handle, *secret))
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}[redacted]")
    }
}

/// Lifetimes, from the operator's settings.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    /// Lifetime of an access token.
    pub access_token: SignedDuration,
    /// Lifetime of a grant after its last refresh.
    pub sliding: SignedDuration,
    /// Lifetime of a grant after consent.
    pub absolute: SignedDuration,
}

/// A replaced refresh token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Superseded {
    hash: SecretHash,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    at: Timestamp,
}

/// The stored refresh tokens of a grant: the current one, and those replaced within the grace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshFamily {
    /// The hash of the current token. Every change of the family is conditional on it.
    pub current: SecretHash,
    /// The replaced tokens, newest first.
    pub superseded: Vec<Superseded>,
}

impl RefreshFamily {
    /// The family of a new grant, with `first` as its only token.
    pub fn new(first: &RefreshToken) -> Self {
        Self { current: first.hash(), superseded: Vec::new() }
    }
}

/// The terms of a grant, which can change while its access tokens are valid.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct GrantTerms {
    /// The scopes the user grants.
    pub scope: Scopes,
    /// The time at which it expires unless it is refreshed.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub expires_at: Timestamp,
}

/// A grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Its id.
    pub grant_id: GrantId,
    /// The user.
    pub user_id: UserId,
    /// The user's e-mail address.
    pub email: Email,
    /// The client.
    pub client_id: ClientId,
    /// The client's short name.
    pub client: ShortName,
    /// The host at which the client took the code. Grants from before November 2026 have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_host: Option<ClientHost>,
    /// The granted scopes.
    pub scope: Scopes,
    /// The time of consent.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: Timestamp,
    /// The time at which it expires unless it is refreshed.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub expires_at: Timestamp,
    /// Its refresh tokens.
    #[serde(rename = "refresh")]
    pub family: RefreshFamily,
}

/// The result of a refresh.
#[derive(Debug)]
pub enum Refresh {
    /// The current token was presented: store `family` if the stored one has not changed, then return `token`.
    Rotate {
        /// The next token.
        token: RefreshToken,
        /// The family to store.
        family: RefreshFamily,
        /// The grant's new expiry.
        expires_at: Timestamp,
    },
    /// A token replaced within the grace was presented: return the current token; nothing is stored.
    Repeat(RefreshToken),
}

/// The reason why a refresh fails. Each is `invalid_grant` to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unrefreshable {
    /// The token belongs to another client. The grant is left alone.
    #[error("issued to another client")]
    Foreign,
    /// The grant has expired.
    #[error("expired")]
    Expired,
    /// The token was replaced and its grace is over, so a copy has leaked. The grant must be revoked.
    #[error("refresh token reused after rotation")]
    Reused,
    /// The signing secret was rotated twice within the grace, so the current token cannot be derived again.
    #[error("successor cannot be derived: signing secret rotated twice")]
    Lost,
}

impl Grant {
    /// The time at which a grant expires if it is not refreshed again: the sliding lifetime, capped by the absolute one.
    pub fn expiry(created_at: Timestamp, now: Timestamp, lifetimes: &Lifetimes) -> Timestamp {
        (now + lifetimes.sliding).min(created_at + lifetimes.absolute)
    }

    /// The time of the last refresh, or of consent. The last use is at most one access token lifetime later.
    pub fn refreshed_at(&self) -> Timestamp {
        self.family.superseded.first().map_or(self.created_at, |newest| newest.at)
    }

    /// Decides the result of a refresh with `token`.
    ///
    /// # Errors
    /// [`Unrefreshable`] if the token is foreign, expired, reused or cannot be derived.
    pub fn refresh(
        &self,
        token: &RefreshToken,
        client_id: &ClientId,
        keys: &Keyring,
        lifetimes: &Lifetimes,
        now: Timestamp,
    ) -> Result<Refresh, Unrefreshable> {
        if self.client_id != *client_id {
            return Err(Unrefreshable::Foreign);
        }
        if self.expires_at <= now {
            return Err(Unrefreshable::Expired);
        }
        let shown = token.hash();
        let recent: Vec<_> =
            self.family.superseded.iter().filter(|old| now.duration_since(old.at) <= GRACE).cloned().collect();
        if shown == self.family.current {
            if recent.len() >= REMEMBERED {
                return Ok(Refresh::Repeat(RefreshToken {
                    secret: token.secret.clone(),
                    user_id: token.user_id.clone(),
                    ..*token
                }));
            }
            let next = token.next(&keys.primary().derive(Purpose::Rotation));
            let superseded = std::iter::once(Superseded { hash: shown, at: now }).chain(recent).collect();
            return Ok(Refresh::Rotate {
                family: RefreshFamily { current: next.hash(), superseded },
                token: next,
                expires_at: Self::expiry(self.created_at, now, lifetimes),
            });
        }
        if !recent.iter().any(|old| old.hash == shown) {
            return Err(Unrefreshable::Reused);
        }
        self.current_after(token, &recent, keys).map(Refresh::Repeat).ok_or(Unrefreshable::Lost)
    }

    /// Follows the rotations from a replaced token to the current one.
    fn current_after(&self, token: &RefreshToken, recent: &[Superseded], keys: &Keyring) -> Option<RefreshToken> {
        let keys: Vec<_> = keys.all().map(|secret| secret.derive(Purpose::Rotation)).collect();
        let mut candidate = None;
        for _ in 0..=recent.len() {
            let from = candidate.as_ref().unwrap_or(token);
            let next = keys.iter().map(|key| from.next(key)).find(|next| {
                let hash = next.hash();
                hash == self.family.current || recent.iter().any(|old| old.hash == hash)
            })?;
            if next.hash() == self.family.current {
                return Some(next);
            }
            candidate = Some(next);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::keys::SigningSecret;

    const LIFETIMES: Lifetimes = Lifetimes {
        access_token: SignedDuration::from_hours(1),
        sliding: SignedDuration::from_hours(90 * 24),
        absolute: SignedDuration::from_hours(365 * 24),
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn secret(byte: u8) -> SigningSecret {
        SigningSecret::new(vec![byte; 32], None).expect("long enough")
    }

    fn keys() -> Keyring {
        Keyring::new(secret(1), None)
    }

    fn client() -> ClientId {
        "claude_abc123".parse().expect("valid")
    }

    fn first() -> RefreshToken {
        RefreshToken::new("ada".parse().expect("valid"), [1; 16], [2; 32])
    }

    fn grant() -> Grant {
        Grant {
            grant_id: first().grant_id(),
            user_id: "ada".parse().expect("valid"),
            email: "ada@example.org".parse().expect("valid"),
            client_id: client(),
            client: "claude".parse().expect("valid"),
            client_host: None,
            scope: Scopes::all(),
            created_at: at(0),
            expires_at: Grant::expiry(at(0), at(0), &LIFETIMES),
            family: RefreshFamily::new(&first()),
        }
    }

    /// Refreshes and stores the result.
    fn refresh(
        grant: &mut Grant,
        token: &RefreshToken,
        keys: &Keyring,
        now: i64,
    ) -> Result<RefreshToken, Unrefreshable> {
        match grant.refresh(token, &client(), keys, &LIFETIMES, at(now))? {
            Refresh::Rotate { token, family, expires_at } => {
                grant.family = family;
                grant.expires_at = expires_at;
                Ok(token)
            }
            Refresh::Repeat(token) => Ok(token),
        }
    }

    #[test]
    fn refreshed_at_is_the_last_refresh() {
        let mut grant = grant();
        assert_eq!(grant.refreshed_at(), at(0));
        let second = refresh(&mut grant, &first(), &keys(), 100).expect("fresh");
        assert_eq!(grant.refreshed_at(), at(100));
        refresh(&mut grant, &second, &keys(), 200).expect("fresh");
        assert_eq!(grant.refreshed_at(), at(200));
    }

    /// AS-11
    #[test]
    fn token_changes_with_every_refresh() {
        let mut grant = grant();
        let second = refresh(&mut grant, &first(), &keys(), 10).expect("current");
        assert_ne!(second.hash(), first().hash());
        assert_eq!(second.grant_id(), grant.grant_id);
        assert!(refresh(&mut grant, &second, &keys(), 20).is_ok());
    }

    /// AS-11
    #[test]
    fn retry_within_the_grace_returns_the_current_token() {
        let mut grant = grant();
        let second = refresh(&mut grant, &first(), &keys(), 10).expect("current");
        let again = refresh(&mut grant, &first(), &keys(), 130).expect("within 120 s");
        assert_eq!(again.hash(), second.hash());
        let third = refresh(&mut grant, &second, &keys(), 130).expect("current");
        let again = refresh(&mut grant, &first(), &keys(), 130).expect("two rotations ago, within 120 s");
        assert_eq!(again.hash(), third.hash());
    }

    /// AS-11
    #[test]
    fn reuse_after_the_grace_is_detected() {
        let mut grant = grant();
        refresh(&mut grant, &first(), &keys(), 10).expect("current");
        assert_eq!(refresh(&mut grant, &first(), &keys(), 131).unwrap_err(), Unrefreshable::Reused);
    }

    /// T-03
    #[test]
    fn foreign_token_is_rejected_first() {
        let other = "cursor_abc123".parse().expect("valid");
        let reused = RefreshToken::new("ada".parse().expect("valid"), [1; 16], [9; 32]);
        let refused = grant().refresh(&reused, &other, &keys(), &LIFETIMES, at(0));
        assert_eq!(refused.unwrap_err(), Unrefreshable::Foreign);
    }

    /// AS-22
    #[test]
    fn retry_works_across_a_secret_rotation() {
        let mut grant = grant();
        let second = refresh(&mut grant, &first(), &keys(), 10).expect("current");
        let rotated = Keyring::new(secret(2), Some(secret(1)));
        let again = refresh(&mut grant, &first(), &rotated, 20).expect("within the grace");
        assert_eq!(again.hash(), second.hash());
        let third = refresh(&mut grant, &second, &rotated, 30).expect("current");
        let again = refresh(&mut grant, &first(), &rotated, 40).expect("across both keys");
        assert_eq!(again.hash(), third.hash());
    }

    #[test]
    fn expiry_slides_up_to_the_absolute_lifetime() {
        let day = 24 * 3600;
        let mut grant = grant();
        let mut token = first();
        for days in [80, 160, 240, 320] {
            token = refresh(&mut grant, &token, &keys(), days * day).expect("alive");
        }
        assert_eq!(grant.expires_at, at(365 * day));
        assert_eq!(refresh(&mut grant, &token, &keys(), 365 * day).unwrap_err(), Unrefreshable::Expired);
    }

    #[test]
    fn constant_refreshing_is_bounded() {
        let mut grant = grant();
        let mut token = first();
        for _ in 0..1000 {
            token = refresh(&mut grant, &token, &keys(), 10).expect("current");
        }
        assert!(grant.family.superseded.len() <= REMEMBERED);
        assert!(refresh(&mut grant, &first(), &keys(), 10).is_ok(), "the very first is still within its grace");
    }

    proptest! {
        #[test]
        fn a_refresh_token_reads_back_as_it_was_written(handle: [u8; 16], entropy: [u8; 32], user in "[A-Za-z0-9_-]{1,64}") {
            let token = RefreshToken::new(user.parse().expect("valid"), handle, entropy);
            let read: RefreshToken = token.expose().parse().expect("own text");
            prop_assert_eq!(read.hash(), token.hash());
            prop_assert_eq!(read.grant_id(), token.grant_id());
            prop_assert_eq!(read.user_id(), token.user_id());
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "(jmr_)?.{0,150}") {
            let _ = text.parse::<RefreshToken>();
        }
    }
}
