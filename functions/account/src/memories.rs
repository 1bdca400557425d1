//! `/account/memories`: lists, searches and adds memories.

pub(crate) mod display;
pub(crate) mod memory;
pub(crate) mod memory_form;
pub(crate) mod trash;

use askama::Template;
use axum::response::Response;
use jean_auth::client::ClientId;
use jean_memory::{Filter, InvalidQuery, Limit, Memory, MemoryId, Query, Writer};
use jean_memory_service::{AddResult, WriteError};
use jean_pages::{Confirmation, Language, Texts, account::Section, client_name, dates};
use jiff::Timestamp;

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
    /// The page with older memories.
    older: Option<String>,
    /// The name of the app whose memories are shown, if only these are.
    app: Option<String>,
    /// The tag that all memories shown have, if only these are.
    tag: Option<String>,
    now: Timestamp,
    form: MemoryForm,
    problem: String,
}

impl MemoriesPage<'_> {
    fn excerpt(&self, memory: &Memory) -> String {
        display::excerpt(memory)
    }

    fn provenance(&self, memory: &Memory) -> String {
        display::provenance(self.texts, memory, |time| dates::ago(self.texts, time, self.now))
    }

    /// The page with all memories of a tag.
    fn with_tag(&self, tag: &str) -> String {
        paths::memories(&[("tag", tag)])
    }

    /// The page with all memories of the app that wrote this one, unless it is shown.
    fn of_app(&self, memory: &Memory) -> Option<String> {
        let client_id = memory.written_by.credential.client_id().filter(|_| self.app.is_none())?;
        Some(paths::memories(&[("app", client_id.as_str())]))
    }

    /// `true` if not all memories are shown.
    fn is_filtered(&self) -> bool {
        !self.query.is_empty() || self.tag.is_some() || self.app.is_some()
    }
}

/// The memories to show.
#[derive(Default)]
struct Selection {
    /// The search query. All memories match an empty one.
    query: String,
    after: Option<MemoryId>,
    tag: Option<String>,
    /// The client that wrote them.
    app: Option<ClientId>,
}

impl Selection {
    fn filter(&self) -> Filter {
        let tags: Vec<_> = self.tag.iter().cloned().collect();
        let filter = Filter::new(&tags, None, None).expect("no bounds of time");
        match &self.app {
            Some(client_id) => filter.written_by(client_id.clone()),
            None => filter,
        }
    }

    /// The page that continues after a memory.
    fn older(&self, next: MemoryId) -> String {
        let next = next.to_string();
        let app = self.app.as_ref().map(|client_id| ("app", client_id.as_str()));
        let tag = self.tag.as_deref().map(|tag| ("tag", tag));
        let parameters: Vec<_> = app.into_iter().chain(tag).chain([("after", next.as_str())]).collect();
        paths::memories(&parameters)
    }
}

/// `GET /account/memories`: the results of the query `q`, or the memories older than `after`, newest first; only those with
/// the tag `tag`, written by the client `app`.
pub(crate) async fn show(
    app: App,
    language: Language,
    signed_in: SignedInUser,
    PageQuery(parameters): PageQuery,
) -> Result<Response, AccountError> {
    let parameter = |name| parameters.get(name).unwrap_or_default().trim().to_owned();
    let selection = Selection {
        query: parameter("q"),
        after: parameter("after").parse().ok(),
        tag: Some(parameter("tag")).filter(|tag| !tag.is_empty()),
        app: parameter("app").parse().ok(),
    };
    page(View::new(&app, language, &signed_in), selection, MemoryForm::default(), String::new()).await
}

/// `POST /account/memories`: adds a memory. Duplicates are not added, so the form can be sent again.
pub(crate) async fn add(app: App, language: Language, form: AccountForm) -> Result<Response, AccountError> {
    let AccountForm { signed_in, fields } = form;
    let view = View::new(&app, language, &signed_in);
    let form = MemoryForm::submitted(&fields);
    let new = match form.new_memory() {
        Ok(new) => new,
        Err(invalid) => {
            let problem = memory_form::problem(view.texts(), invalid).into();
            return page(view, Selection::default(), form, problem).await;
        }
    };
    let outcome = match app.service.add(&signed_in.access_scope(), new, Writer::person()).await {
        Ok(outcome) => outcome,
        Err(WriteError::Store(error)) => return Err(error.into()),
        Err(WriteError::Full(reached)) => {
            let problem = memory_form::full(view.texts(), reached);
            return page(view, Selection::default(), form, problem).await;
        }
    };
    Ok(match outcome.added {
        AddResult::New(_) => Confirmation::Added.at(paths::MEMORIES, app.public_url()),
        AddResult::Duplicate(memory) => Confirmation::Existed.at(&paths::memory(memory.id), app.public_url()),
    })
}

async fn page(
    view: View<'_>,
    selection: Selection,
    form: MemoryForm,
    problem: String,
) -> Result<Response, AccountError> {
    let app = view.app;
    let scope = view.signed_in.access_scope();
    let limit = Limit::new(PAGE_SIZE).expect("within the limit");
    let mut query_problem = false;
    let (memories, next) = match Query::new(selection.query.clone(), selection.filter(), limit) {
        Ok(query) => (app.service.search(&scope, &query).await?, None),
        Err(InvalidQuery::Empty) => {
            let page = app.service.list(&scope, &selection.filter(), selection.after, limit).await?;
            (page.memories, page.next)
        }
        Err(_) => {
            query_problem = true;
            (vec![], None)
        }
    };
    let app_name = match &selection.app {
        None => None,
        Some(client_id) => Some(app_name(view, client_id, &memories).await?),
    };
    let body = MemoriesPage {
        texts: view.texts(),
        token: view.token(paths::MEMORIES),
        query: &selection.query,
        query_problem,
        memories,
        has_newer: selection.after.is_some(),
        older: next.map(|next| selection.older(next)),
        app: app_name,
        tag: selection.tag.clone(),
        now: app.now(),
        form,
        problem,
    };
    Ok(view.page(Section::Memories, view.texts().memories(), &body))
}

/// The name of a client: as it wrote one of these memories, or as it is connected.
async fn app_name(view: View<'_>, client_id: &ClientId, memories: &[Memory]) -> Result<String, AccountError> {
    if let Some(memory) = memories.first() {
        return Ok(display::name(view.texts(), &memory.written_by));
    }
    let grants = view.app.grants.list(&view.signed_in.user.user_id).await?;
    let grant = grants.iter().find(|grant| grant.client_id == *client_id);
    let name = grant.map(|grant| client_name(view.texts(), &grant.client, grant.client_host.as_ref()));
    Ok(name.unwrap_or_else(|| client_id.to_string()))
}
