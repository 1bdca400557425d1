//! Import formats: memories from exports of this and other products. Pure: no store, no clock, no network.
//!
//! | module | contents |
//! |---|---|
//! | [`read`] | a file, an archive or a folder to memories and a [`Report`] |
//! | [`Import::remove_repeats`] | removal of records that occur more than once |
//! | `formats` | one module per format, and the table that lists them |
//! | `container`, `encoding`, `document`, `json_repair` | archives, character encodings, JSON with positions |
//! | `fields`, `times`, `draft`, `collector` | the values of a record, and the memory made of them |
//!
//! A format is recognised by more than one field. A file that matches no format, or more than one, is refused.
//!
//! ```
//! use jean_import::{Options, Source, read};
//!
//! let file = br#"[{"id": "1", "memory": "Likes tea", "user_id": "ada", "hash": "x"}]"#;
//! let source = Source { name: "mem0.json", bytes: file };
//! let import = read(&[source], &Options::new("2026-11-27T12:00:00Z".parse()?))?;
//! assert_eq!((import.report.format, import.memories.len()), ("mem0", 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Not for: the export format (`jean_memory::transfer`) and writing memories (`jean-memory-service`).

mod collector;
mod container;
mod document;
mod draft;
mod encoding;
mod fields;
mod format;
mod formats;
mod json_repair;
mod list;
mod options;
mod refusal;
mod repeats;
mod report;
mod times;

use crate::{
    collector::Collector,
    container::{Budget, Member},
    document::Document,
    encoding::Decoded,
    format::Format,
    formats::{CSV, TEXT_LIST},
};

pub use options::{Import, Options, Source};
pub use refusal::Refusal;
pub use report::{RecordPlace, Report, SkipReason, Skipped, UnreadTime};

/// Reads a file, an archive, or the files of a folder.
///
/// # Errors
/// [`Refusal`] if the format is not known for certain, or the file cannot be read at all. A broken record is reported
/// and does not affect the others.
pub fn read(sources: &[Source<'_>], options: &Options<'_>) -> Result<Import, Refusal> {
    let mut budget = Budget::new(options.max_bytes);
    let mut members = Vec::new();
    for source in sources {
        members.extend(container::unpack(source, &mut budget)?);
    }
    if let [member] = members.as_slice() {
        return one(member, options);
    }
    several(&members, options)
}

fn one(member: &Member<'_>, options: &Options<'_>) -> Result<Import, Refusal> {
    let mut decoded = decoded(member)?;
    bounded([&decoded], options)?;
    unfence(&mut decoded);
    let document = Document::parse(&member.name, &decoded.text)?;
    let format = if options.is_list && !document.is_json {
        formats::refuse_chat_log(&document)?;
        &TEXT_LIST
    } else {
        formats::detect(&document)?
    };
    let mut collector = Collector::new(format.name, format.writer, options);
    collector.encoding(&decoded);
    (format.read)(&document, &mut collector);
    collector.finish(document.has_more_pages())
}

fn decoded<'a>(member: &'a Member<'_>) -> Result<Decoded<'a>, Refusal> {
    encoding::decode(member.bytes.as_ref().map_err(Clone::clone)?)
}

/// Replaces the answer of an assistant by the JSON in it.
fn unfence(decoded: &mut Decoded<'_>) {
    let is_json = |json: &String| Document::parse("", json).is_ok_and(|document| document.is_json);
    if let Some(json) = list::fenced_json(&decoded.text).filter(is_json) {
        decoded.text = json.into();
    }
}

/// Refuses texts with so many JSON objects that they would exhaust the memory.
fn bounded<'a>(texts: impl IntoIterator<Item = &'a Decoded<'a>>, options: &Options<'_>) -> Result<(), Refusal> {
    let records = options.max_records();
    let braces = |decoded: &Decoded<'_>| decoded.text.bytes().filter(|byte| *byte == b'{').count();
    let objects: usize = texts.into_iter().map(braces).sum();
    if objects > records { Err(Refusal::TooManyRecords { records }) } else { Ok(()) }
}

/// Imports the files of an archive or a folder. Those without memories and broken ones are skipped.
fn several(members: &[Member<'_>], options: &Options<'_>) -> Result<Import, Refusal> {
    let mut texts = Vec::new();
    let mut others = Vec::new();
    for member in members {
        match decoded(member) {
            Ok(decoded) => texts.push((member.name.as_ref(), decoded)),
            Err(refusal) => others.push((member.name.as_ref(), refusal)),
        }
    }
    bounded(texts.iter().map(|(_, decoded)| decoded), options)?;
    texts.iter_mut().for_each(|(_, decoded)| unfence(decoded));
    let found = without_notes(recognised(&texts, &mut others)?, &mut others);
    let Some((format, ..)) = found.first() else {
        let is_expected = |(name, refusal): &(&str, Refusal)| refusal.in_file(name).1 == SkipReason::NotMemories;
        return Err(others.into_iter().min_by_key(is_expected).map_or(Refusal::Empty, |(_, refusal)| refusal));
    };
    require_one_format(&found)?;
    let mut collector = Collector::new(format.name, format.writer, options);
    let mut has_more_pages = false;
    for (format, document, decoded) in &found {
        collector.file(document.name);
        collector.encoding(decoded);
        let before = collector.count();
        (format.read)(document, &mut collector);
        if collector.count() == before {
            collector.skip(&RecordPlace::default(), SkipReason::NotMemories);
        }
        has_more_pages |= found.len() == 1 && document.has_more_pages();
    }
    for (name, refusal) in others {
        let (place, reason) = refusal.in_file(name);
        collector.file(name);
        collector.skip(&place, reason);
    }
    collector.finish(has_more_pages)
}

/// A file of an archive or a folder, and its format.
type RecognisedFile<'a> = (&'static Format, Document<'a>, &'a Decoded<'a>);

/// The files with a format. The `others` have the reason why they have none.
fn recognised<'a>(
    texts: &'a [(&'a str, Decoded<'a>)],
    others: &mut Vec<(&'a str, Refusal)>,
) -> Result<Vec<RecognisedFile<'a>>, Refusal> {
    let mut found = Vec::new();
    for (name, decoded) in texts {
        match Document::parse(name, &decoded.text).and_then(|document| Ok((formats::detect(&document)?, document))) {
            Ok((format, document)) => found.push((format, document, decoded)),
            Err(ambiguous @ Refusal::Ambiguous { .. }) => return Err(ambiguous),
            Err(refusal) => others.push((name, refusal)),
        }
    }
    Ok(found)
}

/// The files without lists beside those of a product, which are notes on them, such as a README. A table is of no product: beside
/// it, a list is a file of another format.
fn without_notes<'a>(found: Vec<RecognisedFile<'a>>, others: &mut Vec<(&'a str, Refusal)>) -> Vec<RecognisedFile<'a>> {
    if found.iter().all(|(format, ..)| [TEXT_LIST.name, CSV.name].contains(&format.name)) {
        return found;
    }
    let (kept, notes): (Vec<_>, Vec<_>) = found.into_iter().partition(|(format, ..)| format.name != TEXT_LIST.name);
    others.extend(notes.iter().map(|(_, document, _)| (document.name, Refusal::Empty)));
    kept
}

fn require_one_format(found: &[RecognisedFile<'_>]) -> Result<(), Refusal> {
    let mut names: Vec<_> = found.iter().map(|(format, ..)| format.name).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() > 1 { Err(Refusal::Ambiguous { formats: names.join(", ") }) } else { Ok(()) }
}
