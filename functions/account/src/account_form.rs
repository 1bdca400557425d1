//! Forms of the account pages, with and without a file. Each is bound to the session and to the path of its page.

use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Multipart, Request, multipart::MultipartError},
};
use bytes::Bytes;
use http::{StatusCode, request::Parts};
use jean_pages::{FormRejection, SameOriginForm, Sender, StaleForm};
use jean_runtime::{FunctionState, RootKeys};

use crate::{
    app::{App, AppState},
    error::AccountError,
    memories::display,
    signed_in::{RecentUser, SignedInOwner, SignedInUser},
};

/// A form with a valid token, from a user of type `U`.
pub(crate) struct AccountForm<U = SignedInUser> {
    pub(crate) signed_in: U,
    pub(crate) fields: SameOriginForm,
}

impl AccountForm {
    /// Requires a recent sign-in for a form of `page`; otherwise the page says that nothing was done.
    pub(crate) fn recent(self, app: &App, page: &str) -> Result<AccountForm<RecentUser>, AccountError> {
        Ok(AccountForm { signed_in: self.signed_in.recent_for_form(app, page)?, fields: self.fields })
    }
}

impl FromRequest<FunctionState<AppState, RootKeys>> for AccountForm {
    type Rejection = AccountError;

    async fn from_request(request: Request, state: &FunctionState<AppState, RootKeys>) -> Result<Self, AccountError> {
        let (mut parts, body) = request.into_parts();
        match SignedInUser::from_request_parts(&mut parts, state).await {
            Ok(signed_in) => Ok(Self { fields: read(&signed_in, parts, body, state).await?, signed_in }),
            Err(error) => {
                let form = SameOriginForm::from_request(Request::from_parts(parts, body), state).await;
                Err(with_text(error, form.map(|form| form.field("text").to_owned()).unwrap_or_default()))
            }
        }
    }
}

/// Reads the fields of a form with a valid token of this user.
async fn read(
    signed_in: &SignedInUser,
    mut parts: Parts,
    body: Body,
    state: &FunctionState<AppState, RootKeys>,
) -> Result<SameOriginForm, AccountError> {
    let Ok(app) = App::from_request_parts(&mut parts, state).await;
    let path = parts.uri.path().to_owned();
    let fields = SameOriginForm::from_request(Request::from_parts(parts, body), state).await?;
    if !signed_in.has_token(&app, fields.field("token"), &path) {
        return Err(with_text(fields.stale(&path, app.public_url()).into(), fields.field("text").to_owned()));
    }
    Ok(fields)
}

/// The error for a form without its session, with its long text, which would be lost otherwise.
fn with_text(error: AccountError, text: String) -> AccountError {
    if text.trim().is_empty() || !display::fits(&text) {
        return error;
    }
    match error {
        AccountError::NothingDone { return_to, .. } => AccountError::NotSaved { return_to, text },
        AccountError::StaleForm(stale) => AccountError::StaleText { page: stale.page, text },
        error => error,
    }
}

impl FromRequest<FunctionState<AppState, RootKeys>> for AccountForm<RecentUser> {
    type Rejection = AccountError;

    async fn from_request(request: Request, state: &FunctionState<AppState, RootKeys>) -> Result<Self, AccountError> {
        let (mut parts, body) = request.into_parts();
        let Ok(app) = App::from_request_parts(&mut parts, state).await;
        let page = parts.uri.path().to_owned();
        let form = <AccountForm>::from_request(Request::from_parts(parts, body), state).await?;
        form.recent(&app, &page)
    }
}

impl FromRequest<FunctionState<AppState, RootKeys>> for AccountForm<SignedInOwner> {
    type Rejection = AccountError;

    async fn from_request(request: Request, state: &FunctionState<AppState, RootKeys>) -> Result<Self, AccountError> {
        let (mut parts, body) = request.into_parts();
        let owner = SignedInOwner::from_request_parts(&mut parts, state).await?;
        Ok(Self { fields: read(&owner, parts, body, state).await?, signed_in: owner })
    }
}

/// A file, or a pasted list, from a form with a valid token.
pub(crate) struct Upload {
    pub(crate) signed_in: SignedInUser,
    pub(crate) file: Bytes,
    pub(crate) file_name: String,
    /// The chosen user of a file with the memories of several.
    pub(crate) user_id: Option<String>,
    /// `true` if the text has one memory per line.
    pub(crate) is_list: bool,
}

/// Maximum number of fields of an upload after the token.
const UPLOAD_FIELDS: usize = 3;

impl FromRequest<FunctionState<AppState, RootKeys>> for Upload {
    type Rejection = AccountError;

    async fn from_request(request: Request, state: &FunctionState<AppState, RootKeys>) -> Result<Self, AccountError> {
        let (mut parts, body) = request.into_parts();
        let Ok(app) = App::from_request_parts(&mut parts, state).await;
        let signed_in = SignedInUser::from_request_parts(&mut parts, state).await;
        let sender = Sender::of(app.public_url(), &parts.headers)?;
        let path = parts.uri.path().to_owned();
        let fields = Multipart::from_request(Request::from_parts(parts, body), state).await;
        let signed_in = match signed_in {
            Ok(signed_in) => signed_in,
            Err(error) => {
                let Ok(mut fields) = fields else { return Err(error) };
                // The field before the list is the token.
                let _ = fields.next_field().await;
                return Err(with_text(error, pasted_list(fields).await.unwrap_or_default()));
            }
        };
        let mut fields = fields.map_err(|_| FormRejection::Unreadable(StatusCode::UNSUPPORTED_MEDIA_TYPE))?;
        let unreadable = |error: MultipartError| FormRejection::Unreadable(error.status());
        // The token is the first field of the form, so the file is read only if the token is valid.
        let token = match fields.next_field().await.map_err(unreadable)? {
            Some(field) if field.name() == Some("token") => field.text().await.map_err(unreadable)?,
            _ => String::new(),
        };
        if !signed_in.has_token(&app, &token, &path) {
            let list = pasted_list(fields).await.unwrap_or_default();
            let stale = StaleForm { page: path, sender, public_url: app.public_url().clone() };
            return Err(with_text(stale.into(), list));
        }
        let mut upload =
            Self { signed_in, file: Bytes::new(), file_name: String::new(), user_id: None, is_list: false };
        upload.read(fields).await.map_err(unreadable)?;
        Ok(upload)
    }
}

impl Upload {
    /// Reads the fields after the token.
    async fn read(&mut self, mut fields: Multipart) -> Result<(), MultipartError> {
        for _ in 0..UPLOAD_FIELDS {
            let Some(field) = fields.next_field().await? else { break };
            match field.name() {
                Some("user_id") => {
                    let user_id = field.text().await?;
                    self.user_id = Some(user_id.trim().to_owned()).filter(|user_id| !user_id.is_empty());
                }
                Some(name @ ("file" | "list")) => {
                    self.is_list = name == "list";
                    self.file_name = field.file_name().unwrap_or_default().to_owned();
                    self.file = field.bytes().await?;
                }
                _ => break,
            }
        }
        Ok(())
    }
}

/// The list in an upload, if it is the next field. Files are not read: the user still has them.
async fn pasted_list(mut fields: Multipart) -> Option<String> {
    let list = fields.next_field().await.ok()?.filter(|field| field.name() == Some("list"))?;
    list.text().await.ok()
}
