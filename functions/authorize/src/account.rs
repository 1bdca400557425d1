//! Sign-in and sign-out for the account pages, which functions/account serves.

use axum::{
    extract::RawQuery,
    response::{IntoResponse, Response},
};
use axum_extra::extract::CookieJar;
use jean_auth::{return_to::ReturnTo, session::Form};
use jean_pages::{Language, SameOriginForm, account::SIGN_OUT, page::redirect};
use jean_runtime::SourceAddress;
use jean_sign_in::{BrowserName, session};

use crate::{
    app::App,
    error::PageError,
    sign_in::{self, SignInPurpose},
};

/// `GET /account/sign-in?return_to=…`: the sign-in page. A signed-in user, who needs a recent sign-in, sees it with their
/// email address filled in.
pub(crate) async fn show(
    app: App,
    RawQuery(query): RawQuery,
    language: Language,
    cookies: CookieJar,
) -> Result<Response, PageError> {
    let return_to = ReturnTo::read(query);
    let signed_in = session::signed_in(&app, &cookies).await?;
    let purpose = SignInPurpose::account(&return_to, signed_in.as_ref(), app.now());
    Ok(sign_in::page(&app, language, &purpose, cookies))
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
    let purpose = SignInPurpose::account(&return_to, None, app.now());
    sign_in::with_form(&app, &purpose, &source, &browser, cookies, &form).await
}

/// `POST /account/sign-out`
pub(crate) async fn sign_out(app: App, cookies: CookieJar, form: SameOriginForm) -> Result<Response, PageError> {
    let Some(signed_in) = session::signed_in(&app, &cookies).await? else { return Ok(back().await) };
    if !signed_in.has_token(&app, form.field("token"), Form::Account, SIGN_OUT) {
        return Ok(form.stale("/account", app.public_url()).into_response());
    }
    let cookies = session::end(&app, &signed_in.session, cookies).await?;
    Ok((cookies, redirect("/account/sign-in")).into_response())
}

/// `GET` of a form's URL.
pub(crate) async fn back() -> Response {
    redirect("/account")
}
