//! One instance of a function, as Lambda would start it: a process, and the Runtime API it takes its events from
//! (Lambda developer guide, "Using the Lambda runtime API").

use std::{
    collections::BTreeMap,
    error::Error,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    response::IntoResponse,
    routing::{get, post},
};
use http::StatusCode;
use serde_json::Value;
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    sync::{Mutex, mpsc},
    task::JoinHandle,
    time::timeout,
};

/// Long enough for a start under valgrind.
const PATIENCE: Duration = Duration::from_secs(120);
/// What Lambda gives template.yaml's functions.
const DEADLINE: Duration = Duration::from_secs(10);

/// A process that waits for its next event.
pub(crate) struct Instance {
    process: Child,
    api: JoinHandle<()>,
    events: mpsc::UnboundedSender<Value>,
    told: mpsc::UnboundedReceiver<Told>,
    /// From its start until it asked for its first event.
    pub(crate) init: Duration,
}

/// What a process says to the Runtime API.
enum Told {
    Ready,
    Answer(Value),
    Failure(String),
}

struct Api {
    events: Mutex<mpsc::UnboundedReceiver<Value>>,
    told: mpsc::UnboundedSender<Told>,
}

impl Instance {
    /// Starts a process, and waits until it asks for an event.
    pub(crate) async fn start(
        mut command: Command,
        variables: &BTreeMap<String, String>,
    ) -> Result<Self, Box<dyn Error>> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (events, given) = mpsc::unbounded_channel();
        let (telling, told) = mpsc::unbounded_channel();
        let address = listener.local_addr()?.to_string();
        let api = Arc::new(Api { events: Mutex::new(given), told: telling });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(failure))
            .route("/2018-06-01/runtime/init/error", post(failure))
            .with_state(api);
        let api = tokio::spawn(async { drop(axum::serve(listener, router).await) });
        command
            .env_clear()
            .envs(variables)
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true);
        let began = Instant::now();
        let process = command.spawn()?;
        let mut instance = Self { process, api, events, told, init: Duration::ZERO };
        instance.ready().await?;
        instance.init = began.elapsed();
        Ok(instance)
    }

    /// Has one event answered. Returns the answer and how long it took; the process is ready for the next one then.
    pub(crate) async fn invoke(&mut self, event: Value) -> Result<(Value, Duration), Box<dyn Error>> {
        let began = Instant::now();
        self.events.send(event)?;
        let answer = match self.hear().await? {
            Told::Answer(answer) => answer,
            Told::Failure(why) => return Err(why.into()),
            Told::Ready => return Err("it asked for another event before it answered".into()),
        };
        let took = began.elapsed();
        self.ready().await?;
        Ok((answer, took))
    }

    /// The process's id.
    pub(crate) fn id(&self) -> Result<u32, Box<dyn Error>> {
        Ok(self.process.id().ok_or("it has ended")?)
    }

    /// Ends it, as Lambda does.
    pub(crate) async fn end(mut self) -> Result<(), Box<dyn Error>> {
        Command::new("kill").args(["-TERM", &self.id()?.to_string()]).status().await?;
        timeout(PATIENCE, self.process.wait()).await??;
        self.api.abort();
        Ok(())
    }

    async fn ready(&mut self) -> Result<(), Box<dyn Error>> {
        match self.hear().await? {
            Told::Ready => Ok(()),
            Told::Answer(answer) => Err(format!("an answer nobody asked for: {answer}").into()),
            Told::Failure(why) => Err(why.into()),
        }
    }

    async fn hear(&mut self) -> Result<Told, Box<dyn Error>> {
        tokio::select! {
            told = timeout(PATIENCE, self.told.recv()) => Ok(told?.ok_or("the Runtime API has ended")?),
            ended = self.process.wait() => Err(format!("the process ended: {}", ended?).into()),
        }
    }
}

async fn next(State(api): State<Arc<Api>>) -> impl IntoResponse {
    let _ = api.told.send(Told::Ready);
    let event = api.events.lock().await.recv().await;
    let deadline = DEADLINE.as_millis() + u128::try_from(now()).unwrap_or_default();
    let headers = [
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned()),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:bench".into()),
        ("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0".into()),
    ];
    (headers, Json(event))
}

async fn response(State(api): State<Arc<Api>>, answer: Bytes) -> StatusCode {
    // A runtime may leave out what kind of content it is, and sends nothing for an event that has no answer.
    let _ = api.told.send(Told::Answer(serde_json::from_slice(&answer).unwrap_or_default()));
    StatusCode::ACCEPTED
}

async fn failure(State(api): State<Arc<Api>>, body: String) -> StatusCode {
    let _ = api.told.send(Told::Failure(body));
    StatusCode::ACCEPTED
}

/// The time, in milliseconds since 1970.
fn now() -> i64 {
    jean_runtime::Clock::of_system().now().as_millisecond()
}
