//! Tables with a header and one column of text.

use std::collections::HashMap;

use csv::{Reader, ReaderBuilder};
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

/// The columns in lower case, and the delimiter.
fn header(document: &Document<'_>) -> Option<(Vec<String>, u8)> {
    if document.is_json {
        return None;
    }
    let first = document.text.lines().next()?;
    b",;\t".iter().find_map(|delimiter| {
        let columns: Vec<String> =
            reader(first, *delimiter).headers().ok()?.iter().map(|name| name.trim().to_lowercase()).collect();
        let texts = columns.iter().filter(|name| TEXTS.contains(&name.as_str())).count();
        let is_named = columns.len() > 1 || document.name.to_lowercase().ends_with(".csv");
        let is_other = columns.iter().any(|name| OTHERS.contains(&name.as_str()));
        (texts == 1 && is_named && !is_other).then(|| (named_apart(columns), *delimiter))
    })
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
    ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes())
}

fn read(document: &Document<'_>, out: &mut Collector<'_>) {
    let Some((columns, delimiter)) = header(document) else { return };
    for row in reader(document.text, delimiter).records() {
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                let place = RecordPlace { line: line.try_into().unwrap_or_default(), ..RecordPlace::default() };
                out.skip(&place, SkipReason::Unrecognised);
                continue;
            }
        };
        let line = row.position().map_or(0, csv::Position::line);
        let place = RecordPlace { line: line.try_into().unwrap_or_default(), ..RecordPlace::default() };
        if row.len() != columns.len() {
            out.skip(&place, SkipReason::Unrecognised);
            continue;
        }
        let cells = columns.iter().zip(&row).filter(|(_, cell)| !cell.trim().is_empty());
        let object: Map<String, Value> = cells.map(|(name, cell)| (name.clone(), cell.trim().into())).collect();
        out.add(&place, Fields::new(&object).draft(&names(&TEXTS), out.now));
    }
}
