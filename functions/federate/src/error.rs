//! The errors of this function, and their pages.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jean_auth::{
    federation::{FederationPurpose, InvalidAnswer},
    identity_provider::{IdentityProvider, ProviderLabel},
    return_to::ReturnTo,
};
use jean_pages::{Texts, account::sign_in_url, page::MessagePage};
use jean_runtime::Failure;
use jean_sign_in::session::NotStarted;
use jean_store::{StoreError, throttles::NotAdmitted};
use jiff::SignedDuration;

use crate::{exchange::ProviderError, paths};

#[derive(Debug, thiserror::Error)]
pub(crate) enum FederateError {
    /// The user is not signed in, and can go on at this page.
    #[error("{refusal}")]
    Refused { refusal: SignInRefusal, page: String },
    /// The provider has authenticated the user of a disabled account.
    #[error("account disabled")]
    AccountDisabled,
    #[error("too many requests to providers, or new accounts")]
    Throttled(SignedDuration),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The reasons why a user is not signed in, or an account not linked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignInRefusal {
    #[error("missing page cookie")]
    NoCookie,
    #[error("unknown provider")]
    UnknownProvider,
    #[error(transparent)]
    InvalidAnswer(InvalidAnswer),
    #[error("cancelled at the provider")]
    Cancelled(ProviderLabel),
    /// The provider's error code.
    #[error("error of the provider: {1}")]
    ProviderError(ProviderLabel, String),
    #[error("provider unavailable: {1}")]
    Unavailable(ProviderLabel, ProviderError),
    #[error("answer rejected: {1}")]
    Rejected(ProviderLabel, ProviderError),
    #[error("address is not allowed")]
    NotAllowed(ProviderLabel),
    #[error("address is not verified")]
    Unverified(ProviderLabel),
    #[error("address has an account")]
    AddressTaken(ProviderLabel),
    #[error("sign-up is closed")]
    SignUpClosed(ProviderLabel),
    #[error("linked to another account")]
    LinkedElsewhere(ProviderLabel),
    #[error("session ended while linking")]
    SessionEnded,
}

impl SignInRefusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::UnknownProvider => StatusCode::NOT_FOUND,
            Self::NoCookie | Self::InvalidAnswer(_) | Self::ProviderError(..) | Self::Rejected(..) => {
                StatusCode::BAD_REQUEST
            }
            Self::Cancelled(_) => StatusCode::OK,
            Self::Unavailable(..) => StatusCode::FAILED_DEPENDENCY,
            Self::NotAllowed(_) | Self::Unverified(_) | Self::SignUpClosed(_) | Self::SessionEnded => {
                StatusCode::FORBIDDEN
            }
            Self::AddressTaken(_) | Self::LinkedElsewhere(_) => StatusCode::CONFLICT,
        }
    }

    fn message(&self, texts: Texts) -> (&'static str, String) {
        let title = match self {
            Self::NoCookie => texts.cookie_missing_title(),
            Self::Cancelled(_) => texts.provider_cancelled_title(),
            _ => texts.provider_failed_title(),
        };
        let text = match self {
            Self::NoCookie => texts.cookie_missing_text().into(),
            Self::UnknownProvider => texts.provider_unknown().into(),
            Self::InvalidAnswer(_) => texts.provider_answer_invalid().into(),
            Self::Cancelled(label) => texts.provider_cancelled(label),
            Self::ProviderError(label, code) => texts.provider_error(label, code),
            Self::Unavailable(label, _) => texts.provider_unavailable(label),
            Self::Rejected(label, _) => texts.provider_rejected(label),
            Self::NotAllowed(label) => texts.provider_not_allowed(label),
            Self::Unverified(label) => texts.provider_unverified(label),
            Self::AddressTaken(label) => texts.provider_address_taken(label),
            Self::SignUpClosed(label) => texts.provider_sign_up_closed(label),
            Self::LinkedElsewhere(label) => texts.provider_linked_elsewhere(label),
            Self::SessionEnded => texts.provider_session_ended().into(),
        };
        (title, text)
    }
}

impl FederateError {
    /// The error of a provider. A failure of the store is none.
    pub(crate) fn of_provider(error: ProviderError, provider: &IdentityProvider) -> Self {
        let label = provider.label.clone();
        match error {
            ProviderError::Store(error) => Self::Store(error),
            ProviderError::IdToken(_) | ProviderError::Issuer | ProviderError::NoCode => {
                SignInRefusal::Rejected(label, error).into()
            }
            error => SignInRefusal::Unavailable(label, error).into(),
        }
    }

    /// The error, at which a user who is not signed in can go on at `page`.
    #[must_use]
    pub(crate) fn back_to(self, page: impl Into<String>) -> Self {
        match self {
            Self::Refused { refusal, .. } => Self::Refused { refusal, page: page.into() },
            error => error,
        }
    }
}

impl From<SignInRefusal> for FederateError {
    fn from(refusal: SignInRefusal) -> Self {
        Self::Refused { refusal, page: ReturnTo::default().into() }
    }
}

impl From<InvalidAnswer> for FederateError {
    fn from(invalid: InvalidAnswer) -> Self {
        SignInRefusal::InvalidAnswer(invalid).into()
    }
}

impl From<NotAdmitted> for FederateError {
    fn from(error: NotAdmitted) -> Self {
        match error {
            NotAdmitted::Throttled(wait) => Self::Throttled(wait),
            NotAdmitted::Store(error) => Self::Store(error),
        }
    }
}

impl From<NotStarted> for FederateError {
    fn from(error: NotStarted) -> Self {
        match error {
            NotStarted::Disabled => Self::AccountDisabled,
            NotStarted::Store(error) => Self::Store(error),
        }
    }
}

impl IntoResponse for FederateError {
    fn into_response(self) -> Response {
        match self {
            Self::Refused { refusal, page } => {
                tracing::info!(event = jean_runtime::event::FEDERATION_REFUSED, reason = %refusal, "sign-in with a provider refused");
                let page = match refusal {
                    SignInRefusal::AddressTaken(_) => sign_in_url(paths::LINKED_ACCOUNTS),
                    _ => page,
                };
                refused(refusal, page)
            }
            Self::AccountDisabled => MessagePage::account_disabled().into_response(),
            Self::Throttled(wait) => MessagePage::throttled(wait).into_response(),
            Self::Store(_) => {
                Failure::log(&self);
                MessagePage::internal_error().into_response()
            }
        }
    }
}

/// The page from which a request was sent.
pub(crate) fn page_of(purpose: &FederationPurpose) -> String {
    match purpose {
        FederationPurpose::SignIn { return_to } => return_to.to_string(),
        FederationPurpose::Link { .. } => paths::LINKED_ACCOUNTS.into(),
    }
}

/// The page of a refusal, with a link to go on.
fn refused(refusal: SignInRefusal, location: String) -> Response {
    let status = refusal.status();
    let message = move |texts| refusal.message(texts);
    MessagePage::new(status, message).with_way_out(location).into_response()
}
