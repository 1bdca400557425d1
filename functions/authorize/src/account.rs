//! Signing in for one's own account, whose pages are those of functions/account, and out of it.

use axum::{
    extract::RawQuery,
    response::{IntoResponse, Response},
};
use axum_extra::extract::CookieJar;
use jean_auth::session::{Form, is_form_token};
use jean_pages::{Language, SameOriginForm, page::redirect};
use jean_runtime::SourceAddress;

use crate::{
    app::App,
    browser::BrowserName,
    error::PageError,
    return_to::ReturnTo,
    sign_in::{self, Purpose},
    transaction,
};

/// `GET /account/sign-in?return_to=…`: asks whoever is signed in too, with their address filled in. It is where they are
/// sent when what they want to do needs a sign-in of now.
pub(crate) async fn ask(
    app: App,
    RawQuery(query): RawQuery,
    language: Language,
    cookies: CookieJar,
) -> Result<Response, PageError> {
    let return_to = ReturnTo::read(query);
    let signed_in = transaction::signed_in(&app, &cookies).await?;
    let email = signed_in.map(|signed_in| signed_in.user.email);
    Ok(sign_in::page(&app, language, &Purpose::account(&return_to, email.as_ref()), cookies))
}

/// `POST /account/sign-in?return_to=…`
pub(crate) async fn sign_in(
    app: App,
    RawQuery(query): RawQuery,
    source: SourceAddress,
    browser: BrowserName,
    cookies: CookieJar,
    form: SameOriginForm,
) -> Result<Response, PageError> {
    let return_to = ReturnTo::read(query);
    sign_in::with_form(&app, &Purpose::account(&return_to, None), &source, &browser, cookies, &form).await
}

/// `POST /account/sign-out`, from the pages of the account.
pub(crate) async fn sign_out(app: App, cookies: CookieJar, form: SameOriginForm) -> Result<Response, PageError> {
    let Some(signed_in) = transaction::signed_in(&app, &cookies).await? else { return Ok(back().await) };
    let sid = signed_in.session.sid.as_str();
    if !is_form_token(form.field("token"), Form::Account, sid, "/account/sign-out", app.keys()) {
        return Ok(back().await);
    }
    let cookies = sign_in::end(&app, &signed_in.session, cookies).await?;
    Ok((cookies, redirect("/account/sign-in")).into_response())
}

/// Where the forms go, opened as a page.
pub(crate) async fn back() -> Response {
    redirect("/account")
}
