//! Memories that go: one, a document, all of a person's, and everything that is kept of a person.

use aws_sdk_dynamodb::types::AttributeValue;
use jean_auth::user::UserId;

use jean_memory::{AccessScope, MemoryId};

use super::{
    MEMORY, Memories,
    index::Stamp,
    kept::Kept,
    kept::{HISTORY, entry},
    owner,
    text::TEXT,
};
use crate::table::{Item, StoreError};

/// How often a deletion is begun anew because the memory was changed meanwhile.
const TRIES: usize = 8;
/// How many keys are read before they are deleted.
const ROUND: i32 = 1000;
/// What DynamoDB does in one transaction.
const WRITES: usize = 100;
/// More pieces than any document has.
const PIECES: u32 = 100;

impl Memories {
    /// Deletes a memory within reach, and what it was before its changes. Whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete(&self, reach: &AccessScope, id: MemoryId, stamp: Stamp) -> Result<bool, StoreError> {
        for _ in 0..TRIES {
            let Some(kept) = self.kept(reach, id).await? else { return Ok(false) };
            if self.delete_kept(reach, &[kept], stamp).await? {
                return Ok(true);
            }
        }
        Err(changing())
    }

    /// Deletes the pieces of a document within reach, which any piece names, and says how many there were. All of them
    /// at once, unless so many of them were changed so often that their former versions do not fit into one transaction.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_document(
        &self,
        reach: &AccessScope,
        id: MemoryId,
        mut stamp: impl FnMut() -> Stamp,
    ) -> Result<usize, StoreError> {
        let mut deleted = 0;
        let mut tries = 0;
        loop {
            let mut pieces = self.kept_document(reach, id).await?;
            if pieces.is_empty() {
                return Ok(deleted);
            }
            let mut room = WRITES - 2;
            let fits = pieces.iter().take_while(|kept| {
                let left = room.checked_sub(1 + kept.versions().count());
                room = left.unwrap_or_default();
                left.is_some()
            });
            let fits = fits.count();
            pieces.truncate(fits);
            if self.delete_kept(reach, &pieces, stamp()).await? {
                deleted += pieces.len();
            } else {
                tries += 1;
                if tries == TRIES {
                    return Err(changing());
                }
            }
        }
    }

    /// The pieces of the document a memory is of, as they are kept.
    pub(super) async fn kept_document(&self, reach: &AccessScope, id: MemoryId) -> Result<Vec<Kept>, StoreError> {
        let named = self.kept(reach, id).await?;
        let first = match &named {
            Some(kept) if kept.memory.document.is_none() => return Ok(vec![]),
            Some(kept) => kept.known_as(),
            None => id,
        };
        let sks: Vec<_> = (0..PIECES).map(|place| entry(first.plus(place))).collect();
        let items = self.0.some(&owner(reach.user_id()), &sks).await?;
        let pieces = items.into_iter().map(Kept::read).collect::<Result<Vec<_>, _>>()?;
        let is_piece = |kept: &Kept| {
            kept.memory.document.as_ref().is_some_and(|document| document.id == first) && reach.includes(&kept.memory)
        };
        let mut pieces: Vec<_> = pieces.into_iter().filter(is_piece).collect();
        pieces.sort_unstable_by_key(|kept| kept.memory.id);
        Ok(pieces)
    }

    /// Deletes memories, which have one text together if they have any. Whether they were as they were read.
    async fn delete_kept(&self, reach: &AccessScope, memories: &[Kept], stamp: Stamp) -> Result<bool, StoreError> {
        let pk = owner(reach.user_id());
        let text = memories.iter().find_map(|kept| Some((kept.known_as(), kept.text.as_ref()?)));
        let mut writes: Vec<_> = text.iter().map(|(known, text)| text.release(&self.0, &pk, *known)).collect();
        writes.push(self.mark(&pk, stamp, memories.iter().flat_map(Kept::indexed)));
        for kept in memories {
            writes.push(self.0.removal_if(&pk, &entry(kept.memory.id), kept.unchanged(reach)));
            writes.extend(kept.versions().map(|version| self.0.removal(&pk, &version)));
        }
        let mut unmet = self.0.try_all(writes.clone()).await?;
        if text.is_some() && unmet == [0] {
            // The text is another memory's by now, and stays it.
            unmet = self.0.try_all(writes.split_off(1)).await?;
        }
        Ok(unmet.is_empty())
    }

    /// Deletes all memories of a person up to an id, and says how many there were. What is added meanwhile stays. If it
    /// fails halfway, the same once more deletes the rest.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_all(
        &self,
        user_id: &UserId,
        last: MemoryId,
        mut stamp: impl FnMut() -> Stamp,
    ) -> Result<usize, StoreError> {
        let pk = owner(user_id);
        let mut deleted = 0;
        let mut from = None;
        loop {
            let (items, next) = self.between(user_id, MEMORY, &entry(last), from).await?;
            let sks: Vec<_> = items.iter().filter_map(|item| item.get("sk")?.as_s().ok()).collect();
            // Together with the note that they changed: wherever this ends, the index is told of what is gone.
            for sks in sks.chunks(WRITES - 1) {
                let ids = sks.iter().filter_map(|sk| sk.strip_prefix(MEMORY)?.parse().ok());
                let mut writes: Vec<_> = sks.iter().map(|sk| self.0.removal(&pk, sk)).collect();
                writes.push(self.mark(&pk, stamp(), ids));
                self.0.transact(writes).await?;
                deleted += sks.len();
            }
            from = next;
            if from.is_none() {
                break;
            }
        }
        // After the memories, so that none of them is changed any more and leaves another version.
        self.remove_between(user_id, HISTORY, &format!("{HISTORY}{last}$"), |_| true).await?;
        let is_of_one = |item: &Item| {
            let id = item.get("memory_id").and_then(|id| id.as_s().ok()?.parse().ok());
            id.is_none_or(|id: MemoryId| id <= last)
        };
        self.remove_between(user_id, TEXT, "TEXT$", is_of_one).await?;
        Ok(deleted)
    }

    /// Removes some of what is kept of a person, the memories first, and says how many of those there were among it. None,
    /// if there was nothing left.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_some(&self, user_id: &UserId) -> Result<Option<usize>, StoreError> {
        for (first, last, are_memories) in [(MEMORY, "MEMORY$", true), (" ", "~", false)] {
            let (items, _) = self.between(user_id, first, last, None).await?;
            if !items.is_empty() {
                let removed = items.len();
                self.remove_keys(items).await?;
                return Ok(Some(if are_memories { removed } else { 0 }));
            }
        }
        Ok(None)
    }

    /// Removes the items between two keys that are meant, each for itself, and says how many there were.
    async fn remove_between(
        &self,
        user_id: &UserId,
        first: &str,
        last: &str,
        is_meant: impl Fn(&Item) -> bool,
    ) -> Result<usize, StoreError> {
        let mut removed = 0;
        let mut from = None;
        loop {
            let (mut items, next) = self.between(user_id, first, last, from).await?;
            items.retain(&is_meant);
            removed += items.len();
            self.remove_keys(items).await?;
            from = next;
            if from.is_none() {
                return Ok(removed);
            }
        }
    }

    /// Removes items of which [`Self::between`] has read the keys.
    async fn remove_keys(&self, mut items: Vec<Item>) -> Result<(), StoreError> {
        items.iter_mut().for_each(|item| drop(item.remove("memory_id")));
        self.0.remove_each(items).await
    }

    /// Some items between two keys, both included: their keys, and the memory they are of. And from where to read on.
    async fn between(
        &self,
        user_id: &UserId,
        first: &str,
        last: &str,
        from: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        let read = self
            .0
            .client()
            .query()
            .table_name(self.0.name())
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", AttributeValue::S(owner(user_id)))
            .expression_attribute_values(":first", AttributeValue::S(first.into()))
            .expression_attribute_values(":last", AttributeValue::S(last.into()))
            .projection_expression("pk, sk, memory_id")
            .set_exclusive_start_key(from)
            .limit(ROUND)
            .consistent_read(true)
            .send()
            .await?;
        Ok((read.items.unwrap_or_default(), read.last_evaluated_key))
    }
}

fn changing() -> StoreError {
    StoreError::DynamoDb("the memory was changed each time it was about to be deleted".into())
}
