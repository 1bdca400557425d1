//! Errors on the wire.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use jean_auth::error::{ErrorCode, OAuthError};

use crate::RequestId;

/// An OAuth error as a JSON answer (RFC 6749 §5.2): 401 for `invalid_client`, 500 for our own failures, 400 otherwise;
/// never cached.
#[derive(Debug, Clone, Copy)]
pub struct OAuthResponse {
    error: OAuthError,
    status: StatusCode,
}

impl OAuthResponse {
    /// An error with a status of its own: the body was too large, or of no type we read.
    pub fn with_status(error: OAuthError, status: StatusCode) -> Self {
        Self { error, status }
    }

    /// The status it is sent with.
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
        Self { error, status }
    }
}

impl From<Failure> for OAuthResponse {
    fn from(_: Failure) -> Self {
        OAuthError::new(ErrorCode::ServerError, "Something failed on our side. Please try again.").into()
    }
}

impl IntoResponse for OAuthResponse {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.error)).into_response();
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 9110 §15.5.2 asks for a challenge, RFC 6749 §5.2 for this one when the header was used.
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(r#"Basic realm="token""#));
        }
        response
    }
}

/// A failure of ours: logged once, here, with the request id that is also its reference. The caller learns nothing else.
#[derive(Debug, Clone)]
pub struct Failure {
    reference: String,
}

impl Failure {
    /// Logs `error` with its sources.
    pub fn log(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = with_causes(error), "failed");
        Self { reference: RequestId::current() }
    }

    /// What a person can quote.
    pub fn reference(&self) -> &str {
        &self.reference
    }
}

/// What an error and its causes say of themselves. Never their Debug: the AWS SDK's has the whole answer in it, which may
/// be what must not be logged (T-20).
pub(crate) fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
