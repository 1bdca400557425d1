//! The reasons why a token request fails, and the OAuth errors that clients receive for them.

use axum::response::{IntoResponse, Response};
use jean_auth::{code::Unredeemable, error::OAuthError, grant::Unrefreshable, token_request::INVALID_GRANT};
use jean_runtime::{Failure, OAuthResponse};
use jean_store::StoreError;

#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    #[error(transparent)]
    Refused(#[from] OAuthError),
    #[error("unknown code")]
    UnknownCode,
    #[error("code refused: {0}")]
    Code(#[from] Unredeemable),
    #[error("code redeemed by a concurrent request")]
    Raced,
    #[error("unknown or revoked grant")]
    UnknownGrant,
    #[error("refresh token refused: {0}")]
    Refresh(#[from] Unrefreshable),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let response: OAuthResponse = match &self {
            Self::Refused(error) => (*error).into(),
            // One response for all of them (AS-12): an attacker learns nothing about a code or token from the reason.
            Self::UnknownCode | Self::Code(_) | Self::Raced | Self::UnknownGrant | Self::Refresh(_) => {
                INVALID_GRANT.into()
            }
            Self::Store(_) => return OAuthResponse::from(Failure::log(&self)).into_response(),
        };
        tracing::info!(event = jean_runtime::event::TOKEN_REFUSED, reason = %self, "token refused");
        response.into_response()
    }
}
