//! The index snapshots that an instance caches.

use std::sync::{Arc, Mutex, PoisonError};

use jean_auth::user::UserId;
use lru::LruCache;

use crate::snapshot::Snapshot;

/// A byte-bounded LRU cache of index snapshots, keyed by user.
#[derive(Debug)]
pub(crate) struct Cache {
    limit: usize,
    snapshots: Mutex<Snapshots>,
}

#[derive(Debug)]
struct Snapshots {
    by_user: LruCache<UserId, Arc<Snapshot>>,
    bytes: usize,
}

impl Cache {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, snapshots: Mutex::new(Snapshots { by_user: LruCache::unbounded(), bytes: 0 }) }
    }

    pub(crate) fn get(&self, user_id: &UserId) -> Option<Arc<Snapshot>> {
        self.snapshots().by_user.get(user_id).cloned()
    }

    pub(crate) fn put(&self, user_id: &UserId, snapshot: &Arc<Snapshot>) {
        let mut snapshots = self.snapshots();
        snapshots.bytes += snapshot.size();
        if let Some(replaced) = snapshots.by_user.put(user_id.clone(), snapshot.clone()) {
            snapshots.bytes -= replaced.size();
        }
        while snapshots.bytes > self.limit {
            let Some((_, snapshot)) = snapshots.by_user.pop_lru() else { break };
            snapshots.bytes -= snapshot.size();
        }
    }

    pub(crate) fn remove(&self, user_id: &UserId) {
        let mut snapshots = self.snapshots();
        if let Some(snapshot) = snapshots.by_user.pop(user_id) {
            snapshots.bytes -= snapshot.size();
        }
    }

    /// A poisoned lock is entered: no operation panics while it changes the cache.
    fn snapshots(&self) -> std::sync::MutexGuard<'_, Snapshots> {
        self.snapshots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
