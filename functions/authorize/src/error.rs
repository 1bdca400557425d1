//! Why a page can't be what was asked for: what happened, and what to do.

use auth::authorization::NoDestination;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use jiff::SignedDuration;
use store::StoreError;
use web::{Failure, OAuthResponse, page::Notice};

use crate::{documents::DocumentError, transaction::redirect};

#[derive(Debug, thiserror::Error)]
pub(crate) enum PageError {
    /// There is nowhere to return to: a page is the only answer (AS-07).
    #[error(transparent)]
    NoDestination(#[from] NoDestination),
    /// The client is described by a document that can't be had, or describes somebody else.
    #[error("the client's document at {host}: {reason}")]
    NoDescription { host: String, reason: DocumentError },
    /// The client is told; it registered where.
    #[error("the client is told by redirect")]
    Redirect(String),
    #[error("the form was sent from another site")]
    CrossSite,
    #[error("the browser sent no cookie back")]
    NoCookie,
    #[error("the link is unknown, used or over")]
    DeadLink,
    #[error("too many failures")]
    Throttled(SignedDuration),
    #[error("the body can't be read")]
    Body(OAuthResponse),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<OAuthResponse> for PageError {
    fn from(response: OAuthResponse) -> Self {
        Self::Body(response)
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let unread;
        let (status, title, text) = match &self {
            Self::Redirect(location) => return redirect(location),
            Self::Body(response) => (
                response.status(),
                "This could not be read",
                "What was sent is not one of this page's forms. Go back to your app and connect again.",
            ),
            Self::NoDestination(reason) => (StatusCode::BAD_REQUEST, "This link does not work", explain(*reason)),
            // What was wrong stands in the log alone: whoever chose the URL must not learn what is at it (T-17).
            Self::NoDescription { host, .. } => {
                unread = format!(
                    "This server could not read the app's description at {host}. Try again in a moment. If that does \
                     not help, the app has a fault, or this server has no way to the web."
                );
                (StatusCode::BAD_REQUEST, "The app could not be identified", unread.as_str())
            }
            Self::CrossSite => (
                StatusCode::FORBIDDEN,
                "This was sent from another site",
                "For your safety nothing was done. Go back to your app and connect again.",
            ),
            Self::NoCookie => (
                StatusCode::BAD_REQUEST,
                "Your browser sent no cookie",
                "Signing in needs cookies. Allow them for this site, then go back to your app and connect again.",
            ),
            Self::DeadLink => (
                StatusCode::NOT_FOUND,
                "This link was used or is over",
                "Each link sets a password once. Ask whoever runs this server for a new one.",
            ),
            Self::Throttled(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "Too many tries",
                "This was tried too often. Wait a quarter of an hour, then try again.",
            ),
            Self::Store(_) => {
                Failure::new(&self);
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "Something failed on our side",
                    "Nothing was lost. Please try again in a moment.",
                )
            }
        };
        tracing::info!(reason = %self, "refused");
        let mut response = Notice { status, title, text: text.into() }.into_response();
        if let Self::Throttled(wait) = self {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs()));
        }
        response
    }
}

fn explain(reason: NoDestination) -> &'static str {
    match reason {
        NoDestination::NoClient => "It does not say which app wants to connect. Go back to your app and connect again.",
        NoDestination::UnknownClient => {
            "The app that sent you here is not known to this server, or not any more. Remove the connection in your app and \
             add it again."
        }
        NoDestination::UnusableClientUrl => {
            "The app that sent you here goes by an address that no app can have. Go back to your app and connect again; if \
             that does not help, the app has a fault."
        }
        NoDestination::NoRedirectUri => {
            "It does not say where to return to. Go back to your app and connect again; if that does not help, the app \
             has a fault."
        }
        NoDestination::UnregisteredRedirectUri => {
            "It would send you to an address that the app never registered. That can be an attack, so it stops here. If \
             you came from your app, remove the connection there and add it again."
        }
    }
}
