//! The format of a file.

use jean_import::Refusal;

use crate::{imported, read_as, zipped};

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

/// TO-30
#[test]
fn lists_are_not_mistaken_for_chats_and_logs() {
    for text in ["User: Ada\nSystem: Linux\n", "[2026-01-14 10:00] - Likes tea\n[2026-01-15 09:30] - Likes cake\n"] {
        assert_eq!(imported("memories.txt", text).memories.len(), 2, "{text}");
    }
    let refusal = read_as("chat.txt", "Benutzer: hallo\nAssistent: guten Tag".as_bytes());
    assert!(matches!(refusal, Err(Refusal::ChatLog { .. })), "{refusal:?}");
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

/// TO-30, TO-32
#[test]
fn lists_beside_a_table_are_not_left_out() {
    let zip = zipped(&[("a.txt", b"- Tea\n- Cake"), ("b.csv", b"memory,tags\nJam,a\n")]);
    assert_eq!(read_as("x.zip", &zip), Err(Refusal::Ambiguous { formats: "CSV, text list".into() }));
}
