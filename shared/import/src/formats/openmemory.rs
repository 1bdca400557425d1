//! OpenMemory: memories.json, the JSON Lines beside it, and the list of its API.

use std::collections::HashMap;

use serde_json::Value;

use crate::format::{Format, JsonObject, has_any, has_text, read_records};
use crate::{
    document::Page,
    draft::{Draft, TAG_CHARACTERS},
    fields::Names,
};

pub(crate) static OPENMEMORY: Format = Format {
    name: "OpenMemory",
    writer: Some("openmemory"),
    detect: |document| document.has(is_record),
    read: |document, out| {
        let mut names = HashMap::new();
        for page in &document.pages {
            names.extend(["categories", "apps"].into_iter().flat_map(|list| named(page, list)));
        }
        read_records(document, out, is_record, &NAMES, |_, object, draft| Ok(completed(object, draft, &names)));
    },
};

const NAMES: Names = Names {
    text: &["content"],
    tags: &["categories"],
    app: &["app", "app_name"],
    user: &["user_id"],
    internal: &["category_ids", "app_id", "state", "apps", "categories", "status_history"],
};

const STATES: [&str; 4] = ["active", "paused", "archived", "deleted"];

fn is_record(object: &JsonObject) -> bool {
    const BESIDE: [&str; 6] = ["id", "created_at", "app", "app_id", "categories", "category_ids"];
    let is_state = object.get("state").and_then(Value::as_str).is_some_and(|state| STATES.contains(&state));
    has_text(object, "content") && is_state && has_any(object, &BESIDE) && !object.contains_key("role")
}

/// The names of the elements of a list, by id. Those longer than a tag are left out, as each record repeats them.
fn named<'a>(page: &'a Page, list: &str) -> Vec<(&'a str, &'a str)> {
    let objects = page.list(list).into_iter().flatten().filter_map(|record| record.object.as_ref().ok());
    let named = objects.filter_map(|object| Some((object.get("id")?.as_str()?, object.get("name")?.as_str()?)));
    named.filter(|(_, name)| name.chars().count() <= TAG_CHARACTERS).collect()
}

/// Adds the names behind the ids of categories and app. A paused memory keeps its state as a tag.
fn completed(object: &JsonObject, mut draft: Draft, names: &HashMap<&str, &str>) -> Draft {
    for id in object.get("category_ids").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        match names.get(id) {
            Some(name) => draft.tags.push((*name).to_owned()),
            None => draft.dropped.push("category_ids".into()),
        }
    }
    if let (None, Some(id)) = (&draft.writer, object.get("app_id").and_then(Value::as_str)) {
        match names.get(id) {
            Some(name) => draft.writer = Some((*name).to_owned()),
            None => draft.dropped.push("app_id".into()),
        }
    }
    let categories = object.get("categories").and_then(Value::as_array);
    if categories.is_some_and(|categories| !categories.iter().all(Value::is_string)) {
        draft.dropped.push("categories".into());
    }
    if object.get("state").and_then(Value::as_str) == Some("paused") {
        draft.tags.push("paused".into());
    }
    draft
}
