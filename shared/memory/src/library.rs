//! Everything that is done with memories.

use auth::user::UserId;
use jiff::Timestamp;
use store::{
    StoreError, Table,
    memories::{Change, Memories, Memory, MemoryId, Page, Piece, Writer},
};

use crate::{Filter, Limit, NewDocument, NewMemory, Query, index::indexed_text, rank::rank};

/// Everybody's memories; each operation is on those of one person.
#[derive(Debug, Clone)]
pub struct Library(Memories);

impl Library {
    /// The memories kept in this table.
    pub fn new(table: Table) -> Self {
        Self(Memories::new(table))
    }

    /// Keeps a memory.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add(
        &self,
        user_id: &UserId,
        new: NewMemory,
        written_by: Writer,
        now: Timestamp,
        entropy: [u8; 10],
    ) -> Result<Memory, StoreError> {
        let memory = noted(MemoryId::new(now, entropy), new, written_by, now, None);
        self.0.add(user_id, &memory).await?;
        Ok(memory)
    }

    /// Keeps a document, as the memories that are its pieces: all of them, or none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_document(
        &self,
        user_id: &UserId,
        new: NewDocument,
        written_by: &Writer,
        now: Timestamp,
        entropy: [u8; 10],
    ) -> Result<Vec<Memory>, StoreError> {
        let id = MemoryId::new(now, entropy);
        let NewDocument { title, pieces } = new;
        let parts = u32::try_from(pieces.len()).unwrap_or(u32::MAX);
        let memories: Vec<_> = (0..parts)
            .zip(pieces)
            .map(|(place, piece)| {
                let document = Piece { id, title: title.clone(), part: place + 1, parts };
                noted(id.plus(place), piece, written_by.clone(), now, Some(document))
            })
            .collect();
        self.0.add_all(user_id, &memories).await?;
        Ok(memories)
    }

    /// Changes a memory, and gives it as it is now, if there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn update(
        &self,
        user_id: &UserId,
        id: MemoryId,
        change: &Change,
        by: &Writer,
        now: Timestamp,
    ) -> Result<Option<Memory>, StoreError> {
        self.0.update(user_id, id, change, by, now).await
    }

    /// The memories that answer a query, best first, and of equal ones the newest.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn search(&self, user_id: &UserId, query: &Query) -> Result<Vec<Memory>, StoreError> {
        let mut memories = self.0.all(user_id).await?;
        memories.reverse();
        Ok(best(memories, query))
    }

    /// A page of the memories a filter wants, newest first, from the one after `after` on. For a filter that wants few,
    /// much is read: a page may then have fewer than `limit` although there are more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list(
        &self,
        user_id: &UserId,
        filter: &Filter,
        mut after: Option<MemoryId>,
        limit: Limit,
    ) -> Result<Page, StoreError> {
        let limit = limit.get();
        let at_once = if filter.wants_all() { limit } else { READ_AT_ONCE };
        let mut wanted = Vec::with_capacity(limit);
        for _ in 0..READS {
            let page = self.0.page(user_id, after, at_once).await?;
            let mut read = page.memories.into_iter();
            wanted.extend(read.by_ref().filter(|memory| filter.wants(memory)).take(limit - wanted.len()));
            // What is left was read in vain: the next page begins behind the last that is shown.
            let unseen = read.len() > 0;
            after = if unseen { wanted.last().map(|memory: &Memory| memory.id) } else { page.next };
            if wanted.len() == limit || after.is_none() {
                break;
            }
        }
        Ok(Page { memories: wanted, next: after })
    }

    /// One memory.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn get(&self, user_id: &UserId, id: MemoryId) -> Result<Option<Memory>, StoreError> {
        self.0.one(user_id, id).await
    }

    /// Deletes a memory. Whether there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete(&self, user_id: &UserId, id: MemoryId) -> Result<bool, StoreError> {
        self.0.delete(user_id, id).await
    }

    /// Deletes all of a person's memories, and says how many there were.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_all(&self, user_id: &UserId, now: Timestamp) -> Result<usize, StoreError> {
        self.0.delete_all(user_id, now).await
    }
}

/// How many memories are read at once to find those a filter wants, and how often, before an answer is due.
const READ_AT_ONCE: usize = 500;
const READS: usize = 20;

/// A memory as it will be read back: the store keeps whole seconds.
fn noted(id: MemoryId, new: NewMemory, written_by: Writer, now: Timestamp, document: Option<Piece>) -> Memory {
    let NewMemory { text, tags, source_url, occurred_at } = new;
    let created_at = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let (updated_at, updated_by) = (None, None);
    Memory { id, text, tags, source_url, occurred_at, created_at, written_by, updated_at, updated_by, document }
}

/// Ranks among all of a person's memories, so that a tag asked for does not change what is a rare word.
fn best(memories: Vec<Memory>, query: &Query) -> Vec<Memory> {
    let hits = rank(&query.text, memories.iter().map(|memory| indexed_text(memory, None)));
    let mut memories: Vec<_> = memories.into_iter().map(Some).collect();
    hits.iter()
        .filter_map(|hit| memories[hit.index].take())
        .filter(|memory| query.filter.wants(memory))
        .take(query.limit.get())
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use store::memories::Credential;

    use super::*;

    fn memory(number: u8, text: &str) -> Memory {
        let now = Timestamp::from_second(1_785_228_600).expect("in range");
        Memory {
            id: MemoryId::new(now, [number; 10]),
            text: text.into(),
            tags: vec![],
            source_url: None,
            occurred_at: None,
            created_at: now,
            written_by: Writer {
                client: "claude".parse().expect("valid"),
                credential: Credential::ApiKey("key".parse().expect("valid")),
            },
            updated_at: None,
            updated_by: None,
            document: None,
        }
    }

    fn found(memories: &[Memory], query: &str, tags: &[&str], limit: u32) -> Vec<String> {
        let tags: Vec<_> = tags.iter().map(|tag| String::from(*tag)).collect();
        let filter = Filter::new(&tags, None, None).expect("valid");
        let query = Query::new(query.into(), filter, Limit::new(limit).expect("valid")).expect("valid");
        best(memories.to_vec(), &query).into_iter().map(|memory| memory.text).collect()
    }

    #[test]
    fn a_memory_is_found_by_its_tags_its_day_and_its_source() {
        let plain = memory(1, "Ada moved");
        let tagged = Memory { tags: vec!["holiday".into()], ..memory(2, "Walked up the hill") };
        let sourced = Memory { source_url: Some("https://example.com/recipes/ramen".into()), ..memory(3, "Cooked") };
        let dated = Memory { occurred_at: "2023-05-08".parse().ok(), ..memory(4, "Met Grace") };
        let memories = [plain, tagged, sourced, dated];
        assert_eq!(found(&memories, "holidays", &[], 10), ["Walked up the hill"]);
        assert_eq!(found(&memories, "the ramen recipe", &[], 10), ["Cooked"]);
        assert_eq!(found(&memories, "what happened in May 2023?", &[], 10), ["Met Grace"]);
        assert_eq!(found(&memories, "28 July 2026", &[], 10).len(), 3);
    }

    #[test]
    fn a_tag_that_is_asked_for_has_to_be_there() {
        let memories = [memory(1, "tea"), Memory { tags: vec!["Work".into()], ..memory(2, "tea at work") }];
        assert_eq!(found(&memories, "tea", &["work"], 10), ["tea at work"]);
        assert_eq!(found(&memories, "tea", &["home"], 10), [""; 0]);
    }

    proptest! {
        #[test]
        fn no_more_is_found_than_was_asked_for(texts in prop::collection::vec("(tea|cup|pot| ){0,9}", 0..80), limit in 1..=50u32) {
            let memories: Vec<_> = texts.iter().enumerate().map(|(n, text)| memory(n as u8, text)).collect();
            let having = texts.iter().filter(|text| text.split_whitespace().any(|word| word == "tea")).count();
            prop_assert_eq!(found(&memories, "tea", &[], limit).len(), having.min(limit as usize));
        }
    }
}
