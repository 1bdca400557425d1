//! The embedded DynamoDB behind a network that fails. It replaces the HTTP client of the AWS SDK, so everything above it
//! is the code that runs in Lambda.

use std::{fmt, future::pending, io, sync::Arc, time::Duration};

use aws_smithy_runtime_api::{
    client::{
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
use aws_smithy_types::body::SdkBody;
use jean_local::engine::Engine;
use serde_json::json;

/// The fault of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// No fault.
    Done,
    /// DynamoDB fails without applying the request.
    Failed,
    /// DynamoDB throttles the request without applying it.
    Throttled,
    /// A concurrent transaction holds an item: writes are rejected, reads succeed.
    Conflict,
    /// The request is applied and the response lost.
    Cut,
    /// The request is applied and only the first half of the response arrives, as if complete.
    Garbled,
    /// The request is applied, the response lost, and the SDK sends the same request again.
    Resent,
    /// The request is not applied and no response arrives.
    Hangs,
}

/// The fault of one call, and the latency of its request and response.
#[derive(Debug, Clone, Copy)]
pub struct Passage {
    /// Time until the request arrives.
    pub there: Duration,
    /// The fault.
    pub fate: Fate,
    /// Time until the response arrives.
    pub back: Duration,
}

type Decide = dyn Fn(&str) -> Passage + Send + Sync;

/// A connection that decides the passage of each call by its operation.
#[derive(Clone)]
pub struct FaultyStore {
    engine: Engine,
    decide: Arc<Decide>,
}

impl FaultyStore {
    /// An HTTP client that calls `engine`, with the passage that `decide` returns for each operation.
    pub fn http_client(engine: Engine, decide: impl Fn(&str) -> Passage + Send + Sync + 'static) -> SharedHttpClient {
        SharedHttpClient::new(Self { engine, decide: Arc::new(decide) })
    }
}

impl HttpClient for FaultyStore {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for FaultyStore {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let engine = self.engine.clone();
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let body = request.body().bytes().unwrap_or_default().to_vec();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let Passage { there, fate, back } = (self.decide)(&operation);
        HttpConnectorFuture::new(async move {
            let done = || {
                let answer = engine.answer(&target, &body);
                (answer.status, answer.body)
            };
            tokio::time::sleep(there).await;
            let (status, body) = match fate {
                Fate::Done => done(),
                Fate::Failed => refusal(500, "InternalServerError"),
                Fate::Throttled => refusal(400, "ThrottlingException"),
                Fate::Conflict => conflict(&operation).unwrap_or_else(done),
                Fate::Resent => {
                    done();
                    tokio::time::sleep(back).await;
                    done()
                }
                Fate::Garbled => {
                    let (status, body) = done();
                    (status, body[..body.len() / 2].into())
                }
                Fate::Cut => {
                    done();
                    tokio::time::sleep(back).await;
                    return Err(ConnectorError::io(io::Error::from(io::ErrorKind::ConnectionReset).into()));
                }
                Fate::Hangs => pending().await,
            };
            tokio::time::sleep(back).await;
            let status = StatusCode::try_from(status).expect("a status");
            let mut response = HttpResponse::new(status, SdkBody::from(body));
            response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
            Ok(response)
        })
    }
}

fn refusal(status: u16, name: &str) -> (u16, Vec<u8>) {
    let body = json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{name}"), "message": "a test's"});
    (status, body.to_string().into())
}

/// DynamoDB's response to a transaction conflict, if the operation can have one.
fn conflict(operation: &str) -> Option<(u16, Vec<u8>)> {
    match operation {
        "PutItem" | "UpdateItem" | "DeleteItem" => Some(refusal(400, "TransactionConflictException")),
        "TransactWriteItems" => {
            let body = json!({
                "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                "message": "a test's",
                "CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}, {"Code": "None"}],
            });
            Some((400, body.to_string().into()))
        }
        _ => None,
    }
}

impl fmt::Debug for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FaultyStore")
    }
}
