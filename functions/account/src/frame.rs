//! What all pages of the account have: the way from one to the other, who is signed in, and the way out.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use jean_pages::{Language, page};

use crate::{app::App, person::Person, texts::Texts};

/// The pages that every other links to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Apps,
    Memories,
    Security,
}

impl Section {
    const ALL: [Self; 3] = [Self::Apps, Self::Memories, Self::Security];

    fn path(&self) -> &'static str {
        match self {
            Self::Apps => "/account",
            Self::Memories => crate::memories::PATH,
            Self::Security => crate::security::PATH,
        }
    }

    fn name(&self, texts: &Texts) -> &'static str {
        match self {
            Self::Apps => texts.apps,
            Self::Memories => texts.memories,
            Self::Security => texts.security,
        }
    }
}

#[derive(Template)]
#[template(path = "frame.html")]
struct Frame<'a> {
    texts: &'static Texts,
    section: Section,
    body: &'a str,
    email: &'a str,
    sign_out_token: String,
}

/// A page of a section, or one that is reached from it.
pub(crate) fn page(
    app: &App,
    language: Language,
    person: &Person,
    section: Section,
    title: &str,
    body: &impl Template,
) -> Response {
    let frame = Frame {
        texts: Texts::of(language),
        section,
        body: &body.render().expect("writing to a string does not fail"),
        email: person.user.email.as_str(),
        sign_out_token: person.token(app, "/account/sign-out"),
    };
    page::page(StatusCode::OK, language, &app.look, title, &frame)
}
