//! Rendering a page for the signed-in user.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use jean_pages::{
    Confirmation, Language, Texts,
    account::{AccountPage, SIGN_OUT, Section},
    page,
};

use crate::{app::App, signed_in::SignedInUser};

/// The context of a page: the state of the function, the language and the user.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) app: &'a App,
    pub(crate) language: Language,
    pub(crate) signed_in: &'a SignedInUser,
}

impl<'a> View<'a> {
    pub(crate) fn new(app: &'a App, language: Language, signed_in: &'a SignedInUser) -> Self {
        Self { app, language, signed_in }
    }

    pub(crate) fn texts(&self) -> Texts {
        Texts::of(self.language)
    }

    /// The token of a form sent to `path`.
    pub(crate) fn token(&self, path: &str) -> String {
        self.signed_in.token(self.app, path)
    }

    /// Renders a page inside the navigation of its section.
    pub(crate) fn page(&self, section: Section, title: &str, body: &impl Template) -> Response {
        let SignedInUser { user, done, .. } = self.signed_in;
        let page = AccountPage::new(self.language, section, *done, user, self.token(SIGN_OUT), body);
        let page = page::page(StatusCode::OK, self.language, &self.app.branding, title, &page);
        Confirmation::shown_on(self.signed_in.done, page, self.app.public_url())
    }
}
