//! The lines of lists in plain text or Markdown.

use jean_memory::{OccurredAt, transfer::second};
use jiff::Timestamp;

use crate::{
    draft::{Draft, TAG_CHARACTERS},
    times::written,
};

/// A line of a list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ListItem<'a> {
    /// The line, from 1.
    pub(crate) line: usize,
    pub(crate) text: String,
    /// The title above. One longer than a tag is cut, but remains too long for a tag.
    pub(crate) heading: Option<&'a str>,
    pub(crate) date: Option<OccurredAt>,
    /// A date in brackets in an unknown form. It remains in the text.
    pub(crate) unread: Option<&'a str>,
    /// `true` if the line begins with a list marker or a date.
    pub(crate) is_marked: bool,
    pub(crate) is_fenced: bool,
    /// `true` for a heading without items.
    pub(crate) is_heading: bool,
}

impl ListItem<'_> {
    /// Sets the date of a draft: the time at which it was written or, after `now`, at which it occurs. One in an unknown form
    /// is reported.
    pub(crate) fn date_to(&self, draft: &mut Draft, now: Timestamp) {
        match self.date.and_then(|date| Some((date, second(date)?))) {
            Some((date, at)) if at > now => draft.occurred_at = Some(date),
            Some((_, at)) => draft.created_at = Some(at),
            None => {}
        }
        draft.unread.extend(self.unread.map(|date| ("date".into(), date.into())));
    }
}

/// The meaning of a fence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fence {
    /// It contains lines of the list, as in the answer of an assistant.
    List,
    /// It contains code, which is one item with its fences.
    Code,
}

/// The lines of a text without blank lines, empty list items, thematic breaks and headings of items. Indented lines belong
/// to the item above. A bold line is a heading if items follow it, and otherwise an item.
pub(crate) fn items(text: &str, fence: Fence) -> Vec<ListItem<'_>> {
    let mut items: Vec<ListItem<'_>> = Vec::new();
    let (mut heading, mut is_fenced) = (None, false);
    let mut bold: Option<(&str, ListItem<'_>)> = None;
    let mut before = "";
    // The headings above without items so far, by level.
    let mut unused: Vec<(usize, ListItem<'_>)> = Vec::new();
    for (line, raw) in (1..).zip(text.lines()) {
        let trimmed = raw.trim_start_matches(|c: char| c.is_whitespace() || MARKS.contains(&c)).trim_end();
        let is_end = is_fence(trimmed);
        is_fenced ^= is_end;
        let is_code = fence == Fence::Code && (is_fenced || is_end);
        if let Some(code) = items.last_mut().filter(|_| is_code && is_fenced != is_end) {
            code.text.push('\n');
            code.text.push_str(raw.trim_end());
        } else if is_end && !is_code {
        } else if let Some((level, title)) = leveled(trimmed).filter(|_| !is_code) {
            items.extend(bold.take().map(|(_, item)| item));
            items.extend(unused.extract_if(.., |(above, _)| *above >= level).map(|(_, item)| item));
            heading = Some(title);
            let text = trimmed[level..].trim().into();
            unused.push((level, ListItem { line, text, is_fenced, is_heading: true, ..ListItem::default() }));
        } else if let Some(title) = bold_title(trimmed).filter(|_| !is_code) {
            let item = ListItem { line, text: trimmed.into(), heading, is_fenced, ..ListItem::default() };
            items.extend(bold.replace((title, item)).map(|(_, item)| item));
            unused.clear();
        } else if !trimmed.is_empty() && (is_code || !is_break(trimmed)) {
            heading = bold.take().map(|(title, _)| title).or(heading);
            let is_indented = raw.starts_with("  ") || raw.starts_with('\t');
            let continues = fence == Fence::Code && !is_code && is_wrapped(before);
            match items.last_mut() {
                Some(above) if is_indented && above.is_marked && above.heading == heading => {
                    above.text.push('\n');
                    above.text.push_str(trimmed);
                }
                Some(above) if continues && above.heading == heading && !item(trimmed).is_marked => {
                    above.text.push(' ');
                    above.text.push_str(trimmed);
                }
                _ if is_code => {
                    items.push(ListItem { line, text: trimmed.into(), heading, is_fenced, ..ListItem::default() });
                    unused.clear();
                }
                _ => {
                    let item = ListItem { line, heading, is_fenced, ..item(trimmed) };
                    if !item.text.is_empty() || item.date.is_some() {
                        unused.clear();
                    }
                    items.push(item);
                }
            }
        }
        before = raw;
    }
    items.extend(bold.map(|(_, item)| item));
    items.extend(unused.into_iter().map(|(_, item)| item));
    items.retain(|item| !item.text.trim().is_empty() || item.date.is_some());
    items
}

/// `true` for a line of prose that goes on in the next one: it is long and ends without punctuation.
fn is_wrapped(line: &str) -> bool {
    const WRAPPED: usize = 60;
    let line = line.trim_end();
    line.chars().count() >= WRAPPED
        && !is_fence(line.trim_start())
        && line.ends_with(|c: char| c.is_alphanumeric() || ",-–—'’".contains(c))
}

/// Marks of the direction of a text and of no width, which programs write before a list marker.
const MARKS: [char; 5] = ['\u{200e}', '\u{200f}', '\u{61c}', '\u{200b}', '\u{feff}'];

/// The title of a heading such as `# Title`.
pub(crate) fn title(line: &str) -> Option<&str> {
    leveled(line).map(|(_, title)| title)
}

/// The level and the title of a heading.
fn leveled(line: &str) -> Option<(usize, &str)> {
    let marks = line.bytes().take_while(|byte| *byte == b'#').count();
    let title = (1..=6).contains(&marks).then(|| line[marks..].strip_prefix(' '))??;
    let title = title.trim().trim_end_matches(':').trim();
    let end = title.char_indices().nth(TAG_CHARACTERS + 1).map_or(title.len(), |(end, _)| end);
    (!title.is_empty()).then_some((marks, &title[..end]))
}

/// The text of a line in bold or italics, unless it is longer than a tag.
fn bold_title(line: &str) -> Option<&str> {
    let within = |mark: &str| line.strip_prefix(mark)?.trim_end_matches(':').strip_suffix(mark);
    let title = ["***", "**", "*"].into_iter().find_map(within)?.trim().trim_end_matches(':').trim();
    let is_tag = !title.is_empty() && title.chars().take(TAG_CHARACTERS + 1).count() <= TAG_CHARACTERS;
    (is_tag && !title.contains('*')).then_some(title)
}

/// `true` for the line before and after a code block. Code within a line is no block.
fn is_fence(line: &str) -> bool {
    line.strip_prefix("```").is_some_and(|info| !info.trim_start_matches('`').contains('`'))
}

/// The JSON that an assistant has put between fences, below as many line breaks as it has lines above it, so that it keeps its
/// line numbers. Returns `None` if there are several fenced blocks or an item of a list beside it.
pub(crate) fn fenced_json(text: &str) -> Option<String> {
    if !text.contains("```") {
        return None;
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut fences = lines.iter().enumerate().filter(|(_, line)| is_fence(line.trim())).map(|(at, _)| at);
    let (start, end) = (fences.next()?, fences.next()?);
    let has_items = lines[..start].iter().chain(&lines[end..]).any(|line| item(line.trim()).is_marked);
    let json = lines[start + 1..end].join("\n");
    let is_json = json.trim_start().starts_with(['{', '[']);
    (is_json && !has_items && fences.next().is_none()).then(|| "\n".repeat(start + 1) + &json)
}

/// `true` for a thematic break such as `---` or `* * *`.
fn is_break(line: &str) -> bool {
    ['-', '*', '_'].iter().any(|mark| {
        line.chars().all(|character| character == *mark || character == ' ') && line.matches(*mark).count() >= 3
    })
}

/// `true` for an item that begins with a date, such as `[2026-01-14 10:00] - Likes tea`.
pub(crate) fn begins_with_date(line: &str) -> bool {
    let item = item(line);
    item.is_marked && item.date.is_some() && line.split_once(']').is_some_and(|(_, rest)| is_separated(rest))
}

fn is_separated(after_date: &str) -> bool {
    after_date.trim_start().starts_with(SEPARATORS)
}

/// Marks between a date and the text of an item.
const SEPARATORS: [char; 4] = ['-', '–', '—', ':'];

fn item(line: &str) -> ListItem<'_> {
    let unmarked = without_marker(line);
    let text = unmarked.unwrap_or(line).trim();
    let is_marked = unmarked.is_some();
    if let Some((bracketed, rest)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        const UNKNOWN: [&str; 6] = ["date unknown", "unknown", "unknown date", "no date", "undated", "n/a"];
        let (bracketed, rest) = (bracketed.trim(), rest.trim_start());
        let date = written(bracketed).filter(|date| second(*date).is_some());
        if date.is_some() || UNKNOWN.iter().any(|unknown| bracketed.eq_ignore_ascii_case(unknown)) {
            // A minus sign belongs to its number.
            let is_minus = rest.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            let text = if is_minus { rest } else { rest.trim_start_matches(SEPARATORS).trim() };
            return ListItem { text: text.into(), date, is_marked: true, ..ListItem::default() };
        }
        let has_digit = bracketed.len() > 3 && bracketed.contains(|c: char| c.is_ascii_digit());
        let is_separated = has_digit && is_separated(rest);
        // A link begins with brackets, too.
        if is_separated || (has_year(bracketed) && !rest.starts_with('(')) {
            let is_marked = is_marked || is_separated;
            return ListItem { text: text.into(), unread: Some(bracketed), is_marked, ..ListItem::default() };
        }
    }
    ListItem { text: text.into(), is_marked, ..ListItem::default() }
}

/// `true` if a word of the text is a year of this or the last century.
fn has_year(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    words.any(|word| word.len() == 4 && word.parse::<u16>().is_ok_and(|year| (1900..2100).contains(&year)))
}

/// Bullets without another use in texts. The space after them can be missing.
const BULLETS: [char; 11] = ['•', '●', '○', '◦', '▪', '▫', '■', '‣', '・', '·', '\u{f0b7}'];

/// The line without `-`, `*`, `+`, a bullet, `1.`, `1)` and a check box. A number of four digits is a year.
fn without_marker(line: &str) -> Option<&str> {
    if let Some(rest) = line.strip_prefix(BULLETS) {
        return Some(rest.trim_start());
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let numbered = || line[digits..].strip_prefix(['.', ')']).filter(|_| (1..=3).contains(&digits));
    let rest = line.strip_prefix(['-', '*', '+', '–']).or_else(numbered)?;
    if rest.is_empty() {
        return Some(rest);
    }
    let rest = rest.strip_prefix([' ', '\t'])?.trim_start();
    let unchecked = ["[ ]", "[x]", "[X]"].iter().find_map(|checkbox| rest.strip_prefix(checkbox));
    Some(unchecked.filter(|rest| rest.is_empty() || rest.starts_with(' ')).unwrap_or(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TO-23, TO-31
    #[test]
    fn date_in_brackets_is_read_or_remains_in_the_text() {
        for (line, text, date, unread) in [
            ("- [2026-01-14] Met Noor", "Met Noor", Some("2026-01-14"), None),
            ("[20260114] - Met Noor", "Met Noor", Some("2026-01-14"), None),
            ("[unknown] - Sings", "Sings", None, None),
            ("[unknown] -5 degrees is the limit", "-5 degrees is the limit", None, None),
            ("[14.1.26] - Signed", "[14.1.26] - Signed", None, Some("14.1.26")),
            ("[1/14/26] - Called", "[1/14/26] - Called", None, Some("1/14/26")),
            ("[January 2026] - Moved", "[January 2026] - Moved", None, Some("January 2026")),
            ("- [May 2026] Trip", "[May 2026] Trip", None, Some("May 2026")),
            ("- [14. Januar 2026] Moved", "[14. Januar 2026] Moved", None, Some("14. Januar 2026")),
            ("- [Report 2024](https://a.example)", "[Report 2024](https://a.example)", None, None),
            ("- [fact] Sings", "[fact] Sings", None, None),
        ] {
            let item = item(line);
            let read = (item.text.as_str(), item.date.map(|date| date.to_string()), item.unread);
            assert_eq!(read, (text, date.map(String::from), unread), "{line}");
        }
    }

    /// TO-31
    #[test]
    fn marker_of_a_list_is_removed() {
        for line in ["- Tea", "● Tea", "▪ Tea", "・Tea", "\u{200f}- Tea", "\u{200b}* [x] Tea", "12) Tea"] {
            let items = items(line, Fence::List);
            assert_eq!((items[0].text.as_str(), items[0].is_marked), ("Tea", true), "{line}");
        }
        for line in ["2019. Moved", "-5 degrees", "*bold*"] {
            assert_eq!(items(line, Fence::List)[0].text, line);
        }
    }

    /// TO-32
    #[test]
    fn heading_without_items_is_an_item() {
        for (text, expected) in [
            ("# Is vegetarian\n# Has a cat\n- Tea", vec!["Is vegetarian", "Tea"]),
            ("# Notes\n## Drinks\n- Tea\n## Food", vec!["Tea", "Food"]),
            ("# Notes\n**Drinks**\n- Tea", vec!["Tea"]),
            ("# Notes\n-\n# Tea", vec!["Notes", "Tea"]),
        ] {
            let items: Vec<_> = items(text, Fence::List).into_iter().map(|item| item.text).collect();
            assert_eq!(items, expected, "{text}");
        }
    }

    /// TO-31
    #[test]
    fn wrapped_lines_of_prose_are_one_item() {
        let text = "Ada lives in Leipzig with two cats and has worked there as a\nprinter since 2019.\nSings.\n\n\
            - Prefers answers that are short and that name their sources and\nlimits.\n- Tea";
        let items: Vec<_> = items(text, Fence::Code).into_iter().map(|item| item.text).collect();
        let expected = [
            "Ada lives in Leipzig with two cats and has worked there as a printer since 2019.",
            "Sings.",
            "Prefers answers that are short and that name their sources and limits.",
            "Tea",
        ];
        assert_eq!(items, expected);
    }

    /// TO-31
    #[test]
    fn code_is_one_item() {
        let text = "Steps:\n\n```bash\n# install\n\n- npm i\n```\n\n# More\n- Tea";
        let code: Vec<_> = items(text, Fence::Code).into_iter().map(|item| (item.text, item.is_fenced)).collect();
        let expected = [("Steps:", false), ("```bash\n# install\n\n- npm i\n```", true), ("Tea", false)];
        assert_eq!(code, expected.map(|(text, is_fenced)| (text.to_owned(), is_fenced)));
        let list: Vec<_> = items(text, Fence::List).into_iter().map(|item| item.text).collect();
        assert_eq!(list, ["Steps:", "npm i", "Tea"]);
    }
}
