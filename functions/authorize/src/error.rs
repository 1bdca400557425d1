//! The errors of the pages, and their responses.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jean_auth::{
    authorization::{ErrorDelivery, UnanswerableRequest},
    error::OAuthError,
};
use jean_pages::{
    Texts,
    page::{Link, MessagePage, redirect},
};
use jean_runtime::Failure;
use jean_sign_in::session::NotStarted;
use jean_store::{StoreError, throttles::NotAdmitted};
use jiff::SignedDuration;

use crate::documents::DocumentError;

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
    Throttled {
        wait: SignedDuration,
        /// The path and query of the page at which the user can go on after the wait.
        page: Option<String>,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PageError {
    /// Names the page at which a throttled user can go on.
    pub(crate) fn on_page(self, page: String) -> Self {
        match self {
            Self::Throttled { wait, .. } => Self::Throttled { wait, page: Some(page) },
            error => error,
        }
    }
}

impl From<NotAdmitted> for PageError {
    fn from(error: NotAdmitted) -> Self {
        match error {
            NotAdmitted::Throttled(wait) => Self::Throttled { wait, page: None },
            NotAdmitted::Store(error) => Self::Store(error),
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
        match &self {
            Self::Store(_) => drop(Failure::log(&self)),
            reason => tracing::info!(%reason, "refused"),
        }
        let page = match self {
            Self::Refused { delivery: ErrorDelivery::Redirect(location), .. } => return redirect(&location),
            // The user follows the link to return the error to the client.
            Self::Refused { delivery: ErrorDelivery::Link { location, redirect_uri }, .. } => {
                let text = |texts: Texts| (texts.client_error_title(), texts.client_error_text());
                let link = Link { location, label: redirect_uri.shown() };
                MessagePage::new(StatusCode::BAD_REQUEST, text).with_link(link)
            }
            Self::UnanswerableRequest(reason) => {
                let text = move |texts: Texts| (texts.broken_link(), explanation(reason, texts));
                MessagePage::new(StatusCode::BAD_REQUEST, text)
            }
            // The reason is only logged: an attacker who chose the URL could otherwise probe other servers (T-17).
            Self::DescriptionUnavailable { host, .. } => {
                let text =
                    move |texts: Texts| (texts.description_unavailable_title(), texts.description_unavailable(&host));
                MessagePage::new(StatusCode::BAD_REQUEST, text)
            }
            Self::NoCookie => MessagePage::new(StatusCode::BAD_REQUEST, |texts| {
                (texts.cookie_missing_title(), texts.cookie_missing_text())
            }),
            Self::InvalidLink => MessagePage::new(StatusCode::NOT_FOUND, |texts| {
                (texts.password_link_invalid_title(), texts.password_link_invalid_text())
            }),
            Self::AccountDisabled => MessagePage::account_disabled(),
            Self::Throttled { wait, page: Some(page) } => MessagePage::throttled(wait).with_way_out(page),
            Self::Throttled { wait, page: None } => MessagePage::throttled(wait),
            Self::Store(_) => MessagePage::internal_error(),
        };
        page.into_response()
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
