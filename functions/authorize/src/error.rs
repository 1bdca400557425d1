//! The errors of the pages, and their responses.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use jean_auth::{
    authorization::{ErrorDelivery, UnanswerableRequest},
    error::OAuthError,
};
use jean_pages::{
    Language, Texts,
    page::{Link, Message, MessagePage, redirect},
};
use jean_runtime::Failure;
use jean_sign_in::session::NotStarted;
use jean_store::StoreError;
use jiff::SignedDuration;

use crate::{client_lookup::LookupError, documents::DocumentError};

#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    /// The redirect URI is not validated, so a page is the only possible response (AS-07).
    #[error(transparent)]
    UnanswerableRequest(#[from] UnanswerableRequest),
    /// The client metadata document is unavailable, or does not describe this client.
    #[error("client metadata document at {host}: {reason}")]
    DescriptionUnavailable { host: String, reason: DocumentError },
    /// An OAuth error for the client, at its registered redirect URI.
    #[error("{error}")]
    Refused { error: OAuthError, delivery: ErrorDelivery },
    #[error("missing page cookie")]
    NoCookie,
    #[error("unknown, used or expired password link")]
    InvalidLink,
    /// Shown only after a credential of the account has been proven.
    #[error("account disabled")]
    AccountDisabled,
    #[error("too many failed attempts")]
    Throttled(SignedDuration),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<LookupError> for PageError {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::Unanswerable(reason) => Self::UnanswerableRequest(reason),
            LookupError::Document { host, reason } => Self::DescriptionUnavailable { host, reason },
            LookupError::Throttled(wait) => Self::Throttled(wait),
            LookupError::Store(error) => Self::Store(error),
        }
    }
}

impl From<NotStarted> for PageError {
    fn from(error: NotStarted) -> Self {
        match error {
            NotStarted::Disabled => Self::AccountDisabled,
            NotStarted::Store(error) => Self::Store(error),
        }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Refused { .. }
            | Self::UnanswerableRequest(_)
            | Self::DescriptionUnavailable { .. }
            | Self::NoCookie => StatusCode::BAD_REQUEST,
            Self::InvalidLink => StatusCode::NOT_FOUND,
            Self::AccountDisabled => StatusCode::FORBIDDEN,
            Self::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        match &self {
            Self::Store(_) => drop(Failure::log(&self)),
            reason => tracing::info!(%reason, "refused"),
        }
        if let Self::Refused { delivery: ErrorDelivery::Redirect(location), .. } = &self {
            return redirect(location);
        }
        let wait = if let Self::Throttled(wait) = self { Some(wait) } else { None };
        let link = self.link();
        let mut response = MessagePage::new(status, move |language| self.message(language)).with(link).into_response();
        if let Some(wait) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs()));
        }
        response
    }
}

impl PageError {
    /// The link that the user can follow to return the error to the client.
    fn link(&self) -> Option<Link> {
        match self {
            Self::Refused { delivery: ErrorDelivery::Link { location, redirect_uri }, .. } => {
                Some(Link { location: location.clone(), label: redirect_uri.shown() })
            }
            _ => None,
        }
    }

    fn message(&self, language: Language) -> Message {
        let texts = Texts::of(language);
        let (title, text) = match self {
            Self::UnanswerableRequest(reason) => (texts.broken_link(), explanation(*reason, texts)),
            // The reason is only logged: an attacker who chose the URL could otherwise probe other servers (T-17).
            Self::DescriptionUnavailable { host, .. } => {
                let title = texts.description_unavailable_title();
                return Message { title, text: texts.description_unavailable(host) };
            }
            Self::NoCookie => (texts.cookie_missing_title(), texts.cookie_missing_text()),
            Self::InvalidLink => (texts.password_link_invalid_title(), texts.password_link_invalid_text()),
            Self::AccountDisabled => (texts.account_disabled_title(), texts.account_disabled_text()),
            Self::Throttled(wait) => {
                let minutes = (wait.as_secs() + 59) / 60;
                return Message { title: texts.throttled_title(), text: texts.throttled_text(minutes) };
            }
            Self::Refused { .. } => (texts.client_error_title(), texts.client_error_text()),
            Self::Store(_) => return Message::internal_error(language),
        };
        Message { title, text: text.into() }
    }
}

fn explanation(reason: UnanswerableRequest, texts: Texts) -> &'static str {
    match reason {
        UnanswerableRequest::NoClient => texts.client_missing(),
        UnanswerableRequest::UnknownClient => texts.client_unknown(),
        UnanswerableRequest::UnusableClientUrl => texts.client_url_invalid(),
        UnanswerableRequest::NoRedirectUri => texts.redirect_uri_missing(),
        UnanswerableRequest::TooLarge => texts.request_too_large(),
        UnanswerableRequest::UnregisteredRedirectUri => texts.redirect_uri_unregistered(),
    }
}
