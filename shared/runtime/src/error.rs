//! HTTP responses for OAuth errors and internal failures.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use jean_auth::error::{ErrorCode, OAuthError};
use jiff::SignedDuration;

use crate::RequestId;

/// An OAuth error as a JSON response ([RFC 6749 §5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2)): 401 for
/// `invalid_client`, 500 for `server_error`, otherwise 400; never cached.
#[derive(Debug, Clone, Copy)]
pub struct OAuthResponse {
    error: OAuthError,
    status: StatusCode,
    retry_after: Option<SignedDuration>,
}

impl OAuthResponse {
    /// An error with another status, such as 413 or 415.
    pub fn with_status(error: OAuthError, status: StatusCode) -> Self {
        Self { error, status, retry_after: None }
    }

    /// An error with status 429, and the time to wait.
    pub fn too_many_requests(error: OAuthError, wait: SignedDuration) -> Self {
        Self { error, status: StatusCode::TOO_MANY_REQUESTS, retry_after: Some(wait) }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl From<OAuthError> for OAuthResponse {
    fn from(error: OAuthError) -> Self {
        let status = match error.code {
            ErrorCode::InvalidClient => StatusCode::UNAUTHORIZED,
            ErrorCode::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        Self { error, status, retry_after: None }
    }
}

impl From<Failure> for OAuthResponse {
    fn from(_: Failure) -> Self {
        OAuthError::new(ErrorCode::ServerError, "An internal error occurred. Try again.").into()
    }
}

impl IntoResponse for OAuthResponse {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.error)).into_response();
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(wait) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs()));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 9110 §15.5.2 requires a challenge; RFC 6749 §5.2 requires this one if the header was used.
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(r#"Basic realm="token""#));
        }
        response
    }
}

/// An internal failure. It is logged once, with the request id; the caller receives only that id as a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    reference: String,
}

impl Failure {
    /// Logs `error` with its sources.
    pub fn log(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = with_causes(error), "failed");
        Self { reference: RequestId::current() }
    }

    /// The reference for a support request: the request id.
    pub fn reference(&self) -> &str {
        &self.reference
    }
}

/// The messages of an error and its sources. Never their `Debug` text: that of the AWS SDK contains the whole response,
/// which can hold a secret (T-20).
pub fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
