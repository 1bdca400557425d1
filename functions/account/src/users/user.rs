//! `/account/users/{id}`: the access of one user, and its end.

use askama::Template;
use axum::{extract::Path, response::Response};
use jean_auth::{grant::Grant, user::UserId};
use jean_pages::{Confirmation, Language, Markup, Texts, account::Section, client_name, dates, page::redirect};
use jean_store::{
    account_access::{AccessChange, Administrator},
    sessions::SignIn,
};
use jiff::Timestamp;

use crate::{
    account_form::AccountForm, app::App, error::AccountError, notifications::NotificationEntries, paths,
    signed_in::SignedInOwner, users::account::ListedAccount, view::View,
};

#[derive(Template)]
#[template(path = "user.html")]
struct UserPage {
    texts: Texts,
    path: String,
    token: String,
    account: ListedAccount,
    is_own: bool,
    /// The session that began last.
    latest: Option<SignIn>,
    sessions: usize,
    api_keys: usize,
    grants: Vec<Grant>,
    events: NotificationEntries,
    now: Timestamp,
}

impl UserPage {
    fn created(&self) -> Markup {
        dates::ago(self.texts, self.account.user.created_at, self.now)
    }

    fn signed_in(&self) -> Option<Markup> {
        Some(dates::ago(self.texts, self.latest.as_ref()?.session.authenticated_at(), self.now))
    }

    /// The name of the client. The name that the user gave the connection is the user's own.
    fn name(&self, grant: &Grant) -> String {
        client_name(self.texts, &grant.client, grant.client_host.as_ref())
    }

    fn used(&self, grant: &Grant) -> Markup {
        dates::ago(self.texts, grant.refreshed_at(), self.now)
    }
}

/// The change that a form makes.
fn read_change(field: &str) -> Option<AccessChange> {
    match field {
        "disable" => Some(AccessChange::Disable),
        "enable" => Some(AccessChange::Enable),
        "sign-out" => Some(AccessChange::SignOut),
        "lift-lock" => Some(AccessChange::LiftLock),
        _ => None,
    }
}

/// `GET /account/users/{id}`
pub(crate) async fn show(
    app: App,
    language: Language,
    owner: SignedInOwner,
    Path(id): Path<String>,
) -> Result<Response, AccountError> {
    let view = View::new(&app, language, &owner);
    let account = find(&app, &id).await?;
    let (user_id, now) = (account.user.user_id.clone(), app.now());
    let (grants, mut sessions, api_keys) = tokio::try_join!(
        app.grants.list(&user_id, now),
        app.sessions.list(&user_id, now),
        app.api_keys.count(&user_id)
    )?;
    let path = account.path();
    // A title has no markup, so characters isolate the address.
    let title = format!("\u{2068}{}\u{2069}", account.user.email.as_str());
    let body = UserPage {
        texts: view.texts(),
        token: view.token(&path),
        path,
        is_own: user_id == owner.user.user_id,
        sessions: sessions.len(),
        latest: (!sessions.is_empty()).then(|| sessions.swap_remove(0)),
        api_keys,
        grants,
        events: NotificationEntries::without_own_names(view, &user_id).await?,
        account,
        now,
    };
    Ok(view.page(Section::Users, &title, &body))
}

/// `POST /account/users/{id}`: disables or enables the account, ends all access to it, or lifts its sign-in lock.
pub(crate) async fn change(
    app: App,
    Path(id): Path<String>,
    form: AccountForm<SignedInOwner>,
) -> Result<Response, AccountError> {
    let AccountForm { signed_in, fields } = form;
    let user = find(&app, &id).await?.user;
    let (user_id, path, own_id) = (&user.user_id, paths::user(&user.user_id), &signed_in.user.user_id);
    let Some(change) = read_change(fields.field("change")) else { return Ok(redirect(&path)) };
    let notified = (app.random.id(), app.now());
    if app.account_access.change(change, user_id, Administrator::Owner(own_id), notified).await?.is_none() {
        return Ok(redirect(&path));
    }
    let (done, message) = match change {
        AccessChange::Disable => (Confirmation::AccountDisabled, "account disabled"),
        AccessChange::Enable => (Confirmation::AccountEnabled, "account enabled"),
        AccessChange::SignOut => (Confirmation::AccountSignedOut, "user signed out everywhere"),
        AccessChange::LiftLock => (Confirmation::LockLifted, "sign-in lock lifted"),
    };
    tracing::info!(event = jean_runtime::event::ADMINISTRATION, by = %own_id, %user_id, "{message}");
    Ok(done.at(&path, app.public_url()))
}

async fn find(app: &App, id: &str) -> Result<ListedAccount, AccountError> {
    let user_id: UserId = id.parse().map_err(|_| AccountError::NotFound)?;
    ListedAccount::load(app, &user_id).await?.ok_or(AccountError::NotFound)
}
