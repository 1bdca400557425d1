//! `/account/passkeys`: adding and removing passkeys. It is not in functions/account because only this function links
//! WebAuthn.

use askama::Template;
use axum::response::Response;
use axum_extra::extract::CookieJar;
use http::StatusCode;
use jean_auth::{
    passkey::{Passkey, PasskeyId},
    session::{Form, Session, form_token, is_form_token},
    user::User,
};
use jean_pages::{
    Confirmation, Language, Markup, SameOriginForm, Texts,
    account::{AccountPage, SIGN_OUT, Section, sign_in_before_form, sign_in_first},
    dates,
    page::{self, redirect},
};
use jean_sign_in::{
    BrowserName,
    session::{self, SignedIn},
};
use jean_store::{
    notifications::{Notification, NotificationKind},
    ways_in::WayIn,
};
use jiff::Timestamp;

use crate::{app::App, error::PageError, relying_party::Ceremony};

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
pub(crate) async fn show(app: App, language: Language, cookies: CookieJar) -> Result<Response, PageError> {
    let Some(SignedIn { session, user }) = session::recently_signed_in(&app, &cookies).await? else {
        return Ok(sign_in_first(PATH));
    };
    let done = Confirmation::read(app.public_url(), &cookies);
    let page = page(&app, language, &session, &user, done, "").await?;
    Ok(Confirmation::shown_on(done, page, app.public_url()))
}

async fn page(
    app: &App,
    language: Language,
    session: &Session,
    user: &User,
    done: Option<Confirmation>,
    problem: &str,
) -> Result<Response, PageError> {
    let texts = Texts::of(language);
    let sid = session.sid.as_str();
    let passkeys = app.passkeys.list(&user.user_id).await?;
    let ceremony = app.relying_party.as_ref().and_then(|party| party.register(user, &passkeys, app.now()));
    let registration = ceremony.map(|ceremony| Registration {
        seal: form_token(Form::Passkey, sid, &ceremony.state, &app.root_keys()),
        ceremony,
    });
    let token = form_token(Form::Account, sid, PATH, &app.root_keys());
    let body = PasskeysPage { texts, token, passkeys: &passkeys, registration, problem, now: app.now() };
    let sign_out_token = form_token(Form::Account, sid, SIGN_OUT, &app.root_keys());
    let status = if problem.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = AccountPage::new(language, Section::Security, done, user, sign_out_token, &body);
    Ok(page::page_with_script(status, language, &app.branding, texts.passkeys(), &page))
}

/// Removes a passkey, unless it is the only way to sign in (SR-30).
async fn remove(
    app: &App,
    language: Language,
    session: &Session,
    user: &User,
    id: PasskeyId,
) -> Result<Response, PageError> {
    let user_id = &user.user_id;
    let (passkeys, identities) = tokio::try_join!(app.passkeys.list(user_id), app.identities.list(user_id))?;
    if !passkeys.iter().any(|passkey| passkey.id == id) {
        return Ok(redirect(PATH));
    }
    let usable = identities.iter().filter(|identity| app.providers.of_issuer(&identity.issuer).is_some());
    let Some(kept) = WayIn::Passkey(id.clone()).another(user, &passkeys, usable) else {
        return page(app, language, session, user, None, Texts::of(language).last_way_in()).await;
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
    cookies: CookieJar,
    browser: BrowserName,
    form: SameOriginForm,
) -> Result<Response, PageError> {
    let Some(SignedIn { session, user }) = session::recently_signed_in(&app, &cookies).await? else {
        return Ok(sign_in_before_form(PATH, app.public_url()));
    };
    let sid = session.sid.as_str();
    if !is_form_token(form.field("token"), Form::Account, sid, PATH, &app.root_keys()) {
        return Ok(redirect(PATH));
    }
    if let Ok(id) = form.field("remove").parse::<PasskeyId>() {
        return remove(&app, language, &session, &user, id).await;
    }
    let user_id = user.user_id;
    let now = app.now();
    let state = form.field("state");
    let is_sealed = is_form_token(form.field("seal"), Form::Passkey, sid, state, &app.root_keys());
    let party = app.relying_party.as_ref().filter(|_| is_sealed);
    let registered = party.and_then(|party| party.registered(state, form.field("credential"), now));
    if let Some((id, credential)) = registered {
        let passkey =
            Passkey { id, user_id, name: browser.as_str().into(), created_at: now, used_at: None, credential };
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
