//! The embedded DynamoDB with the limits of one partition, and the units of its requests.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jean_local::engine::{
    Engine, EngineResponse,
    limits::{Admission, PartitionLimits, write_units},
};

use crate::table::TableLoad;

/// A table with DynamoDB's limits. Clones share them.
#[derive(Clone)]
pub(crate) struct LimitedTable {
    limits: PartitionLimits,
    load: Arc<Mutex<LimitedLoad>>,
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
        Self { limits: PartitionLimits::divided(1.0), load: Arc::default() }
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
        let held = match self.limits.admit(operation, body) {
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
        self.limits.respond(operation, held, body, &answer.body).await;
        let is_strong = String::from_utf8_lossy(body).contains("\"ConsistentRead\":true");
        let mut load = self.load();
        load.read.count(&answer.body, if is_strong { 1.0 } else { 0.5 });
        load.write_units += write_units(operation, &serde_json::from_slice(body).unwrap_or_default());
        answer
    }

    fn load(&self) -> MutexGuard<'_, LimitedLoad> {
        self.load.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
