//! Rendering a page for the signed-in user.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use jean_pages::{
    Language, Texts,
    account::{AccountFrame, Section},
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
        let SignedInUser { session, user, done } = self.signed_in;
        let frame = AccountFrame {
            language: self.language,
            branding: &self.app.branding,
            public_url: self.app.public_url(),
            keys: &self.app.root_keys(),
            session,
            user,
            done: *done,
        };
        frame.page(StatusCode::OK, section, title, body)
    }
}
