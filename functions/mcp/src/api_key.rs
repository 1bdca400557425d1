//! API keys on the older `/mcp/v2/{client}/{user_id}` (SD-02).

use axum::{
    extract::{Path, Request, State, rejection::PathRejection},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jean_auth::secret::ApiKey;
use jean_runtime::Failure;
use jean_store::api_keys::ApiKeys;

use crate::{
    caller::Caller,
    refusal::{failed, refusal},
};

/// Lets through who has a good key of the person the path names. The key says who is calling; the path only has to
/// agree (T-21).
pub(crate) async fn authenticate(
    State(keys): State<ApiKeys>,
    path: Result<Path<(String, String)>, PathRejection>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(key) = key(request.headers()) else { return unauthorized() };
    let issued = match keys.find(&key.hash()).await {
        Ok(Some(issued)) => issued,
        Ok(None) => return unauthorized(),
        Err(error) => return failed(&Failure::log(&error)),
    };
    let Ok(Path((client, user_id))) = path else { return no_client() };
    if issued.user_id.as_str() != user_id {
        return refusal(
            StatusCode::FORBIDDEN,
            "forbidden",
            "The API key belongs to another user id than the URL names.",
        );
    }
    let Ok(client) = client.parse() else { return no_client() };
    request.extensions_mut().insert(Caller::with_key(issued, client));
    next.run(request).await
}

fn key(headers: &HeaderMap) -> Option<ApiKey> {
    headers.get("x-api-key")?.to_str().ok()?.trim().parse().ok()
}

/// One answer for no key, a malformed one and an unknown one. It does not advertise OAuth, which this path has not;
/// RFC 9110 §15.5.2 wants some challenge.
fn unauthorized() -> Response {
    let mut response =
        refusal(StatusCode::UNAUTHORIZED, "unauthorized", "A valid API key is needed in the X-API-Key header.");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("ApiKey"));
    response
}

fn no_client() -> Response {
    refusal(
        StatusCode::NOT_FOUND,
        "not_found",
        "The URL is /mcp/v2/{client}/{user_id}, and a client's name has 1 to 32 lower-case letters, digits or '-'.",
    )
}
