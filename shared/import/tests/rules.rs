//! Rules of an import that one file each is made for.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use jean_import::{Import, Options, Refusal, SkipReason, Source, read};
use jean_memory::{Memory, transfer};
use jiff::Timestamp;
use zip::{ZipWriter, write::SimpleFileOptions};

fn options() -> Options<'static> {
    Options::new("2026-11-27T12:00:00Z".parse().expect("a time"))
}

fn read_as(name: &str, bytes: &[u8]) -> Result<Import, Refusal> {
    read(&[Source { name, bytes }], &options())
}

fn imported(name: &str, text: &str) -> Import {
    read_as(name, text.as_bytes()).expect(text)
}

fn memories(name: &str, text: &str) -> Vec<Memory> {
    imported(name, text).memories.into_iter().map(jean_memory::Restored::into_memory).collect()
}

fn texts(import: &Import) -> Vec<&str> {
    import.memories.iter().map(|memory| memory.memory().text.as_str()).collect()
}

fn skipped(import: &Import) -> Vec<(usize, SkipReason)> {
    import.report.skipped.iter().map(|skipped| (skipped.place.line, skipped.reason)).collect()
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).expect("starts");
        zip.write_all(bytes).expect("writes");
    }
    zip.finish().expect("ends").into_inner()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes).expect("writes");
    gzip.finish().expect("ends")
}

/// TO-32
#[test]
fn dates_tags_and_urls_are_kept() {
    let record = |time: &str| {
        format!(
            r#"[{{"id": "1", "memory": "Tea", "categories": ["taste", ""], "created_at": {time},
                "metadata": {{"category": "food", "url": "https://tea.example/x", "source": "web"}}}}]"#
        )
    };
    for time in [
        "1772388000",
        "1772388000123",
        "1772388000.5",
        "\"1772388000\"",
        "\"2026-03-01T18:00:00\"",
        "\"2026-03-01T10:00:00-08:00\"",
        "\"2026-03-01 18:00\"",
    ] {
        let [tea] = memories("mem0.json", &record(time)).try_into().expect("one");
        assert_eq!(tea.created_at.to_string(), "2026-03-01T18:00:00Z", "{time}");
        assert_eq!(
            (tea.tags, tea.source_url.as_deref()),
            (vec!["taste".into(), "food".into()], Some("https://tea.example/x"))
        );
    }
    for (time, unread, dropped) in [("\"soon\"", 1, 0), ("7", 1, 0), ("null", 0, 0), ("\"2126-01-01\"", 0, 1)] {
        let import = imported("mem0.json", &record(time));
        assert_eq!(import.report.unread.len(), unread, "{time}");
        assert_eq!(import.memories[0].memory().created_at, options().now, "{time}");
        assert_eq!(import.report.dropped.get("created_at").copied().unwrap_or_default(), dropped, "{time}");
        assert_eq!(import.report.dropped["metadata.source"], 1);
    }
    let camel = r#"{"memories": [{"content": "Trip", "createdAt": "2026-05-01T00:00:00.000Z", "containerTags": ["a"],
        "url": "nowhere", "customId": null}]}"#;
    let import = imported("supermemory.json", camel);
    assert_eq!(import.memories[0].memory().created_at.to_string(), "2026-05-01T00:00:00Z");
    assert_eq!(import.report.dropped["source_url"], 1);
}

/// TO-32
#[test]
fn tags_in_a_cell_are_read_as_a_list() {
    for cell in [r#""[""drinks"",""at, home""]""#, "\"drinks, 'at home'\"", "\"['drinks', 'home']\""] {
        let [tea] = memories("x.csv", &format!("memory,tags\nTea,{cell}\n")).try_into().expect("one");
        assert_eq!((tea.tags.len(), tea.tags[0].as_str()), (2, "drinks"), "{cell}");
        assert!(["at, home", "'at home'", "home"].contains(&tea.tags[1].as_str()), "{:?}", tea.tags);
    }
    let import = imported("x.csv", "memory,tags\nTea,\"[1, 2]\"\n");
    assert_eq!((import.memories[0].memory().tags.len(), import.report.dropped["tags"]), (0, 1));
}

/// TO-32
#[test]
fn earliest_time_of_a_record_is_its_creation() {
    let file = |fields: &str| format!(r#"[{{"id": "1", "memory": "Tea", {fields}}}]"#);
    let changed = imported("mem0.json", &file(r#""updated_at": "2025-01-02""#));
    assert_eq!(changed.memories[0].memory().created_at.to_string(), "2025-01-02T00:00:00Z");
    let before = imported("mem0.json", &file(r#""created_at": "2025-01-02", "updated_at": "2025-01-01""#));
    assert_eq!((before.memories[0].memory().updated_at, before.report.dropped["updated_at"]), (None, 1));
}

/// TO-32
#[test]
fn false_is_a_value_of_metadata() {
    let file = r#"[{"id": "1", "memory": "Tea", "deleted_at": false, "pinned": false, "metadata": {"smokes": false}}]"#;
    let dropped = imported("mem0.json", file).report.dropped;
    assert_eq!(dropped.into_iter().collect::<Vec<_>>(), [("metadata.smokes".to_owned(), 1)]);
}

/// TO-31
#[test]
fn message_stored_by_mem0_is_a_memory() {
    let file = r#"{"results": [{"id": "1", "memory": "Tea", "hash": "x", "role": "user"},
        {"id": "2", "memory": "Cake", "user_id": "ada", "role": "assistant"}, {"id": "3", "memory": "Hi", "role": "user"}]}"#;
    let import = imported("mem0.json", file);
    assert_eq!((texts(&import), skipped(&import)), (vec!["Tea", "Cake"], vec![(2, SkipReason::Unrecognised)]));
    assert_eq!(import.report.dropped["role"], 2);
}

/// TO-33
#[test]
fn states_at_the_origin_are_respected() {
    for (fields, reason) in [
        (r#""state": "archived""#, SkipReason::Archived),
        (r#""state": "deleted""#, SkipReason::Deleted),
        (r#""state": "active", "deleted_at": "2026-01-01T00:00:00Z""#, SkipReason::Deleted),
        (r#""state": "active", "archived_at": "2026-01-01T00:00:00Z""#, SkipReason::Archived),
        (r#""state": "active", "expires_at": "2026-11-26""#, SkipReason::Expired),
        (r#""state": "active", "expires_at": "26.11.2026""#, SkipReason::Expired),
    ] {
        let file = format!(r#"{{"memories": [{{"id": "1", "content": "Gone", {fields}}}]}}"#);
        let import = imported("memories.json", &file);
        assert_eq!((import.memories.len(), import.report.skipped[0].reason), (0, reason), "{fields}");
        assert!(import.report.is_complete());
    }
    let [tea] = memories(
        "x.json",
        r#"{"memories": [{"id": "1", "content": "Tea", "state": "paused", "expires_at": "2026-11-27"}]}"#,
    )
    .try_into()
    .expect("a memory is valid on its last day");
    assert_eq!(tea.tags, ["paused"]);
}

/// TO-33
#[test]
fn one_of_several_users_is_chosen() {
    let file = br#"[{"id": "1", "memory": "Tea", "user_id": "ada"}, {"id": "2", "memory": "Secret", "user_id": "bob"},
        {"id": "3", "memory": "Nobody's"}]"#;
    let source = [Source { name: "mem0.json", bytes: file }];
    let users = vec!["ada".to_owned(), "bob".to_owned()];
    assert_eq!(read(&source, &options()), Err(Refusal::SeveralUsers { users: users.clone() }));
    let ada = read(&source, &Options { user_id: Some("ada"), ..options() }).expect("is read");
    assert_eq!(texts(&ada), ["Tea"]);
    assert_eq!(skipped(&ada), [(1, SkipReason::OtherUser), (2, SkipReason::NoUser)]);
    let chosen = "eve".to_owned();
    assert_eq!(
        read(&source, &Options { user_id: Some("eve"), ..options() }),
        Err(Refusal::UnknownUser { chosen, users })
    );
}

/// TO-34
#[test]
fn broken_record_is_skipped_with_its_line() {
    let own = |id: char, text: &str| {
        format!(
            r#"{{"id":"01J9ZQ4T5N8M2X7R3K6W1V0YB{id}","text":"{text}","created_at":"2026-01-02T03:04:05Z","written_by":{{"client":"claude","credential":"person"}}}}"#
        )
    };
    let file = format!(
        "{}\r\n{{broken\n\n{{\"text\": 1}}\n[1]\n{}\n{}\n",
        own('A', "Tea"),
        own('B', "Cake").replace("01J9", "7ZZZ"),
        own('C', &"a".repeat(70_000)),
    );
    let import = imported("memories.jsonl", &file);
    assert_eq!(texts(&import), ["Tea"]);
    let expected = [
        (2, SkipReason::Syntax),
        (4, SkipReason::Unrecognised),
        (5, SkipReason::Unrecognised),
        (6, SkipReason::Future),
        (7, SkipReason::TooLong),
    ];
    assert_eq!(skipped(&import), expected);
    assert!(!import.report.is_complete());
    let refusal =
        read_as("x.json", b"[{\"memory\": \"Tea\", \"id\": 1},\n {\"memory\": 'Cake'}]").expect_err("is refused");
    assert!(matches!(refusal, Refusal::Json { line: 2, column: 13, .. }), "{refusal}");
}

/// TO-30
#[test]
fn ambiguous_and_foreign_files_are_refused_with_the_fields_seen() {
    let mixed = r#"[{"id": "1", "memory": "Tea"}, {"id": "2", "content": "Cake", "state": "active"}]"#;
    assert_eq!(read_as("x.json", mixed.as_bytes()), Err(Refusal::Ambiguous { formats: "mem0, OpenMemory".into() }));
    for (name, text, seen) in [
        ("x.json", "[1, 2]", "without objects"),
        ("x.json", r#"{"memory": "Tea"}"#, "fields memory"),
        ("x.txt", "null", "without objects"),
        ("x.csv", "name,phone\nAda,1", "a table"),
        ("x.csv", "memory,title,url\nTea,a,b", "a table"),
        ("x.csv", "memory,content\nTea,Cake", "a table"),
        ("x.txt", "User: hi\nAssistant: hello", "lines of assistant, user"),
        ("x.txt", "12/01/2026, 10:00 - Ada: hi\n12/01/2026, 10:01 - Bob: ho", "begin with a time"),
        ("x.txt", "https://a.example\nhttps://b.example", "URLs"),
        ("x.md", "# Guide\n\nRun the program.\n\nThen stop it.", "not a list"),
        ("x.md", "---\nlayout: post\n---\n- Tea", "front matter"),
        ("x.md", "| a |\n|---|\n| Tea |", "Markdown table"),
        ("x.html", "<ul><li>Tea</li></ul>", "HTML"),
        ("x.log", "started\nstopped", "not a list"),
    ] {
        let refusal = read_as(name, text.as_bytes()).expect_err(text).to_string();
        assert!(refusal.contains(seen), "{refusal}");
    }
    for bytes in [&b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"[..], b"\xff\xfe\x00\xd8", b"a\0b\x01\x02\x03"] {
        assert_eq!(read_as("x.txt", bytes), Err(Refusal::Binary));
    }
}

/// TO-31
#[test]
fn lists_are_read_line_by_line() {
    let list = "# Work\n- Uses Rust\n  and Vim\n1. Starts at nine\n* [x] Likes tea\n\n**Home**\n• [2026-01-14] Has a cat\n[unknown] - Sings\n";
    let [rust, nine, tea, cat, sings] = memories("list.md", list).try_into().expect("five");
    assert_eq!((rust.text.as_str(), rust.tags), ("Uses Rust\nand Vim", vec!["Work".into()]));
    assert_eq!((nine.text.as_str(), tea.text.as_str()), ("Starts at nine", "Likes tea"));
    assert_eq!(
        (cat.text.as_str(), cat.tags, cat.created_at.to_string()),
        ("Has a cat", vec!["Home".into()], "2026-01-14T00:00:00Z".into())
    );
    assert_eq!((sings.text.as_str(), sings.created_at), ("Sings", options().now));
    assert_eq!(sings.written_by.client.as_str(), "person");
    let pasted =
        read(&[Source { name: "", bytes: b"Likes tea\n- Has a cat\n" }], &Options { is_list: true, ..options() });
    assert_eq!(texts(&pasted.expect("is read")), ["Likes tea", "Has a cat"]);
    let csv = "Memory;Created_At;Tags;Rating\n\"Tea; green\";2026-01-01;\"a, b\";5\nCake;;;\nshort;row\n";
    let import = imported("x.csv", csv);
    assert_eq!(texts(&import), ["Tea; green", "Cake"]);
    assert_eq!((import.memories[0].memory().tags.len(), import.report.dropped["rating"]), (2, 1));
    assert_eq!(skipped(&import), [(4, SkipReason::Unrecognised)]);
}

/// TO-30, TO-34
#[test]
fn items_of_a_list_are_not_mistaken_for_yaml() {
    for text in ["- Likes tea\n- Text: short answers\n", "- Home: a cat\n- b\n- c\n- d\n- Id: in the drawer\n"] {
        assert_eq!(imported("memories.txt", text).report.format, "text list", "{text}");
    }
    for text in ["- text: Tea\n- text: Coffee\n", "memories:\n  - id: 1\n    text: Tea\n", "id: 1\nmemory: Tea\n"] {
        let refusal = read_as("memories.txt", text.as_bytes()).expect_err(text);
        assert_eq!(refusal, Refusal::Unknown { seen: "YAML".into() }, "{text}");
    }
}

/// TO-31
#[test]
fn empty_items_of_a_list_are_no_memories() {
    for (text, expected) in [
        ("- Tea\n-\n- \n", vec!["Tea"]),
        ("1. Tea\n2.\n3) Coffee\n", vec!["Tea", "Coffee"]),
        ("- [ ] \n- Tea\n*\n", vec!["Tea"]),
        ("-\n  Tea\n- Coffee\n", vec!["Tea", "Coffee"]),
    ] {
        let import = imported("memories.txt", text);
        assert_eq!((texts(&import), skipped(&import)), (expected, vec![]), "{text}");
    }
}

/// TO-32
#[test]
fn no_line_of_a_list_is_lost() {
    let bold = imported("list.txt", "Likes tea\n**Allergic to peanuts**\n");
    assert_eq!(texts(&bold), ["Likes tea", "**Allergic to peanuts**"]);
    let empty = imported("list.txt", "**Allergies**\n**Work**\n- Uses Rust\n");
    assert_eq!((texts(&empty), skipped(&empty)), (vec!["Uses Rust"], vec![(1, SkipReason::NotAnItem)]));
    let years = imported("list.txt", "2019. Moved to Berlin\n2020. Moved to Leipzig\n");
    assert_eq!(texts(&years), ["2019. Moved to Berlin", "2020. Moved to Leipzig"]);
    let code = imported("list.txt", "Likes tea\n```make tea``` boils water\nLikes cake\n");
    assert_eq!(texts(&code), ["Likes tea", "```make tea``` boils water", "Likes cake"]);
    let [tea, cake] = memories("list.txt", "# Drinks\n- Tea\n# Food\n  - Cake\n").try_into().expect("two");
    assert_eq!((tea.text.as_str(), cake.tags), ("Tea", vec!["Food".into()]));
}

/// TO-32
#[test]
fn thematic_break_is_no_memory() {
    for line in ["---", "***", "* * *", "_____"] {
        let import = imported("list.txt", &format!("- Tea\n\n{line}\n\n- Cake\n"));
        assert_eq!((texts(&import), skipped(&import)), (vec!["Tea", "Cake"], vec![]), "{line}");
    }
    let summary = r#"[{"account_uuid": "a", "conversations_memory": "Likes tea.\n\n---\n\nLikes cake."}]"#;
    assert_eq!(texts(&imported("memories.json", summary)), ["Likes tea.", "Likes cake."]);
}

/// TO-32
#[test]
fn entity_and_its_other_fields_are_kept_or_counted() {
    let entity = |observations: &str| {
        format!(r#"{{"name": "Ada", "entityType": "person", "observations": {observations}, "since": 1, "x": null}}"#)
    };
    let import = imported("memory.jsonl", &format!("{}\n{}\n", entity("[]"), entity(r#"[{"text": "Sings"}, "Runs"]"#)));
    assert_eq!(texts(&import), ["Ada (person)", "Ada: Runs"]);
    assert_eq!(skipped(&import), [(2, SkipReason::Unrecognised)]);
    assert_eq!(import.report.dropped.into_iter().collect::<Vec<_>>(), [("since".to_owned(), 2)]);
}

/// TO-32
#[test]
fn summary_and_its_other_fields_are_kept_or_counted() {
    let file = r#"{"account_uuid": "a", "conversations_memory": "Sings.", "project_memories": [], "edits": ["x"]}
        {"account_uuid": "a", "conversations_memory": ["Runs."], "project_memories": {"p": null}}"#;
    let import = imported("memories.jsonl", file);
    assert_eq!((texts(&import), import.report.dropped["edits"]), (vec!["Sings."], 1));
    assert_eq!(skipped(&import), [(2, SkipReason::Unrecognised)]);
}

/// TO-32
#[test]
fn unknown_app_and_categories_are_counted() {
    let record = r#"{"id": "1", "content": "Tea", "state": "active", "app_id": "a", "category_ids": ["c"]"#;
    let long = "x".repeat(65);
    let file = format!(
        r#"{{"memories": [{record}, "categories": [{{"name": "d"}}]}}], "categories": [{{"id": "c", "name": "{long}"}}]}}"#
    );
    let dropped: Vec<_> = imported("memories.json", &file).report.dropped.into_iter().collect();
    assert_eq!(dropped, ["app_id", "categories", "category_ids"].map(|name| (name.to_owned(), 1)));
}

/// TO-32
#[test]
fn lists_of_strings_beside_the_records_are_counted() {
    let file = r#"{"results": [{"id": "1", "memory": "Tea"}], "facts": ["Sings"], "profile": {"static": ["Runs", "Swims"]},
        "count": 1, "filters": {"app": "x", "tags": []}}"#;
    let dropped: Vec<_> = imported("mem0.json", file).report.dropped.into_iter().collect();
    assert_eq!(dropped, [("facts".to_owned(), 1), ("profile".to_owned(), 2)]);
}

/// TO-32
#[test]
fn columns_of_the_same_name_are_counted() {
    let import = imported("x.csv", "memory,tags,Tags\nTea,drinks,home\n");
    assert_eq!(import.memories[0].memory().tags, ["drinks"]);
    assert_eq!(import.report.dropped["tags (2)"], 1);
}

/// TO-34
#[test]
fn name_is_not_copied_for_each_record() {
    let (name, count) = ("x".repeat(1_000_000), 20_000);
    let many = |record: &str| vec![record; count].join(",");
    let rows = |row: &str| row.repeat(count);
    let zip = zipped(&[(&name[..60_000], rows("- a\n").as_bytes()), ("b.txt", b"- b\n")]);
    assert_eq!(read_as("x.zip", &zip).expect("is read").memories.len(), count + 1);
    let columns = format!("memory,{name}\n{}", rows("a,b\n"));
    let heading = format!("# {name}\n{}", rows("- a\n"));
    let category = format!(
        r#"{{"categories": [{{"id": "c", "name": "{name}"}}], "memories": [{}]}}"#,
        many(r#"{"id": "1", "content": "a", "state": "active", "category_ids": ["c"]}"#)
    );
    for (file, text) in [("x.csv", columns), ("x.txt", heading), ("x.json", category)] {
        assert_eq!(imported(file, &text).memories.len(), count, "{file}");
    }
    let entity = format!(r#"{{"name": "{name}", "entityType": "a", "observations": [{}]}}"#, many(r#""a""#));
    assert_eq!(skipped(&imported("x.jsonl", &entity)), [(1, SkipReason::TooLong)]);
    let members: Vec<_> = (0..count).map(|number| format!(r#""{number}": []"#)).collect();
    let lists = format!(r#"{{"{name}": {{{}}}, "results": [{{"id": "1", "memory": "a"}}]}}"#, members.join(","));
    assert_eq!(imported("x.json", &lists).memories.len(), 1);
}

/// TO-32
#[test]
fn front_matter_is_kept_or_counted() {
    let note = |members: &str| {
        imported("tea.md", &format!("---\ntitle: Tea\ntype: note\n{members}---\n# Tea\n## Asia\n- Green\n"))
    };
    let import = note("created: 01/02/2024\ndate: 2026-01-02\nmodified: 2026-02-03\npermalink:\nstatus: [open]\nx:\n");
    let green = import.memories[0].memory();
    assert_eq!((green.text.as_str(), green.tags.as_slice()), ("Tea: Green", &["Asia".to_owned()][..]));
    assert_eq!(green.created_at.to_string(), "2026-01-02T00:00:00Z");
    assert_eq!(green.updated_at.map(|at| at.to_string()).as_deref(), Some("2026-02-03T00:00:00Z"));
    let dropped: Vec<_> = import.report.dropped.into_iter().collect();
    assert_eq!(dropped, [("created".to_owned(), 1), ("status".to_owned(), 1)]);
    assert_eq!(note("tags: [a, [b]]\n").report.dropped["tags"], 1);
}

/// TO-34
#[test]
fn front_matter_is_not_multiplied() {
    let note = |member: &str| {
        read_as("tea.md", format!("---\ntitle: Tea\ntype: note\nx: {member}\n---\n- Green\n").as_bytes())
    };
    assert!(note(&format!("[&a {}, {}]", "x".repeat(9_000), "*a, ".repeat(1_500))).is_err());
    assert!(note(&"x".repeat(20_000)).is_err());
    assert!(note(&format!("\n {}a", "- ".repeat(7_500))).is_err());
    assert!(note(&format!("\n {}a", "-\t".repeat(7_500))).is_err());
    assert!(note(&format!("{}a", "[".repeat(7_500))).is_err());
    let deep: String = (0..45).map(|line| format!("{}{}\n", " ".repeat(1 + line * 16), "- ".repeat(8))).collect();
    assert!(note(&format!("\n{}", &deep[..15_000])).is_ok());
}

/// TO-31
#[test]
fn archives_contain_one_format() {
    let note = |title: &str| format!("---\ntitle: {title}\ntype: note\n---\n- [fact] About {title} #tag\n");
    let (tea, cake) = (note("Tea"), note("Cake"));
    let zip = zipped(&[
        ("notes/tea.md", tea.as_bytes()),
        ("cake.md", cake.as_bytes()),
        ("readme.md", b"- a list"),
        ("a.png", b"\x89PNG\0\0"),
        ("__MACOSX/tea.md", b"\0"),
    ]);
    let import = read_as("notes.zip", &zip).expect("is read");
    assert_eq!(texts(&import), ["Tea: About Tea", "Cake: About Cake"]);
    let others: Vec<_> = import.report.skipped.iter().map(|skipped| skipped.place.to_string()).collect();
    assert_eq!(others, ["a.png", "readme.md"]);
    assert!(import.report.is_complete());
    let mixed = zipped(&[("tea.md", tea.as_bytes()), ("m.json", br#"[{"id": "1", "memory": "Tea"}]"#)]);
    assert!(matches!(read_as("x.zip", &mixed), Err(Refusal::Ambiguous { .. })));
    assert!(matches!(read_as("x.zip", b"PK\x03\x04broken"), Err(Refusal::Archive(_))));
    assert!(matches!(read_as("x.gz", b"\x1f\x8bbroken"), Err(Refusal::Archive(_))));
    assert_eq!(read_as("x.zip", &zipped(&[])), Err(Refusal::Empty));
}

/// TO-32
#[test]
fn same_name_with_another_extension_is_another_file() {
    let entity = |name: &str| format!(r#"{{"name": "{name}", "entityType": "person", "observations": ["Sings"]}}"#);
    let (one, two) = (format!("[{}]", entity("Ada")), entity("Noor"));
    let zip = zipped(&[("./memory.json", one.as_bytes()), ("./memory.jsonl", two.as_bytes())]);
    assert_eq!(texts(&read_as("x.zip", &zip).expect("is read")), ["Ada: Sings", "Noor: Sings"]);
    let mut twice = read_as("x.zip", include_bytes!("files/openmemory.zip")).expect("is read");
    twice.remove_repeats();
    assert_eq!((texts(&twice), twice.report.already_there), (vec!["Green tea, no sugar"], 1));
}

/// TO-32
#[test]
fn only_hidden_files_of_an_archive_are_not_read() {
    let file = |text: &str| format!(r#"[{{"id": "1", "memory": "{text}"}}]"#);
    let (tea, cake) = (file("Tea"), file("Cake"));
    let zip = zipped(&[("./a.json", tea.as_bytes()), ("./.trash/b.json", cake.as_bytes())]);
    assert_eq!(texts(&read_as("x.zip", &zip).expect("is read")), ["Tea"]);
}

/// TO-32, TO-34
#[test]
fn broken_file_of_an_archive_is_a_problem() {
    let one = br#"[{"id": "1", "memory": "Tea"}]"#;
    let inner = zipped(&[("c.json", one)]);
    let entity = r#"{"name": "Ada", "entityType": "person", "observations": []}"#;
    let record = r#"{"id": "1", "memory": "Tea"}"#;
    let broken: &[u8] = b"[{\"id\": \"2\",\n \"memory\": \"Ca";
    let zip = zipped(&[("a.png", b"\x89PNG\0\0\x0d"), ("one.json", one), ("two.json", broken), ("c.zip", &inner)]);
    let import = read_as("x.zip", &zip).expect("is read");
    let places: Vec<_> = import.report.skipped.iter().map(|it| (it.place.to_string(), it.reason)).collect();
    let expected = [
        ("a.png", SkipReason::NotMemories),
        ("c.zip", SkipReason::Unreadable),
        ("two.json: line 2", SkipReason::Syntax),
    ];
    assert_eq!(places, expected.map(|(place, reason)| (place.to_owned(), reason)));
    assert!(!import.report.is_complete());
    let unread = zipped(&[("a.png", b"\x89PNG\0\0"), ("two.json", broken)]);
    assert!(matches!(read_as("x.zip", &unread), Err(Refusal::Json { line: 2, .. })));
    let mixed = zipped(&[("one.json", one), ("two.json", format!("[{record},{entity}]").as_bytes())]);
    assert!(matches!(read_as("x.zip", &mixed), Err(Refusal::Ambiguous { .. })));
}

/// TO-32
#[test]
fn file_of_which_nothing_is_read_is_counted() {
    let note = |body: &str| format!("---\ntitle: Tea\ntype: note\n---\n{body}");
    let zip = zipped(&[("tea.md", note("- Green").as_bytes()), ("cake.md", note("").as_bytes())]);
    let import = read_as("x.zip", &zip).expect("is read");
    assert_eq!(texts(&import), ["Tea: Green"]);
    assert_eq!(import.report.skipped[0].place.to_string(), "cake.md");
}

/// TO-32
#[test]
fn archive_with_a_name_twice_is_refused() {
    let mut zip = zipped(&[("a.json", br#"[{"id": "1", "memory": "Tea"}]"#), ("b.json", b"[]")]);
    for at in 0..zip.len() - 6 {
        if zip[at..].starts_with(b"b.json") {
            zip[at] = b'a';
        }
    }
    assert!(matches!(read_as("x.zip", &zip), Err(Refusal::Archive(_))));
}

/// TO-34, T-13
#[test]
fn number_of_records_is_bounded() {
    let small = Options { max_bytes: 1_000_000, ..options() };
    let list = "a\n".repeat(20_001);
    let objects = format!("[{}{{}}]", "{},".repeat(20_000));
    let zip = zipped(&[("a.json", objects.as_bytes()), ("b.txt", b"")]);
    for (name, bytes) in [("x.txt", list.as_bytes()), ("x.json", objects.as_bytes()), ("x.zip", &zip)] {
        let refusal = read(&[Source { name, bytes }], &Options { is_list: name == "x.txt", ..small });
        assert_eq!(refusal.expect_err("is refused"), Refusal::TooManyRecords { records: 20_000 }, "{name}");
    }
    let fits = read(&[Source { name: "x.txt", bytes: &list.as_bytes()[2..] }], &Options { is_list: true, ..small });
    assert_eq!(fits.expect("is read").memories.len(), 20_000);
}

/// TO-34
#[test]
fn unpacked_size_is_bounded() {
    let bomb = vec![b' '; 2_000_000];
    let small = Options { max_bytes: 1_000_000, ..options() };
    let zip = zipped(&[("a.json", &bomb[..600_000]), ("b.json", &bomb[..600_000])]);
    for bytes in [gzipped(&bomb), zip, gzipped(&zipped(&[("a", &bomb)])), bomb] {
        let refusal = read(&[Source { name: "x", bytes: &bytes }], &small).expect_err("is refused");
        assert!(matches!(refusal, Refusal::TooLarge { .. } | Refusal::Archive(_)), "{refusal}");
    }
}

/// TO-35
#[test]
fn memory_has_the_same_id_in_every_import() {
    let file = r#"[{"id": "m1", "memory": "Tea"}, {"memory": "Tea", "user_id": "a", "created_at": "2026-01-01"}, {"id": "m1", "memory": "Cake"}]"#;
    let ids = |now: Timestamp| {
        let import = read(&[Source { name: "x.json", bytes: file.as_bytes() }], &Options { now, ..options() });
        import.expect("is read").memories.iter().map(|memory| memory.memory().id).collect::<Vec<_>>()
    };
    let first = ids(options().now);
    assert_eq!(first, ids(options().now + jiff::SignedDuration::from_hours(1)));
    assert!(first[0] != first[1] && first[0] != first[2]);
}

/// TO-35, SE-19
#[test]
fn repeated_ids_and_texts_are_removed() {
    let sample = include_bytes!("files/dup.json");
    let mut import = read_as("dup.json", sample).expect("is read");
    assert!(import.remove_repeats().is_empty());
    assert_eq!((texts(&import), import.report.already_there), (vec!["Prefers aisle seats"], 2));
    let mut list = imported("list.txt", "prefers  aisle seats.\nLikes tea\nLikes tea.\n");
    list.remove_repeats();
    assert_eq!((texts(&list), list.report.already_there), (vec!["prefers  aisle seats.", "Likes tea"], 1));
    // An export restores two memories with the same text.
    let line =
        |id: char| transfer::line(import.memories[0].memory()).replacen("\"id\":\"01", &format!("\"id\":\"0{id}"), 1);
    let mut ours = imported("memories.jsonl", &(line('0') + &line('1') + &line('1')));
    let siblings = ours.remove_repeats();
    assert_eq!((ours.memories.len(), ours.report.already_there, siblings.len()), (2, 1, 2));
}

/// TO-32
#[test]
fn times_that_are_not_understood_are_reported_with_their_line() {
    let import = imported("memories.csv", "text,date\nTea,2026-01-14\nCocoa,soon\n");
    let unread: Vec<_> = import.report.unread.iter().map(ToString::to_string).collect();
    assert_eq!((unread, import.report.dropped.len()), (vec!["line 3, date \"soon\"".to_owned()], 0));
}

/// TO-31, TO-32
#[test]
fn dates_in_brackets_keep_their_time_or_their_line() {
    let days = ["14.01.2026", "Jan 14, 2026", "January 14, 2026", "14 Jan 2026", "14/01/2026", "2026/01/14"];
    let days = days.map(|day| (day, "2026-01-14T00:00:00Z"));
    for (written, expected) in [("2026-01-14 10:00", "2026-01-14T10:00:00Z")].into_iter().chain(days) {
        let import = imported("list.txt", &format!("- [2026-01-13] - Cocoa\n[{written}] - Tea\n"));
        let tea = import.memories[1].memory();
        assert_eq!((tea.text.as_str(), tea.created_at.to_string().as_str()), ("Tea", expected), "{written}");
    }
    for written in ["01/02/2026", "Jan 2026", "2026-13-41"] {
        let import = imported("list.txt", &format!("- [2026-01-13] - Cocoa\n[{written}] - Tea\n"));
        assert_eq!(texts(&import), ["Cocoa".to_owned(), format!("[{written}] - Tea")]);
        assert_eq!(import.report.unread[0].to_string(), format!("line 2, date \"{written}\""));
    }
}

/// TO-34
#[test]
fn line_with_an_invalid_byte_is_named() {
    let import = read_as("list.txt", b"- Mag K\xc3\xa4se\n- Half \xf0\x9f cake\n").expect("is read");
    assert_eq!((texts(&import), import.report.encoding), (vec!["Mag K\u{e4}se", "Half \u{fffd} cake"], None));
    assert_eq!(import.report.damaged.iter().map(ToString::to_string).collect::<Vec<_>>(), ["line 2"]);
}

/// TO-32
#[test]
fn metadata_is_read_from_a_cell_or_counted() {
    let cell = r#""{""category"": ""food"", ""source"": ""chat""}""#;
    let import = imported("x.csv", &format!("memory,metadata\nTea,{cell}\nCake,secret\n"));
    assert_eq!(import.memories[0].memory().tags, ["food"]);
    let dropped: Vec<_> = import.report.dropped.into_iter().collect();
    assert_eq!(dropped, [("metadata".to_owned(), 1), ("metadata.source".to_owned(), 1)]);
    for metadata in [r#"[{"k": 1}]"#, "5", r#""note""#] {
        let file = format!(r#"[{{"id": "1", "memory": "Tea", "metadata": {metadata}}}]"#);
        assert_eq!(imported("mem0.json", &file).report.dropped["metadata"], 1, "{metadata}");
    }
}

/// TO-32, TO-33
#[test]
fn words_for_null_and_zero_times_are_absent() {
    for word in ["NULL", "None", "\\N", "nan", "NaT", "-", "0", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"] {
        let csv = format!("memory,tags,deleted_at,user_id\nTea,NULL,{word},ada\nCake,a,,None\n");
        let import = imported("x.csv", &csv);
        assert_eq!((texts(&import), skipped(&import)), (vec!["Tea", "Cake"], vec![]), "{word}");
        assert!(import.memories[0].memory().tags.is_empty() && import.report.dropped.is_empty());
    }
    let import = imported("x.csv", "memory,is_deleted\nTea,f\nCake,t\nJam,Y\nRice,No\nMilk,maybe\n");
    assert_eq!(skipped(&import), [(3, SkipReason::Deleted), (4, SkipReason::Deleted)]);
    assert_eq!((texts(&import), import.report.dropped["is_deleted"]), (vec!["Tea", "Rice", "Milk"], 1));
}

/// TO-23
#[test]
fn times_of_fields_and_lists_have_one_rule() {
    let csv = "memory,created_at\nA,14.01.2026\nB,\"Jan 14, 2026\"\nC,2026/01/14\nD,20260114\n";
    let import = imported("x.csv", csv);
    assert!(import.memories.iter().all(|it| it.memory().created_at.to_string() == "2026-01-14T00:00:00Z"));
    let iso = r#"{"memories": [{"content": "Tea", "content_hash": "h", "created_at": null,
        "created_at_iso": "2026-02-02T02:40:00Z", "updated_at_iso": "2026-02-03T02:40:00Z"}]}"#;
    let [tea] = memories("x.json", iso).try_into().expect("one");
    let times = [Some(tea.created_at), tea.updated_at].map(|at| at.map(|at| at.to_string()));
    assert_eq!(times, ["2026-02-02T02:40:00Z", "2026-02-03T02:40:00Z"].map(|at| Some(at.to_owned())));
}

/// TO-23, TO-32
#[test]
fn dates_of_notes_and_summaries_are_kept_or_named() {
    let note = "---\ntitle: Log\ntype: note\ncreated: 2026-02-01\n---\n- [2026-01-14] Met Noor\n- [14. Januar 2026] Moved\n- [fact]\n";
    let import = imported("log.md", note);
    assert_eq!(texts(&import), ["Log: Met Noor", "Log: [14. Januar 2026] Moved"]);
    assert_eq!(skipped(&import), [(8, SkipReason::Empty)]);
    assert_eq!(import.memories[0].memory().created_at.to_string(), "2026-01-14T00:00:00Z");
    assert_eq!((import.memories[1].memory().tags.len(), import.report.unread[0].place.line), (0, 7));
    let summary = r#"{"account_uuid": "a", "conversations_memory": "- [2026-01-14] Met Noor\n- [May 2026] Trip"}"#;
    let import = imported("memories.json", summary);
    assert_eq!(texts(&import), ["Met Noor", "[May 2026] Trip"]);
    assert_eq!(import.memories[0].memory().created_at.to_string(), "2026-01-14T00:00:00Z");
    assert_eq!(import.report.unread[0].value, "May 2026");
}

/// TO-32
#[test]
fn headings_without_items_are_counted() {
    let list = imported("list.md", "# Is vegetarian\n# Has a cat\n- Tea\n- Cake\n");
    assert_eq!((texts(&list), skipped(&list)), (vec!["Tea", "Cake"], vec![(1, SkipReason::NotAnItem)]));
    let note = imported("n.md", "---\ntitle: N\ntype: note\n---\n# N\n## Likes tea\n## Work\n- Cook\n## Relations\n");
    assert_eq!((texts(&note), skipped(&note)), (vec!["N: Cook"], vec![(6, SkipReason::NotAnItem)]));
}

/// TO-32, SE-19
#[test]
fn lines_of_an_export_are_restored_or_named() {
    let line = |text: &str, more: &str| {
        format!(
            r#"{{"id":"01J9ZQ4T5N8M2X7R3K6W1V0YBA","text":"{text}","tags":null,"created_at":"2026-01-02T03:04:05Z","written_by":{{"client":"claude","credential":"person"}}{more}}}"#
        )
    };
    let file = [line("Tea", r#","importance":5,"replaces":null"#), line("Cake", ""), line("Tea", "")].join("\n");
    let mut import = imported("memories.jsonl", &file);
    import.remove_repeats();
    assert_eq!((texts(&import), skipped(&import)), (vec!["Tea"], vec![(2, SkipReason::SameId)]));
    assert_eq!((import.report.already_there, import.report.dropped["importance"]), (1, 1));
}

/// TO-30, TO-32
#[test]
fn lists_beside_a_table_are_not_left_out() {
    let zip = zipped(&[("a.txt", b"- Tea\n- Cake"), ("b.csv", b"memory,tags\nJam,a\n")]);
    assert_eq!(read_as("x.zip", &zip), Err(Refusal::Ambiguous { formats: "CSV, text list".into() }));
}

/// TO-34
#[test]
fn good_records_of_damaged_json_are_kept() {
    let record = |id: &str, more: &str| format!(r#"{{"id": "{id}", "memory": "Tea {id}"{more}}}"#);
    let deep = format!(r#", "metadata": {}1{}"#, r#"{"a":"#.repeat(300), "}".repeat(300));
    for (text, expected, reason) in [
        (format!("[{},\n{}]", record("1", r#", "score": NaN"#), record("2", "")), vec!["Tea 1", "Tea 2"], vec![]),
        (
            format!("[{},\n{}]", record("1", ""), record("2", r#", "created_at": 1e400"#)),
            vec!["Tea 1"],
            vec![(2, SkipReason::Range)],
        ),
        (format!("[{},\n{}]", record("1", &deep), record("2", "")), vec!["Tea 2"], vec![(1, SkipReason::Depth)]),
        (format!("[{},\n\n{{\"id\": \"2\", \"mem", record("1", "")), vec!["Tea 1"], vec![(3, SkipReason::Syntax)]),
        (format!("{{\"results\": [\n{},\n", record("1", "")), vec!["Tea 1"], vec![(3, SkipReason::Syntax)]),
    ] {
        let import = imported("mem0.json", &text);
        assert_eq!((texts(&import), skipped(&import)), (expected, reason), "{text}");
    }
    let infinite = imported("mem0.json", &format!("[{}]", record("1", r#", "created_at": Infinity"#)));
    assert_eq!(infinite.report.unread[0].value, "Infinity");
    let twice = format!(r#"{{"results": [{}], "results": [{}]}}"#, record("1", ""), record("2", ""));
    assert_eq!(texts(&imported("mem0.json", &twice)), ["Tea 1", "Tea 2"]);
}

/// TO-32
#[test]
fn empty_observations_and_relations_are_counted() {
    let file = r#"{"entities": [{"name": "Ada", "entityType": "person", "observations": ["", "Sings"]},
        {"name": " ", "entityType": "person", "observations": ["Runs"]}, {"name": "", "entityType": "x", "observations": []}],
        "relations": [{"from": "Ada", "to": "", "relationType": "knows"}]}"#;
    let import = imported("memory.json", file);
    assert_eq!(texts(&import), ["Ada: Sings", "Runs"]);
    assert_eq!(skipped(&import).into_iter().map(|(_, reason)| reason).collect::<Vec<_>>(), [SkipReason::Empty; 3]);
}

/// TO-31
#[test]
fn agent_file_of_the_first_schema_is_read() {
    let file = r#"{"agent_type": "memgpt", "core_memory": [{"label": "human", "value": "Ada", "limit": 5}],
        "messages": [{"role": "user", "content": "x"}], "version": "0.6"}"#;
    let import = imported("ada.af", file);
    assert_eq!((import.report.format, texts(&import)), ("Letta agent file", vec!["Ada"]));
    assert_eq!(import.report.dropped["messages"], 1);
}

/// TO-32
#[test]
fn rows_after_an_unclosed_quote_are_read() {
    let csv = "memory,at\nTea,1\n\"Cake,2\nJam,3\n\"Two\nlines, one\",4\nRice,5\n\"Milk,6\n";
    let import = imported("x.csv", csv);
    assert_eq!(texts(&import), ["Tea", "Jam", "Two\nlines, one", "Rice"]);
    assert_eq!(skipped(&import), [(3, SkipReason::Quote), (8, SkipReason::Quote)]);
    let many = format!("memory,at\n{}\"Tea\nor coffee\",1\n", "\"Cake,2\n".repeat(150));
    let import = imported("x.csv", &many);
    // After many of them, a row has one line.
    assert_eq!((texts(&import), skipped(&import).len()), (vec!["or coffee\""], 151));
}

/// TO-31
#[test]
fn tables_are_read_as_programs_write_them() {
    for (name, csv) in [
        ("x.csv", "sep=;\r\nmemory;tags\r\nTea, green;a\r\nCake;b\r\n"),
        ("x.csv", "\n\r\nmemory,tags\n\"Tea, green\",a\n\nCake,b\n"),
        ("x.csv", "memory,tags\n\"Tea, green\",a,\nCake,b,\n"),
        ("x.csv", "memory,tags,\n\"Tea, green\",a\nCake,b,\n"),
        ("x.csv", "tags, memory\na, \"Tea, green\"\nb, Cake\n"),
        ("x.tsv", "memory\nTea, green\nCake\n"),
        ("x.csv", "memory;tags\rTea, green;a\rCake;b\r"),
    ] {
        let import = imported(name, csv);
        assert_eq!((texts(&import), skipped(&import)), (vec!["Tea, green", "Cake"], vec![]), "{csv}");
    }
    let other = imported("x.csv", "\nmemory,tags\n\nTea,a,b\n\nCake\n");
    assert_eq!(skipped(&other), [(4, SkipReason::Unrecognised), (6, SkipReason::Unrecognised)]);
}
