//! The DynamoDB of the tests behind the AWS SDK's connector. It counts requests and, with faults enabled, delays them,
//! fails them before or after they are executed, and processes batches in part.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::{
    client::{
        behavior_version::BehaviorVersion,
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
            SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::{body::SdkBody, retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{SdkConfig, region::Region};
use jean_local::{
    engine::{
        Engine, for_tests,
        limits::{Admission, PartitionLimits},
    },
    template::TableDefinition,
};
use jean_runtime::Clock;
use jean_store::Table;
use serde_json::{Value, json};

use crate::rng::SeededRng;

#[derive(Clone)]
pub(crate) struct Store {
    engine: Engine,
    requests: Arc<Mutex<Requests>>,
    conditions: Conditions,
}

/// The conditions under which requests are executed.
#[derive(Clone)]
enum Conditions {
    Ideal,
    /// Delays and faults.
    Faulty(SeededRng),
    /// DynamoDB's limits.
    Limited(PartitionLimits),
    /// The time until each request arrives.
    Slow(Duration),
}

/// Requests since the last call of [`Store::take_requests`].
#[derive(Debug, Default)]
pub(crate) struct Requests {
    /// The number of requests per operation.
    pub(crate) calls: BTreeMap<String, usize>,
    /// The number of writes in the last transaction.
    pub(crate) writes: usize,
    /// Read request units, as the engine reports them.
    pub(crate) read_units: f64,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

impl Store {
    /// An empty store.
    pub(crate) fn new() -> Self {
        let table = json!({
            "TableName": "Memories",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        });
        let engine = for_tests(Clock::of_system());
        let table = TableDefinition { name: "Memories".into(), definition: table, ttl: None };
        engine.create_tables(&[table]).expect("creates");
        Self { engine, requests: Arc::default(), conditions: Conditions::Ideal }
    }

    /// The same store, with faults drawn from `rng`.
    pub(crate) fn with_faults(&self, rng: SeededRng) -> Self {
        Self { conditions: Conditions::Faulty(rng), ..self.clone() }
    }

    /// The same store, under DynamoDB's limits.
    pub(crate) fn with_limits(&self, limits: &PartitionLimits) -> Self {
        Self { conditions: Conditions::Limited(limits.clone()), ..self.clone() }
    }

    /// The same store, which each request takes this time to reach.
    pub(crate) fn with_latency(&self, latency: Duration) -> Self {
        Self { conditions: Conditions::Slow(latency), ..self.clone() }
    }

    pub(crate) fn table(&self) -> Table {
        let credentials = Credentials::new("test", "test", None, None, "test");
        let aws = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("local"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(SharedHttpClient::new(self.clone()))
            .timeout_config(TimeoutConfig::disabled())
            .retry_config(RetryConfig::disabled())
            .build();
        Table::new(&aws, "Memories")
    }

    /// Returns the requests since the last call.
    pub(crate) fn take_requests(&self) -> Requests {
        std::mem::take(&mut self.requests.lock().expect("not poisoned"))
    }

    /// The sort keys of a user's items.
    pub(crate) fn keys(&self, user_id: &str) -> Vec<String> {
        let request = json!({
            "TableName": "Memories",
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": format!("USER#{user_id}")}},
            "ProjectionExpression": "sk",
        });
        let mut keys = Vec::new();
        let mut from = Value::Null;
        loop {
            let mut request = request.clone();
            if !from.is_null() {
                request["ExclusiveStartKey"] = from;
            }
            let (_, read) = self.answer("Query", request.to_string().as_bytes());
            let read: Value = serde_json::from_slice(&read).expect("JSON");
            let items = read["Items"].as_array().expect("items");
            keys.extend(items.iter().map(|item| item["sk"]["S"].as_str().expect("a key").to_owned()));
            from = read.get("LastEvaluatedKey").cloned().unwrap_or_default();
            if from.is_null() {
                return keys;
            }
        }
    }

    /// Reads an item without the service.
    pub(crate) fn item(&self, user_id: &str, sk: &str) -> Value {
        let key = json!({"pk": {"S": format!("USER#{user_id}")}, "sk": {"S": sk}});
        let request = json!({"TableName": "Memories", "Key": key});
        let (_, read) = self.answer("GetItem", request.to_string().as_bytes());
        serde_json::from_slice::<Value>(&read).expect("JSON")["Item"].clone()
    }

    /// Writes an item without the service.
    pub(crate) fn put(&self, item: &Value) {
        let request = json!({"TableName": "Memories", "Item": item});
        assert_eq!(self.answer("PutItem", request.to_string().as_bytes()).0, 200);
    }

    fn answer(&self, operation: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let target = format!("DynamoDB_20120810.{operation}");
        if !matches!(operation, "GetItem" | "Query" | "BatchGetItem") {
            let answer = self.engine.answer(&target, body);
            return (answer.status, answer.body);
        }
        let mut request: Value = serde_json::from_slice(body).expect("JSON");
        request["ReturnConsumedCapacity"] = "TOTAL".into();
        let answer = self.engine.answer(&target, request.to_string().as_bytes());
        let consumed = read_units(&serde_json::from_slice(&answer.body).expect("JSON"));
        self.requests.lock().expect("not poisoned").read_units += consumed;
        (answer.status, answer.body)
    }

    fn record(&self, operation: &str, body: &[u8]) {
        let mut requests = self.requests.lock().expect("not poisoned");
        *requests.calls.entry(operation.into()).or_default() += 1;
        if operation == "TransactWriteItems" {
            let body: Value = serde_json::from_slice(body).expect("JSON");
            requests.writes = body["TransactItems"].as_array().map_or(0, Vec::len);
        }
    }

    /// Executes a request with delays and faults.
    async fn answer_with_faults(
        &self,
        rng: &SeededRng,
        operation: &str,
        body: &[u8],
    ) -> Result<(u16, Vec<u8>), ConnectorError> {
        let wait = || tokio::time::sleep(Duration::from_millis(rng.below(20)));
        wait().await;
        if rng.one_in(40) {
            return Err(cut());
        }
        if operation == "TransactWriteItems" && rng.one_in(30) {
            let reasons = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                "CancellationReasons":[{"Code":"TransactionConflict"}]}"#;
            return Ok((400, reasons.into()));
        }
        let answer = match operation {
            "BatchGetItem" if rng.one_in(8) => self.part(body, "Keys", "UnprocessedKeys", operation),
            "BatchWriteItem" if rng.one_in(8) => self.part(body, "", "UnprocessedItems", operation),
            _ => self.answer(operation, body),
        };
        wait().await;
        if rng.one_in(40) { Err(cut()) } else { Ok(answer) }
    }

    /// Executes a request within the limits.
    async fn answer_within_limits(&self, limits: &PartitionLimits, operation: &str, body: &[u8]) -> (u16, Vec<u8>) {
        match limits.admit(operation, body) {
            Admission::Admitted(held) => {
                let answer = self.answer(operation, body);
                limits.respond(operation, held, body, &answer.1).await;
                answer
            }
            Admission::Refused(error) => (400, error.to_string().into()),
            Admission::Unprocessed(rest) => (200, rest.to_string().into()),
        }
    }

    /// Processes half of a batch and returns the rest as unprocessed, as DynamoDB may.
    fn part(&self, body: &[u8], keys: &str, left: &str, operation: &str) -> (u16, Vec<u8>) {
        let mut request: Value = serde_json::from_slice(body).expect("JSON");
        let requests = &mut request["RequestItems"]["Memories"];
        let requests = if keys.is_empty() { requests } else { &mut requests[keys] };
        let requests = requests.as_array_mut().expect("requests");
        if requests.len() < 2 {
            return self.answer(operation, body);
        }
        let rest = requests.split_off(requests.len() / 2);
        let (status, answer) = self.answer(operation, request.to_string().as_bytes());
        let mut answer: Value = serde_json::from_slice(&answer).expect("JSON");
        let rest = if keys.is_empty() { json!(rest) } else { json!({keys: rest, "ConsistentRead": true}) };
        answer[left] = json!({ "Memories": rest });
        (status, answer.to_string().into())
    }
}

/// The read request units of an answer: a batch reports those of each table.
fn read_units(answer: &Value) -> f64 {
    let consumed = &answer["ConsumedCapacity"];
    let of_tables = consumed.as_array().map_or(std::slice::from_ref(consumed), Vec::as_slice);
    of_tables.iter().filter_map(|consumed| consumed["CapacityUnits"].as_f64()).sum()
}

fn cut() -> ConnectorError {
    ConnectorError::io("connection reset".into())
}

impl HttpClient for Store {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Store {
    /// Runs on the test's thread, so that the seed determines the order of requests.
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let store = self.clone();
        HttpConnectorFuture::new(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default();
            let operation = target.rsplit('.').next().unwrap_or_default();
            let body = request.body().bytes().unwrap_or_default();
            store.record(operation, body);
            let (status, body) = match &store.conditions {
                Conditions::Ideal => store.answer(operation, body),
                Conditions::Faulty(rng) => store.answer_with_faults(rng, operation, body).await?,
                Conditions::Limited(limits) => store.answer_within_limits(limits, operation, body).await,
                Conditions::Slow(latency) => {
                    tokio::time::sleep(*latency).await;
                    store.answer(operation, body)
                }
            };
            let status = StatusCode::try_from(status).expect("a status");
            let mut response = HttpResponse::new(status, SdkBody::from(body));
            response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
            Ok(response)
        })
    }
}
