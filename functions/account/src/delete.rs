//! `/account/delete`: an account ends, and its person has it in writing.

use askama::Template;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use http::StatusCode;
use jean_pages::{Language, dates, page};
use jean_runtime::RequestId;
use jean_store::deletion::Deleted;

use crate::{
    app::App,
    error::AccountError,
    frame::{self, Section},
    person::{OwnForm, Person},
    texts::Texts,
};

const PATH: &str = "/account/delete";

#[derive(Template)]
#[template(path = "delete.html")]
struct DeletePage<'a> {
    texts: &'static Texts,
    token: String,
    email: &'a str,
    typed: &'a str,
    problem: bool,
    /// What is gone already, when there is more to delete than one request can.
    begun: Option<Deleted>,
}

#[derive(Template)]
#[template(path = "receipt.html")]
struct ReceiptPage<'a> {
    texts: &'static Texts,
    email: &'a str,
    at: String,
    deleted: Deleted,
    reference: String,
}

/// `GET /account/delete`
pub(crate) async fn ask(app: App, language: Language, person: Person) -> Result<Response, AccountError> {
    person.has_just_signed_in(&app, PATH)?;
    Ok(page(&app, language, &person, "", false, None))
}

/// `POST /account/delete`
pub(crate) async fn delete(
    app: App,
    language: Language,
    cookies: CookieJar,
    form: OwnForm,
) -> Result<Response, AccountError> {
    let OwnForm { person, fields } = form;
    person.has_just_signed_in(&app, PATH)?;
    let typed = fields.field("email").trim();
    if typed.to_lowercase() != person.user.email.key() {
        return Ok(page(&app, language, &person, typed, true, None));
    }
    let now = app.now();
    // From the form of the request before this one; 32 bits, so that no number can be too large to add to.
    let so_far = |name| fields.field(name).parse::<u32>().unwrap_or_default() as usize;
    let mut deleted = Deleted {
        memories: so_far("memories"),
        connections: so_far("connections"),
        api_keys: so_far("api_keys"),
        passkeys: so_far("passkeys"),
        ..Deleted::default()
    };
    // Many memories take several requests.
    let goes_on = app.while_there_is_time();
    if !app.deletion.run(&person.user, &mut deleted, now, goes_on).await? {
        return Ok(page(&app, language, &person, typed, false, Some(deleted)));
    }
    tracing::info!(event = jean_runtime::event::DELETION, user_id = %person.user.user_id, memories = deleted.memories, "account deleted");
    let texts = Texts::of(language);
    let receipt = ReceiptPage {
        texts,
        email: person.user.email.as_str(),
        at: dates::minute(now),
        deleted,
        reference: RequestId::current(),
    };
    let receipt = page::page(StatusCode::OK, language, &app.look, texts.deleted, &receipt);
    Ok((cookies.add(signed_out(&app)), receipt).into_response())
}

fn page(
    app: &App,
    language: Language,
    person: &Person,
    typed: &str,
    problem: bool,
    begun: Option<Deleted>,
) -> Response {
    let (texts, token) = (Texts::of(language), person.token(app, PATH));
    let body = DeletePage { texts, token, email: person.user.email.as_str(), typed, problem, begun };
    frame::page(app, language, person, Section::Security, texts.delete_account, &body)
}

/// Takes the sign-in out of the browser, too.
fn signed_out(app: &App) -> Cookie<'static> {
    let mut cookie = Cookie::new(app.public_url.cookie_name(jean_auth::session::COOKIE), "");
    cookie.set_path("/");
    cookie.set_http_only(true);
    cookie.set_secure(app.public_url.is_https());
    cookie.set_same_site(SameSite::Lax);
    cookie.make_removal();
    cookie
}
