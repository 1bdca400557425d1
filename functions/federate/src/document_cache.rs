//! The documents of providers in the memory of an instance.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use jean_auth::identity_provider::Issuer;
use jean_store::federations::ProviderDocuments;

/// The documents of each configured provider, by issuer.
#[derive(Debug, Default)]
pub(crate) struct DocumentCache(Mutex<HashMap<String, ProviderDocuments>>);

impl DocumentCache {
    pub(crate) fn get(&self, issuer: &Issuer) -> Option<ProviderDocuments> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(issuer.as_str()).cloned()
    }

    pub(crate) fn put(&self, issuer: &Issuer, documents: ProviderDocuments) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(issuer.as_str().into(), documents);
    }
}
