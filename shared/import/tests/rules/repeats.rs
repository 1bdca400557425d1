//! Records that occur more than once, in one import or in several.

use jean_import::{Options, SkipReason, Source, read};
use jean_memory::transfer;
use jiff::Timestamp;

use crate::{imported, options, read_as, skipped, texts};

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
    let sample = include_bytes!("../files/dup.json");
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
