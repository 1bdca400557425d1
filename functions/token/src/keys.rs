//! The public keys that verify access tokens ([RFC 7517 §5](https://www.rfc-editor.org/rfc/rfc7517#section-5)).
//!
//! Published by the function that holds the private keys, so that no other one needs access to them for it (SR-14).

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};

use crate::app::App;

/// Verifiers may keep a copy for 5 minutes. A key is published for an hour before it signs.
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// Returns the public keys, or 404 if access tokens are signed with a secret.
pub(crate) async fn published(app: App) -> Response {
    let keys = app.signing_keys().public_keys();
    if keys.keys.is_empty() {
        return StatusCode::NOT_FOUND.into_response();
    }
    ([(header::CACHE_CONTROL, CACHE)], Json(keys)).into_response()
}
