//! The form that sets a password: by a link, at sign-up, or for a signed-in user.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use jean_auth::user::Email;
use jean_pages::{Language, Texts, page};
use zeroize::Zeroizing;

use crate::{app::App, cookies::Binding};

pub(crate) struct PasswordForm<'a> {
    pub(crate) title: &'static str,
    /// The URL the form is sent to. A link's secret stays in it: the page sends no referrer, and the link works once.
    pub(crate) action: Zeroizing<String>,
    pub(crate) binding: Binding,
    /// The user's email address. `None` for a new account: the form asks for it.
    pub(crate) account: Option<&'a Email>,
    /// The email address of a rejected attempt.
    pub(crate) email: &'a str,
    /// The reason why the last attempt was rejected, or an empty string.
    pub(crate) problem: &'a str,
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage<'a> {
    texts: Texts,
    form: PasswordForm<'a>,
}

impl PasswordForm<'_> {
    /// Renders the form; with status 422 if an attempt was rejected.
    pub(crate) fn page(self, app: &App, language: Language) -> Response {
        let status = if self.problem.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        let title = self.title;
        let page = PasswordPage { texts: Texts::of(language), form: self };
        page::page(status, language, &app.branding, title, &page)
    }
}
