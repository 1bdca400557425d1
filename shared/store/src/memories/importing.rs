//! Bulk import of memories with their ids, dates and writers.

use jean_memory::{AccessScope, Memory};

use super::{fingerprint::TextFingerprint, opstamp::Opstamp, reading::Memories, record::memory_key};
use crate::table::{Consistency, StoreError, owner};

/// Memories per transaction, each with its fingerprint, plus one change record and the check of the account.
const MAX_MEMORIES: usize = 49;
/// Text bytes per transaction. DynamoDB's limit is 4 MB, and the text is the only long attribute.
const MAX_TEXT_BYTES: usize = 2_000_000;
/// Attempts per transaction, if one of its memories is created concurrently.
const MAX_ATTEMPTS: usize = 8;

/// The result of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportReport {
    /// Memories that were added.
    pub added: usize,
    /// Memories with an id that exists already. They were not changed.
    pub already_there: usize,
}

impl Memories {
    /// Imports memories with their ids. Existing memories are not changed, so an import can be repeated. It is split
    /// into transactions; retry after a failure to import the rest.
    pub async fn import(
        &self,
        scope: &AccessScope,
        memories: &[Memory],
        mut stamp: impl FnMut() -> Opstamp,
    ) -> Result<ImportReport, StoreError> {
        let mut imported = ImportReport::default();
        let mut rest = memories;
        while !rest.is_empty() {
            let mut room = MAX_TEXT_BYTES;
            let fits = rest.iter().take(MAX_MEMORIES).take_while(|memory| {
                let left = room.checked_sub(memory.text.len());
                room = left.unwrap_or_default();
                left.is_some()
            });
            let (part, after) = rest.split_at(fits.count().max(1));
            let added = self.import_part(scope, part, stamp()).await?;
            imported.added += added;
            imported.already_there += part.len() - added;
            rest = after;
        }
        Ok(imported)
    }

    async fn import_part(&self, scope: &AccessScope, memories: &[Memory], stamp: Opstamp) -> Result<usize, StoreError> {
        let pk = owner(scope.user_id());
        for _ in 0..MAX_ATTEMPTS {
            // A piece has no fingerprint of its own: it is never added without its document.
            let known_by = |memory: &Memory| memory.document.is_none().then(|| TextFingerprint::of(scope, memory));
            let texts: Vec<_> = memories.iter().map(known_by).collect();
            let mut sks: Vec<_> = memories.iter().map(|memory| memory_key(memory.id)).collect();
            sks.extend(texts.iter().flatten().map(TextFingerprint::sort_key));
            sks.sort_unstable();
            sks.dedup();
            let there = self.0.some(&pk, &sks, Consistency::Strong).await?;
            let mut taken: std::collections::HashSet<String> =
                there.iter().filter_map(|item| Some(item.get("sk")?.as_s().ok()?.clone())).collect();
            let (mut writes, mut ids) = (vec![], vec![]);
            for (memory, text) in memories.iter().zip(texts) {
                if !taken.insert(memory_key(memory.id)) {
                    continue;
                }
                // Two memories with the same text both exist, as at their origin; one of them owns the fingerprint.
                let text = text.filter(|text| taken.insert(text.sort_key()));
                writes.extend(text.iter().map(|text| text.claim(&self.0, &pk, memory.id, None)));
                writes.push(self.insertion_of(&pk, memory, text)?);
                ids.push(memory.id);
            }
            if ids.is_empty() {
                return Ok(0);
            }
            writes.push(self.record_change(&pk, stamp, ids.iter().copied()));
            if self.try_new(&pk, writes).await?.is_empty() {
                return Ok(ids.len());
            }
        }
        Err(StoreError::DynamoDb("imported memories were created concurrently during every attempt".into()))
    }
}
