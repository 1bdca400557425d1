//! `/account/data`: export of memories. The import is in [`mod@import`].

mod import;
mod outcome;

use std::ops::ControlFlow;

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::header;
use jean_memory::{Memory, MemoryId, transfer};
use jean_pages::{Language, Texts, account::Section, dates, page::redirect};

use crate::{app::App, error::AccountError, page_query::PageQuery, paths, signed_in::SignedInUser, view::View};
use outcome::ImportOutcome;

pub(crate) use import::import;

/// Size of a part of an export, in bytes. Each part can be imported.
const PART_BYTES: usize = 4_000_000;
/// Maximum size of a file, in bytes: a part, and the memories added after its page was rendered. Lambda's limit for a
/// response is 6 MB, in which base64 makes the file a third longer.
const MAX_BYTES: usize = 4_400_000;

/// A part of an export: the memories older than `after`, down to and including `until`, newest first. The first part has
/// no upper bound, so it includes memories added after the page was rendered.
#[derive(Debug, Default)]
struct Part {
    /// From 1.
    number: usize,
    after: Option<MemoryId>,
    until: Option<MemoryId>,
    memories: usize,
    bytes: usize,
}

impl Part {
    /// The page of the next part, if there is one.
    fn next(&self) -> Option<String> {
        let number = self.number + 1;
        self.until.map(|until| format!("{}?after={until}&part={number}", paths::DATA))
    }

    fn url(&self) -> String {
        let bound = |name: &'static str, id: Option<MemoryId>| id.map(|id| (name, id.to_string()));
        let bounds = [bound("after", self.after), bound("until", self.until)];
        let query =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(bounds.into_iter().flatten()).finish();
        format!("{}/export?{query}", paths::DATA)
    }

    fn megabytes(&self, texts: Texts) -> String {
        texts.tenths(self.bytes.div_ceil(100_000))
    }
}

#[derive(Template)]
#[template(path = "data.html")]
struct DataPage {
    texts: Texts,
    token: String,
    /// The part to download, if the user has memories.
    part: Option<Part>,
    outcome: Option<ImportOutcome>,
    problem: String,
    /// The users in a file, of which one has to be chosen.
    users: Vec<String>,
}

/// `GET /account/data`
pub(crate) async fn show(
    app: App,
    language: Language,
    signed_in: SignedInUser,
    PageQuery(parameters): PageQuery,
) -> Result<Response, AccountError> {
    let after = parameters.get("after").and_then(|id| id.parse().ok());
    let number = parameters.get("part").and_then(|number| number.parse().ok()).filter(|_| after.is_some()).unwrap_or(1);
    page(View::new(&app, language, &signed_in), Shown { after, number, ..Shown::default() }).await
}

/// `GET /account/data/export`: the memories between two ids, or a document.
pub(crate) async fn export(
    app: App,
    signed_in: SignedInUser,
    PageQuery(parameters): PageQuery,
) -> Result<Response, AccountError> {
    let bound = |name| parameters.get(name).and_then(|id| id.parse::<MemoryId>().ok());
    let mut lines = String::new();
    if let Some(document) = bound(paths::DOCUMENT) {
        let parts = app.service.document(&signed_in.access_scope(), document).await?;
        if parts.is_empty() {
            return Err(AccountError::UnknownMemory);
        }
        parts.iter().for_each(|part| lines.push_str(&transfer::line(part)));
        return Ok(download(&app, &signed_in, lines, "document"));
    }
    for_each(&app, &signed_in, bound("after"), bound("until"), |memory| {
        lines.push_str(&transfer::line(memory));
        if lines.len() > MAX_BYTES { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .await?;
    if lines.len() > MAX_BYTES {
        // The file would be cut, so the page offers parts.
        return Ok(redirect(paths::DATA));
    }
    Ok(download(&app, &signed_in, lines, "memories"))
}

/// The exported file.
fn download(app: &App, signed_in: &SignedInUser, lines: String, name: &str) -> Response {
    tracing::info!(event = jean_runtime::event::EXPORT, user_id = %signed_in.user.user_id, bytes = lines.len(), "exported");
    let name = format!("attachment; filename=\"{name}-{}.jsonl\"", dates::day(app.now()));
    let headers = [
        (header::CONTENT_TYPE, "application/jsonl"),
        (header::CONTENT_DISPOSITION, &name),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, lines).into_response()
}

/// The state of the page: the part to export, and the outcome of an import.
struct Shown {
    after: Option<MemoryId>,
    number: usize,
    outcome: Option<ImportOutcome>,
    problem: String,
    users: Vec<String>,
}

impl Default for Shown {
    fn default() -> Self {
        Self { after: None, number: 1, outcome: None, problem: String::new(), users: vec![] }
    }
}

async fn page(view: View<'_>, shown: Shown) -> Result<Response, AccountError> {
    let Shown { after, number, outcome, problem, users } = shown;
    let texts = view.texts();
    let part = part(view.app, view.signed_in, after, number).await?;
    let body = DataPage { texts, token: view.token(paths::DATA), part, outcome, problem, users };
    Ok(view.page(Section::Memories, texts.export_and_import(), &body))
}

/// The part of an export that begins after a memory. Reads this part only, so the work of the page is bounded. `None` if
/// there are no memories.
async fn part(
    app: &App,
    signed_in: &SignedInUser,
    after: Option<MemoryId>,
    number: usize,
) -> Result<Option<Part>, AccountError> {
    let (mut part, mut last) = (Part { number, after, ..Part::default() }, None);
    for_each(app, signed_in, after, None, |memory| {
        let bytes = transfer::line(memory).len();
        if part.memories > 0 && part.bytes + bytes > PART_BYTES {
            part.until = last;
            return ControlFlow::Break(());
        }
        part.memories += 1;
        part.bytes += bytes;
        last = Some(memory.id);
        ControlFlow::Continue(())
    })
    .await?;
    Ok((part.memories > 0).then_some(part))
}

/// Visits the user's memories, newest first, until `visit` breaks.
async fn for_each(
    app: &App,
    signed_in: &SignedInUser,
    mut after: Option<MemoryId>,
    until: Option<MemoryId>,
    mut visit: impl FnMut(&Memory) -> ControlFlow<()>,
) -> Result<(), AccountError> {
    loop {
        let page = app.service.many(&signed_in.user.user_id, after).await?;
        for memory in &page.memories {
            if until.is_some_and(|until| memory.id < until) || visit(memory).is_break() {
                return Ok(());
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}
