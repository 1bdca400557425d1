//! Loading of index snapshots.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use jean_auth::user::UserId;
use jean_memory::{
    AccessScope, MemoryId,
    index::{Entry, MalformedSegment},
};
use jean_store::{
    StoreError,
    memories::index::{IndexItems, SegmentName},
};
use jiff::Timestamp;

use crate::{
    compaction::{MAX_ATTEMPTS, RebuildOutcome, contention},
    entries::{entry, previous_piece},
    segment_with_tombstones::{FORMAT, SegmentWithTombstones},
    service::MemoryService,
    snapshot::Snapshot,
};

impl MemoryService {
    /// Returns a snapshot of the user's index. One Query, if this instance has cached the index and nothing has been
    /// written since.
    pub(crate) async fn snapshot(&self, user_id: &UserId, now: Timestamp) -> Result<Arc<Snapshot>, StoreError> {
        let mut incomplete = None;
        for _ in 0..MAX_ATTEMPTS {
            let items = self.memories.index(user_id).await?;
            let Some(manifest) = items.manifest.clone().filter(|manifest| manifest.format == FORMAT) else {
                if self.rebuild(user_id, &items, now).await? == RebuildOutcome::Empty {
                    return Ok(Arc::new(Snapshot::empty()));
                }
                continue;
            };
            let cached = self.cache.get(user_id);
            if let Some(snapshot) = cached.as_ref().filter(|snapshot| snapshot.is_current(&items)) {
                return Ok(snapshot.clone());
            }
            let states = self.states(user_id, cached.as_deref(), &items).await?;
            let Some(segments) = self.segments(user_id, cached.as_deref(), &manifest.segments).await? else {
                // A concurrent compaction deletes segments after it has replaced the manifest. If the manifest has not
                // changed between two attempts, the segment is lost.
                if incomplete.replace(manifest.version) == Some(manifest.version) {
                    tracing::error!("a segment is missing; rebuilding the index");
                    self.rebuild(user_id, &items, now).await?;
                }
                continue;
            };
            match segments.and_then(|segments| Snapshot::new(items.clone(), segments, states)) {
                Ok(snapshot) => {
                    let snapshot = Arc::new(snapshot);
                    self.cache.put(user_id, &snapshot);
                    return Ok(snapshot);
                }
                Err(error) => self.repair(user_id, &error, now).await?,
            }
        }
        Err(contention())
    }

    /// Loads segments, from the cached snapshot or the store. `None` if one of them has been deleted.
    async fn segments(
        &self,
        user_id: &UserId,
        cached: Option<&Snapshot>,
        names: &[SegmentName],
    ) -> Result<Option<Result<Vec<Arc<SegmentWithTombstones>>, MalformedSegment>>, StoreError> {
        let mut loaded = cached.map(Snapshot::segments).unwrap_or_default();
        let missing: Vec<_> = names.iter().filter(|name| !loaded.contains_key(&name.id)).cloned().collect();
        for (name, bytes) in missing.iter().zip(self.memories.segments(user_id, &missing).await?) {
            let Some(bytes) = bytes else { return Ok(None) };
            match SegmentWithTombstones::open(bytes) {
                Ok(segment) => loaded.insert(name.id, Arc::new(segment)),
                Err(error) => return Ok(Some(Err(error))),
            };
        }
        Ok(Some(Ok(names.iter().filter_map(|name| loaded.get(&name.id).cloned()).collect())))
    }

    /// The current state of each changed memory: its entry, or `None` if it has been deleted.
    async fn states(
        &self,
        user_id: &UserId,
        cached: Option<&Snapshot>,
        items: &IndexItems,
    ) -> Result<Vec<(MemoryId, Option<Entry>)>, StoreError> {
        let mut states: HashMap<_, _> = cached.map(|snapshot| snapshot.states(items)).unwrap_or_default();
        let changed = items.changes.iter().flat_map(|change| &change.ids);
        let unknown: HashSet<_> = changed.filter(|id| !states.contains_key(id)).copied().collect();
        let mut ids: Vec<_> = unknown.into_iter().collect();
        ids.sort_unstable();
        let scope = AccessScope::all(user_id.clone());
        let mut memories = self.memories.some(&scope, &ids).await?;
        let previous = memories.iter().filter_map(previous_piece).filter(|id| ids.binary_search(id).is_err());
        let previous: Vec<_> = previous.collect();
        memories.extend(self.memories.some(&scope, &previous).await?);
        memories.sort_unstable_by_key(|memory| memory.id);
        for id in ids {
            let at = memories.binary_search_by_key(&id, |memory| memory.id);
            states.insert(id, at.ok().map(|at| entry(&memories, at)));
        }
        Ok(states.into_iter().collect())
    }
}
