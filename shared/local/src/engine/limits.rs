//! DynamoDB's limits, which the embedded engine does not have: transactions conflict, a partition is throttled, and a
//! response takes time. Time is simulated.
//!
//! Figures: 4 ms and 40 ms a megabyte per request; 1,000 write and 3,000 read units a second for one partition, with one
//! second of burst. A check of a condition conflicts like a write. For tests and benchmarks: requests must be JSON of DynamoDB.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::time::Instant;

/// The limits of one partition.
#[derive(Clone)]
pub struct PartitionLimits {
    state: Arc<Mutex<PartitionState>>,
    /// The factor by which responses take longer.
    slowed: u32,
}

struct PartitionState {
    /// The keys that running transactions write or check, and how many hold each.
    held: HashMap<String, usize>,
    writes: Bucket,
    reads: Bucket,
}

/// A token bucket with one second of burst.
struct Bucket {
    per_second: f64,
    left: f64,
    at: Instant,
}

impl Bucket {
    fn new(per_second: f64) -> Self {
        Self { per_second, left: per_second, at: Instant::now() }
    }

    /// Takes units, unless the bucket is empty. A request may overdraw it.
    fn take(&mut self, units: f64) -> bool {
        let now = Instant::now();
        self.left += self.per_second * (now - self.at).as_secs_f64();
        (self.left, self.at) = (self.left.min(self.per_second), now);
        let has_any = self.left > 0.0;
        self.left -= if has_any { units } else { 0.0 };
        has_any
    }
}

/// The decision about a request.
#[derive(Debug)]
pub enum Admission {
    /// It is executed; the keys are held until its response arrives.
    Admitted(BTreeSet<String>),
    /// It is answered with this error.
    Refused(Value),
    /// None of the batch is processed.
    Unprocessed(Value),
}

impl fmt::Debug for PartitionLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PartitionLimits")
    }
}

impl PartitionLimits {
    /// The limits of DynamoDB, divided by `by`, so that a test needs less data.
    pub fn divided(by: f64) -> Self {
        let (writes, reads) = (Bucket::new(1000.0 / by), Bucket::new(3000.0 / by));
        Self { state: Arc::new(Mutex::new(PartitionState { held: HashMap::new(), writes, reads })), slowed: 1 }
    }

    /// The limits of DynamoDB on a clock slower by a factor: units a second are divided by it, and responses take
    /// that much longer.
    pub fn slowed(by: u32) -> Self {
        Self { slowed: by, ..Self::divided(f64::from(by)) }
    }

    /// Decides about a request, by its operation and JSON body.
    pub fn admit(&self, operation: &str, body: &[u8]) -> Admission {
        let body: Value = serde_json::from_slice(body).expect("JSON");
        let keys = keys(operation, &body);
        let mut state = self.state.lock().expect("not poisoned");
        if keys.iter().any(|key| state.held.contains_key(key)) {
            return Admission::Refused(match operation {
                "TransactWriteItems" => cancelled("TransactionConflict"),
                _ => error("TransactionConflictException"),
            });
        }
        let units = write_units(operation, &body);
        if units > 0.0 && !state.writes.take(units) {
            return match operation {
                "TransactWriteItems" => Admission::Refused(cancelled("ThrottlingError")),
                "BatchWriteItem" => Admission::Unprocessed(json!({"UnprocessedItems": body["RequestItems"]})),
                _ => Admission::Refused(error("ThrottlingException")),
            };
        }
        if units == 0.0 && !state.reads.take(0.0) {
            return match operation {
                "BatchGetItem" => {
                    Admission::Unprocessed(json!({"Responses": {}, "UnprocessedKeys": body["RequestItems"]}))
                }
                _ => Admission::Refused(error("ProvisionedThroughputExceededException")),
            };
        }
        let held = if operation == "TransactWriteItems" { keys } else { BTreeSet::new() };
        held.iter().for_each(|key| *state.held.entry(key.clone()).or_default() += 1);
        Admission::Admitted(held)
    }

    /// Charges a read, and waits as long as the response takes.
    pub async fn respond(&self, operation: &str, held: BTreeSet<String>, request: &[u8], response: &[u8]) {
        if matches!(operation, "GetItem" | "Query" | "BatchGetItem") {
            let request: Value = serde_json::from_slice(request).expect("JSON");
            let is_strong = request.to_string().contains(r#""ConsistentRead":true"#);
            let units = (response.len() as f64 / 4096.0).ceil() * if is_strong { 1.0 } else { 0.5 };
            self.state.lock().expect("not poisoned").reads.take(units);
        }
        let bytes = (request.len() + response.len()) as u64;
        tokio::time::sleep(self.slowed * (Duration::from_millis(4) + Duration::from_micros(bytes / 25))).await;
        let mut state = self.state.lock().expect("not poisoned");
        for key in held {
            if let Some(holders) = state.held.get_mut(&key) {
                *holders -= 1;
            }
            state.held.retain(|_, holders| *holders > 0);
        }
    }
}

/// The keys that a request writes or checks.
fn keys(operation: &str, body: &Value) -> BTreeSet<String> {
    let key = |item: &Value| item["sk"]["S"].as_str().map(str::to_owned);
    match operation {
        "TransactWriteItems" => {
            let writes = body["TransactItems"].as_array().into_iter().flatten();
            let writes = writes.filter_map(|write| write.as_object()?.values().next());
            writes.filter_map(|write| key(&write["Item"]).or_else(|| key(&write["Key"]))).collect()
        }
        "PutItem" | "UpdateItem" | "DeleteItem" => {
            key(&body["Item"]).or_else(|| key(&body["Key"])).into_iter().collect()
        }
        _ => BTreeSet::new(),
    }
}

/// One unit per kilobyte of each write, two in a transaction.
pub fn write_units(operation: &str, body: &Value) -> f64 {
    let units = |item: &Value| (item.to_string().len() as f64 / 1024.0).ceil();
    let each = |items: &Value| items.as_array().into_iter().flatten().map(units).sum::<f64>();
    match operation {
        "TransactWriteItems" => 2.0 * each(&body["TransactItems"]),
        "BatchWriteItem" => body["RequestItems"].as_object().into_iter().flatten().map(|(_, items)| each(items)).sum(),
        "PutItem" | "UpdateItem" | "DeleteItem" => units(body),
        _ => 0.0,
    }
}

fn error(name: &str) -> Value {
    json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{name}"), "message": name})
}

fn cancelled(reason: &str) -> Value {
    let mut error = error("TransactionCanceledException");
    error["CancellationReasons"] = json!([{ "Code": reason }]);
    error
}
