//! The table a bench measures on: dynoxide in this process, in a file, behind the AWS SDK's connector, which counts.

use std::sync::{Arc, Mutex};

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
use dynoxide::Database;
use serde_json::{Value, json};
use store::Table;

/// A table, and what was asked of it.
#[derive(Clone)]
pub(crate) struct Counted {
    database: Database,
    asked: Arc<Mutex<Asked>>,
}

/// What was asked of a table.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Asked {
    pub(crate) calls: usize,
    /// What was read, as DynamoDB counts it: names and values, binary as it is.
    pub(crate) bytes: usize,
}

impl Counted {
    pub(crate) fn in_file(path: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let database = Database::new(path)?;
        let table = json!({
            "TableName": "Memories",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        });
        database.create_table(serde_json::from_value(table)?)?;
        Ok(Self { database, asked: Arc::default() })
    }

    pub(crate) fn table(&self) -> Table {
        let nobody = Credentials::new("bench", "bench", None, None, "bench");
        let aws = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("local"))
            .credentials_provider(SharedCredentialsProvider::new(nobody))
            .http_client(SharedHttpClient::new(self.clone()))
            .timeout_config(TimeoutConfig::disabled())
            .retry_config(RetryConfig::disabled())
            .build();
        Table::new(&aws, "Memories")
    }

    /// What was asked since the last time.
    pub(crate) fn asked(&self) -> Asked {
        self.asked.lock().map(|mut asked| std::mem::take(&mut *asked)).unwrap_or_default()
    }

    fn answer(&self, operation: &str, body: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
        macro_rules! call {
            ($method:ident) => {
                serde_json::to_vec(&self.database.$method(serde_json::from_slice(body)?)?)?
            };
        }
        let answer = match operation {
            "GetItem" => call!(get_item),
            "PutItem" => call!(put_item),
            "Query" => call!(query),
            "BatchGetItem" => call!(batch_get_item),
            "BatchWriteItem" => call!(batch_write_item),
            "TransactWriteItems" => call!(transact_write_items),
            _ => return Err(format!("{operation} is not asked for").into()),
        };
        let read = if operation.starts_with("Batch") || operation == "Query" {
            size(&serde_json::from_slice(&answer)?)
        } else {
            0
        };
        if let Ok(mut asked) = self.asked.lock() {
            asked.calls += 1;
            asked.bytes += read;
        }
        Ok(answer)
    }
}

/// How large the items of an answer are.
fn size(answer: &Value) -> usize {
    match answer {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(size).sum(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| match (name.as_str(), value) {
                ("B", Value::String(binary)) => binary.len() * 3 / 4,
                ("S" | "N" | "M" | "L", value) => size(value),
                (name, value) => name.len() + size(value),
            })
            .sum(),
        _ => 0,
    }
}

impl std::fmt::Debug for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Counted")
    }
}

impl HttpClient for Counted {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Counted {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default();
        let answer = self.answer(operation, request.body().bytes().unwrap_or_default());
        HttpConnectorFuture::ready(answer.map_err(|error| ConnectorError::other(error, None)).and_then(|body| {
            let status = StatusCode::try_from(200).map_err(|error| ConnectorError::other(error.into(), None))?;
            let mut response = HttpResponse::new(status, SdkBody::from(body));
            response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
            Ok(response)
        }))
    }
}
