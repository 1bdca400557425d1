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
    /// Each with its size when it was put.
    by_user: LruCache<UserId, (Arc<Snapshot>, usize)>,
    bytes: usize,
}

impl Cache {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, snapshots: Mutex::new(Snapshots { by_user: LruCache::unbounded(), bytes: 0 }) }
    }

    pub(crate) fn get(&self, user_id: &UserId) -> Option<Arc<Snapshot>> {
        self.snapshots().by_user.get(user_id).map(|(snapshot, _)| snapshot.clone())
    }

    pub(crate) fn put(&self, user_id: &UserId, snapshot: &Arc<Snapshot>) {
        let size = snapshot.size();
        let mut snapshots = self.snapshots();
        snapshots.bytes += size;
        if let Some((_, replaced)) = snapshots.by_user.put(user_id.clone(), (snapshot.clone(), size)) {
            snapshots.bytes -= replaced;
        }
        while snapshots.bytes > self.limit {
            let Some((_, (_, size))) = snapshots.by_user.pop_lru() else { break };
            snapshots.bytes -= size;
        }
    }

    /// Puts a snapshot again after it has loaded vectors or memories, unless a newer one has replaced it.
    pub(crate) fn measure(&self, user_id: &UserId, snapshot: &Arc<Snapshot>) {
        let is_cached = self.snapshots().by_user.peek(user_id).is_some_and(|(cached, _)| Arc::ptr_eq(cached, snapshot));
        if is_cached {
            self.put(user_id, snapshot);
        }
    }

    pub(crate) fn remove(&self, user_id: &UserId) {
        let mut snapshots = self.snapshots();
        if let Some((_, size)) = snapshots.by_user.pop(user_id) {
            snapshots.bytes -= size;
        }
    }

    /// A poisoned lock is entered: no operation panics while it changes the cache.
    fn snapshots(&self) -> std::sync::MutexGuard<'_, Snapshots> {
        self.snapshots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
