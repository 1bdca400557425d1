//! The request id from API Gateway, and the log line of each request.

use std::time::Instant;

use axum::{extract::Request, middleware::Next, response::Response};
use lambda_http::request::RequestContext;
use tracing::Instrument;

tokio::task_local! {
    static REQUEST_ID: String;
}

/// The id of the current request. Error pages show it as a reference, and every log line carries it.
#[derive(Debug, Clone, Copy)]
pub struct RequestId;

impl RequestId {
    /// The id that API Gateway assigned; empty outside of a request.
    pub fn current() -> String {
        REQUEST_ID.try_with(Clone::clone).unwrap_or_default()
    }
}

/// Marks the response to a request with a log line of its own.
#[derive(Debug, Clone, Copy)]
pub struct Logged;

/// Sets the request id and logs one line per request, unless the response is [`Logged`]. The path is logged and the query
/// never, since it can carry codes.
pub async fn trace(request: Request, next: Next) -> Response {
    let request_id = match request.extensions().get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone().unwrap_or_default(),
        _ => String::new(),
    };
    let span = tracing::info_span!("request", request_id);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let begun = Instant::now();
    REQUEST_ID
        .scope(
            request_id,
            async move {
                let response = next.run(request).await;
                if response.extensions().get::<Logged>().is_none() {
                    let (status, ms) = (response.status().as_u16(), begun.elapsed().as_millis() as u64);
                    tracing::info!(%method, path, status, ms, "answered");
                }
                response
            }
            .instrument(span),
        )
        .await
}
