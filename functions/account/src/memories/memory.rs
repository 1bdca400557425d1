//! `/account/memories/{id}`: one memory, to read, to correct and to delete.

use askama::Template;
use axum::{extract::Path, response::Response};
use jean_memory::{Memory, MemoryId, Writer};
use jean_pages::{Language, page::redirect};

use super::{
    shown,
    typed::{self, Typed},
};
use crate::{
    app::App,
    error::AccountError,
    frame::{self, Section},
    person::{OwnForm, Person},
    texts::Texts,
};

#[derive(Template)]
#[template(path = "memory.html")]
struct MemoryPage<'a> {
    texts: &'static Texts,
    path: String,
    token: String,
    memory: &'a Memory,
    /// What it was before each of its last changes, newest first.
    earlier: Vec<Memory>,
    typed: Typed,
    problem: &'static str,
    /// Whether somebody else changed it since the form was shown.
    meanwhile: bool,
}

impl MemoryPage<'_> {
    fn provenance(&self) -> String {
        shown::provenance(self.texts, self.memory)
    }

    fn version(&self, version: &Memory) -> String {
        shown::version(self.texts, version)
    }

    fn read(&self) -> String {
        state(self.memory)
    }
}

/// The page of a memory.
pub(super) fn path(id: MemoryId) -> String {
    format!("{}/{id}", super::PATH)
}

/// `GET /account/memories/{id}`
pub(crate) async fn show(
    app: App,
    language: Language,
    person: Person,
    Path(id): Path<String>,
) -> Result<Response, AccountError> {
    let memory = find(&app, &person, &id).await?;
    page(&app, language, &person, &memory, Typed::of(&memory), "", false).await
}

/// `POST /account/memories/{id}`: changes it, or deletes it or its document.
pub(crate) async fn change(
    app: App,
    language: Language,
    Path(id): Path<String>,
    form: OwnForm,
) -> Result<Response, AccountError> {
    let OwnForm { person, fields } = form;
    let (reach, now, entropy) = (person.reach(), app.now(), app.random.bytes());
    let delete = fields.field("delete");
    if !delete.is_empty() {
        // Of a form that is sent twice, the second finds nothing, and all is as it was asked for.
        let id = id.parse().map_err(|_| AccountError::NoSuchMemory)?;
        match delete {
            "document" => drop(app.service.delete_document(&reach, id, now, entropy).await?),
            _ => drop(app.service.delete(&reach, id, now, entropy).await?),
        }
        return Ok(redirect(super::PATH));
    }
    let memory = find(&app, &person, &id).await?;
    let typed = Typed::sent(&fields);
    let change = match typed.change(&memory) {
        Ok(Some(change)) => change,
        Ok(None) => return Ok(redirect(&path(memory.id))),
        Err(invalid) => {
            let problem = typed::problem(Texts::of(language), invalid);
            return page(&app, language, &person, &memory, typed, problem, false).await;
        }
    };
    if fields.field("read") != state(&memory) {
        return page(&app, language, &person, &memory, typed, "", true).await;
    }
    app.service.update(&reach, memory.id, &change, &Writer::person(), now, entropy).await?;
    Ok(redirect(&path(memory.id)))
}

async fn find(app: &App, person: &Person, id: &str) -> Result<Memory, AccountError> {
    let id = id.parse().map_err(|_| AccountError::NoSuchMemory)?;
    app.service.get(&person.reach(), id).await?.ok_or(AccountError::NoSuchMemory)
}

/// Which of a memory's states a form was made of: when it was last changed, in seconds.
fn state(memory: &Memory) -> String {
    memory.updated_at.unwrap_or(memory.created_at).as_second().to_string()
}

async fn page(
    app: &App,
    language: Language,
    person: &Person,
    memory: &Memory,
    typed: Typed,
    problem: &'static str,
    meanwhile: bool,
) -> Result<Response, AccountError> {
    let (texts, path) = (Texts::of(language), path(memory.id));
    let mut earlier = app.service.history(&person.reach(), memory.id).await?;
    earlier.reverse();
    let token = person.token(app, &path);
    let body = MemoryPage { texts, path, token, memory, earlier, typed, problem, meanwhile };
    Ok(frame::page(app, language, person, Section::Memories, texts.memory, &body))
}
