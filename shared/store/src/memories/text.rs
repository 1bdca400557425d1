//! By what a text is known, so that it is not kept twice.
//!
//! An item names the memory that has the text, and is written in the transaction that adds it, if it is not there: of two
//! that add the same at once, one is told of the other's. A look into the index could not hold that.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use jean_memory::{AccessScope, Memory, MemoryId};

use super::{Memories, owner};
use crate::table::{Condition, StoreError, Table, key};

/// Names a text, however it is dressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text(String);

#[derive(Deserialize)]
struct Known {
    memory_id: MemoryId,
}

impl Text {
    /// That of a memory. The same on another day is something else; and a caller who reaches only their own is told of
    /// no other's.
    pub(super) fn of(reach: &AccessScope, memory: &Memory) -> Self {
        let day = memory.occurred_at.map(|time| time.to_string()).unwrap_or_default();
        Self::hashed(reach, &[&normal(&memory.text), &day])
    }

    /// That of a document, of all its pieces together.
    pub(super) fn of_document(reach: &AccessScope, pieces: &[Memory]) -> Self {
        let content: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
        let document = pieces.first().and_then(|piece| piece.document.as_ref());
        let title = document.map(|document| normal(&document.title)).unwrap_or_default();
        let day = pieces.first().and_then(|piece| piece.occurred_at).map(|time| time.to_string()).unwrap_or_default();
        Self::hashed(reach, &["document", &title, &normal(&content), &day])
    }

    fn hashed(reach: &AccessScope, parts: &[&str]) -> Self {
        let client = reach.client_id().map(|client| client.to_string()).unwrap_or_default();
        let mut digest = Sha256::new();
        for part in std::iter::once(&client.as_str()).chain(parts) {
            // Each with its length, so that no two lists are the same bytes.
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        Self(URL_SAFE_NO_PAD.encode(digest.finalize()))
    }

    pub(super) fn from_hash(hash: &str) -> Self {
        Self(hash.into())
    }

    pub(super) fn hash(&self) -> &str {
        &self.0
    }

    /// That it is this memory's from now on, if it is nobody's. What a deletion left behind (`gone`) is nobody's.
    pub(super) fn claim(&self, table: &Table, pk: &str, id: MemoryId, gone: Option<MemoryId>) -> TransactWriteItem {
        let mut item = key(pk, &self.entry());
        item.insert("memory_id".into(), AttributeValue::S(id.to_string()));
        let holder = gone.unwrap_or(id);
        table.put_if(item, free_or_of(holder))
    }

    /// That it is nobody's any more, if it is this memory's.
    pub(super) fn release(&self, table: &Table, pk: &str, id: MemoryId) -> TransactWriteItem {
        table.removal_if(pk, &self.entry(), free_or_of(id))
    }

    pub(super) fn entry(&self) -> String {
        format!("{TEXT}{}", self.0)
    }
}

impl Memories {
    /// The memory a text is known to be of.
    pub(super) async fn holder(&self, reach: &AccessScope, text: &Text) -> Result<Option<MemoryId>, StoreError> {
        let known: Option<Known> = self.0.get(&owner(reach.user_id()), &text.entry()).await?;
        Ok(known.map(|known| known.memory_id))
    }
}

fn free_or_of(id: MemoryId) -> Condition {
    Condition {
        expression: "attribute_not_exists(pk) OR #memory_id = :id".into(),
        names: [("#memory_id".into(), "memory_id".into())].into(),
        values: [(":id".into(), AttributeValue::S(id.to_string()))].into(),
    }
}

/// Without what makes no difference: case, white space, the shape of apostrophes and a full stop at the end.
fn normal(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    let text = words.join(" ").to_lowercase().replace('\u{2019}', "'");
    text.trim_end_matches(['.', '!']).into()
}

pub(super) const TEXT: &str = "TEXT#";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_but_for_its_dress_is_a_duplicate() {
        let same = ["Ada doesn't like tea.", " ada  doesn\u{2019}t\nlike TEA", "Ada doesn't like tea!"];
        assert!(same.iter().all(|text| normal(text) == "ada doesn't like tea"));
        for other in ["Ada does like tea", "Ada doesn't like tea?", "Ada, doesn't like tea", ""] {
            assert_ne!(normal(other), normal(same[0]));
        }
        assert_ne!(normal("2 + 2"), normal("2 - 2"));
    }
}
