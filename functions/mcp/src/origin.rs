//! Which pages may call (RS-07).

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{StatusCode, header};
use jean_runtime::AllowedOrigins;

use crate::refusal::refusal;

/// Refuses a request that a browser sends for a page of an origin that is not allowed. CORS alone would only keep the
/// page from reading the answer.
pub(crate) async fn check(State(origins): State<AllowedOrigins>, request: Request, next: Next) -> Response {
    match request.headers().get(header::ORIGIN) {
        Some(origin) if !origins.allows(origin) => refusal(
            StatusCode::FORBIDDEN,
            "origin_not_allowed",
            "Pages of this origin may not call this server. Its operator can add the origin to ALLOWED_ORIGINS.",
        ),
        _ => next.run(request).await,
    }
}
