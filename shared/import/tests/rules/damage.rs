//! Records and files with errors.

use jean_import::{Refusal, SkipReason};

use crate::{imported, read_as, skipped, texts};

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
    for (text, expected, reason) in [
        (format!("[{}\n{}]", record("1", ""), record("2", "")), vec!["Tea 1", "Tea 2"], vec![]),
        (format!("[{},\n{}]", record("1\n", ""), record("2", "")), vec!["Tea 1", "Tea 2"], vec![]),
        (format!("{},\n{},\n", record("1", ""), record("2", "")), vec!["Tea 1", "Tea 2"], vec![]),
        (
            format!("{},\n{{broken}},\n{},\n", record("1", ""), record("2", "")),
            vec!["Tea 1", "Tea 2"],
            vec![(2, SkipReason::Syntax)],
        ),
        (
            format!("[{},\n{}]\nDone.", record("1", ""), record("2", "")),
            vec!["Tea 1", "Tea 2"],
            vec![(3, SkipReason::Syntax)],
        ),
    ] {
        let import = imported("mem0.json", &text);
        assert_eq!((texts(&import), skipped(&import)), (expected, reason), "{text}");
    }
    let infinite = imported("mem0.json", &format!("[{}]", record("1", r#", "created_at": Infinity"#)));
    assert_eq!(infinite.report.unread[0].value, "Infinity");
    let twice = format!(r#"{{"results": [{}], "results": [{}]}}"#, record("1", ""), record("2", ""));
    assert_eq!(texts(&imported("mem0.json", &twice)), ["Tea 1", "Tea 2"]);
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
