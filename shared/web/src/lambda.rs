//! The Lambda runtime around a router.

use std::process::ExitCode;

use axum::{Router, body::Body};
use http::Request;
use lambda_http::{
    Adapter,
    request::LambdaRequest,
    tower::{ServiceBuilder, ServiceExt},
};
use lambda_runtime::LambdaEvent;

use crate::{Clock, Environment, Platform, Random, StartError, aws, log};

/// Starts the function: makes its router once, then answers one event after the other.
///
/// The runtime has one thread, as the function has one request at a time: a second one costs a third more CPU.
pub fn run(router: impl AsyncFnOnce(&Platform) -> Result<Router, StartError>) -> ExitCode {
    let environment = Environment::of_process();
    log::init(&environment);
    let serve = async {
        let aws = aws::config(&environment)?;
        let platform = Platform { environment, aws, clock: Clock::of_system(), random: Random::of_system() };
        let service = service(router(&platform).await?);
        lambda_runtime::run(service).await.map_err(|error| StartError::Runtime(error.to_string()))
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map_err(|error| StartError::Runtime(error.to_string())).and_then(|runtime| runtime.block_on(serve)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "does not start");
            ExitCode::FAILURE
        }
    }
}

/// The router as a service of API Gateway events. Public for the tests that replay events/*.json.
pub fn service(
    router: Router,
) -> impl lambda_runtime::Service<
    LambdaEvent<LambdaRequest>,
    Response: serde::Serialize,
    Error = std::convert::Infallible,
    Future: Send,
> + Clone {
    let router = router.map_request(|request: lambda_http::Request| {
        let (parts, body) = request.into_parts();
        Request::from_parts(parts, Body::new(body))
    });
    ServiceBuilder::new()
        .map_request(|mut event: LambdaEvent<LambdaRequest>| {
            make_parseable(&mut event.payload);
            event
        })
        .service(Adapter::from(router))
}

/// lambda_http builds a URI of what API Gateway hands on, and takes for granted that one can be built. A raw query with
/// a character no URI has, or a Host header with one, would end the process: so they are escaped, or left out, first.
fn make_parseable(event: &mut LambdaRequest) {
    let LambdaRequest::ApiGatewayV2(event) = event else { return };
    for part in [&mut event.raw_query_string, &mut event.raw_path].into_iter().flatten() {
        if !part.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&byte)) {
            *part = part.bytes().map(escape).collect();
        }
    }
    let host = event.headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
    if !host.is_some_and(|host| host.parse::<http::uri::Authority>().is_ok() && url_host(host)) {
        event.headers.remove(http::header::HOST);
    }
    event.headers.remove("x-forwarded-proto");
}

fn url_host(host: &str) -> bool {
    url::Url::parse(&format!("https://{host}/")).is_ok()
}

fn escape(byte: u8) -> String {
    if byte.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&byte) {
        char::from(byte).into()
    } else {
        format!("%{byte:02X}")
    }
}
