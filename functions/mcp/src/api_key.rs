//! API key authentication of the legacy endpoint, `/mcp/v2/{client}/{user_id}` (SD-02).

use std::time::Duration;

use axum::{
    extract::{Path, Request, State, rejection::PathRejection},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jean_auth::secret::ApiKey;
use jean_runtime::{Clock, Failure};
use jean_store::api_keys::ApiKeys;
use tokio::time::timeout;

use crate::{
    caller::AuthenticatedCaller,
    error_response::{refusal, server_error},
};

/// Time limit for recording the use of a key, which must not delay the call.
const NOTING_USE: Duration = Duration::from_secs(1);

/// State of the authentication layer.
#[derive(Clone)]
pub(crate) struct KeyAuthentication {
    pub(crate) keys: ApiKeys,
    pub(crate) clock: Clock,
}

/// Requires a valid API key. An attacker can put any user id into the path, so the caller is taken from the key; the
/// path only has to name the same user (T-21).
pub(crate) async fn authenticate(
    State(KeyAuthentication { keys, clock }): State<KeyAuthentication>,
    path: Result<Path<(String, String)>, PathRejection>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(key) = key(request.headers()) else { return unauthorized() };
    let (hash, now) = (key.hash(), clock.now());
    let issued = match keys.find(&hash).await {
        Ok(issued) => issued.and_then(|issued| issued.valid_at(now)),
        Err(error) => return server_error(&Failure::log(&error)),
    };
    let Some(issued) = issued else { return unauthorized() };
    let Ok(Path((client, user_id))) = path else { return invalid_path() };
    if issued.user_id.as_str() != user_id {
        return refusal(StatusCode::FORBIDDEN, "forbidden", "The API key does not belong to the user id in the URL.");
    }
    let Ok(client) = client.parse() else { return invalid_path() };
    if issued.notes_use(now) {
        match timeout(NOTING_USE, keys.note_use(&hash, now)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, key_id = %issued.key_id, "recording the use of an API key failed");
            }
            Err(_) => tracing::warn!(key_id = %issued.key_id, "recording the use of an API key timed out"),
        }
    }
    request.extensions_mut().insert(AuthenticatedCaller::with_key(issued, client));
    next.run(request).await
}

fn key(headers: &HeaderMap) -> Option<ApiKey> {
    headers.get("x-api-key")?.to_str().ok()?.trim().parse().ok()
}

/// The response to a missing, malformed, unknown or invalid key. The challenge does not advertise OAuth, which this path does not
/// support, but [RFC 9110 §15.5.2](https://www.rfc-editor.org/rfc/rfc9110#section-15.5.2) requires some challenge.
fn unauthorized() -> Response {
    let description = "Unauthorized. Send a valid API key in the X-API-Key header.";
    let mut response = refusal(StatusCode::UNAUTHORIZED, "unauthorized", description);
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("ApiKey"));
    response
}

fn invalid_path() -> Response {
    refusal(
        StatusCode::NOT_FOUND,
        "not_found",
        "The URL must be /mcp/v2/{client}/{user_id}, with 1 to 32 lower-case letters, digits or '-' as client.",
    )
}
