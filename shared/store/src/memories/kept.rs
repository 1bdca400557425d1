//! A memory as it is kept: with what its writers need to know and nobody else is told.

use aws_sdk_dynamodb::types::AttributeValue;

use jean_memory::{AccessScope, Memory, MemoryId};

use super::{MEMORY, Memories, owner, text::Text};
use crate::table::{Condition, Item, StoreError, item};

/// How many former versions of a memory are kept.
const VERSIONS: u32 = 20;
const CHANGES: &str = "changes";
const TEXT_HASH: &str = "text_hash";

/// A memory's item.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) memory: Memory,
    /// How often it was changed: a writer says which version it read, and does nothing if it is another by now.
    pub(super) changes: u32,
    /// Under what its text is known, if it is: see [`Text`].
    pub(super) text: Option<Text>,
}

impl Kept {
    pub(super) fn read(item: Item) -> Result<Self, StoreError> {
        let changes = item.get(CHANGES).and_then(|value| value.as_n().ok()?.parse().ok()).unwrap_or_default();
        let text = item.get(TEXT_HASH).and_then(|value| value.as_s().ok()).map(|hash| Text::from_hash(hash));
        Ok(Self { memory: serde_dynamo::from_item(item)?, changes, text })
    }

    pub(super) fn item(&self, pk: &str) -> Result<Item, StoreError> {
        let mut item = item(pk, &entry(self.memory.id), &self.memory)?;
        if self.changes > 0 {
            item.insert(CHANGES.into(), AttributeValue::N(self.changes.to_string()));
        }
        if let Some(text) = &self.text {
            item.insert(TEXT_HASH.into(), AttributeValue::S(text.hash().into()));
        }
        Ok(item)
    }

    /// That the item is still the one that was read, and within reach.
    pub(super) fn unchanged(&self, reach: &AccessScope) -> Condition {
        let mut condition = Condition {
            expression: format!("attribute_exists(pk) AND attribute_not_exists(#{CHANGES})"),
            names: [(format!("#{CHANGES}"), CHANGES.into())].into(),
            values: Item::new(),
        };
        if self.changes > 0 {
            condition.expression = format!("#{CHANGES} = :{CHANGES}");
            condition.values.insert(format!(":{CHANGES}"), AttributeValue::N(self.changes.to_string()));
        }
        if let Some(client_id) = reach.client_id() {
            condition.expression += " AND #written_by.#credential.#grant.#client_id = :client_id";
            for name in ["written_by", "credential", "grant", "client_id"] {
                condition.names.insert(format!("#{name}"), name.into());
            }
            condition.values.insert(":client_id".into(), AttributeValue::S(client_id.to_string()));
        }
        condition
    }

    /// Whose id stands with its text: a document's text is that of all its pieces.
    pub(super) fn known_as(&self) -> MemoryId {
        self.memory.document.as_ref().map_or(self.memory.id, |document| document.id)
    }

    /// What the index says otherwise of when this memory is changed: it, and the piece after it, which is found by its
    /// words as well.
    pub(super) fn indexed(&self) -> impl Iterator<Item = MemoryId> + use<> {
        let next =
            self.memory.document.as_ref().filter(|piece| piece.part < piece.parts).map(|_| self.memory.id.plus(1));
        std::iter::once(self.memory.id).chain(next)
    }

    /// The keys of what it was before each of its last changes.
    pub(super) fn versions(&self) -> impl Iterator<Item = String> + use<> {
        let id = self.memory.id;
        (self.changes.saturating_sub(VERSIONS)..self.changes).map(move |change| version(id, change))
    }

    /// The key of what it is now, once it is changed; and that of the version which is then one too many.
    pub(super) fn next_version(&self) -> (String, Option<String>) {
        let id = self.memory.id;
        (version(id, self.changes), self.changes.checked_sub(VERSIONS).map(|change| version(id, change)))
    }
}

impl Memories {
    /// A memory within reach, as it is kept.
    pub(super) async fn kept(&self, reach: &AccessScope, id: MemoryId) -> Result<Option<Kept>, StoreError> {
        let read = self.0.item(&owner(reach.user_id()), &entry(id)).await?;
        let kept = read.map(Kept::read).transpose()?;
        Ok(kept.filter(|kept| reach.includes(&kept.memory)))
    }
}

pub(super) fn entry(id: MemoryId) -> String {
    format!("{MEMORY}{id}")
}

/// With as many digits as any number has, so that versions sort.
fn version(id: MemoryId, change: u32) -> String {
    format!("{HISTORY}{id}#{change:010}")
}

pub(super) const HISTORY: &str = "HISTORY#";
