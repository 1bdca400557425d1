//! Import and export formats: JSON Lines of this server, and exports of mem0 and OpenMemory.
//!
//! An export of this server is imported unchanged: ids, dates, authors and documents. The ids of other formats are
//! hashed into memory ids, so importing a file twice creates no duplicates.

use std::collections::HashMap;

use crate::{Credential, Memory, MemoryId, Writer};
use jean_auth::client::ShortName;
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{InvalidMemory, Restored};

/// The times of a memory: seconds in the store, RFC 3339 in a file.
const TIMES: [&str; 2] = ["created_at", "updated_at"];

/// The line of a memory, including the line break.
pub fn line(memory: &Memory) -> String {
    let mut value = serde_json::to_value(memory).expect("strings and numbers");
    for time in TIMES {
        let second = value[time].as_i64().and_then(|second| Timestamp::from_second(second).ok());
        if let Some(second) = second {
            value[time] = second.to_string().into();
        }
    }
    format!("{value}\n")
}

/// A record of an import file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The number of the record, from 1; in JSON Lines, the line number.
    pub number: usize,
    /// The memory.
    pub memory: Result<Restored, InvalidRecord>,
}

/// The reason that a record was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRecord {
    /// The format is unknown, or a field has the wrong type.
    #[error("Unrecognised record format.")]
    Unknown,
    /// The id is newer than the current time.
    #[error("The id's timestamp is in the future.")]
    Future,
    /// A limit is exceeded.
    #[error(transparent)]
    Invalid(#[from] InvalidMemory),
}

/// The error for a file without a memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnknownFile {
    /// The file is compressed.
    #[error("The file is compressed. Unpack it and import its memories.json or memories.jsonl.")]
    Compressed,
    /// No record is a memory.
    #[error(
        "The file has no memories of a known format: an export of this server, what mem0 lists, or the memories.json of \
         OpenMemory."
    )]
    Unknown,
}

/// Parses an export: JSON Lines of this server; the list of mem0's API, as an array or in `results`; OpenMemory's
/// memories.json or the JSON Lines beside it. Deleted memories are skipped; paused and archived ones are tagged with
/// their state. A broken record is reported and does not affect the others.
///
/// # Errors
/// [`UnknownFile`] if there is no memory in the file.
pub fn read(file: &[u8], now: Timestamp) -> Result<Vec<Record>, UnknownFile> {
    if file.starts_with(b"PK") || file.starts_with(&[0x1f, 0x8b]) {
        return Err(UnknownFile::Compressed);
    }
    let text = std::str::from_utf8(file).map_err(|_| UnknownFile::Unknown)?.trim_start_matches('\u{feff}');
    let records = match serde_json::from_str::<Value>(text) {
        Ok(whole) => of_whole(whole, now),
        Err(_) => of_lines(text, now),
    };
    if records.iter().all(|record| record.memory == Err(InvalidRecord::Unknown)) {
        return Err(UnknownFile::Unknown);
    }
    Ok(records)
}

fn of_lines(text: &str, now: Timestamp) -> Vec<Record> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    lines
        .filter_map(|(number, line)| {
            let memory = match serde_json::from_str(line) {
                Ok(value) => memory(value, &HashMap::new(), now)?,
                Err(_) => Err(InvalidRecord::Unknown),
            };
            Some(Record { number, memory })
        })
        .collect()
}

fn of_whole(whole: Value, now: Timestamp) -> Vec<Record> {
    let mut categories = HashMap::new();
    let values = match whole {
        Value::Array(values) => values,
        Value::Object(mut object) => {
            for category in object.get("categories").and_then(Value::as_array).into_iter().flatten() {
                if let (Some(id), Some(name)) = (text_of(category, "id"), text_of(category, "name")) {
                    categories.insert(id.to_owned(), name.to_owned());
                }
            }
            let listed =
                ["results", "memories"].into_iter().find(|name| object.get(*name).is_some_and(Value::is_array));
            match listed.map(|name| object[name].take()) {
                Some(Value::Array(values)) => values,
                _ => vec![Value::Object(object)],
            }
        }
        _ => vec![],
    };
    let read = |(number, value)| Some(Record { number, memory: memory(value, &categories, now)? });
    (1..).zip(values).filter_map(read).collect()
}

/// The memory of a record, or `None` if it was deleted at its origin.
fn memory(
    value: Value,
    categories: &HashMap<String, String>,
    now: Timestamp,
) -> Option<Result<Restored, InvalidRecord>> {
    let (name, text) = match (text_of(&value, "content"), text_of(&value, "memory")) {
        (Some(text), _) => ("openmemory", text),
        (_, Some(text)) => ("mem0", text),
        _ => return Some(own(value, now)),
    };
    let state = text_of(&value, "state").unwrap_or("active");
    if state == "deleted" {
        return None;
    }
    let told = moment(&value["created_at"]).filter(|at| *at <= now);
    let created_at = told.unwrap_or(now);
    let updated_at = moment(&value["updated_at"]).filter(|at| (created_at..=now).contains(at) && *at != created_at);
    let id = text_of(&value, "id").unwrap_or(text);
    let entropy = *Sha256::digest(format!("{name} {id}")).first_chunk().expect("32 bytes");
    let listed = |field: &str| value[field].as_array().into_iter().flatten().filter_map(Value::as_str);
    let named = listed("category_ids").filter_map(|id| categories.get(id).map(String::as_str));
    let tags = listed("categories").chain(named).chain((state != "active").then_some(state));
    let memory = Memory {
        // Without a date, the id must still be the same in every import.
        id: MemoryId::new(told.unwrap_or_default(), entropy),
        text: text.trim().into(),
        // Categories are generated, so they may exceed the limits of tags.
        tags: tags.filter(|tag| (1..=64).contains(&tag.trim().chars().count())).take(32).map(String::from).collect(),
        source_url: None,
        occurred_at: None,
        created_at,
        written_by: Writer {
            client: ShortName::of(text_of(&value, "app").unwrap_or(name)),
            credential: Credential::Person,
        },
        updated_at,
        updated_by: None,
        document: None,
    };
    Some(Restored::new(memory).map_err(InvalidRecord::Invalid))
}

/// A line of an export of this server.
fn own(mut value: Value, now: Timestamp) -> Result<Restored, InvalidRecord> {
    for time in TIMES {
        if let Some(at) = value.get(time).and_then(moment) {
            value[time] = at.as_second().into();
        }
    }
    let memory: Memory = serde_json::from_value(value).map_err(|_| InvalidRecord::Unknown)?;
    // Ids sort by time. A memory with a future id would stay the newest, and would survive the deletion of all
    // memories.
    if memory.id > MemoryId::new(now, [u8::MAX; 10]) {
        return Err(InvalidRecord::Future);
    }
    Ok(Restored::new(memory)?)
}

fn text_of<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field)?.as_str()
}

/// Parses RFC 3339, truncated to seconds as in the store. Without an offset, the time is UTC.
fn moment(value: &Value) -> Option<Timestamp> {
    let text = value.as_str()?;
    let civil = || TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok();
    let moment: Timestamp = text.parse().ok().or_else(civil)?;
    Timestamp::from_second(moment.as_second()).ok()
}

#[cfg(test)]
mod tests {
    use crate::{OccurredAt, Piece};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).expect("in range")
    }

    fn memories(file: &str) -> Vec<Memory> {
        let records = read(file.as_bytes(), now()).expect("is known");
        records.into_iter().map(|record| record.memory.expect("is valid").into_memory()).collect()
    }

    #[test]
    fn openmemory_export_keeps_categories_apps_and_dates() {
        let whole = json!({
            "user": {"id": "u", "user_id": "ada"},
            "categories": [{"id": "c1", "name": "taste"}],
            "memories": [
                {"id": "m1", "content": "Tea", "state": "active", "created_at": "2025-01-02T03:04:05.678+00:00",
                 "updated_at": "2025-01-03T00:00:00+00:00", "category_ids": ["c1", "c9"]},
                {"id": "m2", "content": "Coffee", "state": "deleted", "created_at": "2025-01-02T03:04:05+00:00"},
                {"id": "m3", "content": "Cake", "state": "paused", "created_at": "2025-01-02T03:04:05"},
            ],
        });
        let pretty = serde_json::to_string_pretty(&whole).expect("JSON");
        let [tea, cake] = memories(&pretty).try_into().expect("two");
        assert_eq!((tea.text.as_str(), tea.tags.as_slice()), ("Tea", ["taste".to_owned()].as_slice()));
        assert_eq!(tea.created_at.to_string(), "2025-01-02T03:04:05Z");
        assert_eq!(tea.updated_at.expect("changed").to_string(), "2025-01-03T00:00:00Z");
        assert_eq!(tea.written_by.client.as_str(), "openmemory");
        assert_eq!(cake.tags, ["paused"]);
        assert_eq!(cake.created_at, tea.created_at);
        assert_ne!(cake.id, tea.id);
        // The same memory, from the JSON Lines.
        let line = json!({"id": "m1", "content": "Tea", "state": "active", "app": "Cursor", "categories": ["taste"],
            "created_at": "2025-01-02T03:04:05+00:00", "metadata": {}});
        let [of_line] = memories(&format!("{line}\n")).try_into().expect("one");
        assert_eq!((of_line.id, of_line.written_by.client.as_str()), (tea.id, "cursor"));
    }

    #[test]
    fn mem0_list_is_read_as_array_and_results() {
        let record = json!({"id": "m1", "memory": "Tea", "created_at": "2025-01-02T03:04:05-07:00", "metadata": {},
            "categories": ["food", "x".repeat(65)], "user_id": "ada"});
        for file in [json!([record]), json!({"count": 1, "results": [record]}), record.clone()] {
            let [tea] = memories(&file.to_string()).try_into().expect("one");
            assert_eq!((tea.text.as_str(), tea.written_by.client.as_str()), ("Tea", "mem0"));
            assert_eq!((tea.tags, tea.created_at.to_string().as_str()), (vec!["food".into()], "2025-01-02T10:04:05Z"));
        }
    }

    #[test]
    fn record_has_the_same_id_in_every_import() {
        let file = json!([{"id": "m1", "memory": "Tea"}, {"memory": "Tea"}, {"memory": "Cake", "created_at": "soon"}]);
        let ids = |now| {
            let records = read(file.to_string().as_bytes(), now).expect("is known");
            records.into_iter().map(|record| record.memory.expect("valid").into_memory().id).collect::<Vec<_>>()
        };
        let later = now() + jiff::SignedDuration::from_hours(1);
        assert_eq!(ids(now()), ids(later));
        assert_eq!(memories(&file.to_string())[0].created_at, now());
    }

    #[test]
    fn broken_record_is_reported_with_its_line() {
        let tea = line(&memories(r#"[{"memory": "Tea"}]"#)[0]);
        let long = json!({"memory": "a".repeat(70_000)});
        let future = tea.replace(&tea[tea.find("\"id\":\"").expect("an id") + 6..][..26], "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
        let file = format!("{tea}{{broken\n\n{{\"text\": 1}}\n{long}\n{future}");
        let records = read(file.as_bytes(), now()).expect("one is known");
        let told: Vec<_> = records.iter().map(|record| (record.number, record.memory.clone().err())).collect();
        let expected = [
            (1, None),
            (2, Some(InvalidRecord::Unknown)),
            (4, Some(InvalidRecord::Unknown)),
            (5, Some(InvalidRecord::Invalid(InvalidMemory::TextTooLong { bytes: 70_000 }))),
            (6, Some(InvalidRecord::Future)),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn unknown_file_is_rejected() {
        for file in ["", " ", "[]", "{}", "null", "id,text\n1,Tea", "\u{feff}[1, 2]"] {
            assert_eq!(read(file.as_bytes(), now()), Err(UnknownFile::Unknown), "{file}");
        }
        assert_eq!(read(b"\xff\xfe", now()), Err(UnknownFile::Unknown));
        for packed in [&b"PK\x03\x04"[..], &[0x1f, 0x8b, 8]] {
            assert_eq!(read(packed, now()), Err(UnknownFile::Compressed));
        }
    }

    proptest! {
        #[test]
        fn export_round_trips(
            text in "[ -~é\\n\u{2028}\u{85}]{0,60}[a-z]",
            tags in proptest::collection::btree_set("[a-z,\"]{1,9}", 0..4),
            seconds in 0..1_800_000_000i64,
            changed in proptest::option::of(0..1_800_000_000i64),
            doc in 1..5u32,
            kind in 0..3,
        ) {
            let at = |second| Timestamp::from_second(second).expect("in range");
            let id = MemoryId::new(at(seconds), [7; 10]);
            let credential = match kind {
                0 => Credential::Person,
                1 => Credential::ApiKey("key".parse().expect("valid")),
                _ => Credential::Grant {
                    client_id: "claude_1".parse().expect("valid"),
                    grant_id: "grant1".parse().expect("valid"),
                },
            };
            let writer = Writer { client: "claude".parse().expect("valid"), credential };
            let document = (kind == 0).then(|| Piece { id, title: "Log".into(), part: doc, parts: 5 });
            let memory = Memory {
                id: if kind == 0 { id.plus(doc - 1) } else { id },
                text,
                tags: tags.into_iter().collect(),
                source_url: (kind == 1).then(|| "https://tea.example/".into()),
                occurred_at: (kind == 2).then(|| OccurredAt::At(at(seconds))),
                created_at: at(seconds),
                written_by: writer.clone(),
                updated_at: changed.map(at),
                updated_by: changed.map(|_| writer),
                document,
            };
            let line = line(&memory);
            prop_assert_eq!(line.lines().count(), 1);
            prop_assert_eq!(memories(&format!("{line}{line}")), [memory.clone(), memory]);
        }
    }
}
