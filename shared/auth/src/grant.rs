//! Grants: the access that a user gave a client, carried by rotating refresh tokens (AS-11).
//!
//! Refresh tokens rotate, and reuse of a replaced token revokes the grant
//! ([OAuth 2.1 §4.3.1](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1)). Real clients refresh concurrently, from
//! several addresses, and lose responses. A replaced token therefore still returns a working pair for
//! [`Lifetimes::grace`]. All of these requests must end up with the same next token without storing it, so each token is
//! derived from the previous one with a server-side key.

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{
    client::{AuthenticatedClient, ClientId, ShortName},
    given_name::GivenName,
    keys::{Purpose, RootKeyring, audit_hashes},
    known_client::ClientHost,
    scope::Scopes,
    secret::{Entropy, MalformedSecret, SecretHash},
    text::text_type,
    user::{Email, UserId},
};

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

/// The lifetimes of a connection, from the operator's settings. The consent page tells them.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLifetimes {
    /// Lifetime of an access token, with which a connection without refresh tokens ends.
    pub access_token: SignedDuration,
    /// Lifetime of a grant after its last refresh.
    pub sliding: SignedDuration,
    /// Lifetime of a grant after consent.
    pub absolute: SignedDuration,
}

impl ConnectionLifetimes {
    /// The lifetimes, with the grace of refresh tokens.
    pub fn with_grace(self, grace: SignedDuration) -> Lifetimes {
        let Self { access_token, sliding, absolute } = self;
        Lifetimes { access_token, sliding, absolute, grace }
    }
}

/// The lifetimes of grants and their tokens.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    /// Lifetime of an access token.
    pub access_token: SignedDuration,
    /// Lifetime of a grant after its last refresh.
    pub sliding: SignedDuration,
    /// Lifetime of a grant after consent.
    pub absolute: SignedDuration,
    /// Time for which a replaced refresh token still returns a working pair.
    pub grace: SignedDuration,
}

/// A replaced refresh token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Superseded {
    hash: SecretHash,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    at: Timestamp,
    /// The keyed hash of the source of the request that replaced it. Those of before December 2026 have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<String>,
}

/// The request that presents a refresh token.
#[derive(Debug, Clone, Copy)]
pub struct Presenter<'a> {
    /// The client.
    pub client: &'a AuthenticatedClient,
    /// The source of the request, of which a grant stores a keyed hash.
    pub source: &'a str,
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
    /// The user's email address.
    pub email: Email,
    /// The client.
    pub client_id: ClientId,
    /// The client's short name.
    pub client: ShortName,
    /// The host at which the client took the code. Grants from before November 2026 have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_host: Option<ClientHost>,
    /// The user's own name for the connection. Clients do not learn it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_name: Option<GivenName>,
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
    /// The root secret was rotated twice within the grace, so the current token cannot be derived again.
    #[error("successor cannot be derived: root secret rotated twice")]
    Lost,
}

impl Grant {
    /// The time at which a grant expires if it is not refreshed again: the sliding lifetime, capped by the absolute one.
    pub fn expiry(created_at: Timestamp, now: Timestamp, lifetimes: &Lifetimes) -> Timestamp {
        (now + lifetimes.sliding).min(created_at + lifetimes.absolute)
    }

    /// The same grant without refresh tokens, which ends with its first access token (SR-18).
    #[must_use]
    pub fn without_refresh(self, lifetimes: &Lifetimes) -> Self {
        Self { expires_at: self.created_at + lifetimes.access_token, ..self }
    }

    /// The time of the last refresh, or of consent. The last use is at most one access token lifetime later.
    pub fn refreshed_at(&self) -> Timestamp {
        self.family.superseded.first().map_or(self.created_at, |newest| newest.at)
    }

    /// Returns `true` if another source has refreshed the grant within the grace: a client behind several addresses, or the
    /// owner and a thief (SR-23).
    pub fn has_other_source(&self, source: &str, keys: &RootKeyring, lifetimes: &Lifetimes, now: Timestamp) -> bool {
        let own: Vec<_> = self.hashes_of(source, keys).collect();
        self.recent(lifetimes, now).filter_map(|old| old.by.as_ref()).any(|by| !own.contains(by))
    }

    /// The hashes of a source under every key, the primary one first. They differ from those in other grants and in the log.
    fn hashes_of(&self, source: &str, keys: &RootKeyring) -> impl Iterator<Item = String> {
        audit_hashes(format!("{} {source}", self.grant_id), keys)
    }

    /// The tokens replaced within the grace.
    fn recent(&self, lifetimes: &Lifetimes, now: Timestamp) -> impl Iterator<Item = &Superseded> {
        self.family.superseded.iter().filter(move |old| now.duration_since(old.at) <= lifetimes.grace)
    }

    /// Decides the result of a refresh with `token`.
    ///
    /// # Errors
    /// [`Unrefreshable`] if the token is foreign, expired, reused or cannot be derived.
    pub fn refresh(
        &self,
        token: &RefreshToken,
        by: Presenter<'_>,
        keys: &RootKeyring,
        lifetimes: &Lifetimes,
        now: Timestamp,
    ) -> Result<Refresh, Unrefreshable> {
        if self.client_id != by.client.client_id {
            return Err(Unrefreshable::Foreign);
        }
        if self.expires_at <= now {
            return Err(Unrefreshable::Expired);
        }
        let shown = token.hash();
        let recent: Vec<_> = self.recent(lifetimes, now).cloned().collect();
        if shown == self.family.current {
            if recent.len() >= REMEMBERED {
                return Ok(Refresh::Repeat(RefreshToken {
                    secret: token.secret.clone(),
                    user_id: token.user_id.clone(),
                    ..*token
                }));
            }
            let next = token.next(&keys.primary().derive(Purpose::Rotation));
            let replaced = Superseded { hash: shown, at: now, by: self.hashes_of(by.source, keys).next() };
            let superseded = std::iter::once(replaced).chain(recent).collect();
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
    fn current_after(&self, token: &RefreshToken, recent: &[Superseded], keys: &RootKeyring) -> Option<RefreshToken> {
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
mod tests;
