//! The signed-in user. Every page shows data of this user only (T-27).

use axum::{RequestPartsExt, extract::FromRequestParts};
use axum_extra::extract::CookieJar;
use http::{Method, request::Parts};
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

    /// Requires a recent sign-in (step-up); otherwise redirects to sign-in and back to `page`.
    pub(crate) fn require_recent(&self, app: &App, page: &str) -> Result<(), AccountError> {
        if self.session.is_recent(app.now()) {
            return Ok(());
        }
        Err(AccountError::SignInRequired { return_to: page.into() })
    }

    /// Requires a recent sign-in for a form of `page`, which then says that nothing was done.
    pub(crate) fn require_recent_for_form(&self, app: &App, page: &str) -> Result<(), AccountError> {
        self.require_recent(app, page).map_err(|_| nothing_done(app.public_url(), page))
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
        let (found, stored) = found.ok_or_else(|| match parts.method {
            Method::GET => {
                let return_to = parts.uri.path_and_query().map_or(paths::OVERVIEW, |path| path.as_str());
                AccountError::SignInRequired { return_to: return_to.into() }
            }
            _ => nothing_done(app.public_url(), parts.uri.path()),
        })?;
        app.sessions.note_use(&stored, app.now()).await;
        Ok(found)
    }
}

/// The error for a form that needs a sign-in.
fn nothing_done(public_url: &PublicUrl, page: &str) -> AccountError {
    AccountError::NothingDone { return_to: page.into(), public_url: Box::new(public_url.clone()) }
}

/// An owner with a recent sign-in. For all other users, the page does not exist (SR-32).
pub(crate) struct SignedInOwner(pub(crate) SignedInUser);

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
        let path = parts.uri.path();
        match parts.method {
            Method::GET => signed_in.require_recent(&app, path)?,
            _ => signed_in.require_recent_for_form(&app, path)?,
        }
        Ok(Self(signed_in))
    }
}
