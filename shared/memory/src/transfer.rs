//! The export format: JSON Lines, one memory per line with its id, dates, authors and document. A line is imported
//! unchanged. The formats of other products are in `jean-import`.

use crate::{InvalidMemory, Memory, MemoryId, OccurredAt, Restored};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;

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

/// The reason that a line was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLine {
    /// A field is missing or has the wrong type.
    #[error("Unrecognised record format.")]
    Unknown,
    /// The id is newer than the current time.
    #[error("The id's timestamp is in the future.")]
    Future,
    /// A limit is exceeded.
    #[error(transparent)]
    Invalid(#[from] InvalidMemory),
}

/// Returns the memory of a line.
///
/// # Errors
/// [`InvalidLine`] if it is not a memory of an export, or exceeds a limit.
pub fn memory(mut value: Value, now: Timestamp) -> Result<Restored, InvalidLine> {
    // `null` is an absent value, also of a field that is a list.
    if let Value::Object(members) = &mut value {
        members.retain(|_, value| !value.is_null());
    }
    for time in TIMES {
        if let Some(at) = value.get(time).and_then(Value::as_str).and_then(moment) {
            value[time] = at.as_second().into();
        }
    }
    let memory: Memory = serde_json::from_value(value).map_err(|_| InvalidLine::Unknown)?;
    // Ids sort by time. A memory with a future id would stay the newest, and would survive the deletion of all
    // memories.
    if memory.id > MemoryId::new(now, [u8::MAX; 10]) {
        return Err(InvalidLine::Future);
    }
    Ok(Restored::new(memory)?)
}

/// The fields of a line with a value that its memory has no place for, such as `importance` or `written_by.model`.
pub fn unknown_fields(line: &Value, memory: &Memory) -> Vec<String> {
    let mut unknown = Vec::new();
    let known = serde_json::to_value(memory).expect("strings and numbers");
    add_unknown("", line, &known, &mut unknown);
    unknown
}

fn add_unknown(prefix: &str, line: &Value, known: &Value, unknown: &mut Vec<String>) {
    let (Value::Object(line), Value::Object(known)) = (line, known) else { return };
    for (name, value) in line {
        match known.get(name) {
            Some(known) => add_unknown(&format!("{prefix}{name}."), value, known, unknown),
            None if *value == Value::Null || *value == Value::Array(vec![]) => {}
            None => unknown.push(format!("{prefix}{name}")),
        }
    }
}

/// Parses a time, truncated to whole seconds as in the store. A date is its first second in UTC.
pub fn moment(text: &str) -> Option<Timestamp> {
    text.parse().ok().and_then(second)
}

/// The whole second of a time. That of a date is its first one in UTC.
pub fn second(time: OccurredAt) -> Option<Timestamp> {
    let moment = match time {
        OccurredAt::At(moment) => moment,
        OccurredAt::On(date) => TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()?,
    };
    Timestamp::from_second(moment.as_second()).ok()
}

#[cfg(test)]
mod tests {
    use crate::{Credential, Piece, Writer};
    use proptest::prelude::*;

    use super::*;

    fn read(line: &str, now: Timestamp) -> Result<Memory, InvalidLine> {
        memory(serde_json::from_str(line).expect("JSON"), now).map(Restored::into_memory)
    }

    #[test]
    fn future_id_and_incomplete_line_are_rejected() {
        let now = Timestamp::from_second(1_800_000_000).expect("in range");
        let id = MemoryId::new(now, [7; 10]);
        let line = format!(
            r#"{{"id":"{id}","text":"Tea","created_at":"2026-01-02T03:04:05Z","written_by":{{"client":"claude","credential":"person"}}}}"#
        );
        assert!(read(&line, now).is_ok());
        assert_eq!(read(&line, now - jiff::SignedDuration::from_secs(1)), Err(InvalidLine::Future));
        assert_eq!(read(&line.replace("text", "memory"), now), Err(InvalidLine::Unknown));
    }

    /// TO-32
    #[test]
    fn unknown_fields_are_named_and_null_is_absent() {
        let line = r#"{"id":"01JGFJJZ00ABCDEFGHJKMNPQRS","text":"Tea","tags":null,"created_at":"2026-01-02T03:04:05Z","importance":5,
            "written_by":{"client":"claude","credential":"person","model":"x"},"updated_at":null,"replaces":null}"#;
        let now = Timestamp::from_second(1_800_000_000).expect("in range");
        let memory = read(line, now).expect("is read");
        assert!(memory.tags.is_empty());
        let line = serde_json::from_str(line).expect("JSON");
        assert_eq!(unknown_fields(&line, &memory), ["importance", "written_by.model"]);
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
            let writer = Writer { client: "claude".parse().expect("valid"), host: None, credential };
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
            let now = Timestamp::from_second(1_800_000_000).expect("in range");
            prop_assert_eq!(read(&line, now), Ok(memory));
        }
    }
}
