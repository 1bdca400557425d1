//! `/account/data`: export of memories. The import is in [`mod@import`].

mod import;
mod outcome;

use askama::Template;
use axum::{
    extract::RawQuery,
    response::{IntoResponse, Response},
};
use http::header;
use jean_auth::parameters::Parameters;
use jean_memory::{Memory, MemoryId, transfer};
use jean_pages::{Language, Texts, account::Section, dates};

use crate::{app::App, error::AccountError, paths, signed_in::SignedInUser, view::View};
use outcome::ImportOutcome;

pub(crate) use import::import;

/// Size of a part of an export, in bytes. Lambda's limit for a response is 6 MB, in which base64 makes the file a third
/// longer. Each part can be imported.
const PART_BYTES: usize = 4_000_000;

/// A part of an export: the memories older than `after`, down to and including `until`, newest first. The first part has
/// no upper bound, so it includes memories added after the page was rendered.
#[derive(Debug, Default)]
struct Part {
    after: Option<MemoryId>,
    until: Option<MemoryId>,
    memories: usize,
    bytes: usize,
}

impl Part {
    fn url(&self) -> String {
        let bound = |name: &'static str, id: Option<MemoryId>| id.map(|id| (name, id.to_string()));
        let bounds = [bound("after", self.after), bound("until", self.until)];
        let query =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(bounds.into_iter().flatten()).finish();
        format!("{}/export?{query}", paths::DATA)
    }

    fn megabytes(&self) -> String {
        let tenths = self.bytes.div_ceil(100_000);
        format!("{}.{}", tenths / 10, tenths % 10)
    }
}

#[derive(Template)]
#[template(path = "data.html")]
struct DataPage {
    texts: Texts,
    token: String,
    parts: Vec<Part>,
    outcome: Option<ImportOutcome>,
    problem: String,
    /// The users in a file, of which one has to be chosen.
    users: Vec<String>,
}

/// `GET /account/data`
pub(crate) async fn show(app: App, language: Language, signed_in: SignedInUser) -> Result<Response, AccountError> {
    page(View::new(&app, language, &signed_in), Shown::default()).await
}

/// `GET /account/data/export`
pub(crate) async fn export(
    app: App,
    signed_in: SignedInUser,
    RawQuery(query): RawQuery,
) -> Result<Response, AccountError> {
    let parameters = Parameters::from_page(query.unwrap_or_default().as_bytes());
    let bound = |name| parameters.get(name).and_then(|id| id.parse::<MemoryId>().ok());
    let mut lines = String::new();
    for_each(&app, &signed_in, bound("after"), bound("until"), |memory| lines.push_str(&transfer::line(memory)))
        .await?;
    tracing::info!(event = jean_runtime::event::EXPORT, user_id = %signed_in.user.user_id, bytes = lines.len(), "exported");
    let name = format!("attachment; filename=\"memories-{}.jsonl\"", dates::day(app.now()));
    let headers = [
        (header::CONTENT_TYPE, "application/jsonl"),
        (header::CONTENT_DISPOSITION, &name),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, lines).into_response())
}

/// The state of the page after an import.
#[derive(Default)]
struct Shown {
    outcome: Option<ImportOutcome>,
    problem: String,
    users: Vec<String>,
}

async fn page(view: View<'_>, Shown { outcome, problem, users }: Shown) -> Result<Response, AccountError> {
    let texts = view.texts();
    let parts = parts(view.app, view.signed_in).await?;
    let body = DataPage { texts, token: view.token(paths::DATA), parts, outcome, problem, users };
    Ok(view.page(Section::Memories, texts.export_and_import(), &body))
}

/// Divides the user's memories into the parts of an export.
async fn parts(app: &App, signed_in: &SignedInUser) -> Result<Vec<Part>, AccountError> {
    let mut parts = Vec::new();
    let (mut part, mut last) = (Part::default(), None);
    for_each(app, signed_in, None, None, |memory| {
        let bytes = transfer::line(memory).len();
        if part.memories > 0 && part.bytes + bytes > PART_BYTES {
            part.until = last;
            parts.push(std::mem::replace(&mut part, Part { after: last, ..Part::default() }));
        }
        part.memories += 1;
        part.bytes += bytes;
        last = Some(memory.id);
    })
    .await?;
    if part.memories > 0 {
        parts.push(part);
    }
    Ok(parts)
}

/// Visits the user's memories, newest first.
async fn for_each(
    app: &App,
    signed_in: &SignedInUser,
    mut after: Option<MemoryId>,
    until: Option<MemoryId>,
    mut visit: impl FnMut(&Memory),
) -> Result<(), AccountError> {
    loop {
        let page = app.service.many(&signed_in.user.user_id, after).await?;
        for memory in &page.memories {
            if until.is_some_and(|until| memory.id < until) {
                return Ok(());
            }
            visit(memory);
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}
