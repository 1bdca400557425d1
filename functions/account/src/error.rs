//! Why a page can't be what was asked for.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use store::StoreError;
use web::{
    Failure, Unsent,
    page::{Notice, Words, redirect},
};

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
    Unsent(#[from] Unsent),
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
            Self::NoSuchMemory => {
                let words = |language| {
                    let (title, text) = Texts::of(language).no_such_memory;
                    Words { title, text: text.into() }
                };
                Notice::new(StatusCode::NOT_FOUND, words).into_response()
            }
            Self::Unsent(unsent) => unsent.into_response(),
            Self::Store(StoreError::Gone) => {
                let words = |language| {
                    let (title, text) = Texts::of(language).account_leaves;
                    Words { title, text: text.into() }
                };
                Notice::new(StatusCode::CONFLICT, words).into_response()
            }
            Self::Store(_) => {
                Failure::new(&self);
                Notice::new(StatusCode::INTERNAL_SERVER_ERROR, Words::of_our_failure).into_response()
            }
        }
    }
}
