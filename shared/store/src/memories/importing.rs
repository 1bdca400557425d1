//! Memories that come with their ids, dates and writers, many at once.

use jean_memory::{AccessScope, Memory};

use super::{Memories, index::Stamp, kept::entry, owner, text::Text};
use crate::table::StoreError;

/// So many fit into one transaction, each with its text, one mark for all of them, and that the account is not gone.
const AT_ONCE: usize = 49;
/// DynamoDB takes 4 MB in one transaction. A memory's text is the only long part of it.
const TEXT_BYTES: usize = 2_000_000;
/// How often a transaction is made anew because one of its memories appeared meanwhile.
const TRIES: usize = 8;

/// What became of memories that were imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Imported {
    /// How many are kept now.
    pub added: usize,
    /// How many were there already, by their id: they are as they were.
    pub already_there: usize,
}

impl Memories {
    /// Keeps memories with the ids they have. What is there under one of them stays as it is, so the same once more
    /// does no harm. It is done in parts: if it fails halfway, the same once more does the rest.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn import(
        &self,
        reach: &AccessScope,
        memories: &[Memory],
        mut stamp: impl FnMut() -> Stamp,
    ) -> Result<Imported, StoreError> {
        let mut imported = Imported::default();
        let mut rest = memories;
        while !rest.is_empty() {
            let mut room = TEXT_BYTES;
            let fits = rest.iter().take(AT_ONCE).take_while(|memory| {
                let left = room.checked_sub(memory.text.len());
                room = left.unwrap_or_default();
                left.is_some()
            });
            let (part, after) = rest.split_at(fits.count().max(1));
            let added = self.import_part(reach, part, stamp()).await?;
            imported.added += added;
            imported.already_there += part.len() - added;
            rest = after;
        }
        Ok(imported)
    }

    async fn import_part(&self, reach: &AccessScope, memories: &[Memory], stamp: Stamp) -> Result<usize, StoreError> {
        let pk = owner(reach.user_id());
        for _ in 0..TRIES {
            // A piece is known with its document alone, which nobody adds again piece by piece.
            let known_by = |memory: &Memory| memory.document.is_none().then(|| Text::of(reach, memory));
            let texts: Vec<_> = memories.iter().map(known_by).collect();
            let mut sks: Vec<_> = memories.iter().map(|memory| entry(memory.id)).collect();
            sks.extend(texts.iter().flatten().map(Text::entry));
            sks.sort_unstable();
            sks.dedup();
            let there = self.0.some(&pk, &sks).await?;
            let mut taken: std::collections::HashSet<String> =
                there.iter().filter_map(|item| Some(item.get("sk")?.as_s().ok()?.clone())).collect();
            let (mut writes, mut ids) = (vec![], vec![]);
            for (memory, text) in memories.iter().zip(texts) {
                if !taken.insert(entry(memory.id)) {
                    continue;
                }
                // Two with the same text are two, as where they come from; one of them is who it is known by.
                let text = text.filter(|text| taken.insert(text.entry()));
                writes.extend(text.iter().map(|text| text.claim(&self.0, &pk, memory.id, None)));
                writes.push(self.insertion_of(&pk, memory, text)?);
                ids.push(memory.id);
            }
            if ids.is_empty() {
                return Ok(0);
            }
            writes.push(self.mark(&pk, stamp, ids.iter().copied()));
            if self.try_new(&pk, writes).await?.is_empty() {
                return Ok(ids.len());
            }
        }
        Err(StoreError::DynamoDb("what was to be imported appeared each time it was about to be".into()))
    }
}
