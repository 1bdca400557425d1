//! `/account/memories`: lists, searches and adds memories, and deletes selected ones.

pub(crate) mod display;
mod document;
mod entries;
pub(crate) mod memory;
pub(crate) mod memory_form;
mod period;
mod selection;
pub(crate) mod trash;

use askama::Template;
use axum::response::Response;
use jean_auth::client::ClientId;
use jean_memory::{InvalidQuery, Limit, Memory, Piece, Query, Writer};
use jean_memory_service::{AddResult, Selected, WriteError};
use jean_pages::{
    Confirmation, FieldProblem, Language, Markup, SameOriginForm, Texts, account::Section, client_name, page::redirect,
};
use jiff::Timestamp;

use self::{
    entries::{EntryPage, PAGE_SIZE},
    memory_form::MemoryForm,
    period::Period,
    selection::Selection,
};
use crate::{
    account_form::AccountForm, app::App, app_names::AppNames, error::AccountError, page_query::PageQuery, paths,
    signed_in::SignedInUser, view::View,
};

#[derive(Template)]
#[template(path = "memories.html")]
struct MemoriesPage<'a> {
    texts: Texts,
    token: String,
    selection: &'a Selection,
    query_problem: bool,
    /// `true` if there may be more results than are shown.
    is_limited: bool,
    /// `true` if the form for the selected memories was sent without any.
    none_selected: bool,
    /// The number of all memories, on the first page of the whole list.
    total: Option<String>,
    entries: Vec<Memory>,
    /// The page with older memories.
    older: Option<String>,
    /// The name of the app, if only its memories are shown.
    app: Option<String>,
    names: AppNames,
    now: Timestamp,
    form: MemoryForm,
    problem: FieldProblem,
}

impl MemoriesPage<'_> {
    fn excerpt(&self, memory: &Memory) -> String {
        match self.selection.query.as_str() {
            "" => display::excerpt(memory),
            query => display::found_excerpt(memory, query),
        }
    }

    fn provenance(&self, memory: &Memory) -> Markup {
        display::provenance(self.texts, &self.names, memory, self.now)
    }

    /// The page with all memories of the app that wrote this one, unless it is shown.
    fn of_app(&self, memory: &Memory) -> Option<String> {
        let client_id = memory.written_by.credential.client_id().filter(|_| self.app.is_none())?;
        Some(paths::memories(&[("app", client_id.to_string())]))
    }

    fn document(&self, piece: &Piece) -> String {
        paths::document(piece.id)
    }

    fn current_periods(&self) -> [(&'static str, Period); 3] {
        Period::current(self.texts, self.now)
    }

    fn months(&self) -> Vec<(String, Period)> {
        Period::months(self.now)
    }

    /// The period that is shown, as text.
    fn period(&self) -> Option<String> {
        let Period { from, to } = self.selection.period;
        Some(match (from, to) {
            (None, None) => return None,
            (Some(from), None) => self.texts.since_date(from),
            (None, Some(to)) => self.texts.until_date(to),
            (Some(from), Some(to)) => self.texts.between_dates(from, to),
        })
    }
}

/// `GET /account/memories`: the results of the query `q`, or the memories older than `after`, newest first; only those with
/// the tag `tag`, written by the client `app` between the dates `from` and `to`.
pub(crate) async fn show(
    app: App,
    language: Language,
    signed_in: SignedInUser,
    PageQuery(parameters): PageQuery,
) -> Result<Response, AccountError> {
    page(View::new(&app, language, &signed_in), &Selection::read(&parameters), MemoriesPageState::default()).await
}

/// `POST /account/memories`: adds a memory, or moves the selected ones to the trash. Duplicates are not added, so the form
/// can be sent again.
pub(crate) async fn change(
    app: App,
    language: Language,
    PageQuery(parameters): PageQuery,
    form: AccountForm,
) -> Result<Response, AccountError> {
    let AccountForm { signed_in, fields } = form;
    let view = View::new(&app, language, &signed_in);
    if !fields.field("delete").is_empty() {
        return delete_selected(view, &Selection::read(&parameters), &fields).await;
    }
    let form = MemoryForm::submitted(&fields);
    let again = |form, problem| MemoriesPageState { form, problem, ..MemoriesPageState::default() };
    let new = match form.new_memory() {
        Ok(new) => new,
        Err(invalid) => {
            let problem = memory_form::problem(view.texts(), invalid);
            return page(view, &Selection::default(), again(form, problem)).await;
        }
    };
    let outcome = match app.service.add(&signed_in.access_scope(), new, Writer::person()).await {
        Ok(outcome) => outcome,
        Err(WriteError::Store(error)) => return Err(error.into()),
        Err(WriteError::Full(reached)) => {
            let problem = FieldProblem::of_form(memory_form::full(view.texts(), reached));
            return page(view, &Selection::default(), again(form, problem)).await;
        }
    };
    Ok(match outcome.added {
        AddResult::New(_) => Confirmation::Added.at(paths::MEMORIES, app.public_url()),
        AddResult::Duplicate(memory) => Confirmation::Existed.at(&paths::memory(memory.id), app.public_url()),
    })
}

/// Moves the selected entries of a page to the trash, as one deletion. Those already deleted are skipped, since a form can
/// be sent twice.
async fn delete_selected(
    view: View<'_>,
    selection: &Selection,
    fields: &SameOriginForm,
) -> Result<Response, AccountError> {
    let (app, user_id) = (view.app, &view.signed_in.user.user_id);
    let selected: Vec<_> = (0..PAGE_SIZE).filter_map(|row| selected(fields.field(&format!("row{row}")))).collect();
    if selected.is_empty() {
        return page(view, selection, MemoriesPageState { none_selected: true, ..MemoriesPageState::default() }).await;
    }
    let scope = view.signed_in.access_scope();
    let (deleted, completion) =
        app.service.delete_selected(&scope, &selected, &Writer::person(), app.time_limit()).await?;
    tracing::info!(event = jean_runtime::event::TRASH, %user_id, deleted, finished = completion.is_finished(), "selected memories deleted");
    Ok(match deleted {
        0 => redirect(&selection.url()),
        _ => Confirmation::Deleted.at(&selection.url(), app.public_url()),
    })
}

/// The entry that a checkbox stands for.
fn selected(value: &str) -> Option<Selected> {
    match value.strip_prefix("document-") {
        Some(id) => id.parse().ok().map(Selected::Document),
        None => value.parse().ok().map(Selected::Memory),
    }
}

/// The state of the forms.
#[derive(Default)]
struct MemoriesPageState {
    form: MemoryForm,
    problem: FieldProblem,
    none_selected: bool,
}

async fn page(view: View<'_>, selection: &Selection, shown: MemoriesPageState) -> Result<Response, AccountError> {
    let app = view.app;
    let (scope, user_id) = (view.signed_in.access_scope(), &view.signed_in.user.user_id);
    let limit = Limit::new(PAGE_SIZE).expect("within the limit");
    let (mut query_problem, mut is_limited) = (false, false);
    let EntryPage { entries, next } = match Query::new(selection.query.clone(), selection.filter(), limit) {
        Ok(query) => {
            let found = app.service.search(&scope, &query).await?;
            is_limited = found.len() == PAGE_SIZE as usize;
            EntryPage { entries: entries::found(found), next: None }
        }
        Err(InvalidQuery::Empty) => entries::list(view, selection).await?,
        Err(_) => {
            query_problem = true;
            EntryPage::default()
        }
    };
    let total = match selection.is_filtered() || selection.after.is_some() {
        true => None,
        false => Some(view.texts().number(app.service.usage(user_id).await?.memories)),
    };
    let grants = app.grants.with_expired(user_id).await?;
    let names = AppNames::of(view.texts(), &grants);
    let MemoriesPageState { form, problem, none_selected } = shown;
    let body = MemoriesPage {
        texts: view.texts(),
        token: view.token(paths::MEMORIES),
        selection,
        query_problem,
        is_limited,
        none_selected,
        total,
        older: next.map(|next| selection.older(next)),
        app: selection.app.as_ref().map(|client_id| app_name(view.texts(), client_id, &grants, &entries)),
        entries,
        names,
        now: app.now(),
        form,
        problem,
    };
    Ok(view.page(Section::Memories, view.texts().memories(), &body))
}

/// The name of a client as it is connected, or as it wrote a memory. Its connections may have names of their own.
fn app_name(texts: Texts, client_id: &ClientId, grants: &[jean_auth::grant::Grant], memories: &[Memory]) -> String {
    let connected = grants.iter().find(|grant| grant.client_id == *client_id);
    let written = || memories.first().map(|memory| (&memory.written_by.client, memory.written_by.host.as_ref()));
    let found = connected.map(|grant| (&grant.client, grant.client_host.as_ref())).or_else(written);
    found.map_or_else(|| client_id.to_string(), |(client, host)| client_name(texts, client, host))
}
