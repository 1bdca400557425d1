//! The signed-in user. Every page shows data of this user only (T-27).

use std::ops::Deref;

use axum::{RequestPartsExt, extract::FromRequestParts};
use axum_extra::extract::CookieJar;
use http::request::Parts;
use jean_auth::{
    public_url::PublicUrl,
    session::{Form, Session, form_token, is_form_token},
    user::User,
};
use jean_memory::AccessScope;
use jean_pages::{Confirmation, session_cookie};
use jean_runtime::{FunctionState, RootKeys};

use crate::{
    app::{App, AppState},
    error::AccountError,
    paths,
};

/// The signed-in user and their session. Handlers with this argument redirect all other requests to sign-in and back.
pub(crate) struct SignedInUser {
    pub(crate) session: Session,
    pub(crate) user: User,
    /// The effect of the form before this page.
    pub(crate) done: Option<Confirmation>,
}

impl SignedInUser {
    /// The token that binds a form to this session and to the path it is sent to.
    pub(crate) fn token(&self, app: &App, path: &str) -> String {
        form_token(Form::Account, self.session.sid.as_str(), path, &app.root_keys())
    }

    /// `true` if the token binds the form to this session and path.
    pub(crate) fn has_token(&self, app: &App, token: &str, path: &str) -> bool {
        is_form_token(token, Form::Account, self.session.sid.as_str(), path, &app.root_keys())
    }

    /// Requires a recent sign-in for a form of `page`; otherwise the page says that nothing was done.
    pub(crate) fn recent_for_form(self, app: &App, page: &str) -> Result<RecentUser, AccountError> {
        match self.is_recent(app) {
            true => Ok(RecentUser(self)),
            false => Err(nothing_done(app.public_url(), page)),
        }
    }

    /// `true` if the user may change credentials and delete the account.
    pub(crate) fn is_recent(&self, app: &App) -> bool {
        self.session.is_recent(app.now())
    }

    /// The scope of all the user's memories.
    pub(crate) fn access_scope(&self) -> AccessScope {
        AccessScope::all(self.user.user_id.clone())
    }
}

impl FromRequestParts<FunctionState<AppState, RootKeys>> for SignedInUser {
    type Rejection = AccountError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &FunctionState<AppState, RootKeys>,
    ) -> Result<Self, AccountError> {
        let Ok(app) = App::from_request_parts(parts, state).await;
        let Ok(cookies) = parts.extract::<CookieJar>().await;
        let session = match session_cookie::read(app.public_url(), &cookies) {
            Some(signed) => app.verify_session(signed).await.ok(),
            None => None,
        };
        let done = Confirmation::read(app.public_url(), &cookies);
        let found = match session {
            Some(session) => {
                let found = app.sessions.person(&app.users, &session).await?;
                found.map(|(user, stored)| (Self { session, user, done }, stored))
            }
            None => None,
        };
        // A redirect cannot repeat a form, so the user returns to its page, which has the same path.
        let (found, stored) = found.ok_or_else(|| {
            if !parts.method.is_safe() {
                return nothing_done(app.public_url(), parts.uri.path());
            }
            let return_to = parts.uri.path_and_query().map_or(paths::OVERVIEW, |path| path.as_str());
            AccountError::SignInRequired { return_to: return_to.into() }
        })?;
        app.sessions.note_use(&stored, app.now()).await;
        Ok(found)
    }
}

/// The error for a form that needs a sign-in.
fn nothing_done(public_url: &PublicUrl, page: &str) -> AccountError {
    AccountError::NothingDone { return_to: page.into(), public_url: Box::new(public_url.clone()) }
}

/// A user with a recent sign-in (step-up), which changes to credentials and deletion require. Handlers with this argument
/// redirect all other requests to sign-in and back.
pub(crate) struct RecentUser(SignedInUser);

impl RecentUser {
    /// Requires a recent sign-in for a request.
    fn of(signed_in: SignedInUser, app: &App, parts: &Parts) -> Result<Self, AccountError> {
        let page = parts.uri.path();
        if !parts.method.is_safe() {
            return signed_in.recent_for_form(app, page);
        }
        if !signed_in.is_recent(app) {
            return Err(AccountError::SignInRequired { return_to: page.into() });
        }
        Ok(Self(signed_in))
    }
}

impl Deref for RecentUser {
    type Target = SignedInUser;

    fn deref(&self) -> &SignedInUser {
        &self.0
    }
}

impl FromRequestParts<FunctionState<AppState, RootKeys>> for RecentUser {
    type Rejection = AccountError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &FunctionState<AppState, RootKeys>,
    ) -> Result<Self, AccountError> {
        let Ok(app) = App::from_request_parts(parts, state).await;
        let signed_in = SignedInUser::from_request_parts(parts, state).await?;
        Self::of(signed_in, &app, parts)
    }
}

/// An owner with a recent sign-in. For all other users, the page does not exist (SR-32).
pub(crate) struct SignedInOwner(RecentUser);

impl Deref for SignedInOwner {
    type Target = SignedInUser;

    fn deref(&self) -> &SignedInUser {
        &self.0
    }
}

impl FromRequestParts<FunctionState<AppState, RootKeys>> for SignedInOwner {
    type Rejection = AccountError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &FunctionState<AppState, RootKeys>,
    ) -> Result<Self, AccountError> {
        let Ok(app) = App::from_request_parts(parts, state).await;
        let signed_in = SignedInUser::from_request_parts(parts, state).await?;
        if !signed_in.user.is_owner {
            return Err(AccountError::NotFound);
        }
        RecentUser::of(signed_in, &app, parts).map(Self)
    }
}
