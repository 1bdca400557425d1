//! Why a token request gives no token: the reason for the log, the RFC's code for the client.

use axum::response::{IntoResponse, Response};
use jean_auth::{code::Unredeemable, error::OAuthError, grant::Unrefreshable, token_request::INVALID_GRANT};
use jean_runtime::{Failure, OAuthResponse};
use jean_store::StoreError;

#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    #[error(transparent)]
    Refused(#[from] OAuthError),
    #[error("the code is unknown")]
    UnknownCode,
    #[error("the code is refused: {0}")]
    Code(#[from] Unredeemable),
    #[error("the code was being redeemed by another request")]
    Raced,
    #[error("the grant is unknown or revoked")]
    UnknownGrant,
    #[error("the refresh token is refused: {0}")]
    Refresh(#[from] Unrefreshable),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let response: OAuthResponse = match &self {
            Self::Refused(error) => (*error).into(),
            // One answer for all of them (AS-12): a client that has to be told why is no client of this grant.
            Self::UnknownCode | Self::Code(_) | Self::Raced | Self::UnknownGrant | Self::Refresh(_) => {
                INVALID_GRANT.into()
            }
            Self::Store(_) => return OAuthResponse::from(Failure::new(&self)).into_response(),
        };
        tracing::info!(event = jean_runtime::event::TOKEN_REFUSED, reason = %self, "token refused");
        response.into_response()
    }
}
