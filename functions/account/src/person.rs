//! Whose pages they are: whoever is signed in, and nobody else (T-27).

use axum::{
    RequestPartsExt,
    extract::{FromRequest, FromRequestParts, Multipart, Request, multipart::MultipartError},
};
use axum_extra::extract::CookieJar;
use bytes::Bytes;
use http::{Method, StatusCode, request::Parts};
use jean_auth::{
    session::{self, Form, Session, form_token, is_form_token},
    user::User,
};
use jean_memory::AccessScope;
use jean_pages::{FormRejection, SameOriginForm};

use crate::{
    app::{App, AppState},
    error::AccountError,
};

/// Whoever is signed in in this browser. A handler that has it as an argument is theirs alone; anybody else is asked to
/// sign in, and comes back.
pub(crate) struct Person {
    pub(crate) session: Session,
    pub(crate) user: User,
}

impl Person {
    /// What binds a form to this sign-in and to where it goes.
    pub(crate) fn token(&self, app: &App, path: &str) -> String {
        form_token(Form::Account, self.session.sid.as_str(), path, app.keys())
    }

    /// Lets nobody through who left this browser open: they sign in once more, and come back.
    pub(crate) fn has_just_signed_in(&self, app: &App, page: &str) -> Result<(), AccountError> {
        if self.session.is_recent(app.now()) {
            return Ok(());
        }
        Err(AccountError::SignedOut { return_to: page.into() })
    }

    /// All that is remembered about them.
    pub(crate) fn reach(&self) -> AccessScope {
        AccessScope::all(self.user.user_id.clone())
    }

    fn sent(&self, app: &App, token: &str, path: &str) -> bool {
        is_form_token(token, Form::Account, self.session.sid.as_str(), path, app.keys())
    }
}

impl FromRequestParts<AppState> for Person {
    type Rejection = AccountError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AccountError> {
        let Ok(app) = App::from_request_parts(parts, state).await;
        let Ok(cookies) = parts.extract::<CookieJar>().await;
        let found = match cookies.get(&app.public_url.cookie_name(session::COOKIE)) {
            Some(cookie) => match app.verify_session(cookie.value()).await {
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
    pub(crate) fields: SameOriginForm,
}

impl FromRequest<AppState> for OwnForm {
    type Rejection = AccountError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, AccountError> {
        let (mut parts, body) = request.into_parts();
        let Ok(app) = App::from_request_parts(&mut parts, state).await;
        let person = Person::from_request_parts(&mut parts, state).await?;
        let path = parts.uri.path().to_owned();
        let fields = SameOriginForm::from_request(Request::from_parts(parts, body), state).await?;
        if !person.sent(&app, fields.field("token"), &path) {
            // Of a sign-in before this one: the page shows itself again, with forms of this one.
            return Err(AccountError::Stale { page: path });
        }
        Ok(Self { person, fields })
    }
}

/// A file that was sent with a form of the account, which holds for it as for any other.
pub(crate) struct OwnFile {
    pub(crate) person: Person,
    pub(crate) file: Bytes,
}

impl FromRequest<AppState> for OwnFile {
    type Rejection = AccountError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, AccountError> {
        let (mut parts, body) = request.into_parts();
        let Ok(app) = App::from_request_parts(&mut parts, state).await;
        let person = Person::from_request_parts(&mut parts, state).await?;
        if !jean_pages::is_same_origin(&app.public_url, &parts.headers) {
            return Err(FormRejection::CrossSite.into());
        }
        let path = parts.uri.path().to_owned();
        let request = Request::from_parts(parts, body);
        let unsupported = |_| FormRejection::Unreadable(StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let mut fields = Multipart::from_request(request, state).await.map_err(unsupported)?;
        let unreadable = |error: MultipartError| FormRejection::Unreadable(error.status());
        // The token comes first, as the form has it.
        let token = match fields.next_field().await.map_err(unreadable)? {
            Some(field) if field.name() == Some("token") => field.text().await.map_err(unreadable)?,
            _ => String::new(),
        };
        if !person.sent(&app, &token, &path) {
            return Err(AccountError::Stale { page: path });
        }
        let file = match fields.next_field().await.map_err(unreadable)? {
            Some(field) => field.bytes().await.map_err(unreadable)?,
            None => Bytes::new(),
        };
        Ok(Self { person, file })
    }
}
