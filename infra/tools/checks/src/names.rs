//! Names of types and numbers of arguments over the whole workspace, outside of tests.

use std::{
    collections::BTreeMap,
    error::Error,
    path::{Path, PathBuf},
};

use syn::{
    Ident, ImplItemFn, Item, ItemFn, ItemMod, Signature, TraitItemFn,
    visit::{self, Visit},
};

use crate::{
    report::CheckReport,
    source::{Repository, is_test_only},
};

/// Maximum number of type names defined more than once, apart from those in [`PER_PACKAGE`].
const DUPLICATES: usize = 5;

/// A function with this many arguments, including `self`, takes a struct instead.
const TOO_MANY_ARGUMENTS: usize = 7;

/// Names that mean the same in each package that defines them.
const PER_PACKAGE: [(&str, &str); 7] = [
    ("App", "the state of a function within one request"),
    ("AppState", "the state of a function's router"),
    ("Arguments", "the command line of a program, or the arguments of one MCP tool"),
    ("Error", "the error of a module, used by its path"),
    ("Inner", "the shared part of an App"),
    ("Settings", "the environment variables of a function"),
    ("Texts", "the translated texts of a function's pages"),
];

pub(crate) fn check(repository: &Repository) -> Result<CheckReport, Box<dyn Error>> {
    let mut found = Found::default();
    for file in repository.files("rs")? {
        if !is_test_file(&file) {
            let parsed = repository.parse(&file)?;
            found.file = file;
            found.visit_file(&parsed);
        }
    }
    Ok(found.report())
}

/// `true` for integration tests, and for modules of unit tests in a file of their own.
fn is_test_file(file: &Path) -> bool {
    file.components().any(|part| part.as_os_str() == "tests") || file.file_stem().is_some_and(|name| name == "tests")
}

/// Definitions found so far.
#[derive(Debug, Default)]
struct Found {
    file: PathBuf,
    types: BTreeMap<String, Vec<String>>,
    long: Vec<String>,
}

impl Found {
    fn define(&mut self, name: &Ident) {
        let place = format!("{}:{}", self.file.display(), name.span().start().line);
        self.types.entry(name.to_string()).or_default().push(place);
    }

    fn count(&mut self, signature: &Signature) {
        let (count, name) = (signature.inputs.len(), &signature.ident);
        if count >= TOO_MANY_ARGUMENTS {
            let line = name.span().start().line;
            self.long.push(format!("{}:{line}: {name} has {count} arguments", self.file.display()));
        }
    }

    fn report(self) -> CheckReport {
        let is_repeated = |(name, places): &(&String, &Vec<String>)| {
            places.len() > 1 && !PER_PACKAGE.iter().any(|(own, _)| own == name)
        };
        let repeated = self.types.iter().filter(is_repeated);
        let lines: Vec<_> = repeated.map(|(name, places)| format!("{name}: {}", places.join(", "))).collect();
        let mut report = CheckReport { violations: self.long, ..CheckReport::default() };
        if lines.len() > DUPLICATES {
            let title = format!("{} type names are defined more than once, limit {DUPLICATES}:", lines.len());
            report.violations.push(title);
            report.violations.extend(lines);
        }
        report
    }
}

impl<'ast> Visit<'ast> for Found {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Struct(item) if !is_test_only(&item.attrs) => self.define(&item.ident),
            Item::Enum(item) if !is_test_only(&item.attrs) => self.define(&item.ident),
            Item::Trait(item) if !is_test_only(&item.attrs) => self.define(&item.ident),
            Item::Type(item) if !is_test_only(&item.attrs) => self.define(&item.ident),
            _ => {}
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !is_test_only(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.count(&item.sig);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.count(&item.sig);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        self.count(&item.sig);
        visit::visit_trait_item_fn(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sources: &[&str]) -> Found {
        let mut found = Found::default();
        for (number, source) in sources.iter().enumerate() {
            found.file = format!("{number}.rs").into();
            found.visit_file(&syn::parse_file(source).expect("Rust"));
        }
        found
    }

    #[test]
    fn repeated_names_are_reported_over_the_limit() {
        let names = "struct A; enum B {} trait C {} type D = (); struct E; struct F; struct App;";
        let report = found(&[names, names]).report();
        assert_eq!(report.violations.len(), 7);
        assert_eq!(report.violations[1], "A: 0.rs:1, 1.rs:1");
        assert!(
            found(&[names, "struct A; struct B; struct C; struct D; struct E; struct App;"])
                .report()
                .violations
                .is_empty()
        );
    }

    #[test]
    fn test_code_does_not_count() {
        let test = "#[cfg(test)] mod tests { struct A; fn long(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8) {} }";
        assert!(found(&[test, test]).types.is_empty());
        assert!(found(&[test]).long.is_empty());
        assert!(is_test_file(Path::new("functions/token/tests/code.rs")));
        assert!(is_test_file(Path::new("shared/local/src/engine/tests.rs")));
        assert!(!is_test_file(Path::new("shared/testing/src/lib.rs")));
    }

    #[test]
    fn self_is_an_argument() {
        let report =
            found(&["struct A; impl A { fn long(&self, a: u8, b: u8, c: u8, d: u8, e: u8, f: u8) {} }"]).report();
        assert_eq!(report.violations, ["0.rs:1: long has 7 arguments"]);
    }
}
