//! Undo of all writes of one credential.

use jean_memory::{AccessScope, Credential, Memory, MemoryId, Writer};
use jean_store::{
    StoreError,
    memories::{Edit, MemoryDeletion},
};
use jiff::Timestamp;

use crate::{completion::Completion, service::MemoryService};

/// Memories read per request to find those the credential wrote.
const PAGE_SIZE: usize = 500;

/// The number of memories affected by an undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UndoReport {
    /// Deleted memories, which the credential had written.
    pub deleted: usize,
    /// Restored memories, which another writer had written and the credential had changed.
    pub restored: usize,
    /// Memories of other writers that the credential changed so often that the history no longer contains the version
    /// before its changes. They are not restored.
    pub unknown: usize,
}

/// The memories that an undo would affect.
#[derive(Debug, Default)]
pub struct UndoPreview {
    /// Their number.
    pub report: UndoReport,
    /// The newest of them.
    pub examples: Vec<Memory>,
}

/// The writes to undo, and the author of the undo.
#[derive(Debug, Clone, Copy)]
pub struct UndoRequest<'a> {
    /// The credential to undo.
    pub credential: &'a Credential,
    /// The time of the first write to undo.
    pub since: Timestamp,
    /// The author of restored versions.
    pub by: &'a Writer,
    /// The place to continue after, from the [`UndoProgress`] of the previous round.
    pub after: Option<MemoryId>,
}

/// The progress of an undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoProgress {
    /// Nothing is left to undo.
    Finished,
    /// Memories newer than this one, and itself, are done; none if absent.
    UpTo(Option<MemoryId>),
}

impl MemoryService {
    /// Undoes the writes of a credential since a time: memories that it wrote move to the trash, and memories that it
    /// changed last are restored to the version before. Memories that another writer has changed since are not
    /// touched.
    ///
    /// Reads the memories once, newest first, and stops when `has_time` returns `false`. Call again with the returned progress
    /// to undo the rest, or with the same request after a failure.
    pub async fn undo(
        &self,
        scope: &AccessScope,
        undo: &UndoRequest<'_>,
        has_time: impl Fn() -> bool,
    ) -> Result<(UndoReport, UndoProgress), StoreError> {
        let now = self.ids.now();
        let mut report = UndoReport::default();
        let deletion = MemoryDeletion { stamp: self.ids.opstamp(now), by: undo.by };
        let mut done = undo.after;
        loop {
            if !has_time() {
                return Ok((report, UndoProgress::UpTo(done)));
            }
            let page = self.memories.page(scope.user_id(), done, PAGE_SIZE).await?;
            for memory in page.memories.iter().filter(|memory| scope.includes(memory)) {
                if !has_time() {
                    return Ok((report, UndoProgress::UpTo(done)));
                }
                match self.undo_step(scope, memory, undo).await? {
                    None => {}
                    Some(UndoStep::Delete) => {
                        let change = self.ids.opstamp(now);
                        let deleted = self.memories.delete_if_unchanged(scope, memory, deletion, change).await?;
                        report.deleted += usize::from(deleted);
                    }
                    Some(UndoStep::Restore(before)) => {
                        let edit = Edit { by: undo.by, at: now, stamp: self.ids.opstamp(now) };
                        let restored = self.memories.restore(scope, memory, &before, edit).await?;
                        report.restored += usize::from(restored);
                    }
                    Some(UndoStep::Unknown) => report.unknown += 1,
                }
                done = Some(memory.id);
            }
            if page.next.is_none() {
                return Ok((report, UndoProgress::Finished));
            }
            done = page.next;
        }
    }

    /// Counts the memories that [`Self::undo`] would affect, and returns up to `examples` of them.
    ///
    /// Stops when `has_time` returns `false`.
    pub async fn preview_undo(
        &self,
        scope: &AccessScope,
        undo: &UndoRequest<'_>,
        examples: usize,
        has_time: impl Fn() -> bool,
    ) -> Result<(UndoPreview, Completion), StoreError> {
        let mut preview = UndoPreview::default();
        let mut after = None;
        loop {
            let page = self.memories.page(scope.user_id(), after, PAGE_SIZE).await?;
            for memory in page.memories.into_iter().filter(|memory| scope.includes(memory)) {
                if !has_time() {
                    return Ok((preview, Completion::OutOfTime));
                }
                match self.undo_step(scope, &memory, undo).await? {
                    None => continue,
                    Some(UndoStep::Delete) => preview.report.deleted += 1,
                    Some(UndoStep::Restore(_)) => preview.report.restored += 1,
                    Some(UndoStep::Unknown) => preview.report.unknown += 1,
                }
                if preview.examples.len() < examples {
                    preview.examples.push(memory);
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok((preview, Completion::Finished));
            }
        }
    }

    /// Decides the effect of an undo on a memory.
    async fn undo_step(
        &self,
        scope: &AccessScope,
        memory: &Memory,
        undo: &UndoRequest<'_>,
    ) -> Result<Option<UndoStep>, StoreError> {
        // The store truncates times to whole seconds.
        let since = Timestamp::from_second(undo.since.as_second()).unwrap_or(undo.since);
        let credential = undo.credential;
        if !is_by(memory, credential, since) {
            return Ok(None);
        }
        if memory.updated_by.is_some() {
            let mut history = self.memories.history(scope, memory.id).await?;
            if let Some(before) = history.iter().rposition(|version| !is_by(version, credential, since)) {
                return Ok(Some(UndoStep::Restore(Box::new(history.swap_remove(before)))));
            }
        }
        let is_new = was_added(memory, credential, since);
        Ok(Some(if is_new { UndoStep::Delete } else { UndoStep::Unknown }))
    }
}

/// The effect of an undo on one memory.
enum UndoStep {
    Delete,
    /// The version to restore.
    Restore(Box<Memory>),
    Unknown,
}

/// `true` if this version was written by the credential since the given time.
fn is_by(version: &Memory, credential: &Credential, since: Timestamp) -> bool {
    match &version.updated_by {
        Some(writer) => writer.credential == *credential && version.updated_at.is_some_and(|at| at >= since),
        None => was_added(version, credential, since),
    }
}

/// `true` if the memory was added by the credential since the given time.
fn was_added(memory: &Memory, credential: &Credential, since: Timestamp) -> bool {
    memory.written_by.credential == *credential && memory.created_at >= since
}
