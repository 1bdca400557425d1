//! New memories.

use aws_sdk_dynamodb::types::TransactWriteItem;

use jean_memory::{AccessScope, Memory, MemoryId};

use super::{Memories, index::Stamp, kept::Kept, owner, text::Text};
use crate::table::StoreError;

/// How often it is looked again who has a text, when that changes all the time.
const TRIES: usize = 4;

/// What became of something that was to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Added<T> {
    /// It is kept now.
    New(T),
    /// It was there already, and is as it was.
    AlreadyThere(T),
}

impl Memories {
    /// Keeps a new memory, unless one within reach has its text.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add(&self, reach: &AccessScope, memory: Memory, stamp: Stamp) -> Result<Added<Memory>, StoreError> {
        let text = Text::of(reach, &memory);
        let Some(holder) = self.insert(reach, std::slice::from_ref(&memory), text, stamp).await? else {
            return Ok(Added::New(memory));
        };
        Ok(Added::AlreadyThere(holder))
    }

    /// Keeps the pieces of a document, all of them or none, unless it is there. They are at most 97: with the document's
    /// text, what tells the index of them and that the account is not gone, as many as a transaction has room for.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_document(
        &self,
        reach: &AccessScope,
        pieces: Vec<Memory>,
        stamp: Stamp,
    ) -> Result<Added<Vec<Memory>>, StoreError> {
        let text = Text::of_document(reach, &pieces);
        let Some(first) = self.insert(reach, &pieces, text, stamp).await? else {
            return Ok(Added::New(pieces));
        };
        Ok(Added::AlreadyThere(self.document(reach, first.id).await?))
    }

    /// The pieces of a document that are there, in their order. Any piece names it, and so does its own id even when the
    /// first piece is gone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn document(&self, reach: &AccessScope, id: MemoryId) -> Result<Vec<Memory>, StoreError> {
        Ok(self.kept_document(reach, id).await?.into_iter().map(|kept| kept.memory).collect())
    }

    /// One transaction of a size that does not depend on what there is. If the text is known already, the memory that
    /// has it, and nothing is written.
    async fn insert(
        &self,
        reach: &AccessScope,
        memories: &[Memory],
        text: Text,
        stamp: Stamp,
    ) -> Result<Option<Memory>, StoreError> {
        let pk = owner(reach.user_id());
        let mut gone = None;
        for _ in 0..TRIES {
            let mut writes = vec![
                text.claim(&self.0, &pk, memories[0].id, gone),
                self.mark(&pk, stamp, memories.iter().map(|memory| memory.id)),
            ];
            for memory in memories {
                writes.push(self.insertion_of(&pk, memory, Some(text.clone()))?);
            }
            let unmet = self.try_new(&pk, writes).await?;
            match unmet.first() {
                None => return Ok(None),
                Some(0) => {}
                Some(_) => return Err(StoreError::DynamoDb("a memory with these 80 random bits exists".into())),
            }
            let holder = self.holder(reach, &text).await?;
            if let Some(id) = holder
                && let Some(memory) = self.one(reach, id).await?
            {
                return Ok(Some(memory));
            }
            gone = holder;
        }
        Err(StoreError::DynamoDb("who has this text changed each time it was looked at".into()))
    }

    pub(super) fn insertion_of(
        &self,
        pk: &str,
        memory: &Memory,
        text: Option<Text>,
    ) -> Result<TransactWriteItem, StoreError> {
        let kept = Kept { memory: memory.clone(), changes: 0, text };
        Ok(self.0.insertion(kept.item(pk)?))
    }
}
