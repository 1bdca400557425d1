//! The Lambda runtime: starts a function and serves its events.

use std::{convert::Infallible, error::Error, fmt, process::ExitCode};

use axum::{Router, body::Body};
use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use lambda_http::{Adapter, Service, request::LambdaRequest, tower::ServiceExt};
use lambda_runtime::{Context, LambdaEvent, LambdaInvocation, Runtime, layers::TracingLayer};
use mimalloc::MiMalloc;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::runtime::LocalOptions;
use tower::util::MapRequestLayer;

use crate::{Clock, Environment, Platform, Random, Shutdown, StartError, aws, log};

mod api_event;

use api_event::CurrentBody;

/// A request makes about nine hundred allocations. With the allocator of the C library they took a fifth of its
/// instructions.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Runs a function behind API Gateway: builds its router once, then serves one event after the other. Its instances end
/// without notice.
pub fn run(router: impl AsyncFnOnce(&Platform) -> Result<Router, StartError> + 'static) -> ExitCode {
    start(async move |platform| serve(router(&platform).await?).await)
}

/// Runs a function as [`run`] does, and the work of [`Shutdown`] before its instance ends. It takes half a megabyte of
/// program, since it registers an extension: Lambda sends SIGTERM to instances with extensions only.
pub fn run_with_shutdown(router: impl AsyncFnOnce(&Platform) -> Result<Router, StartError> + 'static) -> ExitCode {
    start(async move |platform| {
        let router = router(&platform).await?;
        lambda_runtime::spawn_graceful_shutdown_handler(async move || platform.shutdown.run().await).await;
        serve(router).await
    })
}

async fn serve(router: Router) -> Result<(), StartError> {
    let body = CurrentBody::default();
    let runtime = Runtime::new(service(router, body.clone())).layer(TracingLayer::new());
    let runtime = runtime.layer(MapRequestLayer::new(move |mut invocation: LambdaInvocation| {
        invocation.body = body.split_from(invocation.body);
        invocation
    }));
    runtime.run().await.map_err(|error| StartError::Runtime(error.to_string()))
}

/// Runs a function that an AWS service invokes with events of type `E`: builds its state once, then handles one event after
/// the other, each until its deadline. Lambda counts an error, and the service retries.
pub fn run_event<A: 'static, E: DeserializeOwned, R: Serialize, F: Error>(
    state: impl AsyncFnOnce(Platform) -> Result<A, StartError> + 'static,
    handle: impl AsyncFn(&A, E, Timestamp) -> Result<R, F> + 'static,
) -> ExitCode {
    start(async move |platform| {
        let state = state(platform).await?;
        let service = lambda_runtime::service_fn(|event: LambdaEvent<E>| {
            let (state, handle) = (&state, &handle);
            async move {
                handle(state, event.payload, deadline(&event.context)).await.map_err(|error| {
                    tracing::error!(%error, request_id = event.context.request_id, "failed");
                    lambda_runtime::Diagnostic { error_type: "Failed".into(), error_message: error.to_string() }
                })
            }
        });
        lambda_runtime::run(service).await.map_err(|error| StartError::Runtime(error.to_string()))
    })
}

/// The time at which Lambda stops the function.
fn deadline(context: &Context) -> Timestamp {
    i64::try_from(context.deadline).ok().and_then(|at| Timestamp::from_millisecond(at).ok()).unwrap_or(Timestamp::MAX)
}

/// Runs on one thread, since an instance serves one request at a time; a second thread costs a third more CPU. The service
/// is spawned as a task: whenever the future of `block_on` itself is woken, tokio polls the kernel for events in vain.
fn start(serve: impl AsyncFnOnce(Platform) -> Result<(), StartError> + 'static) -> ExitCode {
    let environment = Environment::of_process();
    log::init(&environment);
    let serve = async move {
        let aws = aws::config(&environment)?;
        let (clock, random, shutdown) = (Clock::of_system(), Random::of_system(), Shutdown::default());
        serve(Platform { environment, aws, clock, random, shutdown }).await
    };
    let failed = |error: &dyn fmt::Display| StartError::Runtime(error.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
    let served = runtime
        .map_err(|error| failed(&error))
        .and_then(|runtime| runtime.block_on(runtime.spawn_local(serve)).map_err(|error| failed(&error)).flatten());
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the function does not start");
            ExitCode::FAILURE
        }
    }
}

/// Answers an event of API Gateway as a function does. Public for the tests that replay events/*.json.
///
/// # Errors
///
/// The event is no JSON, or not one of API Gateway.
pub async fn answer(router: Router, event: impl Into<Bytes>) -> Result<Value, serde_json::Error> {
    let body = CurrentBody::default();
    let payload = serde_json::from_slice(&body.split_from(event.into()))?;
    let Ok(answer) = service(router, body).call(LambdaEvent::new(payload, Context::default())).await;
    serde_json::to_value(answer)
}

/// Wraps a router as a service of API Gateway events without their bodies, or `None` for one that has too many escapes.
fn service(
    router: Router,
    body: CurrentBody,
) -> impl Service<LambdaEvent<Option<LambdaRequest>>, Response: Serialize, Error = Infallible, Future: Send> + Clone {
    let refusing = Router::new().fallback(async || api_event::too_large());
    lambda_runtime::service_fn(move |event: LambdaEvent<Option<LambdaRequest>>| {
        let (request, context) = event.into_parts();
        let router = if request.is_some() { &router } else { &refusing };
        let mut request = request.unwrap_or_else(|| LambdaRequest::ApiGatewayV2(Default::default()));
        make_parseable(&mut request);
        let mut body = Some(body.take());
        let router = router.clone().map_request(move |request: lambda_http::Request| {
            let (parts, _) = request.into_parts();
            Request::from_parts(parts, body.take().map_or_else(Body::empty, Body::new))
        });
        Adapter::from(router).call(LambdaEvent::new(request, context))
    })
}

/// lambda_http panics if API Gateway passes an invalid path or query, so both are escaped here. Host, domain
/// name and stage are dropped: no handler reads them (T-08).
fn make_parseable(event: &mut LambdaRequest) {
    let LambdaRequest::ApiGatewayV2(event) = event else { return };
    for part in [&mut event.raw_query_string, &mut event.raw_path].into_iter().flatten() {
        if !part.bytes().all(is_uri_byte) {
            *part = part.bytes().map(escape).collect();
        }
    }
    if let Some(path) = event.raw_path.as_mut().filter(|path| !path.starts_with('/')) {
        path.insert(0, '/');
    }
    event.headers.remove(http::header::HOST);
    (event.request_context.domain_name, event.request_context.stage) = (None, None);
}

fn is_uri_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&byte)
}

fn escape(byte: u8) -> String {
    if is_uri_byte(byte) { char::from(byte).into() } else { format!("%{byte:02X}") }
}

#[cfg(test)]
mod tests {
    use axum::routing::any;
    use serde_json::json;

    use super::*;

    async fn answer(event: Value) -> Value {
        let router = Router::new().fallback(any(async |request: axum::extract::Request| request.uri().to_string()));
        super::answer(router, event.to_string()).await.expect("an event of API Gateway")
    }

    fn event(path: &str, query: &str, host: &str) -> Value {
        json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": query,
            "headers": {"host": host, "x-forwarded-proto": "<"},
            "requestContext": {
                "http": {"method": "GET", "path": path, "sourceIp": "203.0.113.7"},
                "requestId": "r1",
                "stage": "$default",
            },
            "isBase64Encoded": false,
        })
    }

    /// T-13
    #[tokio::test]
    async fn no_path_query_or_host_panics() {
        for (path, query, host) in [
            ("/oauth/authorize", "state=<script>\"`{|}^ \u{e4}", "memory.example"),
            ("/oauth/authorize", "", "a b"),
            ("/oauth/authorize", "", "<>"),
            ("/oauth/authorize", "", "[::1"),
            ("/oauth/authorize", "", "evil.example:99999999"),
            ("/oauth/authorize", "", ""),
            ("/mcp/v2/ \u{e4}<>", "", "memory.example"),
            ("//", "?", "memory.example"),
            ("", "", "memory.example"),
            (":99999", "", "memory.example"),
            ("@[", "", "memory.example"),
        ] {
            let answer = answer(event(path, query, host)).await;
            assert_eq!(answer["statusCode"], 200, "{path} {query} {host}: {answer}");
        }
    }

    /// SR-01
    #[tokio::test]
    async fn event_of_too_many_escapes_is_413() {
        let answer = answer(Value::Null).await;
        assert_eq!((&answer["statusCode"], &answer["isBase64Encoded"]), (&json!(413), &json!(false)), "{answer}");
        assert!(answer["body"].as_str().is_some_and(|body| body.contains("invalid_request")), "{answer}");
    }

    /// T-13
    #[tokio::test]
    async fn invalid_base64_body_does_not_panic() {
        for body in [json!("grant_type=x"), json!("Z3JhbnQ"), json!(null)] {
            let mut event = event("/oauth/token", "", "memory.example");
            (event["body"], event["isBase64Encoded"]) = (body.clone(), true.into());
            assert_eq!(answer(event).await["statusCode"], 200, "{body}");
        }
    }
}
