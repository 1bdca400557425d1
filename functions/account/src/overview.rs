//! `/account`: who may use the memory.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::Response;
use jean_auth::grant::{Grant, GrantId};
use jean_pages::{Language, dates, page::redirect};

use crate::{
    app::App,
    connection::{self, Access},
    error::AccountError,
    frame::{self, Section},
    notices::Notifications,
    person::{OwnForm, Person},
    texts::Texts,
};

const PATH: &str = "/account";

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage<'a> {
    texts: &'static Texts,
    notices: Notifications,
    token: String,
    grants: &'a [Grant],
    /// How many memories were written under each of them.
    counts: BTreeMap<String, u64>,
    mcp_url: &'a str,
}

impl OverviewPage<'_> {
    fn may(&self, grant: &Grant) -> &'static str {
        Access::of(&grant.scope).words(self.texts)
    }

    fn used(&self, grant: &Grant) -> String {
        dates::minute(grant.refreshed_at())
    }

    fn memories(&self, grant: &Grant) -> u64 {
        self.counts.get(grant.grant_id.as_str()).copied().unwrap_or_default()
    }

    fn path(&self, grant: &Grant) -> String {
        connection::path(&grant.grant_id)
    }
}

/// `GET /account`
pub(crate) async fn show(app: App, language: Language, person: Person) -> Result<Response, AccountError> {
    let texts = Texts::of(language);
    let now = app.now();
    let mut grants = app.grants.list(&person.user.user_id).await?;
    grants.retain(|grant| grant.expires_at > now);
    grants.sort_by_key(|grant| std::cmp::Reverse(grant.created_at));
    let body = OverviewPage {
        texts,
        notices: Notifications::of(&app, &person, texts).await?,
        token: person.token(&app, PATH),
        grants: &grants,
        counts: app.service.counts(&person.user.user_id, now, app.random.bytes()).await?,
        mcp_url: app.public_url.mcp(),
    };
    Ok(frame::page(&app, language, &person, Section::Apps, texts.apps, &body))
}

/// `POST /account`: disconnects an app.
pub(crate) async fn disconnect(app: App, form: OwnForm) -> Result<Response, AccountError> {
    let user_id = &form.person.user.user_id;
    if let Ok(grant_id) = form.fields.field("disconnect").parse::<GrantId>()
        && app.grants.revoke(user_id, &grant_id).await?
    {
        tracing::info!(event = jean_runtime::event::REVOCATION, %user_id, %grant_id, "disconnected by its person");
    }
    Ok(redirect(PATH))
}
