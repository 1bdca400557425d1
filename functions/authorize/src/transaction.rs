//! A validated authorization request.
//!
//! The request is not stored: every step carries it in the query string, and [`Transaction::read`] validates it again.

use std::ops::Deref;

use axum_extra::extract::CookieJar;
use jean_auth::{
    authorization::{AuthorizationRequest, Destination, ErrorDelivery, UnanswerableRequest, parse_query},
    client::Client,
    error::{ErrorCode, OAuthError},
    parameters::Parameters,
    user::User,
};
use jean_runtime::SourceAddress;
use jean_sign_in::session::{self, SignedIn};
use jean_store::StoreError;

use crate::{app::App, client_lookup, error::PageError};

/// A user whose sign-in an authorization request accepts, as consent and the authorization code require.
/// [`Transaction::accepted_sign_in`] is the only constructor.
pub(crate) struct AcceptedSignIn(SignedIn);

impl AcceptedSignIn {
    /// The user who consents.
    pub(crate) fn into_user(self) -> User {
        self.0.user
    }
}

impl Deref for AcceptedSignIn {
    type Target = SignedIn;

    fn deref(&self) -> &SignedIn {
        &self.0
    }
}

/// An authorization request with a validated client and redirect URI.
pub(crate) struct Transaction {
    /// The normalised query string of the request, as forms carry it.
    pub(crate) query: String,
    pub(crate) parameters: Parameters,
    pub(crate) client: Client,
    pub(crate) destination: Destination,
    pub(crate) request: AuthorizationRequest,
}

impl Transaction {
    /// Parses an authorization request. Errors are returned to the client once its redirect URI is validated, and rendered
    /// as a page before that (RFC 6749 §4.1.2.1, AS-07).
    pub(crate) async fn read(
        app: &App,
        query: Option<String>,
        source: &SourceAddress,
        cookies: &CookieJar,
    ) -> Result<Self, PageError> {
        let (parameters, fault) = parse_query(query.unwrap_or_default().as_bytes())?;
        let client_id = parameters.get("client_id").and_then(|id| id.parse().ok());
        let client_id = client_id.ok_or(UnanswerableRequest::NoClient)?;
        let client = client_lookup::client(app, &client_id, source).await?;
        let destination = Destination::validate(&parameters, &client)?;
        match fault.and_then(|()| AuthorizationRequest::read(&parameters, &client, app.public_url())) {
            Ok(request) => Ok(Self { query: parameters.query_without(&[]), parameters, client, destination, request }),
            Err(error) => Err(refusal(app, cookies, &destination, error).await),
        }
    }

    /// Returns the signed-in user if the request accepts their sign-in.
    pub(crate) async fn accepted_sign_in(
        &self,
        app: &App,
        cookies: &CookieJar,
    ) -> Result<Option<AcceptedSignIn>, StoreError> {
        let Some(signed_in) = session::signed_in(app, cookies).await? else { return Ok(None) };
        Ok(self.accepts(app, &signed_in).await?.then_some(AcceptedSignIn(signed_in)))
    }

    /// `true` if the session satisfies the request's `prompt` and `max_age`. An attacker who tricks a signed-in user into
    /// one click could connect a client of their own, so a client that is new to the user needs a recent sign-in (SR-05).
    async fn accepts(&self, app: &App, signed_in: &SignedIn) -> Result<bool, StoreError> {
        let SignedIn { session, user } = signed_in;
        if !self.request.accepts_sign_in(session.authenticated_at(), app.now()) {
            return Ok(false);
        }
        if session.has_begun_recently(app.now()) {
            return Ok(true);
        }
        let grants = app.grants.list(&user.user_id, app.now()).await?;
        Ok(grants.iter().any(|grant| grant.client_id == self.client.client_id))
    }

    /// Returns an error to the client.
    pub(crate) async fn reject(
        &self,
        app: &App,
        cookies: &CookieJar,
        code: ErrorCode,
        description: &'static str,
    ) -> PageError {
        refusal(app, cookies, &self.destination, OAuthError::new(code, description)).await
    }
}

/// Selects the delivery of an error by the session of the browser (SR-07).
async fn refusal(app: &App, cookies: &CookieJar, destination: &Destination, error: OAuthError) -> PageError {
    let response = destination.with_error(&error, app.public_url());
    let delivery = match session::signed_in(app, cookies).await {
        Ok(Some(_)) => ErrorDelivery::Redirect(response.for_user()),
        Ok(None) => response.for_anonymous(),
        Err(failure) => return failure.into(),
    };
    PageError::Refused { error, delivery }
}
