//! `/account/data`: export and import of memories.

use askama::Template;
use axum::{
    extract::RawQuery,
    response::{IntoResponse, Response},
};
use http::header;
use jean_auth::parameters::Parameters;
use jean_memory::{
    Memory, MemoryId,
    transfer::{self, InvalidRecord, UnknownFile},
};
use jean_pages::{Language, Texts, account::Section, dates};

use crate::{
    account_form::Upload, app::App, error::AccountError, memories::memory_form, paths, signed_in::SignedInUser,
    view::View,
};

/// Size of a part of an export, in bytes. Lambda's limit for a response is 6 MB, in which base64 makes the file a third
/// longer. Each part can be imported.
const PART_BYTES: usize = 4_000_000;
/// Number of memories imported between checks of the time limit.
const BATCH: usize = 490;
/// Number of skipped records listed individually.
const LISTED: usize = 20;

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
    problem: &'static str,
}

/// The outcome of an import.
#[derive(Default)]
struct ImportOutcome {
    added: usize,
    already_there: usize,
    /// Invalid records: their number in the file, and the reason.
    skipped: Vec<(usize, &'static str)>,
    more_skipped: usize,
    /// `true` if the time limit was reached before the end of the file.
    unfinished: bool,
}

/// `GET /account/data`
pub(crate) async fn show(app: App, language: Language, signed_in: SignedInUser) -> Result<Response, AccountError> {
    page(View::new(&app, language, &signed_in), None, "").await
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

/// `POST /account/data`: imports a file. Duplicates are skipped, so importing a file again continues an unfinished import.
pub(crate) async fn import(
    app: App,
    language: Language,
    Upload { signed_in, file }: Upload,
) -> Result<Response, AccountError> {
    let view = View::new(&app, language, &signed_in);
    let texts = view.texts();
    let now = app.now();
    let records = match transfer::read(&file, now) {
        Ok(records) => records,
        Err(UnknownFile::Compressed) => return page(view, None, texts.file_compressed()).await,
        Err(UnknownFile::Unknown) => return page(view, None, texts.file_format_unknown()).await,
    };
    let mut outcome = ImportOutcome::default();
    let mut memories = Vec::with_capacity(records.len());
    for record in records {
        match record.memory {
            Ok(memory) => memories.push(memory),
            Err(_) if outcome.skipped.len() == LISTED => outcome.more_skipped += 1,
            Err(invalid) => outcome.skipped.push((record.number, reason(texts, invalid))),
        }
    }
    let has_time = app.time_limit();
    for batch in memories.chunks(BATCH) {
        if !has_time() {
            outcome.unfinished = true;
            break;
        }
        let imported = app.service.import(&signed_in.access_scope(), batch.to_vec()).await?;
        outcome.added += imported.added;
        outcome.already_there += imported.already_there;
    }
    tracing::info!(event = jean_runtime::event::IMPORT, user_id = %signed_in.user.user_id, added = outcome.added, "imported");
    page(view, Some(outcome), "").await
}

fn reason(texts: Texts, invalid: InvalidRecord) -> &'static str {
    match invalid {
        InvalidRecord::Unknown => texts.record_format_unknown(),
        InvalidRecord::Future => texts.record_id_in_future(),
        InvalidRecord::Invalid(invalid) => memory_form::problem(texts, invalid),
    }
}

async fn page(view: View<'_>, outcome: Option<ImportOutcome>, problem: &'static str) -> Result<Response, AccountError> {
    let texts = view.texts();
    let parts = parts(view.app, view.signed_in).await?;
    let body = DataPage { texts, token: view.token(paths::DATA), parts, outcome, problem };
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
