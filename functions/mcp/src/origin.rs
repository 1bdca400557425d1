//! Origin check for browser requests (RS-07).

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{StatusCode, header};
use jean_runtime::AllowedOrigins;

use crate::error_response::refusal;

/// Rejects requests that a browser sends for a page of another origin. CORS alone would hide the response from that
/// page, but still perform the call.
pub(crate) async fn check(State(origins): State<AllowedOrigins>, request: Request, next: Next) -> Response {
    match request.headers().get(header::ORIGIN) {
        Some(origin) if !origins.allows(origin) => {
            refusal(StatusCode::FORBIDDEN, "origin_not_allowed", &AllowedOrigins::advice(origin))
        }
        _ => next.run(request).await,
    }
}
