//! `/account/connections/{id}`: one app, what it may do and what it did.

use askama::Template;
use axum::{extract::Path, response::Response};
use jean_auth::{
    grant::{Grant, GrantId},
    scope::{Scope, Scopes},
};
use jean_memory::{Credential, Writer};
use jean_memory_service::Undone;
use jean_pages::{Language, dates, page::redirect};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{
    app::App,
    error::AccountError,
    frame::{self, Section},
    person::{OwnForm, Person},
    texts::Texts,
};

/// What a person lets an app do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    All,
    Own,
    Read,
}

impl Access {
    const ALL: [Self; 3] = [Self::All, Self::Own, Self::Read];

    pub(crate) fn of(scope: &Scopes) -> Self {
        match (scope.access() == jean_auth::scope::Access::Own, scope.allows(Scope::MemoryWrite)) {
            (true, _) => Self::Own,
            (false, true) => Self::All,
            (false, false) => Self::Read,
        }
    }

    /// What stands in a grant for it; whether the app stays connected is as it was.
    fn scope(self, before: &Scopes) -> Scopes {
        let stays = before.iter().filter(|scope| *scope == Scope::OfflineAccess);
        match self {
            Self::All => stays.chain([Scope::MemoryRead, Scope::MemoryWrite]).collect(),
            Self::Own => stays.chain([Scope::MemoryRead, Scope::MemoryWrite]).collect::<Scopes>().own_only(),
            Self::Read => stays.chain([Scope::MemoryRead]).collect(),
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Own => "own",
            Self::Read => "read",
        }
    }

    pub(crate) fn words(&self, texts: &Texts) -> &'static str {
        match self {
            Self::All => texts.reads_and_writes,
            Self::Own => texts.own_only,
            Self::Read => texts.reads,
        }
    }
}

#[derive(Template)]
#[template(path = "connection.html")]
struct ConnectionPage<'a> {
    texts: &'static Texts,
    path: String,
    token: String,
    grant: &'a Grant,
    memories: u64,
    access: Access,
    /// The day that what it wrote is undone from, as it was typed.
    since: String,
    problem: bool,
    undone: Option<(Undone, bool)>,
}

impl ConnectionPage<'_> {
    fn connected(&self) -> String {
        dates::minute(self.grant.created_at)
    }

    fn used(&self) -> String {
        dates::minute(self.grant.refreshed_at())
    }
}

pub(crate) fn path(grant_id: &GrantId) -> String {
    format!("/account/connections/{grant_id}")
}

/// `GET /account/connections/{id}`
pub(crate) async fn show(
    app: App,
    language: Language,
    person: Person,
    Path(id): Path<String>,
) -> Result<Response, AccountError> {
    let Some(grant) = find(&app, &person, &id).await? else { return Ok(redirect("/account")) };
    let since = dates::day(grant.created_at).to_string();
    page(&app, language, &person, &grant, since, false, None).await
}

/// `POST /account/connections/{id}`: changes what the app may do, or undoes what it did.
pub(crate) async fn change(
    app: App,
    language: Language,
    Path(id): Path<String>,
    form: OwnForm,
) -> Result<Response, AccountError> {
    let OwnForm { person, fields } = form;
    let Some(grant) = find(&app, &person, &id).await? else { return Ok(redirect("/account")) };
    let (user_id, grant_id) = (&person.user.user_id, &grant.grant_id);
    if let Some(access) = Access::ALL.into_iter().find(|access| access.as_str() == fields.field("access")) {
        let scope = access.scope(&grant.scope);
        app.grants.change_scope(user_id, grant_id, &scope).await?;
        tracing::info!(event = jean_runtime::event::CONNECTION_CHANGED, %user_id, %grant_id, %scope, "changed by its person");
        return Ok(redirect(&path(grant_id)));
    }
    let typed = fields.field("since").trim();
    let Some(since) = midnight(typed) else {
        return page(&app, language, &person, &grant, typed.into(), true, None).await;
    };
    let credential = Credential::Grant { client_id: grant.client_id.clone(), grant_id: grant_id.clone() };
    let (now, entropy) = (app.now(), app.random.bytes());
    let goes_on = app.while_there_is_time();
    let (reach, by) = (person.reach(), Writer::person());
    let undone = app.service.delete_written_since(&reach, &credential, since, &by, now, entropy, goes_on).await?;
    tracing::info!(event = jean_runtime::event::CONNECTION_CHANGED, %user_id, %grant_id, deleted = undone.0.deleted, restored = undone.0.restored, "undone by its person");
    page(&app, language, &person, &grant, typed.into(), false, Some(undone)).await
}

/// When a day begins, in Greenwich, where the pages' times are from.
fn midnight(day: &str) -> Option<Timestamp> {
    TimeZone::UTC.to_timestamp(day.parse::<Date>().ok()?.at(0, 0, 0, 0)).ok()
}

async fn find(app: &App, person: &Person, id: &str) -> Result<Option<Grant>, AccountError> {
    let Ok(grant_id) = id.parse() else { return Ok(None) };
    let grant = app.grants.find(&person.user.user_id, &grant_id).await?;
    Ok(grant.filter(|grant| grant.expires_at > app.now()))
}

async fn page(
    app: &App,
    language: Language,
    person: &Person,
    grant: &Grant,
    since: String,
    problem: bool,
    undone: Option<(Undone, bool)>,
) -> Result<Response, AccountError> {
    let (texts, path) = (Texts::of(language), path(&grant.grant_id));
    let counts = app.service.counts(&person.user.user_id, app.now(), app.random.bytes()).await?;
    let body = ConnectionPage {
        texts,
        token: person.token(app, &path),
        path,
        grant,
        memories: counts.get(grant.grant_id.as_str()).copied().unwrap_or_default(),
        access: Access::of(&grant.scope),
        since,
        problem,
        undone,
    };
    Ok(frame::page(app, language, person, Section::Apps, grant.client.as_str(), &body))
}
