//! `POST /federate`: sends the browser to an identity provider.

use axum::{
    extract::RawQuery,
    response::{IntoResponse, Response},
};
use axum_extra::extract::CookieJar;
use jean_auth::{
    federation::{FederationPurpose, FederationRequest, LIFETIME},
    identity_provider::IdentityProvider,
    return_to::ReturnTo,
    secret::{FederationSecret, FederationState},
    session::Form,
    throttle::{AttemptLimit, FEDERATION_PER_SOURCE},
    user::Email,
};
use jean_pages::{SameOriginForm, page::redirect, session_cookie};
use jean_runtime::SourceAddress;
use jean_sign_in::{cookies::is_bound, session};

use crate::{
    app::App,
    error::{FederateError, SignInRefusal, page_of},
    exchange::Outgoing,
    provider,
};

/// The cookie that binds requests to the browser. It outlives the last of them only.
const COOKIE: &str = "jean_federation";

/// `GET` of the form's URL.
pub(crate) async fn back() -> Response {
    redirect("/account")
}

/// `POST /federate?return_to=…`: the buttons of the sign-in and sign-up pages. A website could otherwise make a browser sign in
/// again, which counts as a recent sign-in (SR-05), so the form is bound to its page.
pub(crate) async fn sign_in(
    app: App,
    RawQuery(query): RawQuery,
    source: SourceAddress,
    cookies: CookieJar,
    form: SameOriginForm,
) -> Result<Response, FederateError> {
    let return_to = ReturnTo::read(query);
    let refused = |refusal| FederateError::from(refusal).back_to(return_to.clone());
    if !is_bound(&app, &cookies, Form::Federate, return_to.as_str(), &form) {
        return Err(refused(SignInRefusal::NoCookie));
    }
    let provider = app.providers.find(form.field("provider"));
    let provider = provider.ok_or_else(|| refused(SignInRefusal::UnknownProvider))?;
    let hint = Some(form.field("login_hint")).filter(|hint| hint.parse::<Email>().is_ok());
    // A user who is signed in here has been asked to sign in again.
    let asks_again = form.field("prompt") == "login" || session::signed_in(&app, &cookies).await?.is_some();
    begin(&app, &source, cookies, provider, FederationPurpose::SignIn { return_to }, (hint, asks_again)).await
}

/// Stores a request and redirects the browser to the provider.
pub(crate) async fn begin(
    app: &App,
    source: &SourceAddress,
    cookies: CookieJar,
    provider: &IdentityProvider,
    purpose: FederationPurpose,
    (login_hint, asks_again): (Option<&str>, bool),
) -> Result<Response, FederateError> {
    let limit = AttemptLimit::new(FEDERATION_PER_SOURCE, &[&source.throttle_key()]);
    app.throttles.admit(&[limit], app.now()).await?;
    let browser = secret(app, &cookies).unwrap_or_else(|| FederationSecret::new(app.random.bytes()));
    let state = FederationState::new(app.random.bytes());
    let outgoing = Outgoing { provider, browser: &browser, state: &state, login_hint, asks_again };
    let refused = |error| FederateError::of_provider(error, provider).back_to(page_of(&purpose));
    let url = provider::url(app, &outgoing).await.map_err(refused)?;
    let request = FederationRequest {
        provider: provider.id.clone(),
        issuer: provider.issuer.clone(),
        browser: browser.hash(),
        purpose,
        asks_again,
        expires_at: app.now() + LIFETIME,
    };
    app.federations.begin(&request, &state.hash()).await?;
    let cookie = session_cookie::cookie(app.public_url(), COOKIE, browser.expose().to_string(), LIFETIME.as_secs());
    Ok((cookies.add(cookie), redirect(url.as_str())).into_response())
}

/// The browser's cookie.
pub(crate) fn secret(app: &App, cookies: &CookieJar) -> Option<FederationSecret> {
    cookies.get(&app.public_url().cookie_name(COOKIE))?.value().parse().ok()
}
