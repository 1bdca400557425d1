//! Searches, and what the index tells besides.

use std::collections::{BTreeMap, HashMap};

use jean_auth::user::UserId;
use jean_memory::{AccessScope, Memory, MemoryId};
use jean_store::StoreError;
use jiff::Timestamp;

use crate::{
    draw::{Draw, Entropy},
    service::MemoryService,
};
use jean_memory::{
    Filter, Query,
    dates::dated,
    duplicates::{ALIKE, likeness},
    index::MalformedSegment,
};

/// So many more hits than are wanted are looked for, so that those that are gone by now leave enough.
const SPARE: usize = 50;
/// So many memories are looked at to find those that say the same as a new one.
const SIMILAR: usize = 5;

impl MemoryService {
    /// The memories that answer a query, best first, and of equal ones the newest. What the index found is read from
    /// where it is kept, so that nothing is shown that is not there any more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn search(
        &self,
        reach: &AccessScope,
        query: &Query,
        now: Timestamp,
        entropy: Entropy,
    ) -> Result<Vec<Memory>, StoreError> {
        let mut draw = Draw::new(now, entropy);
        let user_id = reach.user_id();
        let filter = within(reach, &query.filter);
        let (text, time) = dated(&query.text, now);
        let mut view = self.view(user_id, &mut draw).await?;
        let limit = query.limit.get();
        let mut memories = Vec::with_capacity(limit);
        let (mut seen, mut wanted) = (0, limit + SPARE);
        while memories.len() < limit {
            let hits = match view.search(&text, time.as_ref(), &filter, wanted) {
                Ok(hits) => hits,
                Err(error) => {
                    self.repair(user_id, &error, &mut draw).await?;
                    view = self.view(user_id, &mut draw).await?;
                    view.search(&text, time.as_ref(), &filter, wanted).map_err(unreadable)?
                }
            };
            for ids in hits.get(seen..).unwrap_or_default().chunks(limit) {
                let ids: Vec<_> = ids.iter().map(|hit| MemoryId::from(hit.id)).collect();
                let there = self.there(reach, &ids).await?;
                memories.extend(there.into_iter().filter(|memory| filter.wants(memory)));
                if memories.len() >= limit {
                    break;
                }
            }
            if hits.len() < wanted {
                break;
            }
            seen = hits.len();
            wanted *= 2;
        }
        memories.truncate(limit);
        self.merge_if_due(user_id, &view, &mut draw).await;
        Ok(memories)
    }

    /// Memories within reach that say nearly the same as a text. Only if this instance has the person's index at hand: an
    /// answer is not worth reading all of it for.
    pub(crate) async fn similar(
        &self,
        reach: &AccessScope,
        text: &str,
        draw: &mut Draw,
    ) -> Result<Vec<Memory>, StoreError> {
        if self.cache.get(reach.user_id()).is_none() {
            return Ok(vec![]);
        }
        let view = self.view(reach.user_id(), draw).await?;
        let hits = view.search(text, None, &within(reach, &Filter::default()), SIMILAR).map_err(unreadable)?;
        let ids: Vec<_> = hits.iter().map(|hit| MemoryId::from(hit.id)).collect();
        let there = self.there(reach, &ids).await?;
        Ok(there.into_iter().filter(|memory| likeness(&memory.text, text) >= ALIKE).collect())
    }

    /// How many memories were written under each grant or API key, by its id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn counts(
        &self,
        user_id: &UserId,
        now: Timestamp,
        entropy: Entropy,
    ) -> Result<BTreeMap<String, u64>, StoreError> {
        let mut draw = Draw::new(now, entropy);
        let view = self.view(user_id, &mut draw).await?;
        match view.counts() {
            Ok(counts) => Ok(counts),
            Err(error) => {
                self.repair(user_id, &error, &mut draw).await?;
                self.view(user_id, &mut draw).await?.counts().map_err(unreadable)
            }
        }
    }

    /// Those of these memories that are there, in their order.
    async fn there(&self, reach: &AccessScope, ids: &[MemoryId]) -> Result<Vec<Memory>, StoreError> {
        let there = self.memories.some(reach, ids).await?;
        let mut there: HashMap<_, _> = there.into_iter().map(|memory| (memory.id, memory)).collect();
        Ok(ids.iter().filter_map(|id| there.remove(id)).collect())
    }
}

/// A filter that wants nothing out of reach.
pub(crate) fn within(reach: &AccessScope, filter: &Filter) -> Filter {
    match reach.client_id() {
        None => filter.clone(),
        Some(client_id) => filter.clone().written_by(client_id.clone()),
    }
}

fn unreadable(error: MalformedSegment) -> StoreError {
    StoreError::DynamoDb(format!("the index was made anew and can't be read: {error}"))
}
