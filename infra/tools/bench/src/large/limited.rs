//! The embedded DynamoDB with the limits of one partition for each user, and the units of its requests.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jean_local::engine::{
    Engine, EngineResponse,
    limits::{Admission, PartitionLimits, write_units},
};

use crate::table::TableLoad;

/// A table with DynamoDB's limits. Clones share them.
#[derive(Clone)]
pub(crate) struct LimitedTable {
    partitions: Arc<Mutex<Partitions>>,
    load: Arc<Mutex<LimitedLoad>>,
}

/// The limits by user, created by the first request.
struct Partitions {
    limits: HashMap<String, PartitionLimits>,
    slowed: u32,
}

/// The requests since the last count.
#[derive(Debug, Default)]
pub(crate) struct LimitedLoad {
    pub(crate) read: TableLoad,
    /// Write request units, of the requests' JSON: a third too high for binary values.
    pub(crate) write_units: f64,
    pub(crate) transactions: usize,
    /// Requests that were throttled or conflicted, with the unprocessed batches.
    pub(crate) refused: usize,
}

impl LimitedTable {
    pub(crate) fn new() -> Self {
        let partitions = Partitions { limits: HashMap::new(), slowed: 1 };
        Self { partitions: Arc::new(Mutex::new(partitions)), load: Arc::default() }
    }

    /// Slows the clock of all limits by a factor.
    pub(crate) fn slow(&self, by: u32) {
        *self.partitions() = Partitions { limits: HashMap::new(), slowed: by };
    }

    /// Returns the counts since the last call, and resets them.
    pub(crate) fn take_load(&self) -> LimitedLoad {
        std::mem::take(&mut *self.load())
    }

    /// Transactions since the last count.
    pub(crate) fn load_of_transactions(&self) -> usize {
        self.load().transactions
    }

    pub(crate) async fn answer(&self, engine: &Engine, target: &str, body: &[u8]) -> EngineResponse {
        let operation = target.rsplit('.').next().unwrap_or_default();
        self.load().transactions += usize::from(operation == "TransactWriteItems");
        let limits = self.limits_of(body);
        let held = match limits.admit(operation, body) {
            Admission::Admitted(held) => held,
            Admission::Refused(error) => {
                self.load().refused += 1;
                return EngineResponse { status: 400, body: error.to_string().into() };
            }
            Admission::Unprocessed(rest) => {
                self.load().refused += 1;
                return EngineResponse { status: 200, body: rest.to_string().into() };
            }
        };
        let answer = engine.answer(target, body);
        limits.respond(operation, held, body, &answer.body).await;
        let is_strong = String::from_utf8_lossy(body).contains("\"ConsistentRead\":true");
        let mut load = self.load();
        load.read.count(&answer.body, if is_strong { 1.0 } else { 0.5 });
        load.write_units += write_units(operation, &serde_json::from_slice(body).unwrap_or_default());
        answer
    }

    fn limits_of(&self, request: &[u8]) -> PartitionLimits {
        let mut partitions = self.partitions();
        let slowed = partitions.slowed;
        partitions.limits.entry(user(request)).or_insert_with(|| PartitionLimits::slowed(slowed)).clone()
    }

    fn partitions(&self) -> MutexGuard<'_, Partitions> {
        self.partitions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn load(&self) -> MutexGuard<'_, LimitedLoad> {
        self.load.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The user in the first partition key of a request; empty for keys without one.
fn user(request: &[u8]) -> String {
    let request = String::from_utf8_lossy(request);
    let after = request.split_once("\"USER#").map_or("", |(_, after)| after);
    after.split('"').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partition_is_that_of_the_user() {
        let get = br#"{"TableName":"MemoriesTable","Key":{"sk":{"S":"MEMORY#1"},"pk":{"S":"USER#ada"}}}"#;
        assert_eq!(user(get), "ada");
        let query = br#"{"ExpressionAttributeValues":{":from":{"S":"INDEX#"},":pk":{"S":"USER#grace"}}}"#;
        assert_eq!(user(query), "grace");
        assert_eq!(user(br#"{"Key":{"pk":{"S":"CLIENT#1"}}}"#), "");
    }
}
