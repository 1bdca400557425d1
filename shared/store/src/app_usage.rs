//! The use of the memories by each connected app: counts by day, without texts (SR-21).

use aws_sdk_dynamodb::types::AttributeValue;
use jean_auth::{grant::GrantId, user::UserId};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::Deserialize;

use crate::table::{StoreError, Table, Written, condition, key, owner};

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
        let number = |number: i64| AttributeValue::N(number.to_string());
        let count = |count: u64| AttributeValue::N(count.to_string());
        let day = TimeZone::UTC.to_datetime(last).date();
        let addition = |update: &str| {
            let request = self.0.client().update_item().table_name(self.0.name());
            request
                .set_key(Some(key(&owner(user_id), &format!("{}{day}", prefix(grant_id)))))
                .update_expression(update)
                .expression_attribute_names("#reads", "reads")
                .expression_attribute_names("#writes", "writes")
                .expression_attribute_values(":reads", count(uses.reads))
                .expression_attribute_values(":writes", count(uses.writes))
        };
        let latest = addition("ADD #reads :reads, #writes :writes SET #last = :last, #ttl = :ttl")
            .condition_expression("attribute_not_exists(#last) OR #last <= :last")
            .expression_attribute_names("#last", "last")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":last", number(last.as_second()))
            // A day longer, since the day may just have begun.
            .expression_attribute_values(":ttl", number((last + COUNTED_FOR).as_second() + 24 * 60 * 60));
        match condition(latest.send().await.map(drop))? {
            Written::Yes => {}
            Written::ConditionFailed => drop(addition("ADD #reads :reads, #writes :writes").send().await?),
        }
        Ok(())
    }

    /// Returns the uses of the last 30 days.
    pub async fn recent(&self, user_id: &UserId, grant_id: &GrantId, now: Timestamp) -> Result<RecentUse, StoreError> {
        let days: Vec<DayRecord> = self.0.all(&owner(user_id), &prefix(grant_id)).await?;
        let mut recent = RecentUse::default();
        // DynamoDB may delete an item days after its ttl (AS-21).
        for day in days.into_iter().filter(|day| now.duration_since(day.last) < COUNTED_FOR) {
            recent.counts += day.counts;
            recent.last = recent.last.max(Some(day.last));
        }
        Ok(recent)
    }
}

fn prefix(grant_id: &GrantId) -> String {
    format!("USAGE#{grant_id}#")
}
