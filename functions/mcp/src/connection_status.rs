//! Ended and narrowed connections (SR-12).
//!
//! An access token identifies its caller without a lookup, and outlives the grant that it was issued for. Before a request
//! reaches the user's memories, the grant is therefore read, at most once per grant, instance and [`VALID_FOR`]. It never
//! adds access: scopes that the user has granted since apply from the next refresh on.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use jean_auth::grant::{GrantId, GrantTerms};
use jean_memory::Credential;
use jean_runtime::Clock;
use jean_store::{StoreError, grants::Grants};
use jiff::{SignedDuration, Timestamp};

use crate::caller::{AuthenticatedCaller, Caller};

/// Time for which an instance relies on the last read of a grant, and in which a revocation takes effect.
const VALID_FOR: SignedDuration = SignedDuration::from_secs(30);
/// Maximum number of grants that one instance remembers, about a megabyte.
const MAX_GRANTS: usize = 10_000;

/// The grants as this instance has last read them.
#[derive(Debug)]
pub(crate) struct ConnectionStatus {
    grants: Grants,
    clock: Clock,
    read: Mutex<HashMap<GrantId, (Timestamp, Option<GrantTerms>)>>,
}

/// The reason why a request goes no further.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotConnected {
    /// The grant of the caller has been revoked, or has expired.
    #[error("the connection has ended")]
    Ended,
    /// The grant cannot be read. The request fails, since an attacker could otherwise outlast a revocation by overloading
    /// the store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ConnectionStatus {
    pub(crate) fn new(grants: Grants, clock: Clock) -> Self {
        Self { grants, clock, read: Mutex::default() }
    }

    /// Returns the caller with the scopes that it still has. API keys are read with every request.
    pub(crate) async fn check(&self, caller: AuthenticatedCaller) -> Result<Caller, NotConnected> {
        let scopes = caller.scopes().clone();
        let Credential::Grant { grant_id, .. } = caller.credential() else { return Ok(caller.connected_with(scopes)) };
        let now = self.clock.now();
        let terms = match self.recent(grant_id, now) {
            Some(terms) => terms,
            None => {
                let terms = self.grants.terms(caller.user_id(), grant_id).await?;
                self.remember(grant_id, now, terms.clone());
                terms
            }
        };
        let terms = terms.filter(|terms| terms.expires_at > now);
        let scopes = terms.and_then(|terms| scopes.narrowed_to(&terms.scope)).ok_or(NotConnected::Ended)?;
        Ok(caller.connected_with(scopes))
    }

    fn recent(&self, grant_id: &GrantId, now: Timestamp) -> Option<Option<GrantTerms>> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.get(grant_id).filter(|(at, _)| now.duration_since(*at) < VALID_FOR).map(|(_, terms)| terms.clone())
    }

    fn remember(&self, grant_id: &GrantId, now: Timestamp, terms: Option<GrantTerms>) {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.len() >= MAX_GRANTS {
            read.clear();
        }
        read.insert(grant_id.clone(), (now, terms));
    }
}
