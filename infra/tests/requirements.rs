//! REQUIREMENTS.md names, for each requirement, the tests whose names end with its id.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// The ids of a test's name, `..._as11_t30`, as they are written: AS-11, T-30.
fn ids(test: &str) -> Vec<String> {
    let parts = test.rsplit('_').map_while(|part| {
        let digits = part.trim_start_matches(|c: char| c.is_ascii_lowercase());
        let letters = &part[..part.len() - digits.len()];
        let is_id = digits.len() == 2 && ["as", "rs", "tr", "tl", "sd", "t"].contains(&letters);
        (is_id && digits.bytes().all(|b| b.is_ascii_digit())).then(|| format!("{}-{digits}", letters.to_uppercase()))
    });
    parts.collect()
}

fn tests_of(folder: &Path, tests: &mut BTreeMap<String, Vec<String>>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy();
        if path.is_dir() && !["target", "node_modules", ".venv"].contains(&&*name) {
            tests_of(&path, tests);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).expect("text");
            let names = source.split("fn ").skip(1).filter_map(|rest| rest.split('(').next());
            for (test, id) in names.flat_map(|test| ids(test).into_iter().map(move |id| (test, id))) {
                tests.entry(id).or_default().push(format!("`{test}`"));
            }
        }
    }
}

#[test]
fn every_requirement_has_a_test_and_the_table_names_it() {
    let project = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut tests = BTreeMap::new();
    for folder in ["functions", "shared", "infra"] {
        tests_of(&project.join(folder), &mut tests);
    }
    let table = fs::read_to_string(project.join("infra/docs/REQUIREMENTS.md")).expect("the table");
    let mut current = String::new();
    let mut untested = Vec::new();
    for line in table.lines() {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        match cells.as_slice() {
            ["", id, what, _, ""] if ids(&format!("_{}", id.to_lowercase().replace('-', ""))).len() == 1 => {
                let mut names = tests.remove(*id).unwrap_or_default();
                names.sort();
                if names.is_empty() {
                    untested.push((*id).to_owned());
                }
                current += &format!("| {id} | {what} | {} |\n", names.join("<br>"));
            }
            _ => current += &format!("{line}\n"),
        }
    }
    let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join("REQUIREMENTS.md");
    fs::write(&made, &current).expect("writes");
    assert_eq!(untested, [""; 0], "these have no test");
    assert!(tests.is_empty(), "these are no requirements: {tests:?}");
    assert!(current == table, "infra/docs/REQUIREMENTS.md is out of date; take {}", made.display());
}
