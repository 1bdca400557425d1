//! Archives and folders.

use jean_import::{Refusal, SkipReason, Source, read};

use crate::{gzipped, options, read_as, texts, zipped};

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
    let mut twice = read_as("x.zip", include_bytes!("../files/openmemory.zip")).expect("is read");
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

/// TO-34
#[test]
fn damaged_member_does_not_affect_the_others() {
    let (one, two) = (br#"[{"id": "1", "memory": "Tea"}]"#, br#"[{"id": "2", "memory": "Cake"}]"#);
    let mut damaged = zipped(&[("one.json", one), ("two.json", two)]);
    let packed = damaged.windows(8).position(|bytes| bytes == b"two.json").expect("is named") + 8;
    damaged[packed] ^= 0xff;
    let import = read_as("x.zip", &damaged).expect("is read");
    let places: Vec<_> = import.report.skipped.iter().map(|it| (it.place.to_string(), it.reason)).collect();
    assert_eq!((texts(&import), places), (vec!["Tea"], vec![("two.json".to_owned(), SkipReason::Unreadable)]));
    let cut = &gzipped(two)[..20];
    let folder = [Source { name: "one.json", bytes: one }, Source { name: "two.json.gz", bytes: cut }];
    let import = read(&folder, &options()).expect("is read");
    assert_eq!((texts(&import), import.report.skipped[0].place.to_string()), (vec!["Tea"], "two.json".to_owned()));
    assert!(!import.report.is_complete());
    assert!(matches!(read_as("two.json.gz", cut), Err(Refusal::Archive(_))));
    let padded = [gzipped(one), vec![0; 512]].concat();
    assert_eq!(texts(&read_as("one.json.gz", &padded).expect("is read")), ["Tea"]);
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
