//! Bulk import of memories with their ids, dates and writers.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::TransactWriteItem;
use jean_memory::{AccessScope, Memory, MemoryId, QuotaReached, Room, Usage};

use super::{
    fingerprint::{TextFingerprint, holder},
    opstamp::Opstamp,
    reading::Memories,
    record::memory_key,
    transaction_room::TransactionRoom,
};
use crate::table::{Attempts, Consistency, StoreError, owner};

/// The result of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportReport {
    /// Memories that were added.
    pub added: usize,
    /// The bytes of their texts.
    pub bytes: u64,
    /// Memories with an id or a text that exists already. They were not changed.
    pub already_there: usize,
    /// Memories that the quotas have no room for.
    pub refused: usize,
    /// The quota that the first of these would exceed.
    pub reached: Option<QuotaReached>,
}

/// Memories to import.
#[derive(Debug, Clone, Copy)]
pub struct ImportBatch<'a> {
    /// The memories.
    pub memories: &'a [Memory],
    /// Ids of other memories of the same origin. Memories with the texts of these are imported all the same, so that an
    /// export of this server is restored as it was.
    pub siblings: &'a HashSet<MemoryId>,
}

/// The import of some memories as one transaction.
#[derive(Default)]
struct ImportPlan {
    writes: Vec<TransactWriteItem>,
    ids: Vec<MemoryId>,
    added: Usage,
    report: ImportReport,
}

impl std::ops::AddAssign for ImportReport {
    fn add_assign(&mut self, other: Self) {
        self.added += other.added;
        self.bytes += other.bytes;
        self.already_there += other.already_there;
        self.refused += other.refused;
        self.reached = self.reached.or(other.reached);
    }
}

impl Memories {
    /// Imports memories with their ids, as far as there is room. Existing memories are not changed, so an import can be
    /// repeated. It is split into transactions; retry after a failure to import the rest.
    ///
    /// Reads the memories with the same ids and texts only, at most three batches for each transaction.
    pub async fn import(
        &self,
        scope: &AccessScope,
        batch: ImportBatch<'_>,
        mut room: Room,
        mut stamp: impl FnMut() -> Opstamp,
    ) -> Result<ImportReport, StoreError> {
        let mut imported = ImportReport::default();
        for part in parts(batch) {
            imported += self.import_part(scope, part, &mut room, &mut stamp).await?;
        }
        Ok(imported)
    }

    /// Imports memories in one transaction. If one of them is created concurrently, it counts as existing.
    async fn import_part(
        &self,
        scope: &AccessScope,
        part: ImportBatch<'_>,
        room: &mut Room,
        stamp: &mut impl FnMut() -> Opstamp,
    ) -> Result<ImportReport, StoreError> {
        let pk = owner(scope.user_id());
        let mut attempts = Attempts::new("imported memories were created");
        loop {
            let mut left = *room;
            let mut plan = self.plan_import(scope, part, &mut left).await?;
            if !plan.ids.is_empty() {
                let ids = plan.ids.iter().copied();
                plan.writes.push(self.record_change(&pk, stamp(), ids, plan.added.into())?);
                if !self.try_new(&pk, plan.writes).await?.is_empty() {
                    attempts.again()?;
                    continue;
                }
            }
            *room = left;
            return Ok(plan.report);
        }
    }

    /// Returns the report that an import without quotas would have. Writes nothing.
    pub async fn preview_import(
        &self,
        scope: &AccessScope,
        batch: ImportBatch<'_>,
    ) -> Result<ImportReport, StoreError> {
        let mut report = ImportReport::default();
        for part in parts(batch) {
            report += self.plan_import(scope, part, &mut Room::default()).await?.report;
        }
        Ok(report)
    }

    async fn plan_import(
        &self,
        scope: &AccessScope,
        ImportBatch { memories, siblings }: ImportBatch<'_>,
        room: &mut Room,
    ) -> Result<ImportPlan, StoreError> {
        let pk = owner(scope.user_id());
        // A piece has no fingerprint of its own: it is never added without its document.
        let known_by = |memory: &Memory| memory.document.is_none().then(|| TextFingerprint::of(scope, memory));
        let texts: Vec<_> = memories.iter().map(known_by).collect();
        let mut sks: Vec<_> = memories.iter().map(|memory| memory_key(memory.id)).collect();
        sks.extend(texts.iter().flatten().map(TextFingerprint::sort_key));
        sks.sort_unstable();
        sks.dedup();
        let there = self.0.some(&pk, &sks, Consistency::Strong).await?;
        let there: HashMap<String, Option<MemoryId>> =
            there.iter().filter_map(|item| Some((item.get("sk")?.as_s().ok()?.clone(), holder(item)))).collect();
        let holders: Vec<_> = there.values().flatten().copied().collect();
        let live = self.some(&AccessScope::all(scope.user_id().clone()), &holders).await?;
        let live: HashSet<_> = live.iter().map(|memory| memory.id).collect();
        let mut taken: HashSet<String> = HashSet::new();
        let mut plan = ImportPlan::default();
        for (memory, text) in memories.iter().zip(texts) {
            let known = text.as_ref().and_then(|text| there.get(&text.sort_key()).copied().flatten());
            let has_text = known.is_some_and(|id| live.contains(&id) && !siblings.contains(&id));
            if there.contains_key(&memory_key(memory.id)) || has_text || !taken.insert(memory_key(memory.id)) {
                plan.report.already_there += 1;
                continue;
            }
            if let Err(reached) = room.take(memory) {
                plan.report.refused += 1;
                plan.report.reached.get_or_insert(reached);
                continue;
            }
            // Two memories with the same text both exist, as at their origin; one of them owns the fingerprint.
            let is_owned = known.is_some_and(|id| live.contains(&id));
            let text = text.filter(|text| !is_owned && taken.insert(text.sort_key()));
            plan.writes.extend(text.iter().map(|text| text.claim(&self.0, &pk, memory.id, known)));
            plan.writes.push(self.insertion_of(&pk, memory, text)?);
            plan.ids.push(memory.id);
            plan.added += Usage::of([memory]);
        }
        (plan.report.added, plan.report.bytes) = (plan.ids.len(), plan.added.bytes);
        Ok(plan)
    }
}

/// The memories of each transaction, each with its fingerprint.
fn parts(ImportBatch { memories, siblings }: ImportBatch<'_>) -> impl Iterator<Item = ImportBatch<'_>> {
    let parts = TransactionRoom::parts(memories, |room, memory| room.take(2, &memory.text));
    parts.map(move |memories| ImportBatch { memories, siblings })
}
