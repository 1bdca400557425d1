//! One instance of a function as Lambda starts it: a process, and the Runtime API that it polls for events
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
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    sync::{Mutex, mpsc},
    task::JoinHandle,
    time::timeout,
};

/// Timeout of a step, long enough for a start under valgrind.
const STEP_TIMEOUT: Duration = Duration::from_secs(120);
/// The function timeout in template.yaml.
const DEADLINE: Duration = Duration::from_secs(60);

/// A process that waits for an event.
pub(crate) struct Instance {
    process: Child,
    api: JoinHandle<()>,
    events: mpsc::UnboundedSender<Value>,
    messages: mpsc::UnboundedReceiver<RuntimeMessage>,
    /// Time from the start until the request for the first event.
    pub(crate) init: Duration,
}

/// A message from the process to the Runtime API.
enum RuntimeMessage {
    Ready,
    Answer(Value),
    Failure(String),
}

struct Api {
    events: Mutex<mpsc::UnboundedReceiver<Value>>,
    messages: mpsc::UnboundedSender<RuntimeMessage>,
}

impl Instance {
    /// Starts a process, and waits until it requests an event.
    pub(crate) async fn start(
        mut command: Command,
        variables: &BTreeMap<String, String>,
    ) -> Result<Self, Box<dyn Error>> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (events, given) = mpsc::unbounded_channel();
        let (sender, messages) = mpsc::unbounded_channel();
        let address = listener.local_addr()?.to_string();
        let api = Arc::new(Api { events: Mutex::new(given), messages: sender });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(failure))
            .route("/2018-06-01/runtime/init/error", post(failure))
            .route("/2020-01-01/extension/register", post(register))
            .route("/2020-01-01/extension/event/next", get(no_event))
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
        let mut instance = Self { process, api, events, messages, init: Duration::ZERO };
        instance.ready().await?;
        instance.init = began.elapsed();
        Ok(instance)
    }

    /// Invokes the process. Returns the answer and its duration once the process requests the next event.
    pub(crate) async fn invoke(&mut self, event: Value) -> Result<(Value, Duration), Box<dyn Error>> {
        let began = Instant::now();
        self.events.send(event)?;
        let answer = match self.receive().await? {
            RuntimeMessage::Answer(answer) => answer,
            RuntimeMessage::Failure(why) => return Err(why.into()),
            RuntimeMessage::Ready => return Err("requested another event before answering".into()),
        };
        let took = began.elapsed();
        self.ready().await?;
        Ok((answer, took))
    }

    /// The process id.
    pub(crate) fn id(&self) -> Result<u32, Box<dyn Error>> {
        Ok(self.process.id().ok_or("the process has exited")?)
    }

    /// Terminates the process with SIGTERM, as Lambda does.
    pub(crate) async fn end(mut self) -> Result<(), Box<dyn Error>> {
        Command::new("kill").args(["-TERM", &self.id()?.to_string()]).status().await?;
        timeout(STEP_TIMEOUT, self.process.wait()).await??;
        self.api.abort();
        Ok(())
    }

    async fn ready(&mut self) -> Result<(), Box<dyn Error>> {
        match self.receive().await? {
            RuntimeMessage::Ready => Ok(()),
            RuntimeMessage::Answer(answer) => Err(format!("unexpected answer: {answer}").into()),
            RuntimeMessage::Failure(why) => Err(why.into()),
        }
    }

    async fn receive(&mut self) -> Result<RuntimeMessage, Box<dyn Error>> {
        tokio::select! {
            message = timeout(STEP_TIMEOUT, self.messages.recv()) => Ok(message?.ok_or("the Runtime API has ended")?),
            ended = self.process.wait() => Err(format!("the process exited: {}", ended?).into()),
        }
    }
}

async fn next(State(api): State<Arc<Api>>) -> impl IntoResponse {
    let _ = api.messages.send(RuntimeMessage::Ready);
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
    // A runtime may omit the content type, and sends an empty body for events without an answer.
    let _ = api.messages.send(RuntimeMessage::Answer(serde_json::from_slice(&answer).unwrap_or_default()));
    StatusCode::ACCEPTED
}

/// Registers an extension of the process (Lambda developer guide, "Using the Lambda Extensions API").
async fn register() -> impl IntoResponse {
    let function = json!({"functionName": "bench", "functionVersion": "$LATEST", "handler": "bootstrap"});
    ([("lambda-extension-identifier", "b7f1c5d0-0000-4000-8000-000000000001")], Json(function))
}

/// An internal extension gets no events but the signal before the end.
async fn no_event() {
    std::future::pending().await
}

async fn failure(State(api): State<Arc<Api>>, body: String) -> StatusCode {
    let _ = api.messages.send(RuntimeMessage::Failure(body));
    StatusCode::ACCEPTED
}

/// The current time in milliseconds since 1970.
fn now() -> i64 {
    jean_runtime::Clock::of_system().now().as_millisecond()
}
