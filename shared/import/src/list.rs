//! The lines of lists in plain text or Markdown.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{draft::TAG_CHARACTERS, fields::day};

/// A line of a list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ListItem<'a> {
    /// The line, from 1.
    pub(crate) line: usize,
    pub(crate) text: String,
    /// The title above. One longer than a tag is cut, but remains too long for a tag.
    pub(crate) heading: Option<&'a str>,
    pub(crate) date: Option<Timestamp>,
    /// A date in brackets in an unknown form. It remains in the text.
    pub(crate) unread: Option<&'a str>,
    /// `true` if the line begins with a list marker or a date.
    pub(crate) is_marked: bool,
    pub(crate) is_fenced: bool,
}

/// The lines of a text without blank lines, empty list items, thematic breaks and headings. Indented lines belong to the
/// item above. A bold line is a heading if items follow it, and otherwise an item.
pub(crate) fn items(text: &str) -> Vec<ListItem<'_>> {
    let mut items: Vec<ListItem<'_>> = Vec::new();
    let (mut heading, mut is_fenced) = (None, false);
    let mut bold: Option<(&str, ListItem<'_>)> = None;
    for (line, raw) in (1..).zip(text.lines()) {
        let trimmed = raw.trim();
        if is_fence(trimmed) {
            is_fenced = !is_fenced;
        } else if let Some(title) = title(trimmed) {
            items.extend(bold.take().map(|(_, item)| item));
            heading = Some(title);
        } else if let Some(title) = bold_title(trimmed) {
            let item = ListItem { line, text: trimmed.into(), heading, is_fenced, ..ListItem::default() };
            items.extend(bold.replace((title, item)).map(|(_, item)| item));
        } else if !trimmed.is_empty() && !is_break(trimmed) {
            heading = bold.take().map(|(title, _)| title).or(heading);
            let is_indented = raw.starts_with("  ") || raw.starts_with('\t');
            match items.last_mut() {
                Some(above) if is_indented && above.is_marked && above.heading == heading => {
                    above.text.push('\n');
                    above.text.push_str(trimmed);
                }
                _ => items.push(ListItem { line, heading, is_fenced, ..item(trimmed) }),
            }
        }
    }
    items.extend(bold.map(|(_, item)| item));
    items.retain(|item| !item.text.trim().is_empty() || item.date.is_some());
    items
}

/// The title of a heading such as `# Title`.
pub(crate) fn title(line: &str) -> Option<&str> {
    let marks = line.bytes().take_while(|byte| *byte == b'#').count();
    let title = (1..=6).contains(&marks).then(|| line[marks..].strip_prefix(' '))??;
    let title = title.trim().trim_end_matches(':').trim();
    let end = title.char_indices().nth(TAG_CHARACTERS + 1).map_or(title.len(), |(end, _)| end);
    (!title.is_empty()).then_some(&title[..end])
}

/// The text of a bold line, unless it is longer than a tag.
fn bold_title(line: &str) -> Option<&str> {
    let bold = line.strip_prefix("**")?.trim_end_matches(':').strip_suffix("**")?;
    let title = bold.trim().trim_end_matches(':').trim();
    let is_tag = !title.is_empty() && title.chars().take(TAG_CHARACTERS + 1).count() <= TAG_CHARACTERS;
    (is_tag && !title.contains("**")).then_some(title)
}

/// `true` for the line before and after a code block. Code within a line is no block.
fn is_fence(line: &str) -> bool {
    line.strip_prefix("```").is_some_and(|info| !info.trim_start_matches('`').contains('`'))
}

/// `true` for a thematic break such as `---` or `* * *`.
fn is_break(line: &str) -> bool {
    ['-', '*', '_'].iter().any(|mark| {
        line.chars().all(|character| character == *mark || character == ' ') && line.matches(*mark).count() >= 3
    })
}

fn item(line: &str) -> ListItem<'_> {
    let unmarked = without_marker(line);
    let text = unmarked.unwrap_or(line);
    let dated = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    if let Some((written, rest)) = dated {
        let date = written.trim().to_lowercase();
        let is_unknown =
            ["date unknown", "unknown", "unknown date", "no date", "undated", "n/a"].contains(&date.as_str());
        let at = jean_memory::transfer::moment(&date).or_else(|| day(&date)).or_else(|| written_day(&date));
        let separators = ['-', '–', '—', ':'];
        let rest = rest.trim_start();
        if is_unknown || at.is_some() {
            let text = rest.trim_start_matches(separators).trim();
            return ListItem { text: text.into(), date: at, is_marked: true, ..ListItem::default() };
        }
        if date.len() > 3 && date.contains(|c: char| c.is_ascii_digit()) && rest.starts_with(separators) {
            let unread = Some(written.trim());
            return ListItem { text: text.trim().into(), unread, is_marked: true, ..ListItem::default() };
        }
    }
    ListItem { text: text.trim().into(), is_marked: unmarked.is_some(), ..ListItem::default() }
}

/// A date in another form with one meaning, such as `14.01.2026`, `Jan 14, 2026` or `14/01/2026`.
fn written_day(date: &str) -> Option<Timestamp> {
    const FORMS: [&str; 8] =
        ["%d.%m.%Y", "%Y/%m/%d", "%Y.%m.%d", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%B %d %Y"];
    let parsed = |form: &str| Date::strptime(form, date).ok();
    // The day or the month first: one of them is a date, or both are the same.
    let orders: BTreeSet<_> = ["%d/%m/%Y", "%m/%d/%Y"].into_iter().filter_map(parsed).collect();
    let slashed = || if orders.len() == 1 { orders.first().copied() } else { None };
    let date = FORMS.into_iter().find_map(parsed).or_else(slashed)?;
    TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()
}

/// The line without `-`, `*`, `+`, `•`, `1.`, `1)` and a check box. A number of four digits is a year.
fn without_marker(line: &str) -> Option<&str> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let numbered = || line[digits..].strip_prefix(['.', ')']).filter(|_| (1..=3).contains(&digits));
    let rest = line.strip_prefix(['-', '*', '+', '•', '–']).or_else(numbered)?;
    if rest.is_empty() {
        return Some(rest);
    }
    let rest = rest.strip_prefix([' ', '\t'])?.trim_start();
    let unchecked = ["[ ]", "[x]", "[X]"].iter().find_map(|checkbox| rest.strip_prefix(checkbox));
    Some(unchecked.filter(|rest| rest.is_empty() || rest.starts_with(' ')).unwrap_or(rest))
}
