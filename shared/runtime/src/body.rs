//! Extractors of request bodies, with their size limits and media types.

use axum::{
    body::HttpBody,
    extract::{FromRequest, Request},
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use jean_auth::{
    error::{ErrorCode, OAuthError},
    parameters::Parameters,
};

use crate::OAuthResponse;

/// Limit of an OAuth request body, in bytes.
const LIMIT: usize = 64 * 1024;
/// Limit of a registration, in bytes: ten redirect URIs of 512 bytes, and the rest of its metadata (SR-17).
const REGISTRATION_LIMIT: usize = 8 * 1024;

/// The parameters of a form body or JSON object (AS-13).
#[derive(Debug)]
pub struct FormOrJson(pub Parameters);

/// An unparsed registration, in JSON. The media type must be JSON: a page on another site can send other types without a CORS
/// preflight (T-16).
#[derive(Debug)]
pub struct Json(pub Bytes);

impl<S: Sync> FromRequest<S> for FormOrJson {
    type Rejection = OAuthResponse;

    async fn from_request(request: Request, _state: &S) -> Result<Self, OAuthResponse> {
        match media_type(request.headers()).as_str() {
            "application/json" => Ok(Self(Parameters::from_json(&collect(LIMIT, request).await?)?)),
            "application/x-www-form-urlencoded" | "" => {
                let parameters = Parameters::from_form(&collect(LIMIT, request).await?).map_err(OAuthError::from)?;
                Ok(Self(parameters))
            }
            _ => Err(unsupported("The body must be application/x-www-form-urlencoded or application/json.")),
        }
    }
}

impl<S: Sync> FromRequest<S> for Json {
    type Rejection = OAuthResponse;

    async fn from_request(request: Request, _state: &S) -> Result<Self, OAuthResponse> {
        match media_type(request.headers()).as_str() {
            "application/json" => Ok(Self(collect(REGISTRATION_LIMIT, request).await?)),
            _ => Err(unsupported("The body must be application/json.")),
        }
    }
}

/// The media type without its parameters, in lower case.
pub fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

async fn collect(limit: usize, request: Request) -> Result<Bytes, OAuthResponse> {
    collect_at_most(limit, request).await.map_err(|status| {
        let description = match status {
            StatusCode::PAYLOAD_TOO_LARGE if limit == LIMIT => "The body is larger than 64 KiB.",
            StatusCode::PAYLOAD_TOO_LARGE => "The body is larger than 8 KiB.",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                "Compressed bodies are not supported. Send it without Content-Encoding."
            }
            _ => "The body could not be read.",
        };
        OAuthResponse::with_status(OAuthError::new(ErrorCode::InvalidRequest, description), status)
    })
}

/// Collects a body of at most `limit` bytes. The error is the status to respond with: 415 if the body is compressed (RFC
/// 9110 §8.4), which would otherwise be reported as malformed.
pub async fn collect_at_most(limit: usize, request: Request) -> Result<Bytes, StatusCode> {
    if is_encoded(request.headers()) {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    // Before it is decoded.
    if request.body().size_hint().lower() > limit as u64 {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    match Limited::new(request.into_body(), limit).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => Err(StatusCode::BAD_REQUEST),
    }
}

/// `true` if a content coding other than `identity` was applied to the body.
pub fn is_encoded(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::CONTENT_ENCODING).iter();
    let is_identity = |coding: &str| coding.is_empty() || coding.eq_ignore_ascii_case("identity");
    values
        .map(|value| value.to_str())
        .any(|value| !value.is_ok_and(|value| value.split(',').map(str::trim).all(is_identity)))
}

fn unsupported(description: &'static str) -> OAuthResponse {
    OAuthResponse::with_status(
        OAuthError::new(ErrorCode::InvalidRequest, description),
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
    )
}
