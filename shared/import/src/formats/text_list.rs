//! Lists in plain text or Markdown, one memory a line. An assistant that is asked for its memories writes them as
//! `[2026-01-14] - Prefers short answers`.

use jiff::Timestamp;

use super::{Format, basic_memory, csv, unknown};
use crate::{
    collector::Collector,
    document::Document,
    draft::Draft,
    fields::day,
    report::{Place, SkipReason},
};

pub(crate) static TEXT_LIST: Format = Format { name: "text list", writer: None, detect, read };

/// Extensions of files that may contain a list.
const EXTENSIONS: [&str; 4] = ["txt", "md", "markdown", "text"];
/// Maximum characters of a line without a list marker; longer lines are prose.
const LINE_CHARACTERS: usize = 500;

/// A line of a list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Item {
    /// The line, from 1.
    pub(super) line: usize,
    pub(super) text: String,
    pub(super) heading: Option<String>,
    pub(super) date: Option<Timestamp>,
    /// `true` if the line begins with a list marker or a date.
    pub(super) is_marked: bool,
    is_fenced: bool,
}

/// The lines of a text without blank lines and headings. Indented lines belong to the item above.
pub(super) fn items(text: &str) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let (mut heading, mut is_fenced) = (None, false);
    for (line, raw) in (1..).zip(text.lines()) {
        let trimmed = raw.trim();
        if trimmed.starts_with("```") {
            is_fenced = !is_fenced;
        } else if let Some(title) = title(trimmed) {
            heading = Some(title);
        } else if !trimmed.is_empty() {
            let is_indented = raw.starts_with("  ") || raw.starts_with('\t');
            match items.last_mut() {
                Some(above) if is_indented && above.is_marked => {
                    above.text.push('\n');
                    above.text.push_str(trimmed);
                }
                _ => items.push(Item { line, heading: heading.clone(), is_fenced, ..item(trimmed) }),
            }
        }
    }
    items
}

/// The title of a heading: `# Title`, or a line that is bold.
fn title(line: &str) -> Option<String> {
    let bold = line.strip_prefix("**").and_then(|rest| rest.trim_end_matches(':').strip_suffix("**"));
    let marks = line.bytes().take_while(|byte| *byte == b'#').count();
    let title = bold.or_else(|| (1..=6).contains(&marks).then(|| line[marks..].strip_prefix(' '))?)?;
    let title = title.trim().trim_end_matches(':').trim();
    (!title.is_empty() && !title.contains("**")).then(|| title.to_owned())
}

fn item(line: &str) -> Item {
    let unmarked = without_marker(line);
    let text = unmarked.unwrap_or(line);
    let dated = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    if let Some((date, rest)) = dated {
        let date = date.trim().to_lowercase();
        let is_unknown =
            ["date unknown", "unknown", "unknown date", "no date", "undated", "n/a"].contains(&date.as_str());
        let at = day(&date).or_else(|| jean_memory::transfer::moment(&date));
        if is_unknown || at.is_some() {
            let text = rest.trim_start().trim_start_matches(['-', '–', '—', ':']).trim();
            return Item { text: text.into(), date: at, is_marked: true, ..Item::default() };
        }
    }
    Item { text: text.trim().into(), is_marked: unmarked.is_some(), ..Item::default() }
}

/// The line without `-`, `*`, `+`, `•`, `1.`, `1)` and a check box.
fn without_marker(line: &str) -> Option<&str> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let numbered = || line[digits..].strip_prefix(['.', ')']).filter(|_| (1..=4).contains(&digits));
    let rest = line.strip_prefix(['-', '*', '+', '•', '–']).or_else(numbered)?;
    let rest = rest.strip_prefix([' ', '\t'])?.trim_start();
    Some(["[ ] ", "[x] ", "[X] "].iter().find_map(|checkbox| rest.strip_prefix(checkbox)).unwrap_or(rest))
}

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
    let items = items(document.text);
    let marked = items.iter().filter(|item| item.is_marked).count();
    let has_headings = document.text.lines().any(|line| title(line.trim()).is_some());
    let is_short = |item: &Item| item.text.chars().count() <= LINE_CHARACTERS;
    match marked {
        // Unmarked lines under headings are a document.
        0 => !items.is_empty() && !has_headings && items.iter().all(is_short),
        _ => marked * 2 >= items.len(),
    }
}

fn read(document: &Document<'_>, out: &mut Collector<'_>) {
    let items = items(document.text);
    let is_fenced = items.iter().any(|item| item.is_fenced && item.is_marked);
    let has_marks = items.iter().any(|item| item.is_marked) && !out.is_list;
    for item in items {
        let place = Place { line: item.line, ..Place::default() };
        if (is_fenced && !item.is_fenced) || (has_marks && !item.is_marked) {
            out.skip(&place, SkipReason::NotAnItem);
            continue;
        }
        let tags = item.heading.into_iter().collect();
        out.add(&place, Ok(Draft { text: item.text, tags, created_at: item.date, ..Draft::default() }));
    }
}
