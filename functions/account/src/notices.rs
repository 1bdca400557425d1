//! What somebody should know of, on the first page of their account, until they say that they do.

use askama::Template;
use axum::response::Response;
use jean_pages::{dates, page::redirect};
use jean_store::notifications::{Notification, NotificationKind};

use crate::{
    app::App,
    error::AccountError,
    person::{OwnForm, Person},
    texts::Texts,
};

const PATH: &str = "/account/notices";

/// The part of a page that tells of them.
#[derive(Template)]
#[template(path = "notices.html")]
pub(crate) struct Notifications {
    texts: &'static Texts,
    token: String,
    notices: Vec<Notification>,
}

impl Notifications {
    pub(crate) async fn of(app: &App, person: &Person, texts: &'static Texts) -> Result<Self, AccountError> {
        let notices = app.notices.list(&person.user.user_id, app.now()).await?;
        Ok(Self { texts, token: person.token(app, PATH), notices })
    }

    fn at(&self, notice: &Notification) -> String {
        dates::minute(notice.at)
    }

    fn browser<'a>(&self, browser: &'a str) -> &'a str {
        if browser.is_empty() { self.texts.unknown_browser } else { browser }
    }
}

/// `POST /account/notices`: what was shown is known.
pub(crate) async fn dismiss(app: App, form: OwnForm) -> Result<Response, AccountError> {
    app.notices.dismiss(&form.person.user.user_id, form.fields.field("newest")).await?;
    Ok(redirect("/account"))
}

/// Where the form goes, opened as a page.
pub(crate) async fn back() -> Response {
    redirect("/account")
}
