//! An import format, and the parts that several formats share.

use serde_json::{Map, Value};

use crate::{
    collector::Collector,
    document::{Document, Page, Record},
    draft::Draft,
    fields::{Fields, Names},
    report::SkipReason,
};

/// An import format.
#[derive(Debug)]
pub(crate) struct Format {
    /// The name, as shown to users.
    pub(crate) name: &'static str,
    /// The client that memories without a named author are written by, or `None` for the user.
    pub(crate) writer: Option<&'static str>,
    /// Returns `true` if more than one field of the file belongs to the format.
    pub(crate) detect: fn(&Document<'_>) -> bool,
    /// Reads the records.
    pub(crate) read: fn(&Document<'_>, &mut Collector<'_>),
}

pub(crate) type JsonObject = Map<String, Value>;

/// `true` if a field is a string.
pub(crate) fn has_text(object: &JsonObject, name: &str) -> bool {
    object.get(name).is_some_and(Value::is_string)
}

/// `true` if one of the fields exists.
pub(crate) fn has_any(object: &JsonObject, names: &[&str]) -> bool {
    names.iter().any(|name| object.contains_key(*name))
}

/// The object of a record of a format. Skips the record if it is not one.
pub(crate) fn recognised<'a>(
    record: &'a Record,
    is_record: impl Fn(&JsonObject) -> bool,
    out: &mut Collector<'_>,
) -> Option<&'a JsonObject> {
    match &record.object {
        Ok(object) if is_record(object) => return Some(object),
        Ok(_) => out.skip(&record.place, SkipReason::Unrecognised),
        Err(reason) => out.skip(&record.place, *reason),
    }
    None
}

/// Reads the lists of objects of a document. `completed` adds to a record the facts in a field of the page.
pub(crate) fn read_records(
    document: &Document<'_>,
    out: &mut Collector<'_>,
    is_record: fn(&JsonObject) -> bool,
    names: &Names,
    completed: impl Fn(&Page, &JsonObject, Draft) -> Result<Draft, SkipReason>,
) {
    let now = out.now;
    for page in &document.pages {
        for (name, value) in page.around.iter().filter(|(name, _)| !names.internal.contains(&name.as_str())) {
            out.dropped(name, values(value));
        }
        for (name, records) in &page.lists {
            let is_other =
                page.lists.len() > 1 && !records.iter().any(|record| record.object.as_ref().is_ok_and(is_record));
            if is_other {
                if !names.internal.contains(&name.as_str()) {
                    out.dropped(name, records.len());
                }
                continue;
            }
            for record in records {
                let draft = match &record.object {
                    Err(reason) => Err(*reason),
                    Ok(object) if !is_record(object) => Err(SkipReason::Unrecognised),
                    Ok(object) => {
                        let draft = Fields::new(object).draft(names, now);
                        draft.and_then(|draft| completed(page, object, draft))
                    }
                };
                out.add(&record.place, draft);
            }
        }
    }
}

/// The number of values in the lists of a page that have no objects, such as facts as strings.
fn values(value: &Value) -> usize {
    let length = |value: &Value| match value {
        Value::Array(values) if !values.iter().any(Value::is_object) => values.len(),
        _ => 0,
    };
    length(value) + value.as_object().map_or(0, |members| members.values().map(length).sum())
}
