//! Records that stay out: gone at their origin, or of another user.

use jean_import::{Options, Refusal, SkipReason, Source, read};

use crate::{imported, memories, options, skipped, texts};

/// TO-33
#[test]
fn states_at_the_origin_are_respected() {
    for (fields, reason) in [
        (r#""state": "archived""#, SkipReason::Archived),
        (r#""state": "deleted""#, SkipReason::Deleted),
        (r#""state": "active", "deleted_at": "2026-01-01T00:00:00Z""#, SkipReason::Deleted),
        (r#""state": "active", "archived_at": "2026-01-01T00:00:00Z""#, SkipReason::Archived),
        (r#""state": "active", "trashed": true"#, SkipReason::Deleted),
        (r#""state": "active", "in_trash": 1"#, SkipReason::Deleted),
        (r#""state": "active", "removed_at": "2026-01-01T00:00:00Z""#, SkipReason::Deleted),
        (r#""state": "active", "event": "DELETE""#, SkipReason::Deleted),
        (r#""state": "active", "forgotten_at": "2026-01-01T00:00:00Z""#, SkipReason::Forgotten),
        (r#""state": "active", "is_latest": false"#, SkipReason::Superseded),
        (r#""state": "active", "superseded_by": "2""#, SkipReason::Superseded),
        (r#""state": "active", "invalid_at": "2026-01-01T00:00:00Z""#, SkipReason::Superseded),
        (r#""state": "active", "valid_until": "2026-11-26""#, SkipReason::Superseded),
        (r#""state": "active", "status": "obsolete""#, SkipReason::Superseded),
        (r#""state": "active", "status": "removed""#, SkipReason::Deleted),
        (r#""state": "active", "expires_at": "2026-11-26""#, SkipReason::Expired),
        (r#""state": "active", "expires_at": "26.11.2026""#, SkipReason::Expired),
    ] {
        let file = format!(r#"{{"memories": [{{"id": "1", "content": "Gone", {fields}}}]}}"#);
        let import = imported("memories.json", &file);
        assert_eq!((import.memories.len(), import.report.skipped[0].reason), (0, reason), "{fields}");
        assert!(import.report.is_complete());
    }
    let file = r#"{"memories": [{"id": "1", "content": "Tea", "state": "active", "invalid_at": "2027-01-01", "is_latest": true,
        "superseded_by": null, "event": "Birthday", "enabled": false}]}"#;
    let import = imported("memories.json", file);
    assert_eq!((texts(&import), import.report.dropped["enabled"]), (vec!["Tea"], 1));
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
