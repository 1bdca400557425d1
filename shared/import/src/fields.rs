//! The fields of a JSON or CSV record. Fields that no format takes are dropped and counted.

use jean_memory::OccurredAt;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::{
    draft::Draft,
    report::SkipReason,
    times::{is_zero, of_value, time},
};

/// The names of a format's fields.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names {
    /// The text; the first that has a value is taken.
    pub(crate) text: &'static [&'static str],
    /// Lists of tags, or one tag each.
    pub(crate) tags: &'static [&'static str],
    /// The app that wrote it.
    pub(crate) app: &'static [&'static str],
    /// The user.
    pub(crate) user: &'static [&'static str],
    /// Fields and lists that carry no information outside of the product, such as hashes, or that the format reads itself.
    pub(crate) internal: &'static [&'static str],
}

const IDS: [&str; 3] = ["id", "uuid", "memory_id"];
const CREATED: [&str; 7] =
    ["created_at", "created_at_iso", "createdAt", "created_timestamp", "created", "timestamp", "date"];
const UPDATED: [&str; 4] = ["updated_at", "updated_at_iso", "updatedAt", "updated"];
const URLS: [&str; 4] = ["source_url", "url", "link", "uri"];
const OCCURRED: [&str; 2] = ["occurred_at", "event_date"];
/// Tags in the metadata of a record.
const METADATA_TAGS: [&str; 4] = ["tags", "categories", "category", "labels"];
const EXPIRY: [&str; 4] = ["expiration_date", "expires_at", "expiresAt", "forgetAfter"];
const DELETED: [&str; 6] = ["deleted_at", "deletedAt", "removed_at", "removedAt", "trashed_at", "trashedAt"];
const FORGOTTEN: [&str; 2] = ["forgotten_at", "forgottenAt"];
const ARCHIVED: [&str; 2] = ["archived_at", "archivedAt"];
/// The end of the validity of a fact in a temporal graph, which a later fact ends.
const INVALID: [&str; 6] = ["invalid_at", "invalidAt", "valid_until", "validUntil", "valid_to", "validTo"];

/// The remaining fields of a record.
#[derive(Debug)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Copies the fields that have a value.
    pub(crate) fn new(object: &Map<String, Value>) -> Self {
        let times: [&[&str]; 8] = [&CREATED, &UPDATED, &OCCURRED, &EXPIRY, &DELETED, &FORGOTTEN, &ARCHIVED, &INVALID];
        let is_time = |name: &String| times.iter().any(|names| names.contains(&name.as_str()));
        let filled = object.iter().filter(|(name, value)| !(is_empty(value) || is_time(name) && is_zero(value)));
        Self(filled.map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    /// Reads a record, or returns the reason to leave it out.
    pub(crate) fn draft(mut self, names: &Names, now: Timestamp) -> Result<Draft, SkipReason> {
        self.is_current(now)?;
        let mut draft = Draft { id: self.scalar(&IDS), ..Draft::default() };
        draft.text = self.text(names.text).unwrap_or_default();
        for name in names.tags {
            draft.tags.extend(self.tags(name));
        }
        draft.writer = self.text(names.app);
        draft.user = self.scalar(names.user);
        draft.created_at = self.first(&CREATED, time, &mut draft.unread);
        draft.updated_at = self.first(&UPDATED, time, &mut draft.unread);
        draft.source_url = self.text(&URLS);
        draft.occurred_at = self.first(&OCCURRED, of_value, &mut draft.unread);
        for name in ["metadata", "metadata_"] {
            let Some(metadata) = self.0.get(name).and_then(members) else { continue };
            self.0.remove(name);
            let mut metadata = Self::new(&metadata);
            draft.tags.extend(METADATA_TAGS.iter().flat_map(|name| metadata.tags(name)));
            draft.source_url = draft.source_url.or_else(|| metadata.text(&URLS));
            draft.dropped.extend(metadata.0.keys().map(|key| format!("metadata.{key}")));
        }
        for name in names.internal {
            self.0.remove(*name);
        }
        // An unset flag of the product, such as `pinned`, says nothing, unless it is normally set. In metadata, `false` is a
        // value.
        let is_normally_set = |name: &str| ["active", "is_active", "isActive", "enabled"].contains(&name);
        let dropped = self.0.into_iter().filter(|(name, value)| *value != Value::Bool(false) || is_normally_set(name));
        draft.dropped.extend(dropped.map(|(name, _)| name));
        Ok(draft)
    }

    /// Removes the state of a record.
    fn is_current(&mut self, now: Timestamp) -> Result<(), SkipReason> {
        const FLAGS: [(&str, SkipReason); 15] = [
            ("deleted", SkipReason::Deleted),
            ("is_deleted", SkipReason::Deleted),
            ("isDeleted", SkipReason::Deleted),
            ("trashed", SkipReason::Deleted),
            ("is_trashed", SkipReason::Deleted),
            ("isTrashed", SkipReason::Deleted),
            ("in_trash", SkipReason::Deleted),
            ("inTrash", SkipReason::Deleted),
            ("is_forgotten", SkipReason::Forgotten),
            ("isForgotten", SkipReason::Forgotten),
            ("forgotten", SkipReason::Forgotten),
            ("archived", SkipReason::Archived),
            ("is_archived", SkipReason::Archived),
            ("isArchived", SkipReason::Archived),
            ("superseded", SkipReason::Superseded),
        ];
        for (name, reason) in FLAGS {
            if self.flag(name) == Some(true) {
                return Err(reason);
            }
        }
        for name in ["is_latest", "isLatest"] {
            if self.flag(name) == Some(false) {
                return Err(SkipReason::Superseded);
            }
        }
        // An answer of mem0 lists the changes it made. An event of a person is a text.
        if self.0.get("event").and_then(Value::as_str) == Some("DELETE") {
            return Err(SkipReason::Deleted);
        }
        for name in ["superseded_by", "supersededBy"] {
            if self.scalar(&[name]).is_some() {
                return Err(SkipReason::Superseded);
            }
        }
        for (names, reason) in [
            (&DELETED[..], SkipReason::Deleted),
            (&FORGOTTEN, SkipReason::Forgotten),
            (&ARCHIVED, SkipReason::Archived),
        ] {
            let mut values = names.iter().filter_map(|name| self.0.remove(*name));
            if values.any(|at| flag(&at) != Some(false)) {
                return Err(reason);
            }
        }
        for name in ["state", "status"] {
            let state = self.0.get(name).and_then(Value::as_str).unwrap_or_default().to_lowercase();
            match state.as_str() {
                "deleted" | "removed" | "rejected" => return Err(SkipReason::Deleted),
                "forgotten" => return Err(SkipReason::Forgotten),
                "superseded" | "obsolete" | "outdated" => return Err(SkipReason::Superseded),
                "archived" => return Err(SkipReason::Archived),
                "expired" => return Err(SkipReason::Expired),
                "active" => _ = self.0.remove(name),
                _ => {}
            }
        }
        let ends = EXPIRY.iter().map(|name| (name, SkipReason::Expired));
        for (name, reason) in ends.chain(INVALID.iter().map(|name| (name, SkipReason::Superseded))) {
            let Some(value) = self.0.get(*name) else { continue };
            // A memory that expires on a day is valid until its end.
            let length = if matches!(of_value(value), Some(OccurredAt::On(_))) {
                SignedDuration::from_hours(24)
            } else {
                SignedDuration::ZERO
            };
            let end = time(value).map(|at| at.checked_add(length).unwrap_or(at));
            if end.is_some_and(|end| end <= now) {
                return Err(reason);
            }
        }
        Ok(())
    }

    /// Removes a flag.
    fn flag(&mut self, name: &str) -> Option<bool> {
        let flag = flag(self.0.get(name)?)?;
        self.0.remove(name);
        Some(flag)
    }

    /// Removes a string.
    pub(crate) fn text(&mut self, names: &[&str]) -> Option<String> {
        let name = names.iter().find(|name| self.0.get(**name).is_some_and(Value::is_string))?;
        match self.0.remove(*name)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Removes a string or a number.
    pub(crate) fn scalar(&mut self, names: &[&str]) -> Option<String> {
        let name =
            names.iter().find(|name| self.0.get(**name).is_some_and(|value| value.is_string() || value.is_number()))?;
        self.0.remove(*name).map(|value| value.as_str().map_or_else(|| value.to_string(), String::from))
    }

    /// Removes a list of strings, or strings separated by commas. A list with other elements is not removed, so it is
    /// counted as dropped.
    pub(crate) fn tags(&mut self, name: &str) -> Vec<String> {
        let tags = self.0.get(name).and_then(tags);
        if tags.is_some() {
            self.0.remove(name);
        }
        tags.unwrap_or_default()
    }

    /// Removes the first readable time. If there is none, all of them are added to `unread`.
    fn first<T>(
        &mut self,
        names: &[&str],
        read: impl Fn(&Value) -> Option<T>,
        unread: &mut Vec<(String, String)>,
    ) -> Option<T> {
        let Some((name, at)) = names.iter().find_map(|name| Some((name, read(self.0.get(*name)?)?))) else {
            let found = names.iter().filter_map(|name| Some((String::from(*name), self.0.remove(*name)?)));
            unread.extend(found.map(|(name, value)| {
                let value = value.as_str().map_or_else(|| value.to_string(), String::from);
                (name, value)
            }));
            return None;
        };
        self.0.remove(*name);
        Some(at)
    }
}

/// Tags as JSON or, in a table, as text: a list of JSON or Python, or words separated by commas.
fn tags(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(tags) => tags.iter().map(|tag| tag.as_str().map(String::from)).collect(),
        Value::String(text) => {
            let list = text.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            if let Some(list @ Value::Array(_)) = list.and_then(|_| serde_json::from_str(text.trim()).ok()) {
                return tags(&list);
            }
            let quotes: &[char] = if list.is_some() { &['"', '\''] } else { &[] };
            let words = list.unwrap_or(text).split(',').map(|tag| tag.trim().trim_matches(quotes));
            Some(words.filter(|tag| !tag.is_empty()).map(String::from).collect())
        }
        _ => None,
    }
}

/// `true` for a value without information. Tables and programs that convert values to text have words for it (TO-32).
pub(crate) fn is_empty(value: &Value) -> bool {
    const WORDS: [&str; 10] = ["null", "(null)", "none", "undefined", "\\n", "nan", "nat", "<na>", "n/a", "-"];
    match value {
        Value::Null => true,
        Value::String(text) => {
            text.trim().is_empty() || WORDS.iter().any(|word| text.trim().eq_ignore_ascii_case(word))
        }
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A flag. In a table it is a word (TO-33).
pub(crate) fn flag(value: &Value) -> Option<bool> {
    const WORDS: [(bool, [&str; 5]); 2] =
        [(true, ["true", "t", "yes", "y", "on"]), (false, ["false", "f", "no", "n", "off"])];
    let number = |number: f64| if number == 1.0 { Some(true) } else { (number == 0.0).then_some(false) };
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(value) => value.as_f64().and_then(number),
        Value::String(text) => {
            let is_word = |word: &&str| text.trim().eq_ignore_ascii_case(word);
            let word = WORDS.into_iter().find(|(_, words)| words.iter().any(is_word));
            word.map(|(flag, _)| flag).or_else(|| text.trim().parse().ok().and_then(number))
        }
        _ => None,
    }
}

/// The members of an object, which in a table is JSON in a cell.
fn members(value: &Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(members) => Some(members.clone()),
        Value::String(text) => serde_json::from_str(text).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// TO-33
    #[test]
    fn flags_of_databases_and_people_are_read() {
        for yes in
            [json!(true), json!(1), json!("t"), json!("TRUE"), json!("Y"), json!("yes"), json!("1"), json!(" on ")]
        {
            assert_eq!(flag(&yes), Some(true), "{yes}");
        }
        for no in
            [json!(false), json!(0), json!("f"), json!("False"), json!("N"), json!("no"), json!("0"), json!("off")]
        {
            assert_eq!(flag(&no), Some(false), "{no}");
        }
        for other in [json!("soon"), json!(2), json!(null), json!("")] {
            assert_eq!(flag(&other), None, "{other}");
        }
    }
}
