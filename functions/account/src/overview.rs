//! `/account`: the connected apps.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::Response;
use jean_auth::{
    grant::{Grant, GrantId},
    known_client,
};
use jean_pages::{AccessChoice, Confirmation, Language, Markup, Texts, account::Section, dates, page::redirect};
use jiff::Timestamp;

use crate::{
    account_form::AccountForm,
    app::App,
    app_names::AppNames,
    deletion_requests::{self, DeletionRequestList},
    error::AccountError,
    notifications::NotificationList,
    paths,
    signed_in::SignedInUser,
    view::View,
};

/// Maximum number of connections that one click disconnects.
const CONNECTIONS: usize = 100;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage<'a> {
    texts: Texts,
    notifications: NotificationList,
    deletion_requests: DeletionRequestList,
    token: String,
    apps: Vec<ConnectedApp>,
    /// The number of memories written under each grant.
    counts: BTreeMap<String, u64>,
    mcp_url: &'a str,
    now: Timestamp,
}

/// The connections with one name. An app that registers again at each sign-in has several.
struct ConnectedApp {
    name: String,
    /// The newest connection first.
    grants: Vec<Grant>,
}

impl ConnectedApp {
    /// Groups connections by their names, the app with the newest connection first. Different apps can have no name of their
    /// own, so their connections stay apart.
    fn group(mut grants: Vec<Grant>, names: &AppNames) -> Vec<Self> {
        grants.sort_by_key(|grant| std::cmp::Reverse(grant.created_at));
        let mut apps: Vec<Self> = vec![];
        for grant in grants {
            let name = names.grant(&grant);
            let is_nameless = grant.given_name.is_none() && known_client::is_fallback(&grant.client);
            match apps.iter_mut().find(|app| app.name == name && !is_nameless) {
                Some(app) => app.grants.push(grant),
                None => apps.push(Self { name, grants: vec![grant] }),
            }
        }
        apps
    }

    /// The value of the button that disconnects all of them.
    fn all(&self) -> String {
        self.grants.iter().map(|grant| grant.grant_id.as_str()).collect::<Vec<_>>().join(SEPARATOR)
    }
}

/// Separates the ids of connections in the value of a button. No id contains it.
const SEPARATOR: &str = ".";

impl OverviewPage<'_> {
    /// The only connection of an app, if it has one.
    fn single<'b>(&self, app: &'b ConnectedApp) -> Option<&'b Grant> {
        app.grants.first().filter(|_| app.grants.len() == 1)
    }

    fn connected(&self, grant: &Grant) -> Markup {
        dates::ago(self.texts, grant.created_at, self.now)
    }

    /// The memories written and the last use of all connections of an app.
    fn total(&self, app: &ConnectedApp) -> Markup {
        let memories: u64 = app.grants.iter().map(|grant| self.memories(grant)).sum();
        let used = app.grants.iter().map(Grant::refreshed_at).max().unwrap_or(self.now);
        self.texts.memories_and_last_used(memories, dates::ago(self.texts, used, self.now))
    }

    fn access(&self, grant: &Grant) -> &'static str {
        AccessChoice::of(&grant.scope).name(self.texts)
    }

    fn used(&self, grant: &Grant) -> Markup {
        dates::ago(self.texts, grant.refreshed_at(), self.now)
    }

    fn memories(&self, grant: &Grant) -> u64 {
        self.counts.get(grant.grant_id.as_str()).copied().unwrap_or_default()
    }

    fn path(&self, grant: &Grant) -> String {
        paths::connection(&grant.grant_id)
    }
}

/// `GET /account`
pub(crate) async fn show(app: App, language: Language, signed_in: SignedInUser) -> Result<Response, AccountError> {
    let view = View::new(&app, language, &signed_in);
    let user_id = &signed_in.user.user_id;
    let now = app.now();
    let mut grants = app.grants.with_expired(user_id).await?;
    let names = AppNames::of(view.texts(), &grants);
    grants.retain(|grant| grant.expires_at > now);
    let body = OverviewPage {
        texts: view.texts(),
        notifications: NotificationList::load(view).await?,
        token: view.token(paths::OVERVIEW),
        apps: ConnectedApp::group(grants, &names),
        deletion_requests: DeletionRequestList::load(view, names).await?,
        counts: app.service.counts(user_id).await?,
        mcp_url: app.public_url().mcp(),
        now,
    };
    Ok(view.page(Section::Apps, view.texts().connected_apps(), &body))
}

/// `POST /account`: disconnects an app, or answers its request to delete all memories.
pub(crate) async fn change(app: App, language: Language, form: AccountForm) -> Result<Response, AccountError> {
    let view = View::new(&app, language, &form.signed_in);
    if let Some(answered) = deletion_requests::answer(view, &form.fields).await? {
        return Ok(answered);
    }
    let user_id = &form.signed_in.user.user_id;
    let ids = form.fields.field("disconnect").split(SEPARATOR).take(CONNECTIONS);
    let mut disconnected = false;
    for grant_id in ids.filter_map(|id| id.parse::<GrantId>().ok()) {
        if app.grants.revoke(user_id, &grant_id).await? {
            tracing::info!(event = jean_runtime::event::REVOCATION, %user_id, %grant_id, "disconnected by the user");
            disconnected = true;
        }
    }
    Ok(match disconnected {
        true => Confirmation::Disconnected.at(paths::OVERVIEW, app.public_url()),
        false => redirect(paths::OVERVIEW),
    })
}
