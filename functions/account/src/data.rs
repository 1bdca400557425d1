//! `/account/data`: everything somebody has, to take along; and what they bring from elsewhere.

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
use jean_pages::{Language, dates};

use crate::{
    app::App,
    error::AccountError,
    frame::{self, Section},
    memories::typed,
    person::{OwnFile, Person},
    texts::Texts,
};

pub(crate) const PATH: &str = "/account/data";
/// How large a part of an export is: what Lambda answers with has at most 6 MB, in which a file is a third longer. A part
/// can be imported as it is.
const PART_BYTES: usize = 4_000_000;
/// How many memories are imported before it is looked at the clock.
const AT_ONCE: usize = 490;
/// How many records that are no memories are told one by one.
const TOLD: usize = 20;

/// A part of an export: the memories behind `after`, down to `until`, newest first. What is added later is in the first,
/// so that nothing is in none.
#[derive(Debug, Default)]
struct Part {
    after: Option<MemoryId>,
    until: Option<MemoryId>,
    memories: usize,
    bytes: usize,
}

impl Part {
    fn address(&self) -> String {
        let bound = |name: &'static str, id: Option<MemoryId>| id.map(|id| (name, id.to_string()));
        let bounds = [bound("after", self.after), bound("until", self.until)];
        let query =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(bounds.into_iter().flatten()).finish();
        format!("{PATH}/export?{query}")
    }

    fn megabytes(&self) -> String {
        let tenths = self.bytes.div_ceil(100_000);
        format!("{}.{}", tenths / 10, tenths % 10)
    }
}

#[derive(Template)]
#[template(path = "data.html")]
struct DataPage {
    texts: &'static Texts,
    token: String,
    parts: Vec<Part>,
    received: Option<Received>,
    problem: &'static str,
}

/// What became of a file.
#[derive(Default)]
struct Received {
    added: usize,
    already_there: usize,
    /// Records that are no memories: which, and why.
    refused: Vec<(usize, &'static str)>,
    more_refused: usize,
    /// Whether there is more in it than one request imports.
    unfinished: bool,
}

/// `GET /account/data`
pub(crate) async fn show(app: App, language: Language, person: Person) -> Result<Response, AccountError> {
    page(&app, language, &person, None, "").await
}

/// `GET /account/data/export`
pub(crate) async fn export(app: App, person: Person, RawQuery(asked): RawQuery) -> Result<Response, AccountError> {
    let asked = Parameters::from_page(asked.unwrap_or_default().as_bytes());
    let bound = |name| asked.get(name).and_then(|id| id.parse::<MemoryId>().ok());
    let (after, until) = (bound("after"), bound("until"));
    let mut lines = String::new();
    each(&app, &person, after, until, |memory| lines.push_str(&transfer::line(memory))).await?;
    tracing::info!(event = jean_runtime::event::EXPORT, user_id = %person.user.user_id, bytes = lines.len(), "exported");
    let name = format!("attachment; filename=\"memories-{}.jsonl\"", dates::day(app.now()));
    let headers = [
        (header::CONTENT_TYPE, "application/jsonl"),
        (header::CONTENT_DISPOSITION, &name),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, lines).into_response())
}

/// `POST /account/data`: imports a file. The same once more adds nothing twice, and goes on where one request had to end.
pub(crate) async fn import(
    app: App,
    language: Language,
    OwnFile { person, file }: OwnFile,
) -> Result<Response, AccountError> {
    let (texts, now, user_id) = (Texts::of(language), app.now(), &person.user.user_id);
    let records = match transfer::read(&file, now) {
        Ok(records) => records,
        Err(UnknownFile::Compressed) => return page(&app, language, &person, None, texts.compressed_file).await,
        Err(UnknownFile::Unknown) => return page(&app, language, &person, None, texts.unknown_file).await,
    };
    let mut received = Received::default();
    let mut memories = Vec::with_capacity(records.len());
    for record in records {
        match record.memory {
            Ok(memory) => memories.push(memory),
            Err(_) if received.refused.len() == TOLD => received.more_refused += 1,
            Err(invalid) => received.refused.push((record.number, reason(texts, invalid))),
        }
    }
    let goes_on = app.while_there_is_time();
    for batch in memories.chunks(AT_ONCE) {
        if !goes_on() {
            received.unfinished = true;
            break;
        }
        let imported = app.service.import(&person.reach(), batch.to_vec(), now, app.random.bytes()).await?;
        received.added += imported.added;
        received.already_there += imported.already_there;
    }
    tracing::info!(event = jean_runtime::event::IMPORT, %user_id, added = received.added, "imported");
    page(&app, language, &person, Some(received), "").await
}

fn reason(texts: &Texts, invalid: InvalidRecord) -> &'static str {
    match invalid {
        InvalidRecord::Unknown => texts.unknown_record,
        InvalidRecord::Future => texts.future_record,
        InvalidRecord::Invalid(invalid) => typed::problem(texts, invalid),
    }
}

async fn page(
    app: &App,
    language: Language,
    person: &Person,
    received: Option<Received>,
    problem: &'static str,
) -> Result<Response, AccountError> {
    let texts = Texts::of(language);
    let body = DataPage { texts, token: person.token(app, PATH), parts: parts(app, person).await?, received, problem };
    Ok(frame::page(app, language, person, Section::Memories, texts.data, &body))
}

/// What an export consists of.
async fn parts(app: &App, person: &Person) -> Result<Vec<Part>, AccountError> {
    let mut parts = Vec::new();
    let (mut part, mut last) = (Part::default(), None);
    each(app, person, None, None, |memory| {
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

/// Goes through somebody's memories, newest first.
async fn each(
    app: &App,
    person: &Person,
    mut after: Option<MemoryId>,
    until: Option<MemoryId>,
    mut see: impl FnMut(&Memory),
) -> Result<(), AccountError> {
    loop {
        let page = app.service.many(&person.user.user_id, after).await?;
        for memory in &page.memories {
            if until.is_some_and(|until| memory.id < until) {
                return Ok(());
            }
            see(memory);
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}
