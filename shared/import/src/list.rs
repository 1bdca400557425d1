//! The lines of lists in plain text or Markdown.

use jiff::Timestamp;

use crate::fields::day;

/// A line of a list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ListItem {
    /// The line, from 1.
    pub(crate) line: usize,
    pub(crate) text: String,
    pub(crate) heading: Option<String>,
    pub(crate) date: Option<Timestamp>,
    /// `true` if the line begins with a list marker or a date.
    pub(crate) is_marked: bool,
    pub(crate) is_fenced: bool,
}

/// The lines of a text without blank lines, empty list items and headings. Indented lines belong to the item above.
pub(crate) fn items(text: &str) -> Vec<ListItem> {
    let mut items: Vec<ListItem> = Vec::new();
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
                _ => items.push(ListItem { line, heading: heading.clone(), is_fenced, ..item(trimmed) }),
            }
        }
    }
    items.retain(|item| !item.text.trim().is_empty() || item.date.is_some());
    items
}

/// The title of a heading: `# Title`, or a bold line.
pub(crate) fn title(line: &str) -> Option<String> {
    let bold = line.strip_prefix("**").and_then(|rest| rest.trim_end_matches(':').strip_suffix("**"));
    let marks = line.bytes().take_while(|byte| *byte == b'#').count();
    let title = bold.or_else(|| (1..=6).contains(&marks).then(|| line[marks..].strip_prefix(' '))?)?;
    let title = title.trim().trim_end_matches(':').trim();
    (!title.is_empty() && !title.contains("**")).then(|| title.to_owned())
}

fn item(line: &str) -> ListItem {
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
            return ListItem { text: text.into(), date: at, is_marked: true, ..ListItem::default() };
        }
    }
    ListItem { text: text.trim().into(), is_marked: unmarked.is_some(), ..ListItem::default() }
}

/// The line without `-`, `*`, `+`, `•`, `1.`, `1)` and a check box.
fn without_marker(line: &str) -> Option<&str> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let numbered = || line[digits..].strip_prefix(['.', ')']).filter(|_| (1..=4).contains(&digits));
    let rest = line.strip_prefix(['-', '*', '+', '•', '–']).or_else(numbered)?;
    if rest.is_empty() {
        return Some(rest);
    }
    let rest = rest.strip_prefix([' ', '\t'])?.trim_start();
    let unchecked = ["[ ]", "[x]", "[X]"].iter().find_map(|checkbox| rest.strip_prefix(checkbox));
    Some(unchecked.filter(|rest| rest.is_empty() || rest.starts_with(' ')).unwrap_or(rest))
}
