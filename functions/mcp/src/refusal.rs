//! The answer to a request that does not get as far as JSON-RPC.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use jean_runtime::Failure;
use serde::Serialize;

#[derive(Serialize)]
struct Body<'a> {
    error: &'a str,
    error_description: &'a str,
}

/// A code for the program, a sentence for whoever reads its log (RFC 6750 §3 names the two), and never cached.
pub(crate) fn refusal(status: StatusCode, error: &str, error_description: &str) -> Response {
    tracing::info!(error, "refused");
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (status, no_store, Json(Body { error, error_description })).into_response()
}

/// The answer when it is our own failure.
pub(crate) fn failed(failure: &Failure) -> Response {
    refusal(StatusCode::INTERNAL_SERVER_ERROR, "server_error", &sentence(failure.reference()))
}

/// What is told of a failure of ours: nothing but how to name it.
pub(crate) fn sentence(reference: &str) -> String {
    format!("Something failed on our side. Please try again. Reference: {reference}")
}
