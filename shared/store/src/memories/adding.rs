//! New memories and documents.

use aws_sdk_dynamodb::types::TransactWriteItem;

use jean_memory::{AccessScope, Memory, MemoryId};

use super::{
    fingerprint::{FingerprintRecord, TextFingerprint},
    reading::Memories,
    record::MemoryRecord,
};
use crate::table::{Attempts, StoreError, owner};

/// The result of adding a memory or a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddResult<T> {
    /// It was added.
    New(T),
    /// It exists already, and was not changed.
    Duplicate(T),
}

impl Memories {
    /// Adds a memory, unless the scope has one with the same fingerprint.
    pub async fn add(&self, scope: &AccessScope, memory: Memory) -> Result<AddResult<Memory>, StoreError> {
        let fingerprint = TextFingerprint::of(scope, &memory);
        let Some(holder) = self.insert(scope, std::slice::from_ref(&memory), fingerprint).await? else {
            return Ok(AddResult::New(memory));
        };
        Ok(AddResult::Duplicate(holder))
    }

    /// Adds the pieces of a document, all of them or none, unless it exists. At most 97 pieces, which fit into one
    /// transaction with the fingerprint.
    pub async fn add_document(
        &self,
        scope: &AccessScope,
        pieces: Vec<Memory>,
    ) -> Result<AddResult<Vec<Memory>>, StoreError> {
        let fingerprint = TextFingerprint::of_document(scope, &pieces);
        let Some(first) = self.insert(scope, &pieces, fingerprint).await? else {
            return Ok(AddResult::New(pieces));
        };
        Ok(AddResult::Duplicate(self.document(scope, first.id).await?))
    }

    /// Returns the remaining pieces of a document, in order. `id` is the id of any piece, or of the document itself,
    /// even if its first piece has been deleted.
    pub async fn document(&self, scope: &AccessScope, id: MemoryId) -> Result<Vec<Memory>, StoreError> {
        Ok(self.document_records(scope, id).await?.into_iter().map(|record| record.memory).collect())
    }

    /// Inserts memories in one transaction of constant size. If another memory owns the fingerprint, returns that
    /// memory and writes nothing.
    async fn insert(
        &self,
        scope: &AccessScope,
        memories: &[Memory],
        fingerprint: TextFingerprint,
    ) -> Result<Option<Memory>, StoreError> {
        let pk = owner(scope.user_id());
        let mut deleted_owner = None;
        let mut attempts = Attempts::new("owner of the fingerprint changed");
        loop {
            let mut writes = vec![fingerprint.claim(&self.0, &pk, memories[0].id, deleted_owner)];
            for memory in memories {
                writes.push(self.insertion_of(&pk, memory, Some(fingerprint.clone()))?);
            }
            let unmet = self.try_new(&pk, writes).await?;
            match unmet.first() {
                None => return Ok(None),
                Some(0) => {}
                Some(_) => return Err(StoreError::DynamoDb("memory id already exists".into())),
            }
            let holder = self.holder(scope, &fingerprint).await?;
            if let Some(id) = holder
                && let Some(memory) = self.one(scope, id).await?
            {
                return Ok(Some(memory));
            }
            deleted_owner = holder;
            attempts.again()?;
        }
    }

    pub(super) fn insertion_of(
        &self,
        pk: &str,
        memory: &Memory,
        fingerprint: Option<TextFingerprint>,
    ) -> Result<TransactWriteItem, StoreError> {
        let record = MemoryRecord { memory: memory.clone(), changes: 0, fingerprint };
        Ok(self.0.insertion(record.item(pk)?))
    }

    /// The memory that owns a fingerprint.
    async fn holder(&self, scope: &AccessScope, fingerprint: &TextFingerprint) -> Result<Option<MemoryId>, StoreError> {
        let record: Option<FingerprintRecord> = self.0.get(&owner(scope.user_id()), &fingerprint.sort_key()).await?;
        Ok(record.map(|record| record.memory_id))
    }
}
