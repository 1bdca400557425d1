//! A file as JSON records with their positions, or as text.

use std::fmt;

use serde::{
    Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};

use crate::{
    json_repair,
    refusal::Refusal,
    report::{RecordPlace, SkipReason},
};

/// An unpacked and decoded file.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    /// Its name, or an empty string.
    pub(crate) name: &'a str,
    pub(crate) text: &'a str,
    /// The JSON values, or an empty list if the file is not JSON.
    pub(crate) pages: Vec<Page>,
    pub(crate) is_json: bool,
}

/// A JSON value of a file: an object or a list of objects.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// The members of an object other than lists of objects.
    pub(crate) around: Map<String, Value>,
    /// The lists of objects, by name. The elements of a top-level list, and a record that stands alone, have the name
    /// `""`.
    pub(crate) lists: Vec<(String, Vec<Record>)>,
}

/// A JSON object, or the reason why not.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) place: RecordPlace,
    pub(crate) object: Result<Map<String, Value>, SkipReason>,
}

impl Page {
    /// The elements of a list.
    pub(crate) fn list(&self, name: &str) -> Option<&[Record]> {
        self.lists.iter().find(|(other, _)| other == name).map(|(_, records)| records.as_slice())
    }

    pub(crate) fn records(&self) -> impl Iterator<Item = &Record> {
        self.lists.iter().flat_map(|(_, records)| records)
    }
}

/// Names of strings of records: of their texts, of an entity, and of a summary's user. An object with one of them is a
/// record, even if it contains a list of objects or an empty list.
const OF_RECORDS: [&str; 5] = ["memory", "content", "text", "entityType", "account_uuid"];

/// Maximum characters of the name of an object in the names of the lists in it.
const NAME_CHARACTERS: usize = 64;

impl<'a> Document<'a> {
    /// Parses a file. In JSON Lines, an invalid line does not affect the others, nor does the end of a truncated list
    /// affect its other records.
    ///
    /// # Errors
    /// [`Refusal::Json`] with the position if the file begins like JSON and is malformed.
    pub(crate) fn parse(name: &'a str, text: &'a str) -> Result<Self, Refusal> {
        let document = |pages: Vec<Page>| Self { name, text, is_json: !pages.is_empty(), pages };
        let error = match values(text, None) {
            Ok(pages) => return Ok(document(pages)),
            Err(error) => error,
        };
        let trimmed = text.trim_start();
        let repaired = if trimmed.starts_with(['{', '[']) { json_repair::repaired(text) } else { None };
        let json = repaired.as_deref().unwrap_or(text);
        let error = match repaired.as_deref().map(|json| values(json, None)) {
            Some(Ok(pages)) => return Ok(document(pages)),
            Some(Err(error)) => error,
            None => error,
        };
        let closed = if error.is_eof() { json_repair::closed(json) } else { None };
        if let Some(pages) = closed.and_then(|(json, cut)| values(&json, Some(cut)).ok()) {
            return Ok(document(pages));
        }
        let after_bracket = trimmed.strip_prefix('[').map(str::trim_start);
        if after_bracket.is_none() && json.lines().any(|line| object(line).is_ok()) {
            return Ok(document(of_lines(json)));
        }
        if let Some(pages) = before_the_rest(json) {
            return Ok(document(pages));
        }
        // A list of memories may begin with a date in brackets.
        if trimmed.starts_with('{') || after_bracket.is_some_and(|rest| rest.starts_with(['{', '[', '"', ']'])) {
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default().into();
            return Err(Refusal::Json { line: error.line(), column: error.column(), message });
        }
        Ok(document(vec![]))
    }

    pub(crate) fn records(&self) -> impl Iterator<Item = &Record> {
        self.pages.iter().flat_map(Page::records)
    }

    /// `true` if the file is a part of a list: there is a page before the first or after the last one.
    pub(crate) fn has_more_pages(&self) -> bool {
        let field = |page: Option<&Page>, name: &str| page.and_then(|page| page.around.get(name).cloned());
        let is_link = |link: Option<Value>| link.is_some_and(|link| link.is_string());
        let first = self.pages.first();
        let pages = self.pages.len() as u64;
        let count = |name| field(first, name).and_then(|count| count.as_u64());
        let pagination = field(first, "pagination").and_then(|pagination| pagination.get("totalPages")?.as_u64());
        let records = self.pages.iter().filter(|page| !page.around.is_empty()).flat_map(Page::records).count() as u64;
        is_link(field(self.pages.last(), "next"))
            || is_link(field(first, "previous"))
            || count("pages").or(pagination).is_some_and(|total| total > pages)
            || count("count").or(count("total")).is_some_and(|total| total > records)
    }

    /// `true` if an object of the file satisfies the condition.
    pub(crate) fn has(&self, condition: impl Fn(&Map<String, Value>) -> bool) -> bool {
        self.records().any(|record| record.object.as_ref().is_ok_and(&condition))
    }
}

/// The JSON values of a text, one after another. The one at the position `cut` stands for a truncated record.
fn values(text: &str, cut: Option<usize>) -> Result<Vec<Page>, serde_json::Error> {
    let lines = Lines::new(text, cut);
    let values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    values.map(|value| value.map(|value| page(value, &lines))).collect()
}

/// The list of objects at the beginning of a text, and a record for the rest, which is not JSON.
fn before_the_rest(text: &str) -> Option<Vec<Page>> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    let lines = Lines::new(text, None);
    let first = page(values.next()?.ok()?, &lines);
    let is_list = first.records().any(|record| record.place.record.is_some() && record.object.is_ok());
    let end = values.byte_offset();
    let rest = end + text[end..].find(|character: char| !character.is_whitespace())?;
    let place = RecordPlace { line: lines.number(rest), ..RecordPlace::default() };
    is_list.then(|| vec![first, single(Record { place, object: Err(SkipReason::Syntax) })])
}

fn of_lines(text: &str) -> Vec<Page> {
    let lines = Lines::new(text, None);
    let read = |(number, line): (usize, &str)| match serde_json::from_str::<&RawValue>(line) {
        Ok(value) => page(value, &lines),
        Err(_) => {
            let place = RecordPlace { line: number, ..RecordPlace::default() };
            single(Record { place, object: Err(SkipReason::Syntax) })
        }
    };
    (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()).map(read).collect()
}

fn page(value: &RawValue, lines: &Lines<'_>) -> Page {
    let place = lines.place(value);
    if let Some(records) = list(value, lines) {
        return Page { lists: vec![(String::new(), records)], ..Page::default() };
    }
    let Ok(members) = members(value) else {
        return single(Record { place, object: object(value.get()) });
    };
    let mut page = Page::default();
    for (name, value) in &members {
        if let Some(records) = list(value, lines) {
            page.lists.push((name.clone(), records));
            continue;
        }
        let prefix: String = name.chars().take(NAME_CHARACTERS).collect();
        for (inner, value) in self::members(value).unwrap_or_default() {
            if let Some(records) = list(value, lines) {
                page.lists.push((format!("{prefix}.{inner}"), records));
            }
        }
        if let Ok(value) = parsed(value.get()) {
            page.around.insert(name.clone(), value);
        }
    }
    let is_record = OF_RECORDS.iter().any(|name| page.around.get(*name).is_some_and(Value::is_string));
    if is_record || page.lists.is_empty() { single(Record { place, object: object(value.get()) }) } else { page }
}

fn single(record: Record) -> Page {
    Page { lists: vec![(String::new(), vec![record])], ..Page::default() }
}

/// The members of an object by name. One whose name occurs again remains.
fn members(value: &RawValue) -> Result<Vec<(String, &RawValue)>, serde_json::Error> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(String, &'de RawValue)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(member) = map.next_entry()? {
                members.push(member);
            }
            members.sort_by(|(one, _), (other, _): &(String, _)| one.cmp(other));
            Ok(members)
        }
    }
    serde_json::Deserializer::from_str(value.get()).deserialize_map(Members)
}

/// The elements of a list, if it is empty or contains an object.
fn list(value: &RawValue, lines: &Lines<'_>) -> Option<Vec<Record>> {
    let elements = serde_json::from_str::<Vec<&RawValue>>(value.get()).ok()?;
    if !elements.is_empty() && !elements.iter().any(|element| element.get().starts_with('{')) {
        return None;
    }
    let record = |(number, element): (usize, &RawValue)| Record {
        place: RecordPlace { record: Some(number), ..lines.place(element) },
        object: if lines.is_cut(element) { Err(SkipReason::Syntax) } else { object(element.get()) },
    };
    Some((1..).zip(elements).map(record).collect())
}

fn object(json: &str) -> Result<Map<String, Value>, SkipReason> {
    match parsed(json) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(SkipReason::Unrecognised),
        // The parser has no other distinction.
        Err(error) => Err(match error.to_string() {
            message if message.starts_with("number out of range") => SkipReason::Range,
            message if message.starts_with("recursion limit exceeded") => SkipReason::Depth,
            _ => SkipReason::Syntax,
        }),
    }
}

/// Parses JSON. Lone surrogates, which a program leaves that cuts a text in UTF-16, become U+FFFD.
fn parsed(json: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(json).or_else(|error| match jean_memory::surrogates::replaced(json) {
        Some(replaced) => serde_json::from_str(&replaced),
        None => Err(error),
    })
}

/// The positions of the lines of a text.
struct Lines<'a> {
    text: &'a str,
    ends: Vec<usize>,
    /// The position of the value for a truncated record.
    cut: Option<usize>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str, cut: Option<usize>) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
        Self { text, ends, cut }
    }

    /// The line of a value borrowed from the text.
    fn place(&self, value: &RawValue) -> RecordPlace {
        RecordPlace { line: self.number(self.offset(value)), ..RecordPlace::default() }
    }

    /// The number of the line at an offset, from 1.
    fn number(&self, offset: usize) -> usize {
        1 + self.ends.partition_point(|end| *end < offset)
    }

    fn is_cut(&self, value: &RawValue) -> bool {
        self.cut == Some(self.offset(value))
    }

    fn offset(&self, value: &RawValue) -> usize {
        (value.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize)
    }
}
