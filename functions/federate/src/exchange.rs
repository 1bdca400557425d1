//! The parts of the exchange with a provider: request, answer, user and error.

use std::time::Duration;

use jean_auth::{
    identity_provider::IdentityProvider,
    parameters::Parameters,
    secret::{FederationSecret, FederationState},
    session::RECENT,
    user::Email,
};
use jean_public_web::FetchError;
use jean_sign_in::session::SignInMethod;
use jean_store::StoreError;
use jiff::Timestamp;

use crate::{app::App, client_secrets::NoClientSecret};

/// Time limit for all requests to a provider on behalf of one request of a browser. The function times out after ten seconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(8);
/// Maximum length of a subject in bytes (OpenID Connect Core §2).
const SUBJECT_BYTES: usize = 255;

/// A request to a provider.
pub(crate) struct Outgoing<'a> {
    pub(crate) provider: &'a IdentityProvider,
    /// The browser's cookie and the state, from which the nonce and the PKCE verifier derive.
    pub(crate) browser: &'a FederationSecret,
    pub(crate) state: &'a FederationState,
    /// The address to fill in at the provider.
    pub(crate) login_hint: Option<&'a str>,
    /// `true` if a user who is signed in at the provider has to authenticate again.
    pub(crate) asks_again: bool,
}

/// An answer with a code.
pub(crate) struct CodeAnswer<'a> {
    pub(crate) provider: &'a IdentityProvider,
    pub(crate) browser: &'a FederationSecret,
    pub(crate) state: &'a FederationState,
    pub(crate) parameters: &'a Parameters,
}

/// A user, as a provider describes them.
#[derive(Debug)]
pub(crate) struct ProviderUser {
    pub(crate) subject: String,
    /// The address, if the provider has verified it.
    pub(crate) email: Option<Email>,
    /// The time of their last authentication at the provider, if it tells.
    pub(crate) authenticated_at: Option<Timestamp>,
}

/// The reasons why a provider does not identify a user.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProviderError {
    #[error("no response within {PATIENCE:?}")]
    TimedOut,
    #[error("metadata or keys: {0}")]
    Documents(String),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    NoClientSecret(#[from] NoClientSecret),
    /// The token endpoint, or another one, does not answer as the protocol demands.
    #[error("unexpected response: {0}")]
    Response(String),
    /// The id token is not for this request.
    #[error("id token: {0}")]
    IdToken(String),
    /// The answer names another issuer, or none although the provider always does (RFC 9207).
    #[error("answer of another issuer")]
    Issuer,
    #[error("no code")]
    NoCode,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ProviderUser {
    /// A user with this subject, unless it is empty or overlong.
    pub(crate) fn new(
        subject: &str,
        email: Option<Email>,
        authenticated_at: Option<Timestamp>,
    ) -> Result<Self, ProviderError> {
        if !(1..=SUBJECT_BYTES).contains(&subject.len()) {
            return Err(ProviderError::IdToken("empty or overlong subject".into()));
        }
        Ok(Self { subject: subject.into(), email, authenticated_at })
    }

    /// The method of the sign-in. A provider that was not asked to authenticate the user may have answered by itself, which shows
    /// only in the time of the last authentication, if it tells.
    pub(crate) fn sign_in_method(&self, asked_again: bool, now: Timestamp) -> SignInMethod {
        let is_recent = |at: &Timestamp| now.duration_since(*at) < RECENT;
        match self.authenticated_at {
            Some(at) if asked_again || is_recent(&at) => SignInMethod::Provider { at, silent: false },
            Some(_) => SignInMethod::Provider { at: now, silent: true },
            None => SignInMethod::Provider { at: now, silent: !asked_again },
        }
    }
}

/// The redirect URI of a provider. Each has its own, so that an answer of one is not taken for that of another (RFC 9700 §4.4).
pub(crate) fn redirect_uri(app: &App, provider: &IdentityProvider) -> String {
    app.public_url().join(&format!("/federate/{}/callback", provider.id))
}
