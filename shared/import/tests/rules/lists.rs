//! Lists and tables.

use jean_import::{Options, SkipReason, Source, read};

use crate::{imported, memories, options, read_as, skipped, texts, zipped};

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
fn headings_without_items_are_counted() {
    let list = imported("list.md", "# Is vegetarian\n# Has a cat\n- Tea\n- Cake\n");
    assert_eq!((texts(&list), skipped(&list)), (vec!["Tea", "Cake"], vec![(1, SkipReason::NotAnItem)]));
    let note = imported("n.md", "---\ntitle: N\ntype: note\n---\n# N\n## Likes tea\n## Work\n- Cook\n## Relations\n");
    assert_eq!((texts(&note), skipped(&note)), (vec!["N: Cook"], vec![(6, SkipReason::NotAnItem)]));
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

/// TO-30, TO-31
#[test]
fn json_between_fences_is_read_as_json() {
    let answer = |json: &str| format!("Here are your memories:\n\n```json\n{json}\n```\nAnything else?");
    let import =
        imported("answer.md", &answer("[{\"id\": \"1\", \"memory\": \"Tea\"},\n {\"id\": \"2\", \"memory\": \"\"}]"));
    assert_eq!((import.report.format, texts(&import)), ("mem0", vec!["Tea"]));
    assert_eq!(skipped(&import), [(5, SkipReason::Empty)]);
    let json = answer(r#"[{"id": "1", "memory": "Tea"}]"#);
    let zip = zipped(&[("a.md", json.as_bytes()), ("b.json", br#"[{"id": "2", "memory": "Cake"}]"#)]);
    assert_eq!(texts(&read_as("x.zip", &zip).expect("is read")), ["Tea", "Cake"]);
    let list = imported("answer.md", &answer("[2026-01-14] - Tea\n[unknown] - Cake"));
    assert_eq!(texts(&list), ["Tea", "Cake"]);
    let example = imported("notes.md", "- Uses this setting:\n```json\n- {\"a\": 1}\n```\n- Likes tea\n");
    assert_eq!(texts(&example), ["Uses this setting:", "{\"a\": 1}", "Likes tea"]);
}

/// TO-31, TO-32
#[test]
fn date_of_a_coming_event_is_kept() {
    let [flight, tea] =
        memories("list.md", "- [2027-03-01] Flies to Porto\n- [2026-01-14] Likes tea\n").try_into().expect("two");
    assert_eq!(flight.occurred_at.map(|at| at.to_string()).as_deref(), Some("2027-03-01"));
    assert_eq!((flight.created_at, tea.occurred_at), (options().now, None));
}
