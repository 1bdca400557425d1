//! `/account/passkeys`: adding and removing passkeys. It is not in functions/account because only this function links
//! WebAuthn.

use askama::Template;
use axum::response::Response;
use axum_extra::extract::CookieJar;
use http::StatusCode;
use jean_auth::{
    passkey::{Passkey, PasskeyId},
    session::{Form, form_token, is_form_token},
};
use jean_pages::{
    Confirmation, Language, Markup, SameOriginForm, Texts,
    account::{AccountPage, SIGN_OUT, Section, sign_in_first},
    dates,
    page::{self, redirect},
};
use jean_store::notifications::{Notification, NotificationKind};
use jiff::Timestamp;

use crate::{
    app::App,
    browser::BrowserName,
    error::PageError,
    relying_party::Ceremony,
    session::{self, SignedIn},
};

const PATH: &str = "/account/passkeys";

#[derive(Template)]
#[template(path = "passkeys.html")]
struct PasskeysPage<'a> {
    texts: Texts,
    token: String,
    passkeys: &'a [Passkey],
    registration: Option<Registration>,
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
}

/// `GET /account/passkeys`
pub(crate) async fn show(app: App, language: Language, cookies: CookieJar) -> Result<Response, PageError> {
    let Some(SignedIn { session, user }) = session::recently_signed_in(&app, &cookies).await? else {
        return Ok(sign_in_first(PATH));
    };
    let done = Confirmation::read(app.public_url(), &cookies);
    let texts = Texts::of(language);
    let sid = session.sid.as_str();
    let passkeys = app.passkeys.list(&user.user_id).await?;
    let ceremony = app.relying_party.as_ref().and_then(|party| party.register(&user, &passkeys, app.now()));
    let registration = ceremony.map(|ceremony| Registration {
        seal: form_token(Form::Passkey, sid, &ceremony.state, &app.root_keys()),
        ceremony,
    });
    let token = form_token(Form::Account, sid, PATH, &app.root_keys());
    let body = PasskeysPage { texts, token, passkeys: &passkeys, registration, now: app.now() };
    let sign_out_token = form_token(Form::Account, sid, SIGN_OUT, &app.root_keys());
    let page = AccountPage::new(language, Section::Security, done, user.email.as_str(), sign_out_token, &body);
    let page = page::page_with_script(StatusCode::OK, language, &app.branding, texts.passkeys(), &page);
    Ok(Confirmation::shown_on(done, page, app.public_url()))
}

/// `POST /account/passkeys`: stores a new passkey, or removes one.
pub(crate) async fn change(
    app: App,
    cookies: CookieJar,
    browser: BrowserName,
    form: SameOriginForm,
) -> Result<Response, PageError> {
    let Some(SignedIn { session, user }) = session::recently_signed_in(&app, &cookies).await? else {
        return Ok(sign_in_first(PATH));
    };
    let (sid, user_id) = (session.sid.as_str(), user.user_id);
    if !is_form_token(form.field("token"), Form::Account, sid, PATH, &app.root_keys()) {
        return Ok(redirect(PATH));
    }
    if let Ok(id) = form.field("remove").parse::<PasskeyId>() {
        app.passkeys.remove(&user_id, &id).await?;
        tracing::info!(event = jean_runtime::event::PASSKEY, %user_id, "passkey removed");
        return Ok(Confirmation::PasskeyRemoved.at(PATH, app.public_url()));
    }
    let now = app.now();
    let state = form.field("state");
    let is_sealed = is_form_token(form.field("seal"), Form::Passkey, sid, state, &app.root_keys());
    let party = app.relying_party.as_ref().filter(|_| is_sealed);
    let registered = party.and_then(|party| party.registered(state, form.field("credential"), now));
    if let Some((id, credential)) = registered {
        let passkey = Passkey { id, user_id, name: browser.as_str().into(), created_at: now, credential };
        // The user is notified before the passkey is stored, so that no passkey exists without a notification. If the form
        // is sent twice, the passkey already exists.
        if app.passkeys.find(&passkey.id).await?.is_none() {
            let what = NotificationKind::NewPasskey { browser: passkey.name.clone() };
            app.notifications.add(&passkey.user_id, &Notification { id: app.random.id(), at: now, what }).await?;
        }
        if app.passkeys.create(&passkey).await? {
            tracing::info!(event = jean_runtime::event::PASSKEY, user_id = %passkey.user_id, "passkey added");
        }
        return Ok(Confirmation::PasskeyAdded.at(PATH, app.public_url()));
    }
    Ok(redirect(PATH))
}
