//! Why a page can't be what was asked for: what happened, and what to do.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use jean_auth::authorization::UnanswerableRequest;
use jean_pages::{
    Language,
    page::{Message, MessagePage, redirect},
};
use jean_runtime::Failure;
use jean_store::StoreError;
use jiff::SignedDuration;

use crate::{documents::DocumentError, texts::Texts};

#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    /// There is nowhere to return to: a page is the only answer (AS-07).
    #[error(transparent)]
    UnanswerableRequest(#[from] UnanswerableRequest),
    /// The client is described by a document that can't be had, or describes somebody else.
    #[error("the client's document at {host}: {reason}")]
    NoDescription { host: String, reason: DocumentError },
    /// The client is told; it registered where.
    #[error("the client is told by redirect")]
    Redirect(String),
    #[error("the browser sent no cookie back")]
    NoCookie,
    #[error("the link is unknown, used or over")]
    DeadLink,
    #[error("too many failures")]
    Throttled(SignedDuration),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Redirect(location) => return redirect(location),
            Self::UnanswerableRequest(_) | Self::NoDescription { .. } | Self::NoCookie => StatusCode::BAD_REQUEST,
            Self::DeadLink => StatusCode::NOT_FOUND,
            Self::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Store(_) => {
                Failure::log(&self);
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        tracing::info!(reason = %self, "refused");
        let wait = if let Self::Throttled(wait) = self { Some(wait) } else { None };
        let mut response = MessagePage::new(status, move |language| self.words(language)).into_response();
        if let Some(wait) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs()));
        }
        response
    }
}

impl PageError {
    fn words(&self, language: Language) -> Message {
        let texts = Texts::of(language);
        let (title, text) = match self {
            Self::UnanswerableRequest(reason) => (texts.broken_link, explain(*reason, texts)),
            // What was wrong stands in the log alone: whoever chose the URL must not learn what is at it (T-17).
            Self::NoDescription { host, .. } => {
                let (before, after) = texts.no_description;
                return Message { title: texts.unidentified, text: format!("{before} {host}{after}") };
            }
            Self::NoCookie => texts.no_cookie,
            Self::DeadLink => texts.dead_link,
            Self::Throttled(_) => texts.throttled,
            Self::Redirect(_) | Self::Store(_) => return Message::of_our_failure(language),
        };
        Message { title, text: text.into() }
    }
}

fn explain(reason: UnanswerableRequest, texts: &Texts) -> &'static str {
    match reason {
        UnanswerableRequest::NoClient => texts.no_client,
        UnanswerableRequest::UnknownClient => texts.unknown_client,
        UnanswerableRequest::UnusableClientUrl => texts.unusable_client_url,
        UnanswerableRequest::NoRedirectUri => texts.no_redirect_uri,
        UnanswerableRequest::UnregisteredRedirectUri => texts.unregistered_redirect_uri,
    }
}
