//! `/account/identities`: linking and unlinking accounts of identity providers.

use askama::Template;
use axum::response::Response;
use axum_extra::extract::CookieJar;
use http::StatusCode;
use jean_auth::{
    federation::FederationPurpose, identity::LinkedAccount, identity_provider::IdentityProvider, session::Form,
};
use jean_pages::{Confirmation, Language, Markup, Texts, dates, page::redirect};
use jean_sign_in::{
    AccountView, RecentForm, RecentlySignedIn, Visitor,
    session::{self, SignedIn},
};
use jean_store::{notifications::NotificationKind, ways_in::WayIn};
use jiff::Timestamp;
use url::Url;

use crate::{
    app::{App, AppState},
    error::FederateError,
    paths::LINKED_ACCOUNTS as PATH,
    start,
};

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
pub(crate) async fn show(
    app: App,
    language: Language,
    cookies: CookieJar,
    signed_in: RecentlySignedIn,
) -> Result<Response, FederateError> {
    let done = Confirmation::read(app.public_url(), &cookies);
    let identities = app.identities.list(&signed_in.user.user_id).await?;
    Ok(page(&AccountView { app: &app, language, signed_in: &signed_in, done }, &identities, ""))
}

/// `POST /account/identities`: goes to a provider to link its account, or unlinks one.
pub(crate) async fn change(
    app: App,
    language: Language,
    visitor: Visitor,
    cookies: CookieJar,
    form: RecentForm,
) -> Result<Response, FederateError> {
    let RecentForm { signed_in, fields } = form;
    let SignedIn { session, user } = &*signed_in;
    if let Some(provider) = app.providers.find(fields.field("link")) {
        let purpose = FederationPurpose::Link { user_id: user.user_id.clone(), sid: session.sid.clone() };
        return start::begin(&app, &visitor.source, cookies, provider, purpose, (None, false)).await;
    }
    let identities = app.identities.list(&user.user_id).await?;
    let Some(identity) = identities.iter().find(|identity| identity.id.as_str() == fields.field("unlink")) else {
        return Ok(redirect(PATH));
    };
    let passkeys = app.passkeys.list(&user.user_id).await?;
    let usable = identities.iter().filter(|identity| app.providers.of_issuer(&identity.issuer).is_some());
    let Some(kept) = WayIn::Identity(identity.id.clone()).another(user, &passkeys, usable) else {
        let view = AccountView { app: &app, language, signed_in: &signed_in, done: None };
        return Ok(page(&view, &identities, view.texts().last_way_in()));
    };
    let (provider, browser) = (name(&app, identity), visitor.browser.as_str().into());
    let what = NotificationKind::IdentityUnlinked { provider, browser };
    session::notify(&app, &user.user_id, what).await?;
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

fn page(view: &AccountView<'_, AppState>, identities: &[LinkedAccount], problem: &str) -> Response {
    let (app, texts) = (view.app, view.texts());
    let is_linked =
        |provider: &&IdentityProvider| identities.iter().any(|identity| identity.issuer == provider.issuer.as_str());
    let body = LinkedAccountsPage {
        texts,
        token: view.token(Form::Account, PATH),
        linked: identities.iter().map(|identity| (name(app, identity), identity)).collect(),
        others: app.providers.iter().filter(|provider| !is_linked(provider)).collect(),
        problem,
        now: app.now(),
    };
    let status = if problem.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    view.page(status, texts.linked_accounts(), &body)
}
