//! Forms of the account pages, with and without a file. Each is bound to the session and to the path of its page.

use axum::extract::{FromRequest, FromRequestParts, Multipart, Request, multipart::MultipartError};
use bytes::Bytes;
use http::StatusCode;
use jean_pages::{FormRejection, SameOriginForm};

use crate::{
    app::{App, AppState},
    error::AccountError,
    signed_in::SignedInUser,
};

/// A form with a valid token.
pub(crate) struct AccountForm {
    pub(crate) signed_in: SignedInUser,
    pub(crate) fields: SameOriginForm,
}

impl FromRequest<AppState> for AccountForm {
    type Rejection = AccountError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, AccountError> {
        let (mut parts, body) = request.into_parts();
        let Ok(app) = App::from_request_parts(&mut parts, state).await;
        let signed_in = SignedInUser::from_request_parts(&mut parts, state).await?;
        let path = parts.uri.path().to_owned();
        let fields = SameOriginForm::from_request(Request::from_parts(parts, body), state).await?;
        if !signed_in.has_token(&app, fields.field("token"), &path) {
            return Err(AccountError::StaleForm { page: path });
        }
        Ok(Self { signed_in, fields })
    }
}

/// A file from a form with a valid token.
pub(crate) struct Upload {
    pub(crate) signed_in: SignedInUser,
    pub(crate) file: Bytes,
}

impl FromRequest<AppState> for Upload {
    type Rejection = AccountError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, AccountError> {
        let (mut parts, body) = request.into_parts();
        let Ok(app) = App::from_request_parts(&mut parts, state).await;
        let signed_in = SignedInUser::from_request_parts(&mut parts, state).await?;
        if !jean_pages::is_same_origin(&app.public_url, &parts.headers) {
            return Err(FormRejection::CrossSite.into());
        }
        let path = parts.uri.path().to_owned();
        let request = Request::from_parts(parts, body);
        let unsupported = |_| FormRejection::Unreadable(StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let mut fields = Multipart::from_request(request, state).await.map_err(unsupported)?;
        let unreadable = |error: MultipartError| FormRejection::Unreadable(error.status());
        // The token is the first field of the form, so the file is read only if the token is valid.
        let token = match fields.next_field().await.map_err(unreadable)? {
            Some(field) if field.name() == Some("token") => field.text().await.map_err(unreadable)?,
            _ => String::new(),
        };
        if !signed_in.has_token(&app, &token, &path) {
            return Err(AccountError::StaleForm { page: path });
        }
        let file = match fields.next_field().await.map_err(unreadable)? {
            Some(field) => field.bytes().await.map_err(unreadable)?,
            None => Bytes::new(),
        };
        Ok(Self { signed_in, file })
    }
}
