//! Errors on the wire.

use auth::error::{ErrorCode, OAuthError};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};

use crate::RequestId;

/// An OAuth error as a JSON answer (RFC 6749 §5.2): 401 for `invalid_client`, 500 for our own failures, 400 otherwise;
/// never cached.
#[derive(Debug, Clone, Copy)]
pub struct OAuthResponse(pub OAuthError);

impl IntoResponse for OAuthResponse {
    fn into_response(self) -> Response {
        let status = match self.0.code {
            ErrorCode::InvalidClient => StatusCode::UNAUTHORIZED,
            ErrorCode::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        tracing::info!(error = self.0.code.as_str(), description = self.0.description, "refused");
        let mut response = (status, Json(self.0)).into_response();
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::UNAUTHORIZED {
            // RFC 9110 §15.5.2 asks for a challenge, RFC 6749 §5.2 for this one when the header was used.
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(r#"Basic realm="token""#));
        }
        response
    }
}

impl<E: Into<OAuthError>> From<E> for OAuthResponse {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// A failure of ours: logged once, here, with the request id that is also its reference. The caller learns nothing else.
#[derive(Debug, Clone)]
pub struct Failure {
    reference: String,
}

impl Failure {
    /// Logs what failed.
    pub fn new(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut causes = String::new();
        let mut cause = error.source();
        while let Some(source) = cause {
            causes = format!("{causes}: {source}");
            cause = source.source();
        }
        tracing::error!(error = %format!("{error}{causes}"), "failed");
        Self { reference: RequestId::current() }
    }

    /// What a person can quote.
    pub fn reference(&self) -> &str {
        &self.reference
    }
}

impl From<Failure> for OAuthError {
    fn from(_: Failure) -> Self {
        Self::new(ErrorCode::ServerError, "Something failed on our side. Please try again.")
    }
}
