//! `/account/security`: where somebody is signed in, and the way to what else opens their account.

use askama::Template;
use axum::response::Response;
use jean_auth::session::SessionId;
use jean_pages::{Language, dates, page::redirect};
use jean_store::sessions::SignIn;

use crate::{
    app::App,
    error::AccountError,
    frame::{self, Section},
    person::{OwnForm, Person},
    texts::Texts,
};

pub(crate) const PATH: &str = "/account/security";

#[derive(Template)]
#[template(path = "security.html")]
struct SecurityPage<'a> {
    texts: &'static Texts,
    token: String,
    this: SignIn,
    others: &'a [SignIn],
}

impl SecurityPage<'_> {
    fn browser<'b>(&self, sign_in: &'b SignIn) -> &'b str {
        if sign_in.browser.is_empty() { self.texts.unknown_browser } else { &sign_in.browser }
    }

    fn since(&self, sign_in: &SignIn) -> String {
        dates::minute(sign_in.session.authenticated_at())
    }
}

/// `GET /account/security`
pub(crate) async fn show(app: App, language: Language, person: Person) -> Result<Response, AccountError> {
    let texts = Texts::of(language);
    let mut open = app.sessions.list(&person.user.user_id, app.now()).await?;
    let this = open.iter().position(|sign_in| sign_in.session.sid == person.session.sid);
    // It was ended since this request began.
    let this = open.remove(this.ok_or(AccountError::SignedOut { return_to: PATH.into() })?);
    let body = SecurityPage { texts, token: person.token(&app, PATH), this, others: &open };
    Ok(frame::page(&app, language, &person, Section::Security, texts.security, &body))
}

/// `POST /account/security`: ends another sign-in, or all others.
pub(crate) async fn end(app: App, form: OwnForm) -> Result<Response, AccountError> {
    let Person { session, user } = &form.person;
    match form.fields.field("end") {
        "others" => {
            let ended = app.sessions.end_all(&user.user_id, Some(&session.sid)).await?;
            tracing::info!(event = jean_runtime::event::SIGN_OUT, user_id = %user.user_id, ended, "all other sign-ins ended");
        }
        sid => {
            if let Ok(sid) = sid.parse::<SessionId>() {
                app.sessions.end(&user.user_id, &sid).await?;
                tracing::info!(event = jean_runtime::event::SIGN_OUT, user_id = %user.user_id, "another sign-in ended");
            }
        }
    }
    Ok(redirect(PATH))
}
