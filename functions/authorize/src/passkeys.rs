//! `/account/passkeys`: the passkeys somebody signs in with. It is here, and not with the other pages of the account, since
//! this is the one function that knows how passkeys are made.

use askama::Template;
use axum::response::Response;
use axum_extra::extract::CookieJar;
use http::StatusCode;
use jean_auth::{
    passkey::{Passkey, PasskeyId},
    session::{Form, form_token, is_form_token},
};
use jean_pages::{
    Language, SameOriginForm, dates,
    page::{self, redirect},
};
use jean_store::notifications::{Notification, NotificationKind};

use crate::{
    app::App,
    browser::BrowserName,
    error::PageError,
    relying_party::Ceremony,
    texts::Texts,
    transaction::{self, SignedIn},
};

const PATH: &str = "/account/passkeys";

#[derive(Template)]
#[template(path = "passkeys.html")]
struct PasskeysPage<'a> {
    texts: &'static Texts,
    token: String,
    passkeys: &'a [Passkey],
    making: Option<Making>,
}

/// What makes another one.
struct Making {
    ceremony: Ceremony,
    seal: String,
}

impl PasskeysPage<'_> {
    fn since(&self, passkey: &Passkey) -> String {
        dates::minute(passkey.created_at)
    }
}

/// `GET /account/passkeys`
pub(crate) async fn show(app: App, language: Language, cookies: CookieJar) -> Result<Response, PageError> {
    let Some(SignedIn { session, user }) = transaction::just_signed_in(&app, &cookies).await? else {
        return Ok(sign_in_first());
    };
    let (texts, sid) = (Texts::of(language), session.sid.as_str());
    let passkeys = app.passkeys.list(&user.user_id).await?;
    let ceremony = app.relying_party.as_ref().and_then(|party| party.register(&user, &passkeys, app.now()));
    let making =
        ceremony.map(|ceremony| Making { seal: form_token(Form::Passkey, sid, &ceremony.state, app.keys()), ceremony });
    let token = form_token(Form::Account, sid, PATH, app.keys());
    let body = PasskeysPage { texts, token, passkeys: &passkeys, making };
    Ok(page::page_with_passkeys(StatusCode::OK, language, &app.look, texts.passkeys, &body))
}

/// `POST /account/passkeys`: keeps a passkey that was made, or removes one.
pub(crate) async fn change(
    app: App,
    cookies: CookieJar,
    browser: BrowserName,
    form: SameOriginForm,
) -> Result<Response, PageError> {
    let Some(SignedIn { session, user }) = transaction::just_signed_in(&app, &cookies).await? else {
        return Ok(sign_in_first());
    };
    let (sid, user_id) = (session.sid.as_str(), user.user_id);
    if !is_form_token(form.field("token"), Form::Account, sid, PATH, app.keys()) {
        return Ok(redirect(PATH));
    }
    if let Ok(id) = form.field("remove").parse::<PasskeyId>() {
        app.passkeys.remove(&user_id, &id).await?;
        tracing::info!(event = jean_runtime::event::PASSKEY, %user_id, "passkey removed");
        return Ok(redirect(PATH));
    }
    let (state, seal, now) = (form.field("state"), form.field("seal"), app.now());
    let sealed = is_form_token(seal, Form::Passkey, sid, state, app.keys());
    let made = app.relying_party.as_ref().filter(|_| sealed);
    let made = made.and_then(|party| party.registered(state, form.field("credential"), now));
    if let Some((id, credential)) = made {
        let passkey = Passkey { id, user_id, name: browser.as_str().into(), created_at: now, credential };
        // Sent twice, it is there. Its person is told first, so that there is none that nobody was told of.
        if app.passkeys.find(&passkey.id).await?.is_none() {
            let what = NotificationKind::NewPasskey { browser: passkey.name.clone() };
            app.notices.add(&passkey.user_id, &Notification { id: app.random.id(), at: now, what }).await?;
        }
        if app.passkeys.create(&passkey).await? {
            tracing::info!(event = jean_runtime::event::PASSKEY, user_id = %passkey.user_id, "passkey made");
        }
    }
    Ok(redirect(PATH))
}

fn sign_in_first() -> Response {
    redirect("/account/sign-in?return_to=%2Faccount%2Fpasskeys")
}
