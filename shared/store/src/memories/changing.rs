//! Changes to memories, and their history.

use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::Timestamp;

use jean_memory::{AccessScope, Change, Memory, MemoryId, Writer};

use super::{
    fingerprint::TextFingerprint,
    index::Growth,
    opstamp::Opstamp,
    reading::Memories,
    record::{HISTORY, MemoryRecord},
};
use crate::table::{Attempts, StoreError, item, owner};

/// The author and time of a change, and the stamp of its change record.
#[derive(Debug, Clone, Copy)]
pub struct Edit<'a> {
    /// The author of the change.
    pub by: &'a Writer,
    /// The time of the change.
    pub at: Timestamp,
    /// The stamp of the change record.
    pub stamp: Opstamp,
}

/// A write of a change or deletion, by its condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MemoryWrite {
    /// The new fingerprint, unless another memory owns it.
    Claim,
    /// The old fingerprint, if the memory owns it.
    Release,
    /// The memory, if it is unchanged, or a write that depends on it.
    Memory,
}

impl Memories {
    /// Changes a memory and returns the new version, or `None` if the scope has no such memory. Concurrent changes do
    /// not overwrite each other: the second is applied to the result of the first.
    pub async fn update(
        &self,
        scope: &AccessScope,
        id: MemoryId,
        change: &Change,
        edit: Edit<'_>,
    ) -> Result<Option<Memory>, StoreError> {
        self.rewrite(scope, id, edit.stamp, |memory| Some(change.to(memory, edit.by, edit.at))).await
    }

    /// Changes a memory if it is unchanged since it was `read`. Returns the new version, or `None` if it has been changed or
    /// deleted.
    pub async fn update_if_unchanged(
        &self,
        scope: &AccessScope,
        read: &Memory,
        change: &Change,
        edit: Edit<'_>,
    ) -> Result<Option<Memory>, StoreError> {
        let changed = |memory: &Memory| (memory == read).then(|| change.to(memory, edit.by, edit.at));
        self.rewrite(scope, read.id, edit.stamp, changed).await
    }

    /// Restores a previous version of a memory, if it is unchanged since it was `read`. Returns `false` if it has been
    /// changed.
    pub async fn restore(
        &self,
        scope: &AccessScope,
        read: &Memory,
        version: &Memory,
        edit: Edit<'_>,
    ) -> Result<bool, StoreError> {
        let change = Change {
            text: Some(version.text.clone()),
            tags: Some(version.tags.clone()),
            source_url: Some(version.source_url.clone()),
            occurred_at: Some(version.occurred_at),
        };
        Ok(self.update_if_unchanged(scope, read, &change, edit).await?.is_some())
    }

    /// Replaces a memory by the result of `rewritten`. Nothing is written for `None`.
    async fn rewrite(
        &self,
        scope: &AccessScope,
        id: MemoryId,
        stamp: Opstamp,
        rewritten: impl Fn(&Memory) -> Option<Memory>,
    ) -> Result<Option<Memory>, StoreError> {
        let (mut may_claim, mut may_release) = (true, true);
        let mut attempts = Attempts::new(MEMORY_CHANGED);
        loop {
            let Some(record) = self.record(scope, id).await? else { return Ok(None) };
            let Some(memory) = rewritten(&record.memory) else { return Ok(None) };
            let same_text = (&memory.text, memory.occurred_at) == (&record.memory.text, record.memory.occurred_at);
            let fingerprint = match &record.fingerprint {
                known if same_text => known.clone(),
                // A piece has no fingerprint of its own, and its document no longer has the same content.
                _ if memory.document.is_some() => None,
                _ => may_claim.then(|| TextFingerprint::of(scope, &memory)),
            };
            let changed = MemoryRecord { memory, changes: record.changes + 1, fingerprint };
            let writes = self.replacement(scope, &record, &changed, may_release, stamp)?;
            let unmet = self.0.try_labelled(writes).await?;
            if unmet.is_empty() {
                return Ok(Some(changed.memory));
            }
            // If another memory owns the fingerprint, this one is stored without.
            may_claim &= !unmet.contains(&MemoryWrite::Claim);
            may_release &= !unmet.contains(&MemoryWrite::Release);
            if unmet.contains(&MemoryWrite::Memory) {
                attempts.after_conflict().await?;
            } else {
                attempts.again()?;
            }
        }
    }

    /// The writes that replace a record by the next version of it.
    fn replacement(
        &self,
        scope: &AccessScope,
        record: &MemoryRecord,
        changed: &MemoryRecord,
        may_release: bool,
        stamp: Opstamp,
    ) -> Result<Vec<(MemoryWrite, TransactWriteItem)>, StoreError> {
        let pk = owner(scope.user_id());
        let (former, next) = (record.fingerprint.as_ref(), changed.fingerprint.as_ref());
        let claim = next.filter(|next| former != Some(next));
        let release = former.filter(|former| may_release && next != Some(former));
        let (version, excess) = record.next_version();
        let growth = growth(&record.memory, &changed.memory);
        let mut writes = vec![
            (MemoryWrite::Memory, self.0.put_if(changed.item(&pk)?, record.unchanged(scope))),
            (MemoryWrite::Memory, self.0.put(item(&pk, &version, &record.memory)?)),
            (MemoryWrite::Memory, self.record_change(&pk, stamp, record.index_dependents(), growth)?),
        ];
        writes.extend(excess.map(|version| (MemoryWrite::Memory, self.0.removal(&pk, &version))));
        writes.extend(claim.map(|claim| (MemoryWrite::Claim, claim.claim(&self.0, &pk, record.memory.id, None))));
        let holder = record.fingerprint_owner();
        writes.extend(release.map(|release| (MemoryWrite::Release, release.release(&self.0, &pk, holder))));
        Ok(writes)
    }

    /// Returns the previous versions of a memory, oldest first, each with its time and author. Empty if the scope has
    /// no such memory.
    pub async fn history(&self, scope: &AccessScope, id: MemoryId) -> Result<Vec<Memory>, StoreError> {
        match self.record(scope, id).await? {
            Some(record) if record.changes > 0 => self.0.all(&owner(scope.user_id()), &format!("{HISTORY}{id}#")).await,
            _ => Ok(vec![]),
        }
    }
}

/// The conflict of changes and deletions.
pub(super) const MEMORY_CHANGED: &str = "memory changed";

fn growth(before: &Memory, after: &Memory) -> Growth {
    Growth { memories: 0, bytes: after.text.len() as i64 - before.text.len() as i64 }
}
