//! `GET /account`: where somebody begins.

use askama::Template;
use axum::{extract::State, response::Response};
use web::Language;

use crate::{
    App,
    frame::{self, Section},
    person::Person,
    texts::Texts,
};

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage<'a> {
    texts: &'static Texts,
    mcp_url: &'a str,
}

pub(crate) async fn show(State(app): State<App>, language: Language, person: Person) -> Response {
    let texts = Texts::of(language);
    let body = OverviewPage { texts, mcp_url: app.public_url.mcp() };
    frame::page(&app, language, &person, Section::Apps, texts.apps, &body)
}
