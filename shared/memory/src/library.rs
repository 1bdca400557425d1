//! Everything that is done with memories.

use auth::user::UserId;
use jiff::Timestamp;
use store::{
    StoreError, Table,
    memories::{Memories, Memory, MemoryId, Page, Writer},
};

use crate::{Limit, NewMemory, Query, rank::rank};

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
        let NewMemory { text, tags, source_url, occurred_at } = new;
        let id = MemoryId::new(now, entropy);
        // As it will be read back: the store keeps whole seconds.
        let created_at = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let memory = Memory { id, text, tags, source_url, occurred_at, created_at, written_by };
        self.0.add(user_id, &memory).await?;
        Ok(memory)
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

    /// A page of memories, newest first, from the one after `after` on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list(&self, user_id: &UserId, after: Option<MemoryId>, limit: Limit) -> Result<Page, StoreError> {
        self.0.page(user_id, after, limit.get()).await
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
}

/// Ranks among all of a person's memories, so that a tag asked for does not change what is a rare word.
fn best(memories: Vec<Memory>, query: &Query) -> Vec<Memory> {
    let hits = rank(&query.text, memories.iter().map(indexed_text));
    let mut memories: Vec<_> = memories.into_iter().map(Some).collect();
    hits.iter()
        .filter_map(|hit| memories[hit.index].take())
        .filter(|memory| query.wants(&memory.tags))
        .take(query.limit.get())
        .collect()
}

/// All that a memory can be found by: its text, and its tags, day and source. The day is written as people say it, with
/// the month's name.
fn indexed_text(memory: &Memory) -> String {
    let date = match memory.occurred_at {
        Some(occurred_at) => occurred_at.date(),
        None => jiff::tz::TimeZone::UTC.to_datetime(memory.created_at).date(),
    };
    let source = memory.source_url.as_deref().unwrap_or_default();
    format!("{} {} {} {source}", memory.text, memory.tags.join(" "), date.strftime("%A %-d %B %Y"))
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
        }
    }

    fn found(memories: &[Memory], query: &str, tags: &[&str], limit: u32) -> Vec<String> {
        let tags = tags.iter().map(|tag| String::from(*tag)).collect();
        let limit = Limit::new(limit).expect("valid");
        let query = Query::new(query.into(), tags, limit).expect("valid");
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
