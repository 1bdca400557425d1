//! Files of each import format, with arbitrary texts: each is recognised as its format, and each record becomes a memory
//! or is reported (TO-30, TO-32, TO-34).
#![no_main]

use jean_fuzz::now;
use jean_import::{Options, Source, read};
use libfuzzer_sys::{arbitrary, arbitrary::Arbitrary, fuzz_target};
use serde_json::{Value, json};

/// The first text of each file, so that the file has a memory.
const FIRST: &str = "Likes tea";

#[derive(Debug, Arbitrary)]
enum SampleFormat {
    Own,
    Mem0,
    OpenMemory,
    Supermemory,
    McpMemoryService,
    McpMemory,
    Letta,
    Claude,
    BasicMemory,
    Csv,
    List,
}

#[derive(Debug, Arbitrary)]
struct SampleRecord<'a> {
    text: &'a str,
    tags: Vec<&'a str>,
    date: &'a str,
    other: &'a str,
}

#[derive(Debug, Arbitrary)]
struct SampleFile<'a> {
    kind: SampleFormat,
    records: Vec<SampleRecord<'a>>,
}

impl SampleFormat {
    /// The name of the file and of its format.
    fn names(&self) -> (&'static str, &'static str) {
        match self {
            Self::Own => ("memories.jsonl", "Jean Memory"),
            Self::Mem0 => ("memories.json", "mem0"),
            Self::OpenMemory => ("memories.json", "OpenMemory"),
            Self::Supermemory => ("memories.json", "supermemory"),
            Self::McpMemoryService => ("memories.json", "mcp-memory-service"),
            Self::McpMemory => ("memory.jsonl", "MCP memory server"),
            Self::Letta => ("agent.af", "Letta agent file"),
            Self::Claude => ("memories.json", "Claude data export"),
            Self::BasicMemory => ("note.md", "basic-memory"),
            Self::Csv => ("memories.csv", "CSV"),
            Self::List => ("memories.txt", "text list"),
        }
    }

    /// One record of the file; of a text, one line.
    fn record(&self, SampleRecord { text, tags, date, other }: &SampleRecord<'_>) -> Value {
        match self {
            Self::Own => json!({"id": "01K9ZQ4T5N8M2X7R3K6W1V0YBC", "text": text, "tags": tags, "created_at": date,
                "written_by": {"client": other, "credential": {"grant": {"client_id": "claude_1", "grant_id": "g1"}}}}),
            Self::Mem0 => json!({"id": other, "memory": text, "categories": tags, "created_at": date}),
            Self::OpenMemory => {
                json!({"id": other, "content": text, "state": "active", "categories": tags, "created_at": date})
            }
            Self::Supermemory => json!({"content": text, "containerTags": tags, "createdAt": date, "title": other}),
            Self::McpMemoryService => {
                json!({"content": text, "content_hash": "x", "tags": tags, "created_at": date, "metadata": other})
            }
            Self::McpMemory => {
                json!({"type": "entity", "name": "Ada", "entityType": "person", "observations": [text]})
            }
            Self::Letta => json!({"label": "human", "value": text, "tags": tags, "created_at": date}),
            Self::Claude => json!({"account_uuid": "x", "project_memories": {"a": text}}),
            Self::BasicMemory | Self::List => format!("- {}", line(text)).into(),
            Self::Csv => format!("{},{}", quoted(text), quoted(date)).into(),
        }
    }

    fn file(&self, records: Vec<Value>) -> String {
        let lines = |records: &[Value], start: &str| {
            let lines = records.iter().map(|record| record.as_str().map_or_else(|| record.to_string(), Into::into));
            format!("{start}{}\n", lines.collect::<Vec<String>>().join("\n"))
        };
        match self {
            Self::Own | Self::McpMemory | Self::List => lines(&records, ""),
            Self::Csv => lines(&records, "memory,created_at\n"),
            Self::BasicMemory => lines(&records, "---\ntitle: Tea\ntype: note\npermalink: tea\n---\n\n"),
            Self::Letta => json!({"agents": [], "blocks": records}).to_string(),
            Self::McpMemoryService => json!({"memories": records}).to_string(),
            _ => Value::from(records).to_string(),
        }
    }

    /// `true` if each record is one memory.
    fn has_one_memory_per_record(&self) -> bool {
        !matches!(self, Self::Claude | Self::BasicMemory | Self::List)
    }
}

fn line(text: &str) -> String {
    text.split(|c: char| c.is_control() || "\u{2028}\u{2029}".contains(c)).collect::<Vec<_>>().join(" ")
}

/// A cell of a table. Files with other control characters than these are refused as binary.
fn quoted(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control() || "\n\r\t".contains(*c)).collect();
    format!("\"{}\"", text.replace('"', "\"\""))
}

fuzz_target!(|file: SampleFile<'_>| {
    let SampleFile { kind, records } = file;
    let first = SampleRecord { text: FIRST, tags: vec![], date: "2026-01-01T00:00:00Z", other: "x" };
    let records: Vec<_> = [&first].into_iter().chain(&records).map(|record| kind.record(record)).collect();
    let count = records.len();
    let (name, format) = kind.names();
    let file = kind.file(records);
    let import = read(&[Source { name, bytes: file.as_bytes() }], &Options::new(now()));
    let import = import.expect(&file);
    assert_eq!(import.report.format, format, "{file}");
    let texts: Vec<_> = import.memories.iter().map(|memory| memory.memory().text.as_str()).collect();
    assert!(texts.iter().any(|text| text.contains(FIRST)), "{file}: {texts:?}");
    if kind.has_one_memory_per_record() {
        let reported = import.memories.len() + import.report.already_there + import.report.skipped.len();
        assert_eq!(reported, count, "{file}: {:?}", import.report);
    }
});
