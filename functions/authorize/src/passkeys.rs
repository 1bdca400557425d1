//! `/account/passkeys`: adding and removing passkeys. It is not in functions/account because only this function links
//! WebAuthn.

use askama::Template;
use axum::response::Response;
use axum_extra::extract::CookieJar;
use http::StatusCode;
use jean_auth::{
    passkey::{Passkey, PasskeyId},
    session::Form,
};
use jean_pages::{Confirmation, Language, Markup, Texts, account::sign_in_before_form, dates, page::redirect};
use jean_sign_in::{AccountView, BrowserName, RecentForm, RecentlySignedIn, session};
use jean_store::{notifications::NotificationKind, ways_in::WayIn};
use jiff::Timestamp;

use crate::{
    app::{App, AppState},
    error::PageError,
    relying_party::Ceremony,
};

const PATH: &str = "/account/passkeys";

#[derive(Template)]
#[template(path = "passkeys.html")]
struct PasskeysPage<'a> {
    texts: Texts,
    token: String,
    passkeys: &'a [Passkey],
    registration: Option<Registration>,
    problem: &'a str,
    now: Timestamp,
}

/// The form that registers a passkey.
struct Registration {
    ceremony: Ceremony,
    seal: String,
}

impl PasskeysPage<'_> {
    fn added(&self, passkey: &Passkey) -> Markup {
        dates::ago(self.texts, passkey.created_at, self.now)
    }

    fn used(&self, passkey: &Passkey) -> Option<Markup> {
        Some(self.texts.last_used_at(dates::ago(self.texts, passkey.used_at?, self.now)))
    }
}

/// `GET /account/passkeys`
pub(crate) async fn show(
    app: App,
    language: Language,
    cookies: CookieJar,
    signed_in: RecentlySignedIn,
) -> Result<Response, PageError> {
    let done = Confirmation::read(app.public_url(), &cookies);
    page(AccountView { app: &app, language, signed_in: &signed_in, done }, "").await
}

async fn page(view: AccountView<'_, AppState>, problem: &str) -> Result<Response, PageError> {
    let (app, user) = (view.app, &view.signed_in.user);
    let passkeys = app.passkeys.list(&user.user_id).await?;
    let ceremony = app.relying_party.as_ref().and_then(|party| party.register(user, &passkeys, app.now()));
    let registration =
        ceremony.map(|ceremony| Registration { seal: view.token(Form::Passkey, &ceremony.state), ceremony });
    let (texts, token) = (view.texts(), view.token(Form::Account, PATH));
    let body = PasskeysPage { texts, token, passkeys: &passkeys, registration, problem, now: app.now() };
    let status = if problem.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(view.page_with_script(status, texts.passkeys(), &body))
}

/// Removes a passkey, unless it is the only way to sign in (SR-30).
async fn remove(view: AccountView<'_, AppState>, id: PasskeyId) -> Result<Response, PageError> {
    let (app, user) = (view.app, &view.signed_in.user);
    let user_id = &user.user_id;
    let (passkeys, identities) = tokio::try_join!(app.passkeys.list(user_id), app.identities.list(user_id))?;
    if !passkeys.iter().any(|passkey| passkey.id == id) {
        return Ok(redirect(PATH));
    }
    let usable = identities.iter().filter(|identity| app.providers.of_issuer(&identity.issuer).is_some());
    let Some(kept) = WayIn::Passkey(id.clone()).another(user, &passkeys, usable) else {
        let problem = view.texts().last_way_in();
        return page(view, problem).await;
    };
    if !app.passkeys.remove_beside(user_id, &id, &kept).await? {
        return Ok(redirect(PATH));
    }
    tracing::info!(event = jean_runtime::event::PASSKEY, %user_id, "passkey removed");
    Ok(Confirmation::PasskeyRemoved.at(PATH, app.public_url()))
}

/// `POST /account/passkeys`: stores a new passkey, or removes one.
pub(crate) async fn change(
    app: App,
    language: Language,
    browser: BrowserName,
    form: RecentForm,
) -> Result<Response, PageError> {
    let RecentForm { signed_in, fields } = form;
    if let Ok(id) = fields.field("remove").parse::<PasskeyId>() {
        return remove(AccountView { app: &app, language, signed_in: &signed_in, done: None }, id).await;
    }
    let state = fields.field("state");
    if !signed_in.has_token(&app, fields.field("seal"), Form::Passkey, state) {
        return Ok(Confirmation::Stale.at(PATH, app.public_url()));
    }
    let response = fields.field("credential");
    let registered = app.relying_party.as_ref().and_then(|party| party.registered(state, response, app.now()));
    let Some((id, credential)) = registered else { return Ok(Confirmation::Stale.at(PATH, app.public_url())) };
    add(&app, &signed_in, &browser, id, credential).await
}

/// Stores a passkey. The user is notified before, so that no passkey exists without a notification. If the form is sent twice,
/// the passkey already exists.
async fn add(
    app: &App,
    signed_in: &RecentlySignedIn,
    browser: &BrowserName,
    id: PasskeyId,
    credential: String,
) -> Result<Response, PageError> {
    let (user_id, name) = (signed_in.user.user_id.clone(), browser.as_str().to_owned());
    if app.passkeys.find(&id).await?.is_none() {
        session::notify(app, &user_id, NotificationKind::NewPasskey { browser: name.clone() }).await?;
    }
    let passkey = Passkey { id, user_id, name, created_at: app.now(), used_at: None, credential };
    if app.passkeys.create(&passkey, &signed_in.user).await? {
        tracing::info!(event = jean_runtime::event::PASSKEY, user_id = %passkey.user_id, "passkey added");
    } else if app.passkeys.find(&passkey.id).await?.is_none() {
        // The session has ended since the form was read.
        return Ok(sign_in_before_form(PATH, app.public_url()));
    }
    Ok(Confirmation::PasskeyAdded.at(PATH, app.public_url()))
}
