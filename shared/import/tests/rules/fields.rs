//! Fields of a record: kept, or counted as dropped.

use crate::{imported, memories, options};

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
fn false_is_a_value_of_metadata() {
    let file = r#"[{"id": "1", "memory": "Tea", "deleted_at": false, "pinned": false, "metadata": {"smokes": false}}]"#;
    let dropped = imported("mem0.json", file).report.dropped;
    assert_eq!(dropped.into_iter().collect::<Vec<_>>(), [("metadata.smokes".to_owned(), 1)]);
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
fn columns_of_the_same_name_are_counted() {
    let import = imported("x.csv", "memory,tags,Tags\nTea,drinks,home\n");
    assert_eq!(import.memories[0].memory().tags, ["drinks"]);
    assert_eq!(import.report.dropped["tags (2)"], 1);
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
