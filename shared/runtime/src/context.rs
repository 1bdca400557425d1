//! The state of a function within one request: one time, and keys refreshed for it.

use std::{ops::Deref, sync::Arc};

use axum::extract::FromRequestParts;
use http::request::Parts;
use jean_auth::{
    access_token::{Claims, InvalidToken},
    keys::{RootKeyring, SigningKeyring},
    public_url::PublicUrl,
    session::Session,
};
use jiff::Timestamp;

use crate::{FunctionKeys, FunctionState, RootKeys, SigningKeys};

/// The time of a request. Every extractor and handler of one request sees the same one.
#[derive(Debug, Clone, Copy)]
struct Now(Timestamp);

/// A function's state `A`, extracted for one request.
///
/// The keys `K` are reachable only through this extractor, which reloads them if they are older than
/// [`CACHE_TTL`](crate::CACHE_TTL). A handler therefore cannot sign or verify with stale keys.
#[derive(Debug)]
pub struct Context<A, K> {
    state: FunctionState<A, K>,
    now: Timestamp,
}

impl<A, K> Context<A, K> {
    /// The time of the request.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The time of this moment. For effects on concurrent requests: some of those that have begun since [`Self::now`] read what
    /// this request has changed in the meantime.
    pub fn current_time(&self) -> Timestamp {
        self.state.clock().now()
    }

    /// The public URL of the server.
    pub fn public_url(&self) -> &PublicUrl {
        self.state.public_url()
    }
}

impl<A, K: AsRef<SigningKeys>> Context<A, K> {
    /// The keys that sign access tokens at [`Self::now`].
    pub fn signing_keys(&self) -> Arc<SigningKeyring> {
        self.state.keys().as_ref().keyring_at(self.now)
    }

    /// Verifies an access token. An unknown `kid` makes the keys reload once.
    ///
    /// # Errors
    /// [`InvalidToken`] if the token is malformed, forged, expired or for another resource.
    pub async fn verify_access_token(&self, token: &str) -> Result<Claims, InvalidToken> {
        let keys = self.state.keys().as_ref();
        keys.verify(self.now, |keys| Claims::verify(token, keys, self.public_url(), self.now)).await
    }
}

impl<A, K: AsRef<RootKeys>> Context<A, K> {
    /// The keys of everything but access tokens at [`Self::now`].
    pub fn root_keys(&self) -> Arc<RootKeyring> {
        self.state.keys().as_ref().keyring_at(self.now)
    }

    /// Verifies a session cookie. An unknown `kid` makes the keys reload once.
    ///
    /// # Errors
    /// [`InvalidToken`] if the cookie is malformed, forged or expired.
    pub async fn verify_session(&self, cookie: &str) -> Result<Session, InvalidToken> {
        self.state.keys().as_ref().verify(self.now, |keys| Session::verify(cookie, keys, self.now)).await
    }
}

impl<A, K> Deref for Context<A, K> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.state
    }
}

impl<A: Send + Sync, K: FunctionKeys> FromRequestParts<FunctionState<A, K>> for Context<A, K> {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &FunctionState<A, K>) -> Result<Self, Self::Rejection> {
        let Now(now) = *parts.extensions.get_or_insert_with(|| Now(state.clock().now()));
        state.keys().refresh(now).await;
        Ok(Self { state: state.clone(), now })
    }
}
