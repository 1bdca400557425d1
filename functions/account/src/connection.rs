//! `/account/connections/{id}`: the access of a connected app, and the memories it has written.

use askama::Template;
use axum::{extract::Path, response::Response};
use jean_auth::{given_name::GivenName, grant::Grant, scope::Scope};
use jean_memory::{Credential, Memory, MemoryId, Writer};
use jean_memory_service::{Completion, UndoPreview, UndoProgress, UndoReport, UndoRequest};
use jean_pages::{
    AccessChoice, Confirmation, Language, Markup, Texts, account::Section, client_name, dates, page::redirect,
};
use jean_store::app_usage::RecentUse;
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{
    account_form::AccountForm, app::App, error::AccountError, memories::display, paths, signed_in::SignedInUser,
    view::View,
};

/// Number of memories that the preview of an undo shows.
const EXAMPLES: usize = 10;

#[derive(Template)]
#[template(path = "connection.html")]
struct ConnectionPage<'a> {
    texts: Texts,
    path: String,
    token: String,
    grant: &'a Grant,
    name: String,
    /// The name of the client, if the user has given the connection another one.
    client: Option<&'a str>,
    now: Timestamp,
    memories: u64,
    recent: RecentUse,
    access: AccessChoice,
    undo: UndoForm,
    /// The token of the form that disconnects the app.
    disconnect_token: String,
}

/// The form that undoes an app's changes, and its result.
#[derive(Default)]
struct UndoForm {
    /// The start date, as the user has entered it.
    since: String,
    is_invalid: bool,
    /// The memories that it would affect; `false` if there are more.
    preview: Option<(UndoPreview, Completion)>,
    /// The result, and the progress if there is more to undo.
    undone: Option<(UndoReport, UndoProgress)>,
}

impl ConnectionPage<'_> {
    fn connected(&self) -> Markup {
        dates::ago(self.texts, self.grant.created_at, self.now)
    }

    fn used(&self) -> Markup {
        let refreshed_at = self.grant.refreshed_at();
        let used_at = self.recent.last.map_or(refreshed_at, |last| last.max(refreshed_at));
        dates::ago(self.texts, used_at, self.now)
    }

    fn memories_page(&self) -> String {
        paths::memories(&[("app", self.grant.client_id.to_string())])
    }

    fn excerpt(&self, memory: &Memory) -> String {
        display::excerpt(memory)
    }

    /// The place from which an unfinished undo continues.
    fn unfinished(&self) -> Option<String> {
        match self.undo.undone {
            Some((_, UndoProgress::UpTo(done))) => Some(done.map(|id| id.to_string()).unwrap_or_default()),
            _ => None,
        }
    }
}

/// `GET /account/connections/{id}`
pub(crate) async fn show(
    app: App,
    language: Language,
    signed_in: SignedInUser,
    Path(id): Path<String>,
) -> Result<Response, AccountError> {
    let view = View::new(&app, language, &signed_in);
    let Some(grant) = find(view, &id).await? else { return Ok(redirect(paths::OVERVIEW)) };
    let since = dates::day(grant.created_at).to_string();
    page(view, &grant, UndoForm { since, ..UndoForm::default() }).await
}

/// `POST /account/connections/{id}`: changes the app's access, or undoes its changes.
pub(crate) async fn change(
    app: App,
    language: Language,
    Path(id): Path<String>,
    form: AccountForm,
) -> Result<Response, AccountError> {
    let AccountForm { signed_in, fields } = form;
    let view = View::new(&app, language, &signed_in);
    let Some(grant) = find(view, &id).await? else { return Ok(redirect(paths::OVERVIEW)) };
    if let Ok(choice) = fields.field("access").parse() {
        return change_access(view, &grant, choice).await;
    }
    if !fields.field("rename").is_empty() {
        return rename(view, &grant, fields.field("given_name")).await;
    }
    // Only the preview and an unfinished round have this field.
    let confirmed = (fields.field("undo") == "confirmed").then(|| fields.field("after").parse().ok());
    undo(view, &grant, fields.field("since").trim(), confirmed).await
}

/// Changes the access of the app, also beyond the one that it had. A grant without `offline_access` does not gain it.
async fn change_access(view: View<'_>, grant: &Grant, choice: AccessChoice) -> Result<Response, AccountError> {
    let user_id = &view.signed_in.user.user_id;
    let grant_id = &grant.grant_id;
    let offline = grant.scope.iter().filter(|scope| *scope == Scope::OfflineAccess);
    let scope = choice.of_these(offline.chain(Scope::OF_RESOURCE).collect());
    view.app.grants.change_scope(user_id, grant_id, &scope).await?;
    tracing::info!(event = jean_runtime::event::CONNECTION_CHANGED, %user_id, %grant_id, %scope, "access changed by the user");
    Ok(Confirmation::Saved.at(&paths::connection(grant_id), view.app.public_url()))
}

/// Gives the connection a name, or none if nothing is left of it.
async fn rename(view: View<'_>, grant: &Grant, typed: &str) -> Result<Response, AccountError> {
    let (user_id, grant_id) = (&view.signed_in.user.user_id, &grant.grant_id);
    view.app.grants.rename(user_id, grant_id, GivenName::new(typed).as_ref()).await?;
    Ok(Confirmation::Saved.at(&paths::connection(grant_id), view.app.public_url()))
}

/// Shows the memories that an undo would affect, or, once the user has seen them, undoes the changes that follow a memory.
async fn undo(
    view: View<'_>,
    grant: &Grant,
    typed: &str,
    confirmed: Option<Option<MemoryId>>,
) -> Result<Response, AccountError> {
    let app = view.app;
    let user_id = &view.signed_in.user.user_id;
    let grant_id = &grant.grant_id;
    let Some(since) = midnight(typed) else {
        return page(view, grant, UndoForm { since: typed.into(), is_invalid: true, ..UndoForm::default() }).await;
    };
    let credential = Credential::Grant { client_id: grant.client_id.clone(), grant_id: grant_id.clone() };
    let has_time = app.time_limit();
    let request = UndoRequest { credential: &credential, since, by: &Writer::person(), after: confirmed.flatten() };
    let scope = view.signed_in.access_scope();
    if confirmed.is_none() {
        let preview = Some(app.service.preview_undo(&scope, &request, EXAMPLES, has_time).await?);
        return page(view, grant, UndoForm { since: typed.into(), preview, ..UndoForm::default() }).await;
    }
    let undone = app.service.undo(&scope, &request, has_time).await?;
    tracing::info!(event = jean_runtime::event::CONNECTION_CHANGED, %user_id, %grant_id, deleted = undone.0.deleted, restored = undone.0.restored, "changes undone by the user");
    page(view, grant, UndoForm { since: typed.into(), undone: Some(undone), ..UndoForm::default() }).await
}

/// The start of a date in UTC, the time zone of the pages.
fn midnight(day: &str) -> Option<Timestamp> {
    TimeZone::UTC.to_timestamp(day.parse::<Date>().ok()?.at(0, 0, 0, 0)).ok()
}

async fn find(view: View<'_>, id: &str) -> Result<Option<Grant>, AccountError> {
    let Ok(grant_id) = id.parse() else { return Ok(None) };
    Ok(view.app.grants.find_current(&view.signed_in.user.user_id, &grant_id, view.app.now()).await?)
}

async fn page(view: View<'_>, grant: &Grant, undo: UndoForm) -> Result<Response, AccountError> {
    let app = view.app;
    let path = paths::connection(&grant.grant_id);
    // The title has no markup that could isolate the user's own name.
    let client = client_name(view.texts(), &grant.client, grant.client_host.as_ref());
    let user_id = &view.signed_in.user.user_id;
    let counts = app.service.counts(user_id).await?;
    let recent = app.usage.recent(user_id, &grant.grant_id, app.now()).await?;
    let body = ConnectionPage {
        texts: view.texts(),
        token: view.token(&path),
        path,
        grant,
        name: grant.given_name.as_ref().map_or_else(|| client.clone(), GivenName::to_string),
        client: grant.given_name.is_some().then_some(client.as_str()),
        now: app.now(),
        memories: counts.get(grant.grant_id.as_str()).copied().unwrap_or_default(),
        recent,
        access: AccessChoice::of(&grant.scope),
        undo,
        disconnect_token: view.token(paths::OVERVIEW),
    };
    Ok(view.page(Section::Apps, &client, &body))
}
