//! The use of the memories by each connected app: counts by day, without texts (SR-21).

use jean_auth::{grant::GrantId, user::UserId};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::Deserialize;

use crate::table::{Condition, Expiring, StoreError, TTL, Table, Written, number, owner, seconds};

/// The time for which uses are counted.
pub const COUNTED_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The counts in the memories table, in which the MCP endpoint may write: one item per grant and day.
#[derive(Debug, Clone)]
pub struct AppUsage(Table);

/// The uses of the memories by one grant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct UseCounts {
    /// Searches and other reads.
    pub reads: u64,
    /// Additions, changes and deletions.
    pub writes: u64,
}

/// The uses of the last 30 days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RecentUse {
    /// Their number.
    pub counts: UseCounts,
    /// The last one, as far as it has been reported.
    pub last: Option<Timestamp>,
}

#[derive(Deserialize)]
struct DayRecord {
    #[serde(flatten)]
    counts: UseCounts,
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    last: Timestamp,
}

impl Expiring for DayRecord {
    /// A day longer, since the day may just have begun.
    const RETENTION: SignedDuration = SignedDuration::from_hours(24);

    fn expires_at(&self) -> Timestamp {
        self.last + COUNTED_FOR
    }
}

impl UseCounts {
    /// Reads and writes.
    pub fn total(self) -> u64 {
        self.reads + self.writes
    }
}

impl std::ops::AddAssign for UseCounts {
    fn add_assign(&mut self, other: Self) {
        self.reads += other.reads;
        self.writes += other.writes;
    }
}

impl AppUsage {
    /// Opens the counts of a table.
    pub fn new(table: Table) -> Self {
        Self(table)
    }

    /// Adds uses to the day of the last of them, `last`. Another instance may have stored a later use before; it remains the
    /// last one.
    pub async fn add(
        &self,
        user_id: &UserId,
        grant_id: &GrantId,
        uses: UseCounts,
        last: Timestamp,
    ) -> Result<(), StoreError> {
        let day = TimeZone::UTC.to_datetime(last).date();
        let (pk, sk) = (owner(user_id), format!("{}{day}", prefix(grant_id)));
        let record = DayRecord { counts: uses, last };
        let added = |condition: Condition| {
            condition
                .name("#reads", "reads")
                .name("#writes", "writes")
                .value(":reads", number(uses.reads))
                .value(":writes", number(uses.writes))
        };
        let latest = added(Condition::of("attribute_not_exists(#last) OR #last <= :last"))
            .name("#last", "last")
            .name("#ttl", TTL)
            .value(":last", seconds(last))
            .value(":ttl", record.ttl());
        let update = "ADD #reads :reads, #writes :writes SET #last = :last, #ttl = :ttl";
        if self.0.update(&pk, &sk, update, latest).await? == Written::ConditionFailed {
            self.0.update(&pk, &sk, "ADD #reads :reads, #writes :writes", added(Condition::exists())).await?;
        }
        Ok(())
    }

    /// Returns the uses of the last 30 days.
    pub async fn recent(&self, user_id: &UserId, grant_id: &GrantId, now: Timestamp) -> Result<RecentUse, StoreError> {
        let days: Vec<DayRecord> = self.0.all_current(&owner(user_id), &prefix(grant_id), now).await?;
        let mut recent = RecentUse::default();
        for day in days {
            recent.counts += day.counts;
            recent.last = recent.last.max(Some(day.last));
        }
        Ok(recent)
    }
}

fn prefix(grant_id: &GrantId) -> String {
    format!("USAGE#{grant_id}#")
}
