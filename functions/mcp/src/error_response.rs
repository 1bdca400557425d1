//! Error responses to requests rejected before JSON-RPC.

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

/// Logs a refusal and returns its [`error_response`].
pub(crate) fn refusal(status: StatusCode, error: &str, error_description: &str) -> Response {
    tracing::info!(error, "refused");
    error_response(status, error, error_description)
}

/// An error response, never cached: `error` is for programs, `error_description` for the reader of their log
/// ([RFC 6750 §3](https://www.rfc-editor.org/rfc/rfc6750#section-3) names the two). The caller has logged it.
pub(crate) fn error_response(status: StatusCode, error: &str, error_description: &str) -> Response {
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (status, no_store, Json(Body { error, error_description })).into_response()
}

/// The response to an internal failure.
pub(crate) fn server_error(failure: &Failure) -> Response {
    error_response(StatusCode::INTERNAL_SERVER_ERROR, "server_error", &failure_message(failure.reference()))
}

/// The message shown for an internal failure. It discloses only the reference under which the failure is logged.
pub(crate) fn failure_message(reference: &str) -> String {
    format!("Something failed on our side. Please try again. Reference: {reference}")
}
