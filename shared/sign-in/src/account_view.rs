//! The pages on which a signed-in user changes credentials.

use std::ops::Deref;

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use jean_auth::session::Form;
use jean_pages::{
    Confirmation, Language, Texts,
    account::{AccountFrame, Section},
};
use jean_runtime::{Context, RootKeys};

use crate::{SignIns, session::RecentlySignedIn};

/// The context of such a page: the state of the function, the language and the user.
#[derive(Debug)]
pub struct AccountView<'a, A> {
    /// The state of the function.
    pub app: &'a Context<A, RootKeys>,
    /// The language of the page.
    pub language: Language,
    /// The user.
    pub signed_in: &'a RecentlySignedIn,
    /// The effect of the form before this page.
    pub done: Option<Confirmation>,
}

impl<A: Deref<Target = SignIns>> AccountView<'_, A> {
    /// The texts in the language of the page.
    pub fn texts(&self) -> Texts {
        Texts::of(self.language)
    }

    /// The token of a form sent to `path`.
    pub fn token(&self, form: Form, path: &str) -> String {
        self.signed_in.token(self.app, form, path)
    }

    /// Renders a page.
    pub fn page(&self, status: StatusCode, title: &str, body: &impl Template) -> Response {
        self.frame(|frame| frame.page(status, Section::Security, title, body))
    }

    /// Renders a page with the script for passwords and passkeys.
    pub fn page_with_script(&self, status: StatusCode, title: &str, body: &impl Template) -> Response {
        self.frame(|frame| frame.page_with_script(status, Section::Security, title, body))
    }

    fn frame(&self, render: impl FnOnce(AccountFrame<'_>) -> Response) -> Response {
        render(AccountFrame {
            language: self.language,
            branding: &self.app.branding,
            public_url: self.app.public_url(),
            keys: &self.app.root_keys(),
            session: &self.signed_in.session,
            user: &self.signed_in.user,
            done: self.done,
        })
    }
}
