//! Lists in plain text or Markdown, one memory a line. An assistant lists its memories as
//! `[2026-01-14] - Prefers short answers`.

use super::{basic_memory, csv, unknown};
use crate::{
    collector::Collector,
    document::Document,
    draft::Draft,
    format::Format,
    list::{Fence, ListItem, items, title},
    report::{RecordPlace, SkipReason},
};

pub(crate) static TEXT_LIST: Format = Format { name: "text list", writer: None, detect, read };

/// Extensions of files that may contain a list.
const EXTENSIONS: [&str; 4] = ["txt", "md", "markdown", "text"];
/// Maximum characters of a line without a list marker; longer lines are prose.
const LINE_CHARACTERS: usize = 500;

fn detect(document: &Document<'_>) -> bool {
    let extension = document.name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase());
    let is_named = extension.is_none_or(|extension| EXTENSIONS.contains(&extension.as_str()));
    if document.is_json
        || !is_named
        || (csv::CSV.detect)(document)
        || (basic_memory::BASIC_MEMORY.detect)(document)
        || unknown::is_other_text(document)
    {
        return false;
    }
    let mut items = items(document.text, Fence::List);
    items.retain(|item| !item.is_heading);
    let marked = items.iter().filter(|item| item.is_marked).count();
    let has_headings = items.iter().any(|item| item.heading.is_some())
        || document.text.lines().any(|line| title(line.trim()).is_some());
    let is_short = |item: &ListItem<'_>| item.text.chars().count() <= LINE_CHARACTERS;
    match marked {
        // Unmarked lines under headings are a document.
        0 => !items.is_empty() && !has_headings && items.iter().all(is_short),
        _ => marked * 2 >= items.len(),
    }
}

fn read(document: &Document<'_>, out: &mut Collector<'_>) {
    let items = items(document.text, Fence::List);
    let marked = |is_fenced| items.iter().filter(|item| item.is_marked && item.is_fenced == is_fenced).count();
    // An assistant puts its list between fences. Fewer items there are an example in a list.
    let is_fenced = marked(true) > 0 && marked(true) >= marked(false);
    let has_marks = items.iter().any(|item| item.is_marked) && !out.is_list;
    for item in items {
        let place = RecordPlace { line: item.line, ..RecordPlace::default() };
        if (is_fenced && !item.is_fenced) || (has_marks && !item.is_marked) {
            out.skip(&place, SkipReason::NotAnItem);
            continue;
        }
        let tags = item.heading.map(String::from).into_iter().collect();
        let mut draft = Draft { tags, ..Draft::default() };
        item.date_to(&mut draft, out.now);
        out.add(&place, Ok(Draft { text: item.text, ..draft }));
    }
}
