//! The fields of a JSON or CSV record. Fields that no format takes are dropped and counted.

use jean_memory::transfer::moment;
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value};

use crate::{draft::Draft, report::SkipReason};

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
const CREATED: [&str; 6] = ["created_at", "createdAt", "created_timestamp", "created", "timestamp", "date"];
const UPDATED: [&str; 3] = ["updated_at", "updatedAt", "updated"];
const URLS: [&str; 4] = ["source_url", "url", "link", "uri"];
const OCCURRED: [&str; 2] = ["occurred_at", "event_date"];
/// Tags in the metadata of a record.
const METADATA_TAGS: [&str; 4] = ["tags", "categories", "category", "labels"];
const EXPIRY: [&str; 4] = ["expiration_date", "expires_at", "expiresAt", "forgetAfter"];

/// The remaining fields of a record.
#[derive(Debug)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Copies the fields that have a value.
    pub(crate) fn new(object: &Map<String, Value>) -> Self {
        let filled = object.iter().filter(|(_, value)| !is_empty(value));
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
        draft.created_at = self.moment(&CREATED, &mut draft.unread);
        draft.updated_at = self.moment(&UPDATED, &mut draft.unread);
        draft.source_url = self.text(&URLS);
        if let Some(time) = self.text(&OCCURRED) {
            match time.parse() {
                Ok(time) => draft.occurred_at = Some(time),
                Err(_) => draft.unread.push(("occurred_at".into(), time)),
            }
        }
        for name in ["metadata", "metadata_"] {
            if let Some(Value::Object(metadata)) = self.0.remove(name) {
                let mut metadata = Self::new(&metadata);
                draft.tags.extend(METADATA_TAGS.iter().flat_map(|name| metadata.tags(name)));
                draft.source_url = draft.source_url.or_else(|| metadata.text(&URLS));
                draft.dropped.extend(metadata.0.keys().map(|key| format!("metadata.{key}")));
            }
        }
        for name in names.internal {
            self.0.remove(*name);
        }
        // An unset flag of the product, such as `pinned`, says nothing. In metadata, `false` is a value.
        let dropped = self.0.into_iter().filter(|(_, value)| *value != Value::Bool(false));
        draft.dropped.extend(dropped.map(|(name, _)| name));
        Ok(draft)
    }

    /// Removes the state of a record.
    fn is_current(&mut self, now: Timestamp) -> Result<(), SkipReason> {
        const FLAGS: [(&str, SkipReason); 8] = [
            ("deleted", SkipReason::Deleted),
            ("is_deleted", SkipReason::Deleted),
            ("isDeleted", SkipReason::Deleted),
            ("isForgotten", SkipReason::Forgotten),
            ("forgotten", SkipReason::Forgotten),
            ("archived", SkipReason::Archived),
            ("is_archived", SkipReason::Archived),
            ("isArchived", SkipReason::Archived),
        ];
        for (name, reason) in FLAGS {
            if self.flag(name) == Some(true) {
                return Err(reason);
            }
        }
        for (name, reason) in [("deleted_at", SkipReason::Deleted), ("archived_at", SkipReason::Archived)] {
            if self.0.remove(name).is_some_and(|at| at != Value::Bool(false)) {
                return Err(reason);
            }
        }
        for name in ["state", "status"] {
            let state = self.0.get(name).and_then(Value::as_str).unwrap_or_default().to_lowercase();
            match state.as_str() {
                "deleted" => return Err(SkipReason::Deleted),
                "forgotten" => return Err(SkipReason::Forgotten),
                "archived" => return Err(SkipReason::Archived),
                "expired" => return Err(SkipReason::Expired),
                "active" => _ = self.0.remove(name),
                _ => {}
            }
        }
        for name in EXPIRY {
            let Some(value) = self.0.get(name) else { continue };
            // A memory that expires on a day is valid until its end.
            let is_day = value.as_str().is_some_and(|text| text.trim().len() == 10);
            let end = time(value)
                .map(|at| if is_day { at.checked_add(jiff::SignedDuration::from_hours(24)).unwrap_or(at) } else { at });
            if end.is_some_and(|end| end <= now) {
                return Err(SkipReason::Expired);
            }
        }
        Ok(())
    }

    /// Removes a flag, which in CSV is a word.
    pub(crate) fn flag(&mut self, name: &str) -> Option<bool> {
        let flag = match self.0.get(name)? {
            Value::Bool(flag) => *flag,
            Value::Number(number) => number.as_i64()? == 1,
            Value::String(word) => match word.trim().to_lowercase().as_str() {
                "true" | "yes" | "1" => true,
                "false" | "no" | "0" => false,
                _ => return None,
            },
            _ => return None,
        };
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

    /// Removes a time. If none is readable, all of them are added to `unread`.
    fn moment(&mut self, names: &[&str], unread: &mut Vec<(String, String)>) -> Option<Timestamp> {
        let Some((name, at)) = names.iter().find_map(|name| Some((name, time(self.0.get(*name)?)?))) else {
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

/// `true` for a value without information.
pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A time: RFC 3339, a date, or seconds or milliseconds since 1970, in whole seconds.
pub(crate) fn time(value: &Value) -> Option<Timestamp> {
    /// From this number on, a time is in milliseconds: in seconds, it would be in the year 5138.
    const MILLISECONDS: f64 = 1e11;
    match value {
        Value::String(text) => {
            let is_number = !text.trim().is_empty() && text.trim().parse::<f64>().is_ok();
            if is_number { time(&Value::Number(serde_json::from_str(text.trim()).ok()?)) } else { moment(text) }
        }
        Value::Number(number) => {
            let number = number.as_f64()?;
            let seconds = if number.abs() < MILLISECONDS { number } else { number / 1000.0 };
            // A year or another small number is no time.
            (seconds.abs() > 100_000.0).then(|| Timestamp::from_second(seconds.floor() as i64).ok())?
        }
        _ => None,
    }
}

/// The date of a time in UTC, at its first second.
pub(crate) fn day(text: &str) -> Option<Timestamp> {
    let date: jiff::civil::Date = text.trim().parse().ok()?;
    TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()
}
