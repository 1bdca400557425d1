//! Bounds on sizes, numbers and copies.

use jean_import::{Options, Refusal, SkipReason, Source, read};

use crate::{gzipped, imported, options, read_as, skipped, zipped};

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
