//! The errors of the account pages, and their responses.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jean_auth::public_url::PublicUrl;
use jean_pages::{
    FormRejection, StaleForm,
    account::{sign_in_before_form, sign_in_first, sign_in_url},
    page::MessagePage,
};
use jean_runtime::Failure;
use jean_store::StoreError;

use crate::paths;

#[derive(Debug, thiserror::Error)]
pub(crate) enum AccountError {
    /// The user is not signed in, or their last sign-in is not recent enough.
    #[error("sign-in required")]
    SignInRequired { return_to: String },
    /// A form that needed a sign-in. The page after it says that nothing was done.
    #[error("sign-in required for a form")]
    NothingDone { return_to: String, public_url: Box<PublicUrl> },
    /// A form with a long text, sent without a session. The text is shown for copying.
    #[error("text sent without a session")]
    NotSaved { return_to: String, text: String },
    /// The form belongs to another session.
    #[error("form of another session")]
    StaleForm(Box<StaleForm>),
    /// A form of another session with a long text, which is shown for copying.
    #[error("text of another session")]
    StaleText { page: String, text: String },
    /// Answered as a path that does not exist.
    #[error("not found")]
    NotFound,
    #[error("unknown memory")]
    UnknownMemory,
    #[error(transparent)]
    FormRejection(#[from] FormRejection),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<StaleForm> for AccountError {
    fn from(stale: StaleForm) -> Self {
        Self::StaleForm(Box::new(stale))
    }
}

impl IntoResponse for AccountError {
    fn into_response(self) -> Response {
        match self {
            Self::SignInRequired { return_to } => sign_in_first(&return_to),
            Self::NothingDone { return_to, public_url } => sign_in_before_form(&return_to, &public_url),
            Self::NotSaved { return_to, text } => {
                MessagePage::new(StatusCode::FORBIDDEN, |texts| (texts.not_saved_title(), texts.not_saved_text()))
                    .with_unsaved(text)
                    .with_sign_in(sign_in_url(&return_to))
                    .into_response()
            }
            Self::StaleForm(stale) => stale.into_response(),
            Self::StaleText { page, text } => {
                MessagePage::new(StatusCode::FORBIDDEN, |texts| (texts.not_saved_title(), texts.not_saved_stale()))
                    .with_unsaved(text)
                    .with_way_out(page)
                    .into_response()
            }
            Self::NotFound => StatusCode::NOT_FOUND.into_response(),
            Self::UnknownMemory => MessagePage::new(StatusCode::NOT_FOUND, |texts| {
                (texts.memory_not_found_title(), texts.memory_not_found_text())
            })
            .with_way_out(paths::MEMORIES.into())
            .into_response(),
            Self::FormRejection(rejection) => rejection.into_response(),
            Self::Store(StoreError::AccountDeleted) => MessagePage::new(StatusCode::CONFLICT, |texts| {
                (texts.account_deleted_title(), texts.account_deleted_text())
            })
            .with_way_out(paths::DELETE.into())
            .into_response(),
            Self::Store(_) => {
                Failure::log(&self);
                MessagePage::internal_error().into_response()
            }
        }
    }
}
