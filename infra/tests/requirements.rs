//! infra/docs/REQUIREMENTS.md lists, for each requirement, the files with its tests and their number.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// The number of tests of each requirement by file.
type Tests = BTreeMap<String, BTreeMap<String, usize>>;

/// The ids in a doc line of a test: `/// RFC 6749 §4.1.2, AS-10, T-03`.
fn ids(line: &str) -> Vec<String> {
    let Some(line) = line.trim_start().strip_prefix("/// ") else { return vec![] };
    let is_id = |part: &str| {
        part.split_once('-').is_some_and(|(family, number)| {
            ["AS", "AW", "RS", "SD", "SE", "SR", "T", "TL", "TO", "TR"].contains(&family)
                && number.len() == 2
                && number.bytes().all(|digit| digit.is_ascii_digit())
        })
    };
    line.split(", ").map(|part| part.trim_end_matches('.')).filter(|part| is_id(part)).map(Into::into).collect()
}

/// Collects the ids above every test of a source file.
fn tests_of_file(path: &str, source: &str, tests: &mut Tests) {
    let mut doc = Vec::new();
    for line in source.lines().map(str::trim_start) {
        if line.starts_with("///") {
            doc.extend(ids(line));
        } else if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            for id in doc.drain(..) {
                *tests.entry(id).or_default().entry(path.into()).or_default() += 1;
            }
        } else if !line.starts_with("#[") {
            doc.clear();
        }
    }
}

fn tests_of_folder(project: &Path, folder: &Path, tests: &mut Tests) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy();
        if path.is_dir() && !["target", "node_modules", ".venv"].contains(&&*name) {
            tests_of_folder(project, &path, tests);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let relative = path.strip_prefix(project).expect("in the project").to_string_lossy().into_owned();
            tests_of_file(&relative, &fs::read_to_string(&path).expect("text"), tests);
        }
    }
}

/// The third column of a row: `[functions/token/tests/routes/code.rs](../../functions/…) (3)`.
fn links(files: &BTreeMap<String, usize>) -> String {
    let links: Vec<_> = files.iter().map(|(path, count)| format!("[{path}](../../{path}) ({count})")).collect();
    links.join("<br>")
}

/// Every requirement has a test, every id in a test is a requirement, and the table is up to date.
#[test]
fn table_of_requirements_is_up_to_date() {
    let project = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut tests = Tests::new();
    for folder in ["functions", "shared", "infra"] {
        tests_of_folder(&project, &project.join(folder), &mut tests);
    }
    let table = fs::read_to_string(project.join("infra/docs/REQUIREMENTS.md")).expect("the table");
    let mut current = String::new();
    let mut untested = Vec::new();
    for line in table.lines() {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        match cells.as_slice() {
            ["", id, requirement, _, ""] if ids(&format!("/// {id}")).len() == 1 => {
                let files = tests.remove(*id).unwrap_or_default();
                if files.is_empty() {
                    untested.push((*id).to_owned());
                }
                current += &format!("| {id} | {requirement} | {} |\n", links(&files));
            }
            _ => current += &format!("{line}\n"),
        }
    }
    let written = Path::new(env!("CARGO_TARGET_TMPDIR")).join("REQUIREMENTS.md");
    fs::write(&written, &current).expect("writes");
    assert_eq!(untested, [""; 0], "these have no test");
    assert!(tests.is_empty(), "these are no requirements: {tests:?}");
    assert!(current == table, "infra/docs/REQUIREMENTS.md is out of date; take {}", written.display());
}
