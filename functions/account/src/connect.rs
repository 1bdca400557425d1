//! `/account/connect`: instructions to connect each client, marked if it is connected.

use askama::Template;
use axum::response::Response;
use jean_pages::{ConnectGuide, Language, Texts, account::Section};

use crate::{app::App, error::AccountError, signed_in::SignedInUser, view::View};

#[derive(Template)]
#[template(path = "connect.html")]
struct ConnectPage<'a> {
    texts: Texts,
    guide: ConnectGuide<'a>,
}

/// `GET /account/connect`
pub(crate) async fn show(app: App, language: Language, signed_in: SignedInUser) -> Result<Response, AccountError> {
    let view = View::new(&app, language, &signed_in);
    let grants = app.grants.list(&signed_in.user.user_id, app.now()).await?;
    let connected = grants.iter().map(|grant| grant.client.as_str());
    let guide = ConnectGuide::new(view.texts(), app.public_url(), connected);
    let body = ConnectPage { texts: view.texts(), guide };
    Ok(view.page(Section::Apps, view.texts().connect_title(), &body))
}
