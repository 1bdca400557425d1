//! What an instance remembers of the indexes it has read.

use std::sync::{Arc, Mutex, PoisonError};

use jean_auth::user::UserId;
use lru::LruCache;

use crate::view::View;

/// The views of some people, each found under its person alone, up to a number of bytes. Whose was not needed for the
/// longest time goes first.
#[derive(Debug)]
pub(crate) struct Cache {
    limit: usize,
    views: Mutex<Views>,
}

#[derive(Debug)]
struct Views {
    of: LruCache<UserId, Arc<View>>,
    bytes: usize,
}

impl Cache {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, views: Mutex::new(Views { of: LruCache::unbounded(), bytes: 0 }) }
    }

    pub(crate) fn get(&self, user_id: &UserId) -> Option<Arc<View>> {
        self.views().of.get(user_id).cloned()
    }

    pub(crate) fn put(&self, user_id: &UserId, view: &Arc<View>) {
        let mut views = self.views();
        views.bytes += view.size();
        if let Some(before) = views.of.put(user_id.clone(), view.clone()) {
            views.bytes -= before.size();
        }
        while views.bytes > self.limit {
            let Some((_, view)) = views.of.pop_lru() else { break };
            views.bytes -= view.size();
        }
    }

    pub(crate) fn forget(&self, user_id: &UserId) {
        let mut views = self.views();
        if let Some(view) = views.of.pop(user_id) {
            views.bytes -= view.size();
        }
    }

    /// No panic leaves it half changed.
    fn views(&self) -> std::sync::MutexGuard<'_, Views> {
        self.views.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
