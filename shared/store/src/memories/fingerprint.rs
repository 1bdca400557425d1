//! Content fingerprints used to detect duplicate memories.
//!
//! The item of a fingerprint names the memory that owns the text. It is created in the transaction that adds the
//! memory, so of two concurrent requests with the same text, one receives the other's memory. A look-up in the index
//! could not guarantee that.

use aws_sdk_dynamodb::types::TransactWriteItem;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use jean_memory::{AccessScope, Memory, MemoryId, duplicates::normalised};

use crate::table::{Condition, Item, Table, key, text};

/// A hash of the normalised text and its date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TextFingerprint(String);

#[derive(Deserialize)]
pub(super) struct FingerprintRecord {
    pub(super) memory_id: MemoryId,
}

impl TextFingerprint {
    /// The fingerprint of a memory. The same text on another date differs. In the scope of one client, the client is
    /// part of the hash, so that its callers cannot detect the texts of other clients.
    pub(super) fn of(scope: &AccessScope, memory: &Memory) -> Self {
        let day = memory.occurred_at.map(|time| time.to_string()).unwrap_or_default();
        Self::hashed(scope, &[&normalised(&memory.text), &day])
    }

    /// The fingerprint of a document: its title, the content of all pieces and its date.
    pub(super) fn of_document(scope: &AccessScope, pieces: &[Memory]) -> Self {
        let content: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
        let document = pieces.first().and_then(|piece| piece.document.as_ref());
        let title = document.map(|document| normalised(&document.title)).unwrap_or_default();
        let day = pieces.first().and_then(|piece| piece.occurred_at).map(|time| time.to_string()).unwrap_or_default();
        Self::hashed(scope, &["document", &title, &normalised(&content), &day])
    }

    fn hashed(scope: &AccessScope, parts: &[&str]) -> Self {
        let client = scope.client_id().map(|client| client.to_string()).unwrap_or_default();
        let mut digest = Sha256::new();
        for part in std::iter::once(&client.as_str()).chain(parts) {
            // Length-prefixed, so that no two lists have the same encoding.
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

    /// The write that assigns the fingerprint to a memory, unless another memory owns it. `previous_owner` is a deleted memory
    /// that still owns it.
    pub(super) fn claim(
        &self,
        table: &Table,
        pk: &str,
        id: MemoryId,
        previous_owner: Option<MemoryId>,
    ) -> TransactWriteItem {
        let mut item = key(pk, &self.sort_key());
        item.insert("memory_id".into(), text(&id.to_string()));
        let holder = previous_owner.unwrap_or(id);
        table.put_if(item, unowned_or_owned_by(holder))
    }

    /// The write that deletes the fingerprint, if this memory owns it.
    pub(super) fn release(&self, table: &Table, pk: &str, id: MemoryId) -> TransactWriteItem {
        table.removal_if(pk, &self.sort_key(), unowned_or_owned_by(id))
    }

    pub(super) fn sort_key(&self) -> String {
        format!("{FINGERPRINT}{}", self.0)
    }
}

fn unowned_or_owned_by(id: MemoryId) -> Condition {
    Condition::of("attribute_not_exists(pk) OR #memory_id = :id")
        .name("#memory_id", "memory_id")
        .value(":id", text(&id.to_string()))
}

/// The memory that a fingerprint belongs to. Memories do not have the attribute.
pub(super) fn holder(item: &Item) -> Option<MemoryId> {
    item.get("memory_id")?.as_s().ok()?.parse().ok()
}

pub(super) const FINGERPRINT: &str = "TEXT#";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalised_texts_are_duplicates() {
        let same = ["Ada doesn't like tea.", " ada  doesn\u{2019}t\nlike TEA", "Ada doesn't like tea!"];
        assert!(same.iter().all(|text| normalised(text) == "ada doesn't like tea"));
        for other in ["Ada does like tea", "Ada doesn't like tea?", "Ada, doesn't like tea", ""] {
            assert_ne!(normalised(other), normalised(same[0]));
        }
        assert_ne!(normalised("2 + 2"), normalised("2 - 2"));
    }
}
