//! Files of single products.

use jean_import::SkipReason;

use crate::{imported, skipped, texts};

/// TO-31
#[test]
fn message_stored_by_mem0_is_a_memory() {
    let file = r#"{"results": [{"id": "1", "memory": "Tea", "hash": "x", "role": "user"},
        {"id": "2", "memory": "Cake", "user_id": "ada", "role": "assistant"}, {"id": "3", "memory": "Hi", "role": "user"}]}"#;
    let import = imported("mem0.json", file);
    assert_eq!((texts(&import), skipped(&import)), (vec!["Tea", "Cake"], vec![(2, SkipReason::Unrecognised)]));
    assert_eq!(import.report.dropped["role"], 2);
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
fn empty_observations_and_relations_are_counted() {
    let file = r#"{"entities": [{"name": "Ada", "entityType": "person", "observations": ["", "Sings"]},
        {"name": " ", "entityType": "person", "observations": ["Runs"]}, {"name": "", "entityType": "x", "observations": []}],
        "relations": [{"from": "Ada", "to": "", "relationType": "knows"}]}"#;
    let import = imported("memory.json", file);
    assert_eq!(texts(&import), ["Ada: Sings", "Runs"]);
    assert_eq!(skipped(&import).into_iter().map(|(_, reason)| reason).collect::<Vec<_>>(), [SkipReason::Empty; 3]);
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

/// TO-31, TO-32
#[test]
fn files_of_memories_are_read() {
    let file = r##"{"account_uuid": "a", "conversations_memory": "", "memory_files": [
        {"path": "/topics/drinks.md", "content": "# Tea\n- Green\n- [2026-01-14] Black", "updated_at": "2026-06-01T08:00:00Z"},
        {"path": "/x.md", "content": null}, {"path": "/y.md", "content": "Sings.", "updated_at": "soon"}, "z"]}"##;
    let import = imported("memories.json", file);
    assert_eq!(texts(&import), ["Green", "Black", "Sings."]);
    let [green, black, sings] = [0, 1, 2].map(|at| import.memories[at].memory());
    assert_eq!(
        (green.tags.as_slice(), sings.tags.as_slice()),
        (&["Tea".to_owned(), "drinks".into()][..], &["y".to_owned()][..])
    );
    assert_eq!([green, black].map(|it| it.created_at.to_string()), ["2026-06-01T08:00:00Z", "2026-01-14T00:00:00Z"]);
    assert_eq!(
        (skipped(&import), import.report.unread[0].value.as_str()),
        (vec![(1, SkipReason::Unrecognised)], "soon")
    );
}

/// TO-32
#[test]
fn lists_of_strings_beside_the_records_are_counted() {
    let file = r#"{"results": [{"id": "1", "memory": "Tea"}], "facts": ["Sings"], "profile": {"static": ["Runs", "Swims"]},
        "count": 1, "filters": {"app": "x", "tags": []}}"#;
    let dropped: Vec<_> = imported("mem0.json", file).report.dropped.into_iter().collect();
    assert_eq!(dropped, [("facts".to_owned(), 1), ("profile".to_owned(), 2)]);
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
