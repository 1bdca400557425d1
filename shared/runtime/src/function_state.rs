//! The state of a function's router.

use std::{ops::Deref, sync::Arc};

use axum::extract::FromRef;
use jean_auth::public_url::PublicUrl;

use crate::{Clock, Platform, SigningKeys, TrustedProxies};

/// The state of a router: a function's own state `A`, and the parts that authenticate requests. Clones share it.
#[derive(Debug)]
pub struct FunctionState<A>(Arc<Inner<A>>);

#[derive(Debug)]
struct Inner<A> {
    own: A,
    public_url: PublicUrl,
    signing_keys: SigningKeys,
    clock: Clock,
}

impl<A> FunctionState<A> {
    /// Combines a function's own state with the keys and the clock of its requests.
    pub fn new(platform: &Platform, public_url: PublicUrl, signing_keys: SigningKeys, own: A) -> Self {
        Self(Arc::new(Inner { own, public_url, signing_keys, clock: platform.clock.clone() }))
    }

    pub(crate) fn public_url(&self) -> &PublicUrl {
        &self.0.public_url
    }

    pub(crate) fn signing_keys(&self) -> &SigningKeys {
        &self.0.signing_keys
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }
}

/// Not derived, since a function's own state need not be `Clone`.
impl<A> Clone for FunctionState<A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A> Deref for FunctionState<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.0.own
    }
}

impl<A> FromRef<FunctionState<A>> for PublicUrl {
    fn from_ref(state: &FunctionState<A>) -> Self {
        state.public_url().clone()
    }
}

impl<A> FromRef<FunctionState<A>> for TrustedProxies
where
    TrustedProxies: FromRef<A>,
{
    fn from_ref(state: &FunctionState<A>) -> Self {
        Self::from_ref(&state.0.own)
    }
}
