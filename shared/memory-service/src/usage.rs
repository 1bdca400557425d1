//! The usage of a user, and its comparison with the [quotas](crate::quota).

use jean_auth::user::UserId;
use jean_memory::{QuotaReached, Room, Usage};
use jean_store::{
    StoreError,
    memories::{Day, index::ChangeRecord},
    reported_count::{Exhausted, ReportedCount},
};

use crate::{
    coverage::Coverage,
    quota::{Allowance, COUNTED_FOR, UserCounts, WriteError},
    service::MemoryService,
};

impl MemoryService {
    /// The memories of a user, as the manifest counts them, with the tail and the changes since. A Query for the index, and
    /// one for the tail.
    ///
    /// Approximate while a deletion of all memories is unfinished, and while segments of an earlier release are left, which do
    /// not contain sizes.
    pub async fn usage(&self, user_id: &UserId) -> Result<Usage, StoreError> {
        let now = self.ids.now();
        let items = self.memories.index(user_id).await?;
        let coverage = Coverage::of(&items);
        let named = || Usage { memories: coverage.names().map(|name| name.memories).sum(), bytes: 0 };
        let total = items.manifest.as_ref().and_then(|manifest| manifest.total);
        // The segments may still contain deleted memories.
        let is_reset = coverage.cleared > coverage.cleared_in_segments;
        let mut usage = if is_reset { Usage::default() } else { total.unwrap_or_else(named) };
        for ChangeRecord { growth, .. } in coverage.changes(&items) {
            usage = usage.changed_by(growth.memories, growth.bytes);
        }
        let tail = self.tail(user_id, &coverage, None, now).await?;
        usage += Usage::of(tail.memories.iter().filter(|memory| !items.cleared.hides(memory)));
        Ok(usage)
    }

    /// Counts memories that are about to be written, unless they would exceed a quota.
    pub(crate) async fn admit(&self, user_id: &UserId, new: Usage) -> Result<(), WriteError> {
        self.admit_storage(user_id, new).await?;
        self.admit_written(user_id, new.bytes).await
    }

    /// `true` if this instance has counted lately and there is space.
    pub(crate) fn has_space(&self, user_id: &UserId, new: Usage) -> bool {
        let now = self.ids.now();
        let take = |counts: &mut UserCounts| counts.allowance.as_mut().is_some_and(|left| left.take(new, now));
        !self.quota.quotas.limit_storage() || self.quota.of(user_id, take)
    }

    pub(crate) async fn admit_storage(&self, user_id: &UserId, new: Usage) -> Result<(), WriteError> {
        if self.has_space(user_id, new) {
            return Ok(());
        }
        let (until, quotas) = (self.ids.now() + COUNTED_FOR, self.quota.quotas);
        let mut used = self.usage(user_id).await?;
        quotas.check(used, new).map_err(WriteError::Full)?;
        used += new;
        self.quota.of(user_id, |counts| counts.allowance = Some(Allowance { left: quotas.share(used), until }));
        Ok(())
    }

    pub(crate) async fn admit_written(&self, user_id: &UserId, bytes: u64) -> Result<(), WriteError> {
        let Some(quota) = self.quota.quotas.bytes_per_day else { return Ok(()) };
        let day = Day::of(self.ids.now());
        let reached = WriteError::Full(QuotaReached::BytesPerDay { limit: quota });
        let taken = self.quota.written(user_id, day, |written| written.take(bytes, quota, quota / 100));
        match taken {
            Err(Exhausted) => Err(reached),
            Ok(None) => Ok(()),
            Ok(Some(unreported)) if self.report_written(user_id, day, unreported).await? > quota => Err(reached),
            Ok(Some(_)) => Ok(()),
        }
    }

    /// The room for an import. Nothing is counted yet.
    pub(crate) async fn room(&self, user_id: &UserId) -> Result<Room, StoreError> {
        let (quotas, day) = (self.quota.quotas, Day::of(self.ids.now()));
        let used = if quotas.limit_storage() { self.usage(user_id).await? } else { Usage::default() };
        let mut today = 0;
        if quotas.bytes_per_day.is_some() {
            let unreported = self.quota.written(user_id, day, ReportedCount::report);
            today = self.report_written(user_id, day, unreported).await?;
        }
        Ok(Room::new(quotas, used, today))
    }

    /// Counts the bytes of an import that has had [`room`](Self::room).
    pub(crate) async fn count_imported(&self, user_id: &UserId, bytes: u64) -> Result<(), StoreError> {
        if self.quota.quotas.bytes_per_day.is_none() || bytes == 0 {
            return Ok(());
        }
        let day = Day::of(self.ids.now());
        // The next addition counts the imported memories.
        self.quota.of(user_id, |counts| counts.allowance = None);
        self.quota.written(user_id, day, |written| written.add_reported(bytes));
        self.report_written(user_id, day, bytes).await.map(drop)
    }

    async fn report_written(&self, user_id: &UserId, day: Day, bytes: u64) -> Result<u64, StoreError> {
        match self.memories.count_written(user_id, day, bytes).await {
            Ok(total) => Ok(self.quota.written(user_id, day, |written| written.learn(total))),
            Err(error) => {
                self.quota.written(user_id, day, |written| written.restore(bytes));
                Err(error)
            }
        }
    }
}
