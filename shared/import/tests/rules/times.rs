//! Times of records.

use jean_import::SkipReason;

use crate::{imported, memories, skipped, texts};

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
