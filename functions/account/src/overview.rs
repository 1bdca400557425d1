//! `/account`: the connected apps.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::Response;
use jean_auth::grant::{Grant, GrantId};
use jean_pages::{Confirmation, Language, Texts, account::Section, client_name, dates, page::redirect};
use jiff::Timestamp;

use crate::{
    account_form::AccountForm,
    app::App,
    connection::ConnectionAccess,
    deletion_requests::{self, DeletionRequestList},
    error::AccountError,
    notifications::NotificationList,
    paths,
    signed_in::SignedInUser,
    view::View,
};

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage<'a> {
    texts: Texts,
    notifications: NotificationList,
    deletion_requests: DeletionRequestList,
    token: String,
    grants: &'a [Grant],
    /// The number of memories written under each grant.
    counts: BTreeMap<String, u64>,
    mcp_url: &'a str,
    now: Timestamp,
}

impl OverviewPage<'_> {
    fn name(&self, grant: &Grant) -> String {
        client_name(self.texts, &grant.client, grant.client_host.as_ref())
    }

    fn access(&self, grant: &Grant) -> &'static str {
        ConnectionAccess::of(&grant.scope).name(self.texts)
    }

    fn used(&self, grant: &Grant) -> String {
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
    let mut grants = app.grants.list(user_id).await?;
    grants.retain(|grant| grant.expires_at > now);
    grants.sort_by_key(|grant| std::cmp::Reverse(grant.created_at));
    let body = OverviewPage {
        texts: view.texts(),
        notifications: NotificationList::load(view).await?,
        deletion_requests: DeletionRequestList::load(view).await?,
        token: view.token(paths::OVERVIEW),
        grants: &grants,
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
    if let Ok(grant_id) = form.fields.field("disconnect").parse::<GrantId>()
        && app.grants.revoke(user_id, &grant_id).await?
    {
        tracing::info!(event = jean_runtime::event::REVOCATION, %user_id, %grant_id, "disconnected by the user");
        return Ok(Confirmation::Disconnected.at(paths::OVERVIEW, app.public_url()));
    }
    Ok(redirect(paths::OVERVIEW))
}
