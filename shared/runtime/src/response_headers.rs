//! Headers of every response, page or JSON (SR-22).

use axum::{extract::State, response::Response};
use http::{HeaderValue, header};
use jean_auth::public_url::PublicUrl;

/// A year, the minimum of browsers' preload lists. Subdomains belong to the operator.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Middleware that forbids caches and content sniffing unless the handler allowed them, and plain HTTP if the server is
/// reached over TLS; for [`axum::middleware::map_response_with_state`].
pub async fn response_headers(State(public_url): State<PublicUrl>, mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    if public_url.is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    response
}
