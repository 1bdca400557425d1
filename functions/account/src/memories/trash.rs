//! `/account/trash`: restores deleted memories, or deletes them for good.

use askama::Template;
use axum::response::Response;
use jean_memory::Memory;
use jean_memory_service::{Completion, RestoreReport, TRASH_DAYS, TrashId, TrashPage, TrashSelection, TrashedMemory};
use jean_pages::{Language, Markup, Texts, account::Section, dates, page::redirect};

use jiff::Timestamp;

use super::display;
use crate::{
    account_form::AccountForm,
    app::App,
    app_names::AppNames,
    error::AccountError,
    page_query::PageQuery,
    paths,
    signed_in::{RecentUser, SignedInUser},
    view::View,
};

/// Number of memories on a page.
const PAGE_SIZE: usize = 20;
/// The beginning of the value that selects the whole trash, as far as the page shows it: the latest memory follows. Memories that
/// are deleted afterwards stay.
const UP_TO: &str = "up-to-";

#[derive(Template)]
#[template(path = "trash.html")]
struct TrashTemplate {
    texts: Texts,
    token: String,
    deletions: Vec<TrashedMemories>,
    /// `true` if later deletions are on a previous page.
    has_newer: bool,
    next: Option<TrashId>,
    outcome: Option<TrashOutcome>,
    names: AppNames,
    now: Timestamp,
}

/// The memories of one deletion, as far as they are on the page.
struct TrashedMemories {
    memories: Vec<TrashedMemory>,
    /// `true` if the deletion may have more than one memory.
    has_several: bool,
}

/// The result of a form.
enum TrashOutcome {
    Restored(RestoreReport),
    Deleted,
    /// There was no time for the rest.
    Unfinished,
}

impl TrashTemplate {
    fn excerpt(&self, memory: &Memory) -> String {
        display::excerpt(memory)
    }

    fn provenance(&self, memory: &Memory) -> Markup {
        display::provenance(self.texts, &self.names, memory, self.now)
    }

    /// The value of the button that empties the trash. On later pages it would not select all.
    fn up_to_latest(&self) -> Option<String> {
        let latest = self.deletions.first().filter(|_| !self.has_newer)?.memories.first()?;
        Some(format!("{UP_TO}{}", latest.id))
    }

    /// The time and author of the deletion of a memory.
    fn deletion(&self, trashed: &TrashedMemory) -> Markup {
        let at = dates::ago(self.texts, trashed.id.deleted_at(), self.now);
        self.texts.deleted_by_until(at, self.names.writer(&trashed.deleted_by), dates::minute(trashed.id.expires_at()))
    }
}

/// `GET /account/trash`: the deletions before `after`, the latest first.
pub(crate) async fn show(
    app: App,
    language: Language,
    signed_in: SignedInUser,
    PageQuery(parameters): PageQuery,
) -> Result<Response, AccountError> {
    let after = parameters.get("after").and_then(|after| after.trim().parse().ok());
    page(View::new(&app, language, &signed_in), after, None).await
}

/// `POST /account/trash`: restores memories or deletes them for good.
pub(crate) async fn change(app: App, language: Language, form: AccountForm) -> Result<Response, AccountError> {
    if let Some(selection) = selection(form.fields.field("restore")) {
        return restore(View::new(&app, language, &form.signed_in), selection).await;
    }
    let delete = form.fields.field("delete");
    let up_to = || delete.strip_prefix(UP_TO)?.parse().ok().map(TrashSelection::UpTo);
    let Some(selection) = selection(delete).or_else(up_to) else {
        return Ok(redirect(paths::TRASH));
    };
    empty(&app, language, form.recent(&app, paths::TRASH)?.signed_in, selection).await
}

async fn restore(view: View<'_>, selection: TrashSelection) -> Result<Response, AccountError> {
    let (app, user_id) = (view.app, &view.signed_in.user.user_id);
    let (report, completion) = app.service.restore(user_id, selection, app.time_limit()).await?;
    tracing::info!(event = jean_runtime::event::TRASH, %user_id, restored = report.restored, "memories restored");
    let outcome = match completion {
        Completion::Finished => TrashOutcome::Restored(report),
        Completion::OutOfTime => TrashOutcome::Unfinished,
    };
    page(view, None, Some(outcome)).await
}

/// Deletes memories for good, which requires a recent sign-in.
async fn empty(
    app: &App,
    language: Language,
    signed_in: RecentUser,
    selection: TrashSelection,
) -> Result<Response, AccountError> {
    let user_id = &signed_in.user.user_id;
    let finished = app.service.empty_trash(user_id, selection, app.time_limit()).await?.is_finished();
    tracing::info!(event = jean_runtime::event::TRASH, %user_id, finished, "memories deleted for good");
    let outcome = if finished { TrashOutcome::Deleted } else { TrashOutcome::Unfinished };
    page(View::new(app, language, &signed_in), None, Some(outcome)).await
}

/// The memories that a button stands for: one, or those of a deletion.
fn selection(value: &str) -> Option<TrashSelection> {
    let memory = value.parse().ok().map(TrashSelection::Memory);
    memory.or_else(|| value.parse().ok().map(TrashSelection::Deletion))
}

async fn page(view: View<'_>, after: Option<TrashId>, outcome: Option<TrashOutcome>) -> Result<Response, AccountError> {
    let TrashPage { memories, next } = view.app.service.trash(&view.signed_in.user.user_id, after, PAGE_SIZE).await?;
    let mut deletions: Vec<_> = memories
        .chunk_by(|one, other| one.id.deletion == other.id.deletion)
        .map(|memories| TrashedMemories { has_several: memories.len() > 1, memories: memories.to_vec() })
        .collect();
    // The first and the last deletion may begin or continue on another page.
    if let Some(first) = deletions.first_mut() {
        first.has_several |= after.is_some();
    }
    if let Some(last) = deletions.last_mut() {
        last.has_several |= next.is_some();
    }
    let (texts, token) = (view.texts(), view.token(paths::TRASH));
    let (names, now) = (AppNames::load(view).await?, view.app.now());
    let body = TrashTemplate { texts, token, deletions, has_newer: after.is_some(), next, outcome, names, now };
    Ok(view.page(Section::Memories, view.texts().trash(), &body))
}
