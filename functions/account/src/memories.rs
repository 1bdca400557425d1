//! `/account/memories`: what is remembered, whoever wrote it.

pub(crate) mod memory;
mod shown;
pub(crate) mod typed;

use askama::Template;
use axum::{extract::RawQuery, response::Response};
use jean_auth::parameters::Parameters;
use jean_memory::{Filter, InvalidQuery, Limit, Memory, MemoryId, Query, Writer};
use jean_memory_service::Added;
use jean_pages::{Language, page::redirect};

use self::typed::Typed;
use crate::{
    app::App,
    error::AccountError,
    frame::{self, Section},
    person::{OwnForm, Person},
    texts::Texts,
};

pub(crate) const PATH: &str = "/account/memories";
/// How many a page shows.
const AT_ONCE: u32 = 20;

#[derive(Template)]
#[template(path = "memories.html")]
struct MemoriesPage<'a> {
    texts: &'static Texts,
    token: String,
    query: &'a str,
    query_problem: bool,
    memories: Vec<Memory>,
    /// Whether this page is not the first.
    further: bool,
    next: Option<MemoryId>,
    typed: Typed,
    problem: &'static str,
}

impl MemoriesPage<'_> {
    fn excerpt(&self, memory: &Memory) -> String {
        shown::excerpt(memory)
    }

    fn provenance(&self, memory: &Memory) -> String {
        shown::provenance(self.texts, memory)
    }
}

/// `GET /account/memories`: those that `q` finds, or all from the one after `after` on, newest first.
pub(crate) async fn show(
    app: App,
    language: Language,
    person: Person,
    RawQuery(asked): RawQuery,
) -> Result<Response, AccountError> {
    let asked = Parameters::from_page(asked.unwrap_or_default().as_bytes());
    let asked = |name| asked.get(name).unwrap_or_default().trim().to_owned();
    let after = asked("after").parse().ok();
    page(&app, language, &person, &asked("q"), after, Typed::default(), "").await
}

/// `POST /account/memories`: adds one. What is there already is not added twice, however often the form is sent.
pub(crate) async fn add(app: App, language: Language, form: OwnForm) -> Result<Response, AccountError> {
    let OwnForm { person, fields } = form;
    let typed = Typed::sent(&fields);
    let new = match typed.new_memory() {
        Ok(new) => new,
        Err(invalid) => {
            let problem = typed::problem(Texts::of(language), invalid);
            return page(&app, language, &person, "", None, typed, problem).await;
        }
    };
    let (now, entropy) = (app.now(), app.random.bytes());
    let noted = app.service.add(&person.reach(), new, Writer::person(), now, entropy).await?;
    Ok(redirect(&match noted.added {
        Added::New(_) => PATH.into(),
        Added::AlreadyThere(memory) => memory::path(memory.id),
    }))
}

async fn page(
    app: &App,
    language: Language,
    person: &Person,
    query: &str,
    after: Option<MemoryId>,
    typed: Typed,
    problem: &'static str,
) -> Result<Response, AccountError> {
    let (texts, reach) = (Texts::of(language), person.reach());
    let limit = Limit::new(AT_ONCE).expect("within the limit");
    let mut query_problem = false;
    let (memories, next) = match Query::new(query.into(), Filter::default(), limit) {
        Ok(query) => (app.service.search(&reach, &query, app.now(), app.random.bytes()).await?, None),
        Err(InvalidQuery::Empty) => {
            let page = app.service.list(&reach, &Filter::default(), after, limit).await?;
            (page.memories, page.next)
        }
        Err(_) => {
            query_problem = true;
            (vec![], None)
        }
    };
    let body = MemoriesPage {
        texts,
        token: person.token(app, PATH),
        query,
        query_problem,
        memories,
        further: after.is_some(),
        next,
        typed,
        problem,
    };
    Ok(frame::page(app, language, person, Section::Memories, texts.memories, &body))
}
