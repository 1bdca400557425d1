//! Files as other products write them, and their reports. All persons are invented.

use std::fs;

use jean_import::{Options, Source, read};

/// The format, the texts of the memories, and the rest of the report; or the refusal.
fn report(name: &str) -> Vec<String> {
    let path = format!("{}/tests/files/{name}", env!("CARGO_MANIFEST_DIR"));
    let bytes = fs::read(&path).expect("is there");
    let now = "2026-11-27T12:00:00Z".parse().expect("a time");
    let import = match read(&[Source { name, bytes: &bytes }], &Options::new(now)) {
        Ok(import) => import,
        Err(refusal) => return vec![refusal.to_string()],
    };
    let texts: Vec<_> = import.memories.iter().map(|memory| memory.memory().text.as_str()).collect();
    let mut lines = vec![format!("{}: {}", import.report.format, texts.join(" | "))];
    lines.extend(import.report.encoding.map(|encoding| format!("encoding {encoding}")));
    for (reason, places) in import.report.by_reason() {
        let places: Vec<_> = places.iter().map(ToString::to_string).collect();
        lines.push(format!("{reason}: {}", places.join("; ")));
    }
    lines.extend(import.report.dropped.iter().map(|(field, count)| format!("dropped {field} {count}")));
    lines.extend(import.report.unread.iter().map(|time| format!("unread {time}")));
    lines.extend(import.report.has_more_pages.then(|| "more pages".into()));
    lines
}

/// Each sample and its report: the format with the texts, and the rest of the report line by line; or the refusal.
const SAMPLES: [(&str, &[&str]); 54] = [
    (
        "assistant_export.md",
        &[
            "text list: Prefers short answers without emoji | Lives in Leipzig with partner Noor",
            "not an item of the list: line 5",
        ],
    ),
    (
        "assistant_export.txt",
        &[
            "text list: Prefers short answers without emoji | Lives in Leipzig with partner Noor | Works as a landscape architect",
        ],
    ),
    (
        "basic_memory.md",
        &[
            "basic-memory: Coffee Brewing: Pour over brings out floral notes (tried in May) | Coffee Brewing: Ada likes light roasts | Coffee Brewing relates to Ethiopian Beans",
        ],
    ),
    ("bom.json", &["mem0: Prefers aisle seats", "dropped structured_attributes 1"]),
    (
        "browser_bookmarks.json",
        &[
            "The file contains web pages (JSON with the fields results.content, results.title), such as bookmarks or search results, which are not memories.",
        ],
    ),
    (
        "chatgpt_conversations.json",
        &[
            "The file is a chat log (JSON with the fields create_time, mapping, title). Chat logs are not memories: ask the assistant for a list of its memories.",
        ],
    ),
    (
        "chatgpt_memories.json",
        &["Unrecognised file format: JSON with the fields content, created_timestamp, id, status, updated_at."],
    ),
    ("chatgpt_memories_copied.txt", &["text list: Is vegetarian. | Has a cat called Misse. | Is learning Portuguese."]),
    (
        "claude_conversations.json",
        &[
            "The file is a chat log (JSON with the fields chat_messages, created_at, name, updated_at, uuid). Chat logs are not memories: ask the assistant for a list of its memories.",
        ],
    ),
    (
        "claude_memories.json",
        &["Claude data export: Ada is a landscape architect. | Lives in Leipzig. | Plans a park."],
    ),
    ("crlf.jsonl", &["mem0: Prefers aisle seats | CRLF two", "dropped structured_attributes 2"]),
    ("csv.csv", &["CSV: Likes tea"]),
    (
        "dup.json",
        &["mem0: Prefers aisle seats | Prefers aisle seats | prefers AISLE seats", "dropped structured_attributes 3"],
    ),
    ("empty.json", &["The file contains no memories."]),
    ("empty_list.json", &["The file contains no memories."]),
    ("empty_results.json", &["The file contains no memories."]),
    ("future.json", &["mem0: From the future", "dropped created_at 1", "dropped structured_attributes 1"]),
    ("gz.json.gz", &["mem0: Prefers aisle seats", "dropped structured_attributes 1"]),
    ("items.json", &["mem0: Prefers aisle seats", "dropped structured_attributes 1"]),
    ("latin1.json", &["mem0: Café", "encoding windows-1252", "dropped structured_attributes 1"]),
    ("letta.af", &["Letta agent file: Name: Ada. Lives in Leipzig.", "dropped agents.messages 1"]),
    ("long.json", &["mem0: ", "text too long: line 1, record 1"]),
    (
        "mcp_memory.jsonl",
        &[
            "MCP memory server: Ada: Lives in Leipzig | Ada: Plays the cello | Quittenhof: Sells apples | Ada works at Quittenhof",
        ],
    ),
    (
        "mcp_memory_service.json",
        &["mcp-memory-service: DB is Postgres 16", "dropped export_source 1", "dropped metadata.source 1"],
    ),
    ("mcp_read_graph.json", &["MCP memory server: Ada: Lives in Leipzig"]),
    ("mem0_epoch.json", &["mem0: Dates are numbers", "dropped structured_attributes 1"]),
    ("mem0_expired.json", &["mem0: ", "expired: line 1, record 1"]),
    (
        "mem0_export_schema.json",
        &["Unrecognised file format: JSON with the fields memories.content, memories.timestamp."],
    ),
    ("mem0_oss_v1.1.json", &["mem0: Likes jazz", "dropped relations 1"]),
    ("mem0_pages.jsonl", &["mem0: Prefers aisle seats | Second page", "dropped structured_attributes 2"]),
    ("mem0_two_users.json", &["The file has memories of several users: ada, someone_else. Choose one with --user-id."]),
    ("mem0_v1.json", &["mem0: Prefers aisle seats | Allergic to walnuts", "dropped structured_attributes 2"]),
    ("mem0_v3_page.json", &["mem0: Prefers aisle seats", "dropped structured_attributes 1", "more pages"]),
    (
        "mem9.json",
        &["Unrecognised file format: JSON with the fields content, created_at, id, source, tags, updated_at, url."],
    ),
    ("nested.json", &["mem0: Prefers aisle seats", "dropped structured_attributes 1"]),
    ("nul_end.json", &["mem0: Prefers aisle seats", "dropped structured_attributes 1"]),
    ("object_map.json", &["Unrecognised file format: JSON with the fields mem1, mem2."]),
    ("only_deleted.json", &["OpenMemory: ", "deleted: line 1, record 1"]),
    (
        "openai_messages.json",
        &[
            "The file is a chat log (JSON with the fields content, role). Chat logs are not memories: ask the assistant for a list of its memories.",
        ],
    ),
    (
        "openai_messages.jsonl",
        &[
            "The file is a chat log (JSON with the fields messages.content, messages.role). Chat logs are not memories: ask the assistant for a list of its memories.",
        ],
    ),
    ("openmemory.json", &["OpenMemory: Green tea, no sugar"]),
    ("openmemory.zip", &["OpenMemory: Green tea, no sugar | Green tea, no sugar"]),
    ("pretty_two.json", &["mem0: Prefers aisle seats | Second of two", "dropped structured_attributes 2"]),
    (
        "search_results.json",
        &[
            "The file contains web pages (JSON with the fields query, results.content, results.score, results.title, results.url), such as bookmarks or search results, which are not memories.",
        ],
    ),
    ("strings.json", &["Unrecognised file format: JSON without objects."]),
    (
        "supermemory.json",
        &[
            "supermemory: Trip to Porto in May",
            "forgotten: line 1, record 2",
            "dropped metadata.source 1",
            "dropped summary 1",
            "dropped title 1",
            "more pages",
        ],
    ),
    ("supermemory_v4.json", &["supermemory: Trip to Porto in May"]),
    ("surrogate.json", &["mem0: Half a cake \u{fffd} | A whole one"]),
    ("text_field.json", &["Unrecognised file format: JSON with the fields created_at, id, text."]),
    ("trailing_comma.json", &["The file is not valid JSON: line 1, column 410: expected value."]),
    ("utf16.json", &["mem0: Prefers aisle seats", "encoding UTF-16LE", "dropped structured_attributes 1"]),
    ("utf16be_nobom.json", &["mem0: Prefers aisle seats", "encoding UTF-16BE", "dropped structured_attributes 1"]),
    ("whitespace_memory.json", &["mem0: ", "empty text: line 1, record 1"]),
    ("yaml.yaml", &["Unrecognised file format: YAML."]),
];

/// TO-30, TO-31, TO-32, TO-33, TO-34
#[test]
fn sample_is_imported_or_refused_as_expected() {
    for (name, expected) in SAMPLES {
        assert_eq!(report(name), expected, "{name}");
    }
    let files = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files")).expect("is there").count();
    assert_eq!(files, SAMPLES.len(), "each file has a report");
}
