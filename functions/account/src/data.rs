//! `/account/data`: export of memories. The import is in [`mod@import`].

mod import;
mod outcome;

use std::ops::ControlFlow;

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::header;
use jean_memory::{Memory, MemoryId, Usage, transfer};
use jean_pages::{FieldProblem, Language, Texts, account::Section, dates, page::redirect};

use crate::{app::App, error::AccountError, page_query::PageQuery, paths, signed_in::SignedInUser, view::View};
use outcome::ImportOutcome;

pub(crate) use import::import;

/// Size of a part of an export, in bytes. Each part can be imported.
const PART_BYTES: u64 = 4_000_000;
/// Bytes of a line without the text: id, times, tags and writer. An estimate.
const LINE_BYTES: u64 = 400;
/// Maximum size of a file, in bytes: a part, and the memories added after its page was rendered. Lambda's limit for a
/// response is 6 MB, in which base64 makes the file a third longer.
const MAX_BYTES: usize = 4_400_000;
/// Media type of a file. lambda_http encodes a body in base64 unless its type begins as one of text does, such as
/// `application/json`. As text in the JSON of a response, each escaped quotation mark of a file would take four bytes.
const MEDIA_TYPE: &str = "application/x-ndjson";

/// The export that the page offers.
#[derive(Debug)]
enum Export {
    /// One file. The page estimates its bytes from kept counts, so it reads no memories (AW-06).
    Whole {
        memories: u64,
        bytes: u64,
    },
    /// Several files, which the page reads one by one to find where each ends.
    Parts,
    Part(Part),
}

impl Export {
    /// The export of memories that take this space, unless there are none.
    fn of(usage: Usage) -> Option<Self> {
        let Usage { memories, bytes: of_texts } = usage;
        let bytes = of_texts.saturating_add(memories.saturating_mul(LINE_BYTES));
        let export = if bytes <= PART_BYTES { Self::Whole { memories, bytes } } else { Self::Parts };
        Some(export).filter(|_| memories > 0)
    }
}

/// A part of an export: the memories older than `after`, down to and including `until`, newest first. The first part has
/// no upper bound, so it includes memories added after the page was rendered.
#[derive(Debug, Default)]
struct Part {
    /// From 1.
    number: usize,
    after: Option<MemoryId>,
    until: Option<MemoryId>,
    memories: u64,
    bytes: u64,
}

impl Part {
    /// The page of the next part, if there is one.
    fn next(&self) -> Option<String> {
        let number = self.number.saturating_add(1);
        self.until.map(|until| format!("{}?after={until}&part={number}", paths::DATA))
    }

    fn has_others(&self) -> bool {
        self.number > 1 || self.until.is_some()
    }

    fn url(&self) -> String {
        let bound = |name: &'static str, id: Option<MemoryId>| id.map(|id| (name, id.to_string()));
        let bounds = [bound("after", self.after), bound("until", self.until)];
        let query =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(bounds.into_iter().flatten()).finish();
        format!("{}/export?{query}", paths::DATA)
    }
}

#[derive(Template)]
#[template(path = "data.html")]
struct DataPage {
    texts: Texts,
    token: String,
    /// `None` if the user has no memories.
    export: Option<Export>,
    outcome: Option<ImportOutcome>,
    problem: FieldProblem,
    /// The users in a file, of which one has to be chosen.
    users: Vec<String>,
    /// The pasted list, to be sent again.
    list: String,
}

impl DataPage {
    /// By reference, as templates pass arguments.
    fn size(&self, memories: &u64, bytes: &u64) -> String {
        self.texts.part_size(memories, self.texts.tenths(bytes.div_ceil(100_000)))
    }
}

/// `GET /account/data`
pub(crate) async fn show(
    app: App,
    language: Language,
    signed_in: SignedInUser,
    PageQuery(parameters): PageQuery,
) -> Result<Response, AccountError> {
    let after = parameters.get("after").and_then(|id| id.parse().ok());
    let number = parameters.get("part").and_then(|number| number.parse().ok());
    let part = if after.is_some() { Some(number.unwrap_or(1)) } else { number.map(|_| 1) };
    page(View::new(&app, language, &signed_in), Shown { after, part, ..Shown::default() }).await
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
        if lines.len() > MAX_BYTES {
            return Ok(redirect(paths::DATA_PARTS));
        }
        return Ok(download(&app, &signed_in, lines, "document"));
    }
    for_each(&app, &signed_in, bound("after"), bound("until"), |memory| {
        lines.push_str(&transfer::line(memory));
        if lines.len() > MAX_BYTES { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .await?;
    if lines.len() > MAX_BYTES {
        // The file would be cut, and the counts were too low, so the page offers parts.
        return Ok(redirect(paths::DATA_PARTS));
    }
    Ok(download(&app, &signed_in, lines, "memories"))
}

/// The exported file.
fn download(app: &App, signed_in: &SignedInUser, lines: String, name: &str) -> Response {
    tracing::info!(event = jean_runtime::event::EXPORT, user_id = %signed_in.user.user_id, bytes = lines.len(), "exported");
    let name = format!("attachment; filename=\"{name}-{}.jsonl\"", dates::day(app.now()));
    let headers = [
        (header::CONTENT_TYPE, MEDIA_TYPE),
        (header::CONTENT_DISPOSITION, &name),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, lines).into_response()
}

/// The state of the page: the part to export, and the outcome of an import.
#[derive(Default)]
struct Shown {
    after: Option<MemoryId>,
    /// The number of the part, if the user has asked for parts.
    part: Option<usize>,
    outcome: Option<ImportOutcome>,
    problem: FieldProblem,
    users: Vec<String>,
    list: String,
}

async fn page(view: View<'_>, shown: Shown) -> Result<Response, AccountError> {
    let Shown { after, part: number, outcome, problem, users, list } = shown;
    let texts = view.texts();
    let export = match number {
        Some(number) => part(view.app, view.signed_in, after, number).await?.map(Export::Part),
        None => Export::of(view.app.service.usage(&view.signed_in.user.user_id).await?),
    };
    let body = DataPage { texts, token: view.token(paths::DATA), export, outcome, problem, users, list };
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
        let bytes = transfer::line(memory).len() as u64;
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
