//! Why a page can't be what was asked for.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jean_pages::{
    FormRejection,
    page::{Message, MessagePage, redirect},
};
use jean_runtime::Failure;
use jean_store::StoreError;

use crate::texts::Texts;

#[derive(Debug, thiserror::Error)]
pub(crate) enum AccountError {
    /// Nobody is signed in, or not as recently as this needs.
    #[error("a sign-in is needed")]
    SignedOut { return_to: String },
    #[error("the form is of another sign-in")]
    Stale { page: String },
    #[error("there is no such memory")]
    NoSuchMemory,
    #[error(transparent)]
    FormRejection(#[from] FormRejection),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IntoResponse for AccountError {
    fn into_response(self) -> Response {
        match self {
            Self::SignedOut { return_to } => {
                let query =
                    url::form_urlencoded::Serializer::new(String::new()).append_pair("return_to", &return_to).finish();
                redirect(&format!("/account/sign-in?{query}"))
            }
            Self::Stale { page } => redirect(&page),
            Self::NoSuchMemory => notice(StatusCode::NOT_FOUND, |texts| texts.no_such_memory),
            Self::FormRejection(unsent) => unsent.into_response(),
            Self::Store(StoreError::AccountDeleted) => notice(StatusCode::CONFLICT, |texts| texts.account_leaves),
            Self::Store(_) => {
                Failure::log(&self);
                MessagePage::new(StatusCode::INTERNAL_SERVER_ERROR, Message::of_our_failure).into_response()
            }
        }
    }
}

/// A page of one of the texts that have a title.
fn notice(status: StatusCode, text: fn(&Texts) -> (&'static str, &'static str)) -> Response {
    let words = move |language| {
        let (title, text) = text(Texts::of(language));
        Message { title, text: text.into() }
    };
    MessagePage::new(status, words).into_response()
}
