//! Search, similar memories and counts per grant.

use std::collections::{BTreeMap, HashMap};

use jean_auth::user::UserId;
use jean_memory::{AccessScope, Memory, MemoryId};
use jean_store::StoreError;
use jiff::Timestamp;

use crate::service::{MemoryService, scope_filter};
use jean_memory::{
    Filter, Query,
    dates::dated,
    duplicates::{ALIKE, likeness},
    index::MalformedSegment,
};

/// Extra hits to request: some may have been deleted since the index snapshot was taken.
const OVER_FETCH: usize = 50;
/// Hits compared with a new memory to find similar ones.
const SIMILAR_HITS: usize = 5;

impl MemoryService {
    /// Returns the memories that match a query, best first; of equal scores, the newest first. Each hit is read from
    /// the store, so deleted memories are not returned even if the snapshot still contains them.
    pub async fn search(&self, scope: &AccessScope, query: &Query) -> Result<Vec<Memory>, StoreError> {
        let now = self.ids.now();
        let user_id = scope.user_id();
        let filter = scope_filter(scope, &query.filter);
        let (text, time) = dated(&query.text, now);
        let mut snapshot = self.snapshot(user_id, now).await?;
        let limit = query.limit.get();
        let mut memories = Vec::with_capacity(limit);
        let (mut returned, mut requested) = (0, limit + OVER_FETCH);
        while memories.len() < limit {
            let hits = match snapshot.search(&text, time.as_ref(), &filter, requested) {
                Ok(hits) => hits,
                Err(error) => {
                    self.repair(user_id, &error, now).await?;
                    snapshot = self.snapshot(user_id, now).await?;
                    snapshot.search(&text, time.as_ref(), &filter, requested).map_err(unreadable)?
                }
            };
            for ids in hits.get(returned..).unwrap_or_default().chunks(limit) {
                let ids: Vec<_> = ids.iter().map(|hit| MemoryId::from(hit.id)).collect();
                let stored = self.stored(scope, &ids).await?;
                memories.extend(stored.into_iter().filter(|memory| filter.matches(memory)));
                if memories.len() >= limit {
                    break;
                }
            }
            if hits.len() < requested {
                break;
            }
            returned = hits.len();
            requested *= 2;
        }
        memories.truncate(limit);
        self.compact_if_due(user_id, &snapshot, now).await;
        Ok(memories)
    }

    /// Memories in the scope with nearly the same text. Empty unless this instance has cached the user's index:
    /// reading the whole index would make every write slower.
    pub(crate) async fn similar(
        &self,
        scope: &AccessScope,
        text: &str,
        now: Timestamp,
    ) -> Result<Vec<Memory>, StoreError> {
        if self.cache.get(scope.user_id()).is_none() {
            return Ok(vec![]);
        }
        let snapshot = self.snapshot(scope.user_id(), now).await?;
        let hits =
            snapshot.search(text, None, &scope_filter(scope, &Filter::default()), SIMILAR_HITS).map_err(unreadable)?;
        let ids: Vec<_> = hits.iter().map(|hit| MemoryId::from(hit.id)).collect();
        let stored = self.stored(scope, &ids).await?;
        Ok(stored.into_iter().filter(|memory| likeness(&memory.text, text) >= ALIKE).collect())
    }

    /// Returns the number of memories written under each grant or API key, by its id.
    pub async fn counts(&self, user_id: &UserId) -> Result<BTreeMap<String, u64>, StoreError> {
        let now = self.ids.now();
        let snapshot = self.snapshot(user_id, now).await?;
        match snapshot.counts() {
            Ok(counts) => Ok(counts),
            Err(error) => {
                self.repair(user_id, &error, now).await?;
                self.snapshot(user_id, now).await?.counts().map_err(unreadable)
            }
        }
    }

    /// The memories that still exist, in the order of `ids`.
    async fn stored(&self, scope: &AccessScope, ids: &[MemoryId]) -> Result<Vec<Memory>, StoreError> {
        let stored = self.memories.some(scope, ids).await?;
        let mut stored: HashMap<_, _> = stored.into_iter().map(|memory| (memory.id, memory)).collect();
        Ok(ids.iter().filter_map(|id| stored.remove(id)).collect())
    }
}

fn unreadable(error: MalformedSegment) -> StoreError {
    StoreError::DynamoDb(format!("rebuilt index is unreadable: {error}"))
}
