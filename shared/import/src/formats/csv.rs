//! Tables with a header and one column of text.

use std::{borrow::Cow, collections::HashMap};

use csv::{Position, Reader, ReaderBuilder, StringRecord};
use serde_json::{Map, Value};

use crate::format::Format;
use crate::{
    collector::Collector,
    document::Document,
    fields::{Fields, Names},
    report::{RecordPlace, SkipReason},
};

pub(crate) static CSV: Format =
    Format { name: "CSV", writer: None, detect: |document| header(document).is_some(), read };

const TEXTS: [&str; 3] = ["memory", "text", "content"];
/// Maximum characters of the name of a column.
const COLUMN_CHARACTERS: usize = 64;
/// Columns of tables that contain messages, web pages or search results.
const OTHERS: [&str; 9] =
    ["role", "sender", "author", "speaker", "title", "query", "score", "message_id", "conversation_id"];

fn names(text: &'static [&'static str]) -> Names {
    Names {
        text,
        tags: &["tags", "categories", "category"],
        app: &["app", "client"],
        user: &["user_id", "user"],
        internal: &[],
    }
}

/// The header of a table.
struct Header<'a> {
    /// The names in lower case.
    columns: Vec<String>,
    delimiter: u8,
    /// The text below the header, and the number of lines above it.
    rows: &'a str,
    lines: usize,
}

fn header<'a>(document: &Document<'a>) -> Option<Header<'a>> {
    if document.is_json {
        return None;
    }
    let mut lines = document.text.split_inclusive('\n').zip(1..).filter(|(line, _)| !line.trim().is_empty()).peekable();
    // Excel names the delimiter in the first line.
    let named = lines.next_if(|(line, _)| line.trim().strip_prefix("sep=").is_some_and(|rest| rest.len() == 1));
    let (first, number) = lines.next()?;
    let rows = &document.text[first.as_ptr() as usize - document.text.as_ptr() as usize + first.len()..];
    let name = document.name.to_lowercase();
    let delimiters = match named.and_then(|(line, _)| line.trim().bytes().last()) {
        Some(delimiter) => vec![delimiter],
        None if name.ends_with(".tsv") => b"\t,;".to_vec(),
        None => b",;\t".to_vec(),
    };
    delimiters.into_iter().find_map(|delimiter| {
        let columns: Vec<String> = row(first, delimiter)?.iter().map(column).collect();
        let texts = columns.iter().filter(|name| TEXTS.contains(&name.as_str())).count();
        let is_named = columns.len() > 1 || name.ends_with(".csv") || name.ends_with(".tsv");
        let is_other = columns.iter().any(|name| OTHERS.contains(&name.as_str()));
        let is_table = texts == 1 && is_named && !is_other;
        is_table.then(|| Header { columns: named_apart(columns), delimiter, rows, lines: number })
    })
}

/// The name of a column as of a field: `Created At` is `created_at`.
fn column(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '-'], "_")
}

/// The names of columns, cut as each row repeats them. Those that another column has get a number, so that no value takes
/// the place of another.
fn named_apart(columns: Vec<String>) -> Vec<String> {
    let mut counts = HashMap::<String, usize>::new();
    let name = |column: String| {
        let name: String = column.chars().take(COLUMN_CHARACTERS).collect();
        let count = counts.entry(name.clone()).or_default();
        *count += 1;
        if *count > 1 { format!("{name} ({count})") } else { name }
    };
    columns.into_iter().map(name).collect()
}

fn reader(text: &str, delimiter: u8) -> Reader<&[u8]> {
    // A missing or additional cell affects its row only.
    let mut builder = ReaderBuilder::new();
    builder.delimiter(delimiter).flexible(true).has_headers(false).from_reader(text.as_bytes())
}

/// The cells of a text with one row.
fn row(text: &str, delimiter: u8) -> Option<StringRecord> {
    reader(text, delimiter).into_records().next()?.ok()
}

fn read(document: &Document<'_>, out: &mut Collector<'_>) {
    let Some(header) = header(document) else { return };
    let (mut rest, mut above, mut unclosed) = (header.rows, header.lines, 0);
    // The rows after an unclosed quotation mark are read from the next line on, and after many of them line by line: else
    // the whole rest could be read for each line.
    while !rest.is_empty() {
        let line = rest.find('\n').map_or(rest.len(), |end| end + 1);
        let part = if unclosed < UNCLOSED { rest } else { &rest[..line] };
        let mut read = part.len();
        if let Some(start) = read_rows(&header, part, above, out) {
            unclosed += 1;
            read = start + part[start..].find('\n').map_or(part.len() - start, |end| end + 1);
        }
        above += rest[..read].matches('\n').count();
        rest = &rest[read..];
    }
}

/// Maximum number of unclosed quotation marks after which a row may have several lines.
const UNCLOSED: usize = 100;

/// Reads rows until one with an unclosed quotation mark, and returns its position.
fn read_rows(header: &Header<'_>, text: &str, above: usize, out: &mut Collector<'_>) -> Option<usize> {
    let Header { columns, delimiter, .. } = header;
    let mut rows = reader(text, *delimiter).into_records();
    let (mut line, mut counted) = (above + 1, 0);
    while let Some(read) = rows.next() {
        let start = read.as_ref().ok().and_then(StringRecord::position).map_or(counted as u64, Position::byte);
        let start = usize::try_from(start).unwrap_or_default();
        let end = usize::try_from(rows.reader().position().byte()).unwrap_or(text.len()).min(text.len());
        // The position of a row is before the blank lines above it.
        let start = start + (text[start..end].len() - text[start..end].trim_start_matches(['\n', '\r']).len());
        let raw = text[start..end].trim_end_matches(['\n', '\r']);
        line += text[counted..start].matches('\n').count();
        counted = start;
        let place = RecordPlace { line, ..RecordPlace::default() };
        let is_quoted_well = is_quoted_well(raw, *delimiter);
        if raw.contains('\n') && !is_quoted_well {
            out.skip(&place, SkipReason::Quote);
            return Some(start);
        }
        let read = match without_spaces(raw, *delimiter) {
            Cow::Borrowed(_) => read.ok(),
            Cow::Owned(raw) => row(&raw, *delimiter),
        };
        let Some(cells) = read.filter(|cells| fits(cells, columns)) else {
            out.skip(&place, if is_quoted_well { SkipReason::Unrecognised } else { SkipReason::Quote });
            continue;
        };
        let cells = columns.iter().zip(&cells).filter(|(_, cell)| !cell.trim().is_empty());
        let object: Map<String, Value> = cells.map(|(name, cell)| (name.clone(), cell.trim().into())).collect();
        out.add(&place, Fields::new(&object).draft(&names(&TEXTS), out.now));
    }
    None
}

/// `true` if a row has a cell for each column. A delimiter at the end of the rows or of the header does not count.
fn fits(cells: &StringRecord, columns: &[String]) -> bool {
    let is_blank = |cell: &str| cell.trim().is_empty();
    cells.iter().skip(columns.len()).all(is_blank)
        && cells.len() <= columns.len() + 1
        && columns.iter().skip(cells.len()).all(|name| name.is_empty())
}

/// `true` if each quotation mark of a row begins or ends a cell, or is doubled in one.
fn is_quoted_well(row: &str, delimiter: u8) -> bool {
    let delimiter = char::from(delimiter);
    let parts: Vec<_> = row.split('"').map(|part| part.trim_matches(' ')).collect();
    let last = parts.len() - 1;
    let is_between = |(at, part): (usize, &&str)| {
        part.is_empty() || ((at == 0 || part.starts_with(delimiter)) && (at == last || part.ends_with(delimiter)))
    };
    last.is_multiple_of(2) && parts.iter().enumerate().step_by(2).all(is_between)
}

/// The row without spaces between a delimiter and a quotation mark, which the parser would take for a part of the text.
fn without_spaces(row: &str, delimiter: u8) -> Cow<'_, str> {
    let delimiter = char::from(delimiter);
    if !row.contains(" \"") {
        return row.into();
    }
    let part = |(at, part): (usize, &'_ str)| {
        let trimmed = part.trim_end_matches(' ');
        let is_outside = at % 2 == 0 && (trimmed.is_empty() && at == 0 || trimmed.ends_with(delimiter));
        if is_outside { trimmed.to_owned() } else { part.to_owned() }
    };
    row.split('"').enumerate().map(part).collect::<Vec<_>>().join("\"").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotation_marks_belong_to_cells() {
        for (row, expected) in [
            ("\"a\nb\",c", true),
            ("c,\"a \"\"b\"\",\nc\"", true),
            ("c, \"a\nb\" ,d", true),
            ("\"a,1\nb,2", false),
            ("\"a,1\n\"b,2", false),
            ("\"a,1\n\"b, c\",2", false),
        ] {
            assert_eq!(is_quoted_well(row, b','), expected, "{row}");
        }
    }

    #[test]
    fn space_before_a_quotation_mark_is_no_text() {
        for (text, cells) in [
            ("\"a\", \"b, c\"", ["a", "b, c"]),
            ("a, b \"c\"", ["a", " b \"c\""]),
            ("\"a, \"\"b\"\"\",c", ["a, \"b\"", "c"]),
        ] {
            let row = row(&without_spaces(text, b','), b',').expect("is read");
            assert_eq!(row.iter().collect::<Vec<_>>(), cells, "{text}");
        }
    }
}
