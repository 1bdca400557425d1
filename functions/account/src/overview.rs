//! `GET /account`: where somebody begins.

use askama::Template;
use axum::{extract::State, response::Response};
use web::Language;

use crate::{
    App,
    error::AccountError,
    frame::{self, Section},
    notices::Notices,
    person::Person,
    texts::Texts,
};

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage<'a> {
    texts: &'static Texts,
    notices: Notices,
    mcp_url: &'a str,
}

pub(crate) async fn show(State(app): State<App>, language: Language, person: Person) -> Result<Response, AccountError> {
    let texts = Texts::of(language);
    let body = OverviewPage { texts, notices: Notices::of(&app, &person, texts).await?, mcp_url: app.public_url.mcp() };
    Ok(frame::page(&app, language, &person, Section::Apps, texts.apps, &body))
}
