//! The state of a function's router.

use std::{ops::Deref, sync::Arc};

use axum::extract::FromRef;
use jean_auth::{keys::VersionedSecret, public_url::PublicUrl};

use jiff::Timestamp;

use crate::{Clock, Platform, RootKeys, SigningKeys, TrustedProxies, cached_keys::CachedKeys};

/// The keys of a function: [`SigningKeys`], [`RootKeys`] or both. A function cannot use keys that it does not load (SR-14).
pub trait FunctionKeys: Send + Sync + 'static {
    /// Reloads keys that are too old.
    fn refresh(&self, now: Timestamp) -> impl Future<Output = ()> + Send;
}

impl<S: VersionedSecret> FunctionKeys for CachedKeys<S> {
    fn refresh(&self, now: Timestamp) -> impl Future<Output = ()> + Send {
        self.refresh(now)
    }
}

impl<S> AsRef<Self> for CachedKeys<S> {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// The keys of the token function: it signs access tokens and derives refresh tokens.
#[derive(Debug)]
pub struct TokenKeys {
    signing: SigningKeys,
    root: RootKeys,
}

impl TokenKeys {
    /// Loads both secrets.
    ///
    /// # Errors
    /// [`StartError`](crate::StartError) if one is missing, weak or cannot be loaded.
    pub async fn load(platform: &Platform) -> Result<Self, crate::StartError> {
        // One after the other, over one connection.
        Ok(Self { signing: SigningKeys::load(platform).await?, root: RootKeys::load(platform).await? })
    }
}

impl FunctionKeys for TokenKeys {
    async fn refresh(&self, now: Timestamp) {
        self.signing.refresh(now).await;
        self.root.refresh(now).await;
    }
}

impl AsRef<SigningKeys> for TokenKeys {
    fn as_ref(&self) -> &SigningKeys {
        &self.signing
    }
}

impl AsRef<RootKeys> for TokenKeys {
    fn as_ref(&self) -> &RootKeys {
        &self.root
    }
}

/// The state of a router: a function's own state `A`, and the parts that authenticate requests. Clones share it.
#[derive(Debug)]
pub struct FunctionState<A, K>(Arc<Inner<A, K>>);

#[derive(Debug)]
struct Inner<A, K> {
    own: A,
    public_url: PublicUrl,
    keys: K,
    clock: Clock,
}

impl<A, K> FunctionState<A, K> {
    /// Combines a function's own state with the keys and the clock of its requests.
    pub fn new(platform: &Platform, public_url: PublicUrl, keys: K, own: A) -> Self {
        Self(Arc::new(Inner { own, public_url, keys, clock: platform.clock.clone() }))
    }

    pub(crate) fn public_url(&self) -> &PublicUrl {
        &self.0.public_url
    }

    pub(crate) fn keys(&self) -> &K {
        &self.0.keys
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }
}

/// Not derived, since a function's own state need not be `Clone`.
impl<A, K> Clone for FunctionState<A, K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A, K> Deref for FunctionState<A, K> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.0.own
    }
}

impl<A, K> FromRef<FunctionState<A, K>> for PublicUrl {
    fn from_ref(state: &FunctionState<A, K>) -> Self {
        state.public_url().clone()
    }
}

impl<A, K> FromRef<FunctionState<A, K>> for TrustedProxies
where
    TrustedProxies: FromRef<A>,
{
    fn from_ref(state: &FunctionState<A, K>) -> Self {
        Self::from_ref(&state.0.own)
    }
}
