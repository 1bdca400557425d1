//! The stored form of a memory: its attributes, its version number and its text fingerprint.

use jean_memory::{AccessScope, Memory, MemoryId};

use super::fingerprint::TextFingerprint;
use crate::table::{Condition, Item, Lasting, StoreError, item, number, text};

/// Previous versions stored per memory.
const MAX_VERSIONS: u32 = 20;
const CHANGES: &str = "changes";
const TEXT_HASH: &str = "text_hash";

/// A memory with the attributes that only the store uses.
#[derive(Debug, Clone)]
pub(super) struct MemoryRecord {
    pub(super) memory: Memory,
    /// The version number. Writes are conditional on it.
    pub(super) changes: u32,
    /// The fingerprint that this memory owns, if any; see [`TextFingerprint`].
    pub(super) fingerprint: Option<TextFingerprint>,
}

impl Lasting for Memory {}

impl MemoryRecord {
    pub(super) fn read(item: Item) -> Result<Self, StoreError> {
        let changes = item.get(CHANGES).and_then(|value| value.as_n().ok()?.parse().ok()).unwrap_or_default();
        let fingerprint =
            item.get(TEXT_HASH).and_then(|value| value.as_s().ok()).map(|hash| TextFingerprint::from_hash(hash));
        Ok(Self { memory: serde_dynamo::from_item(item)?, changes, fingerprint })
    }

    pub(super) fn item(&self, pk: &str) -> Result<Item, StoreError> {
        let mut item = item(pk, &memory_key(self.memory.id), &self.memory)?;
        if self.changes > 0 {
            item.insert(CHANGES.into(), number(self.changes));
        }
        if let Some(fingerprint) = &self.fingerprint {
            item.insert(TEXT_HASH.into(), text(fingerprint.hash()));
        }
        Ok(item)
    }

    /// The condition that the item is unchanged since it was read, and in the scope.
    pub(super) fn unchanged(&self, scope: &AccessScope) -> Condition {
        let is_read = if self.changes > 0 {
            Condition::of("#changes = :changes").value(":changes", number(self.changes))
        } else {
            Condition::of("attribute_exists(pk) AND attribute_not_exists(#changes)")
        };
        let is_read = is_read.name("#changes", CHANGES);
        let Some(client_id) = scope.client_id() else { return is_read };
        let is_in_scope = Condition::of("#written_by.#credential.#grant.#client_id = :client_id")
            .value(":client_id", text(&client_id.to_string()));
        let names = ["written_by", "credential", "grant", "client_id"];
        is_read.and(names.iter().fold(is_in_scope, |condition, name| condition.name(&format!("#{name}"), name)))
    }

    /// `true` if the two have the same text, tags, source and date.
    pub(super) fn has_content_of(&self, other: &Self) -> bool {
        let (one, other) = (&self.memory, &other.memory);
        (&one.text, &one.tags, &one.source_url, one.occurred_at)
            == (&other.text, &other.tags, &other.source_url, other.occurred_at)
    }

    /// The id that the fingerprint refers to: the document's for a piece, since its fingerprint covers all pieces.
    pub(super) fn fingerprint_owner(&self) -> MemoryId {
        self.memory.document.as_ref().map_or(self.memory.id, |document| document.id)
    }

    /// The memories to index again when this one changes: the memory itself, and the following piece, which is indexed
    /// with the last words of this one.
    pub(super) fn index_dependents(&self) -> impl Iterator<Item = MemoryId> + use<> {
        let next =
            self.memory.document.as_ref().filter(|piece| piece.part < piece.parts).map(|_| self.memory.id.plus(1));
        std::iter::once(self.memory.id).chain(next)
    }

    /// The keys of the stored previous versions.
    pub(super) fn versions(&self) -> impl Iterator<Item = String> + use<> {
        let id = self.memory.id;
        (self.changes.saturating_sub(MAX_VERSIONS)..self.changes).map(move |change| version(id, change))
    }

    /// The key under which the current version is stored when it is replaced, and the key of the oldest version if it
    /// then exceeds the limit.
    pub(super) fn next_version(&self) -> (String, Option<String>) {
        let id = self.memory.id;
        (version(id, self.changes), self.changes.checked_sub(MAX_VERSIONS).map(|change| version(id, change)))
    }
}

pub(super) fn memory_key(id: MemoryId) -> String {
    format!("{MEMORY}{id}")
}

/// Zero-padded, so that versions sort.
fn version(id: MemoryId, change: u32) -> String {
    format!("{HISTORY}{id}#{change:010}")
}

pub(super) const HISTORY: &str = "HISTORY#";

pub(super) const MEMORY: &str = "MEMORY#";

/// Sorts after all memories.
pub(super) const LAST_MEMORY: &str = "MEMORY$";

#[cfg(test)]
mod tests {
    use jean_memory::{Credential, OccurredAt, Writer};
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn record_round_trips_through_an_item() {
        let memory = Memory {
            id: MemoryId::new(Timestamp::UNIX_EPOCH, [1; 10]),
            text: "Tea, never coffee.".into(),
            tags: vec!["taste".into()],
            source_url: None,
            occurred_at: Some(OccurredAt::On(jiff::civil::date(2026, 7, 28))),
            created_at: Timestamp::UNIX_EPOCH,
            written_by: Writer {
                client: "claude".parse().expect("valid"),
                host: None,
                credential: Credential::Grant {
                    client_id: "claude_abc123".parse().expect("valid"),
                    grant_id: "grant".parse().expect("valid"),
                },
            },
            updated_at: Some(Timestamp::UNIX_EPOCH),
            updated_by: None,
            document: None,
        };
        for changes in [0, 7] {
            let record =
                MemoryRecord { memory: memory.clone(), changes, fingerprint: Some(TextFingerprint::from_hash("hash")) };
            let read = MemoryRecord::read(record.item("USER#ada").expect("an item")).expect("a memory");
            assert_eq!((read.memory, read.changes, read.fingerprint), (record.memory, changes, record.fingerprint));
        }
    }
}
