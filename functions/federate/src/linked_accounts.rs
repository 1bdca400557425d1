//! `/account/identities`: linking and unlinking accounts of identity providers.

use askama::Template;
use axum::response::Response;
use axum_extra::extract::CookieJar;
use http::StatusCode;
use jean_auth::{
    federation::FederationPurpose,
    identity::LinkedAccount,
    identity_provider::IdentityProvider,
    session::{Form, form_token, is_form_token},
};
use jean_pages::{
    Confirmation, Language, Markup, SameOriginForm, Texts,
    account::{AccountPage, SIGN_OUT, Section, sign_in_before_form, sign_in_first},
    dates,
    page::{self, redirect},
};
use jean_sign_in::{
    Visitor,
    session::{self, SignedIn},
};
use jean_store::{
    notifications::{Notification, NotificationKind},
    ways_in::WayIn,
};
use jiff::Timestamp;
use url::Url;

use crate::{app::App, error::FederateError, paths::LINKED_ACCOUNTS as PATH, start};

#[derive(Template)]
#[template(path = "linked_accounts.html")]
struct LinkedAccountsPage<'a> {
    texts: Texts,
    token: String,
    linked: Vec<(String, &'a LinkedAccount)>,
    /// The providers without a linked account.
    others: Vec<&'a IdentityProvider>,
    problem: &'a str,
    now: Timestamp,
}

impl LinkedAccountsPage<'_> {
    fn linked_at(&self, identity: &LinkedAccount) -> Markup {
        dates::ago(self.texts, identity.created_at, self.now)
    }
}

/// `GET /account/identities`
pub(crate) async fn show(app: App, language: Language, cookies: CookieJar) -> Result<Response, FederateError> {
    let Some(signed_in) = session::recently_signed_in(&app, &cookies).await? else { return Ok(sign_in_first(PATH)) };
    let done = Confirmation::read(app.public_url(), &cookies);
    let identities = app.identities.list(&signed_in.user.user_id).await?;
    let page = page(&app, language, &signed_in, &identities, done, "");
    Ok(Confirmation::shown_on(done, page, app.public_url()))
}

/// `POST /account/identities`: goes to a provider to link its account, or unlinks one.
pub(crate) async fn change(
    app: App,
    language: Language,
    visitor: Visitor,
    cookies: CookieJar,
    form: SameOriginForm,
) -> Result<Response, FederateError> {
    let Some(signed_in) = session::recently_signed_in(&app, &cookies).await? else {
        return Ok(sign_in_before_form(PATH, app.public_url()));
    };
    let SignedIn { session, user } = &signed_in;
    if !is_form_token(form.field("token"), Form::Account, session.sid.as_str(), PATH, &app.root_keys()) {
        return Ok(redirect(PATH));
    }
    if let Some(provider) = app.providers.find(form.field("link")) {
        let purpose = FederationPurpose::Link { user_id: user.user_id.clone(), sid: session.sid.clone() };
        return start::begin(&app, &visitor.source, cookies, provider, purpose, (None, false)).await;
    }
    let identities = app.identities.list(&user.user_id).await?;
    let Some(identity) = identities.iter().find(|identity| identity.id.as_str() == form.field("unlink")) else {
        return Ok(redirect(PATH));
    };
    let passkeys = app.passkeys.list(&user.user_id).await?;
    let usable = identities.iter().filter(|identity| app.providers.of_issuer(&identity.issuer).is_some());
    let Some(kept) = WayIn::Identity(identity.id.clone()).another(user, &passkeys, usable) else {
        return Ok(page(&app, language, &signed_in, &identities, None, Texts::of(language).last_way_in()));
    };
    let (provider, browser) = (name(&app, identity), visitor.browser.as_str().into());
    let what = NotificationKind::IdentityUnlinked { provider, browser };
    app.notifications.add(&user.user_id, &Notification { id: app.random.id(), at: app.now(), what }).await?;
    if !app.identities.unlink(identity, &kept).await? {
        return Ok(redirect(PATH));
    }
    tracing::info!(event = jean_runtime::event::IDENTITY, user_id = %user.user_id, "account unlinked");
    Ok(Confirmation::IdentityUnlinked.at(PATH, app.public_url()))
}

/// The name of the provider, or the host of its issuer if it is no longer configured.
fn name(app: &App, identity: &LinkedAccount) -> String {
    match app.providers.of_issuer(&identity.issuer) {
        Some(provider) => provider.label.to_string(),
        None => Url::parse(&identity.issuer).ok().and_then(|url| url.host_str().map(Into::into)).unwrap_or_default(),
    }
}

fn page(
    app: &App,
    language: Language,
    SignedIn { session, user }: &SignedIn,
    identities: &[LinkedAccount],
    done: Option<Confirmation>,
    problem: &str,
) -> Response {
    let texts = Texts::of(language);
    let token = |path| form_token(Form::Account, session.sid.as_str(), path, &app.root_keys());
    let is_linked =
        |provider: &&IdentityProvider| identities.iter().any(|identity| identity.issuer == provider.issuer.as_str());
    let body = LinkedAccountsPage {
        texts,
        token: token(PATH),
        linked: identities.iter().map(|identity| (name(app, identity), identity)).collect(),
        others: app.providers.iter().filter(|provider| !is_linked(provider)).collect(),
        problem,
        now: app.now(),
    };
    let status = if problem.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = AccountPage::new(language, Section::Security, done, user, token(SIGN_OUT), &body);
    page::page(status, language, &app.branding, texts.linked_accounts(), &page)
}
