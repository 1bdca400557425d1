//! The state of a function within one request: one time, and signing keys refreshed for it.

use std::{ops::Deref, sync::Arc};

use axum::extract::FromRequestParts;
use http::request::Parts;
use jean_auth::{
    access_token::{Claims, InvalidToken},
    keys::Keyring,
    public_url::PublicUrl,
    session::Session,
};
use jiff::Timestamp;

use crate::FunctionState;

/// The time of a request. Every extractor and handler of one request sees the same one.
#[derive(Debug, Clone, Copy)]
struct Now(Timestamp);

/// A function's state `A`, extracted for one request.
///
/// Signing keys are reachable only through this extractor, which reloads them if they are older than
/// [`CACHE_TTL`](crate::CACHE_TTL). A handler therefore cannot sign or verify with stale keys.
#[derive(Debug)]
pub struct Context<A> {
    state: FunctionState<A>,
    now: Timestamp,
    keyring: Arc<Keyring>,
}

impl<A> Context<A> {
    /// The time of the request.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The keys that sign and verify at [`Self::now`].
    pub fn keys(&self) -> &Keyring {
        &self.keyring
    }

    /// The public URL of the server.
    pub fn public_url(&self) -> &PublicUrl {
        self.state.public_url()
    }

    /// Verifies an access token. An unknown `kid` makes the keys reload once.
    ///
    /// # Errors
    /// [`InvalidToken`] if the token is malformed, forged, expired or for another resource.
    pub async fn verify_access_token(&self, token: &str) -> Result<Claims, InvalidToken> {
        self.state
            .signing_keys()
            .verify(self.now, |keys| Claims::verify(token, keys, self.public_url(), self.now))
            .await
    }

    /// Verifies a session cookie. An unknown `kid` makes the keys reload once.
    ///
    /// # Errors
    /// [`InvalidToken`] if the cookie is malformed, forged or expired.
    pub async fn verify_session(&self, cookie: &str) -> Result<Session, InvalidToken> {
        self.state.signing_keys().verify(self.now, |keys| Session::verify(cookie, keys, self.now)).await
    }
}

impl<A> Deref for Context<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.state
    }
}

impl<A: Send + Sync> FromRequestParts<FunctionState<A>> for Context<A> {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &FunctionState<A>) -> Result<Self, Self::Rejection> {
        let Now(now) = *parts.extensions.get_or_insert_with(|| Now(state.clock().now()));
        state.signing_keys().refresh(now).await;
        Ok(Self { state: state.clone(), now, keyring: state.signing_keys().keyring_at(now) })
    }
}
