//! `/account/memories/{id}`: shows, edits and deletes a memory.

use askama::Template;
use axum::{
    extract::{Path, rejection::PathRejection},
    response::Response,
};
use jean_auth::text::TextHash;
use jean_memory::{Change, Memory, MemoryId, Piece, Writer};
use jean_memory_service::WriteError;
use jean_pages::{Confirmation, FieldProblem, Language, Markup, Texts, account::Section, page::redirect};
use jiff::Timestamp;

use super::{
    display, document,
    memory_form::{self, MemoryForm},
};
use crate::{
    account_form::AccountForm, app::App, app_names::AppNames, error::AccountError, page_query::PageQuery, paths,
    signed_in::SignedInUser, view::View,
};

#[derive(Template)]
#[template(path = "memory.html")]
struct MemoryTemplate<'a> {
    texts: Texts,
    path: String,
    token: String,
    memory: &'a Memory,
    /// The previous versions, newest first, each with its [`state`].
    earlier: Vec<(String, Memory)>,
    form: MemoryForm,
    problem: FieldProblem,
    /// `true` if the memory was changed after the form was shown.
    conflict: bool,
    names: AppNames,
    now: Timestamp,
}

impl MemoryTemplate<'_> {
    fn provenance(&self) -> Markup {
        display::provenance(self.texts, &self.names, self.memory, self.now)
    }

    fn version(&self, version: &Memory) -> Markup {
        display::version(self.texts, &self.names, version, self.now)
    }

    fn state(&self) -> String {
        state(self.memory)
    }

    /// `true` if the form was not saved. It is then at the top, since a long text would hide the problem.
    fn is_rejected(&self) -> bool {
        self.conflict || !self.problem.is_empty()
    }

    fn document(&self, piece: &Piece) -> String {
        paths::document(piece.id)
    }
}

/// `GET /account/memories/{id}`: the memory, or its whole document.
pub(crate) async fn show(
    app: App,
    language: Language,
    signed_in: SignedInUser,
    id: Result<Path<String>, PathRejection>,
    PageQuery(parameters): PageQuery,
) -> Result<Response, AccountError> {
    let view = View::new(&app, language, &signed_in);
    // An id that is not even text is the id of no memory.
    let Path(id) = id.map_err(|_| AccountError::UnknownMemory)?;
    if parameters.get(paths::DOCUMENT) == Some(paths::WHOLE) {
        return document::show(view, &id).await;
    }
    let memory = find(view, &id).await?;
    page(view, &memory, MemoryForm::of(&memory), FieldProblem::default(), false).await
}

/// `POST /account/memories/{id}`: changes the memory, or deletes it or its document.
pub(crate) async fn change(
    app: App,
    language: Language,
    Path(id): Path<String>,
    form: AccountForm,
) -> Result<Response, AccountError> {
    let AccountForm { signed_in, fields } = form;
    let view = View::new(&app, language, &signed_in);
    let delete = fields.field("delete");
    if !delete.is_empty() {
        let id = id.parse().map_err(|_| AccountError::UnknownMemory)?;
        return remove(view, id, delete == "document").await;
    }
    let memory = find(view, &id).await?;
    let restore = fields.field("restore");
    if !restore.is_empty() {
        return restore_version(view, &memory, restore).await;
    }
    let form = MemoryForm::submitted(&fields);
    let change = match form.change(&memory) {
        Ok(Some(change)) => change,
        Ok(None) => return Ok(redirect(&paths::memory(memory.id))),
        Err(invalid) => {
            let problem = memory_form::problem(view.texts(), invalid);
            return page(view, &memory, form, problem, false).await;
        }
    };
    if fields.field("read") != state(&memory) {
        return page(view, &memory, form, FieldProblem::default(), true).await;
    }
    update(view, &memory, &change, form).await
}

/// Changes the memory, or shows the form again if a concurrent request has changed it or the user's quota is reached.
async fn update(view: View<'_>, memory: &Memory, change: &Change, form: MemoryForm) -> Result<Response, AccountError> {
    let scope = view.signed_in.access_scope();
    match view.app.service.update_if_unchanged(&scope, memory, change, &Writer::person()).await {
        Ok(None) => {
            let current = view.app.service.get(&scope, memory.id).await?.ok_or(AccountError::UnknownMemory)?;
            page(view, &current, form, FieldProblem::default(), true).await
        }
        Ok(Some(_)) => Ok(Confirmation::Saved.at(&paths::memory(memory.id), view.app.public_url())),
        Err(WriteError::Store(error)) => Err(error.into()),
        Err(WriteError::Full(reached)) => {
            let problem = FieldProblem::of_form(memory_form::full(view.texts(), reached));
            page(view, memory, form, problem, false).await
        }
    }
}

/// Deletes the memory or its whole document. Succeeds if it is already deleted, since a form can be sent twice.
async fn remove(view: View<'_>, id: MemoryId, whole_document: bool) -> Result<Response, AccountError> {
    let app = view.app;
    let scope = view.signed_in.access_scope();
    if whole_document {
        app.service.delete_document(&scope, id, &Writer::person()).await?;
    } else {
        app.service.delete(&scope, id, &Writer::person()).await?;
    }
    Ok(Confirmation::Deleted.at(paths::MEMORIES, view.app.public_url()))
}

/// Changes the memory back to a previous version. The present one becomes part of the history.
async fn restore_version(view: View<'_>, memory: &Memory, version: &str) -> Result<Response, AccountError> {
    let scope = view.signed_in.access_scope();
    let history = view.app.service.history(&scope, memory.id).await?;
    let Some(before) = history.into_iter().rfind(|before| state(before) == version) else {
        return Ok(redirect(&paths::memory(memory.id)));
    };
    let form = MemoryForm::of(&before);
    let change = Change {
        text: Some(before.text),
        tags: Some(before.tags),
        source_url: Some(before.source_url),
        occurred_at: Some(before.occurred_at),
    };
    update(view, memory, &change, form).await
}

async fn find(view: View<'_>, id: &str) -> Result<Memory, AccountError> {
    let id = id.parse().map_err(|_| AccountError::UnknownMemory)?;
    view.app.service.get(&view.signed_in.access_scope(), id).await?.ok_or(AccountError::UnknownMemory)
}

/// The version of a memory that a form was rendered from: the time of its last change, in seconds, and a hash of its content,
/// since there may be several changes in a second.
fn state(memory: &Memory) -> String {
    let time = memory.occurred_at.map(|at| at.to_string()).unwrap_or_default();
    let mut content = vec![memory.text.as_str(), memory.source_url.as_deref().unwrap_or_default(), &time];
    content.extend(memory.tags.iter().map(String::as_str));
    let hash = TextHash::of(&content);
    format!("{}-{}", memory.updated_at.unwrap_or(memory.created_at).as_second(), hash.as_str())
}

async fn page(
    view: View<'_>,
    memory: &Memory,
    form: MemoryForm,
    problem: FieldProblem,
    conflict: bool,
) -> Result<Response, AccountError> {
    let path = paths::memory(memory.id);
    let mut history = view.app.service.history(&view.signed_in.access_scope(), memory.id).await?;
    history.reverse();
    let states: Vec<_> = history.iter().map(state).collect();
    display::shorten_to_fit(&mut history);
    let earlier = states.into_iter().zip(history).collect();
    let token = view.token(&path);
    let (names, now) = (AppNames::load(view).await?, view.app.now());
    let (texts, title) = (view.texts(), display::title(memory));
    let body = MemoryTemplate { texts, path, token, memory, earlier, form, problem, conflict, names, now };
    Ok(view.page(Section::Memories, &title, &body))
}
