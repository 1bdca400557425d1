//! Whose pages they are: whoever is signed in, and nobody else (T-27).

use auth::{
    session::{self, Form, Session, form_token, is_form_token},
    user::User,
};
use axum::{
    RequestPartsExt,
    extract::{FromRequest, FromRequestParts, Request},
};
use axum_extra::extract::CookieJar;
use http::{Method, request::Parts};
use web::SentForm;

use crate::{App, error::AccountError};

/// Whoever is signed in in this browser. A handler that has it as an argument is theirs alone; anybody else is asked to
/// sign in, and comes back.
pub(crate) struct Person {
    pub(crate) session: Session,
    pub(crate) user: User,
}

impl Person {
    /// What binds a form to this sign-in and to where it goes.
    pub(crate) fn token(&self, app: &App, path: &str) -> String {
        form_token(Form::Account, self.session.sid.as_str(), path, &app.keys())
    }

    /// Lets nobody through who left this browser open: they sign in once more, and come back.
    pub(crate) fn has_just_signed_in(&self, app: &App, page: &str) -> Result<(), AccountError> {
        if self.session.is_recent(app.clock.now()) {
            return Ok(());
        }
        Err(AccountError::SignedOut { return_to: page.into() })
    }

    fn sent(&self, app: &App, token: &str, path: &str) -> bool {
        is_form_token(token, Form::Account, self.session.sid.as_str(), path, &app.keys())
    }
}

impl FromRequestParts<App> for Person {
    type Rejection = AccountError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, AccountError> {
        let Ok(cookies) = parts.extract::<CookieJar>().await;
        let found = match cookies.get(&app.public_url.cookie_name(session::COOKIE)) {
            Some(cookie) => match app.signing_keys.session(cookie.value(), app.clock.now()).await {
                Ok(session) => app.sessions.person(&app.users, &session).await?.map(|user| Self { session, user }),
                Err(_) => None,
            },
            None => None,
        };
        // A form can't be sent again by a redirect: they come back to the page it stood on.
        let back = match parts.method {
            Method::GET => parts.uri.path_and_query().map_or("/account", |path| path.as_str()),
            _ => parts.uri.path(),
        };
        found.ok_or_else(|| AccountError::SignedOut { return_to: back.into() })
    }
}

/// A form of the account, sent by the person it was made for, from the page it was made for.
pub(crate) struct OwnForm {
    pub(crate) person: Person,
    pub(crate) fields: SentForm,
}

impl FromRequest<App> for OwnForm {
    type Rejection = AccountError;

    async fn from_request(request: Request, app: &App) -> Result<Self, AccountError> {
        let (mut parts, body) = request.into_parts();
        let person = Person::from_request_parts(&mut parts, app).await?;
        let path = parts.uri.path().to_owned();
        let fields = SentForm::from_request(Request::from_parts(parts, body), app).await?;
        if !person.sent(app, fields.field("token"), &path) {
            // Of a sign-in before this one: the page shows itself again, with forms of this one.
            return Err(AccountError::Stale { page: path });
        }
        Ok(Self { person, fields })
    }
}
