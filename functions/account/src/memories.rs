//! `/account/memories`: lists, searches and adds memories.

mod display;
pub(crate) mod memory;
pub(crate) mod memory_form;
pub(crate) mod trash;

use askama::Template;
use axum::response::Response;
use jean_memory::{Filter, InvalidQuery, Limit, Memory, MemoryId, Query, Writer};
use jean_memory_service::AddResult;
use jean_pages::{Language, Texts, account::Section, page::redirect};

use self::memory_form::MemoryForm;
use crate::{
    account_form::AccountForm, app::App, error::AccountError, page_query::PageQuery, paths, signed_in::SignedInUser,
    view::View,
};

/// Number of memories on a page.
const PAGE_SIZE: u32 = 20;

#[derive(Template)]
#[template(path = "memories.html")]
struct MemoriesPage<'a> {
    texts: Texts,
    token: String,
    query: &'a str,
    query_problem: bool,
    memories: Vec<Memory>,
    /// `true` if newer memories are on a previous page.
    has_newer: bool,
    next: Option<MemoryId>,
    form: MemoryForm,
    problem: &'static str,
}

impl MemoriesPage<'_> {
    fn excerpt(&self, memory: &Memory) -> String {
        display::excerpt(memory)
    }

    fn provenance(&self, memory: &Memory) -> String {
        display::provenance(self.texts, memory)
    }
}

/// The memories to show.
#[derive(Default)]
struct Selection {
    /// The search query. All memories match an empty one.
    query: String,
    after: Option<MemoryId>,
}

/// `GET /account/memories`: the results of the query `q`, or the memories older than `after`, newest first.
pub(crate) async fn show(
    app: App,
    language: Language,
    signed_in: SignedInUser,
    PageQuery(parameters): PageQuery,
) -> Result<Response, AccountError> {
    let parameter = |name| parameters.get(name).unwrap_or_default().trim().to_owned();
    let selection = Selection { query: parameter("q"), after: parameter("after").parse().ok() };
    page(View::new(&app, language, &signed_in), selection, MemoryForm::default(), "").await
}

/// `POST /account/memories`: adds a memory. Duplicates are not added, so the form can be sent again.
pub(crate) async fn add(app: App, language: Language, form: AccountForm) -> Result<Response, AccountError> {
    let AccountForm { signed_in, fields } = form;
    let view = View::new(&app, language, &signed_in);
    let form = MemoryForm::submitted(&fields);
    let new = match form.new_memory() {
        Ok(new) => new,
        Err(invalid) => {
            let problem = memory_form::problem(view.texts(), invalid);
            return page(view, Selection::default(), form, problem).await;
        }
    };
    let outcome = app.service.add(&signed_in.access_scope(), new, Writer::person()).await?;
    Ok(redirect(&match outcome.added {
        AddResult::New(_) => paths::MEMORIES.into(),
        AddResult::Duplicate(memory) => paths::memory(memory.id),
    }))
}

async fn page(
    view: View<'_>,
    Selection { query, after }: Selection,
    form: MemoryForm,
    problem: &'static str,
) -> Result<Response, AccountError> {
    let app = view.app;
    let scope = view.signed_in.access_scope();
    let limit = Limit::new(PAGE_SIZE).expect("within the limit");
    let mut query_problem = false;
    let (memories, next) = match Query::new(query.clone(), Filter::default(), limit) {
        Ok(query) => (app.service.search(&scope, &query).await?, None),
        Err(InvalidQuery::Empty) => {
            let page = app.service.list(&scope, &Filter::default(), after, limit).await?;
            (page.memories, page.next)
        }
        Err(_) => {
            query_problem = true;
            (vec![], None)
        }
    };
    let body = MemoriesPage {
        texts: view.texts(),
        token: view.token(paths::MEMORIES),
        query: &query,
        query_problem,
        memories,
        has_newer: after.is_some(),
        next,
        form,
        problem,
    };
    Ok(view.page(Section::Memories, view.texts().memories(), &body))
}
