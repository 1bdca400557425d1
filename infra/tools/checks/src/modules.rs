//! Cycles between the modules of one crate.
//!
//! A module depends on another if it uses an item that the other defines. The item counts for the module that defines
//! it, not for one that re-exports it, and `mod child;` alone is no dependency. A child that uses an item of its parent
//! therefore forms a cycle with a parent that uses an item of the child. Test code is ignored, and method calls are not
//! resolved.

mod graph;
mod names;
mod tree;

use std::error::Error;

use self::{graph::Graph, tree::Tree};
use crate::{report::CheckReport, source::Repository};

pub(crate) fn check(repository: &Repository) -> Result<CheckReport, Box<dyn Error>> {
    let mut report = CheckReport::default();
    for package in repository.packages()? {
        for root in ["src/lib.rs", "src/main.rs"].map(|root| package.join(root)) {
            if repository.root.join(&root).exists() {
                let tree = Tree::read(repository, &root)?;
                report.violations.extend(Graph::of(&tree).cycles());
            }
        }
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Checks a package with these files under `src`.
    fn cycles(files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, source) in files.iter().chain([&("../Cargo.toml", "")]) {
            let path = folder.path().join("p/src").join(path);
            fs::create_dir_all(folder.path().join("p/src")).expect("created");
            fs::create_dir_all(path.parent().expect("a parent")).expect("created");
            fs::write(path, source).expect("written");
        }
        check(&Repository { root: folder.path().to_owned() }).expect("checked").violations
    }

    #[test]
    fn siblings_that_use_each_other_are_a_cycle() {
        let found = cycles(&[
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "use crate::b::B;\npub struct A;"),
            ("b.rs", "pub struct B;\nfn f(a: super::a::A) {}"),
        ]);
        let expected = "cycle of a, b\n    p/src/a.rs:1: a uses b::B\n    p/src/b.rs:2: b uses a::A";
        assert_eq!(found, [expected]);
    }

    #[test]
    fn a_child_that_uses_its_parent_is_a_cycle_if_the_parent_uses_it() {
        let parent = "mod child;\npub struct Parent;\n";
        let child = ("a/child.rs", "use super::Parent; pub fn call(_: Parent) {}");
        assert!(cycles(&[("lib.rs", "mod a;"), ("a.rs", parent), child]).is_empty());
        let calling = format!("{parent}fn f() {{ child::call(Parent) }}");
        assert_eq!(cycles(&[("lib.rs", "mod a;"), ("a.rs", &calling), child]).len(), 1);
    }

    #[test]
    fn a_re_exported_item_counts_for_the_child() {
        let files = [
            ("lib.rs", "mod a; mod b; pub use self::a::A;"),
            ("a.rs", "mod inner; pub use inner::*; use crate::b::B;"),
            ("a/inner.rs", "pub struct A;"),
            ("b.rs", "use crate::{A, a::A as Other}; pub struct B;"),
        ];
        assert!(cycles(&files).is_empty());
    }

    #[test]
    fn a_local_name_is_no_module() {
        let lib = "mod table; pub struct Root; fn f() { let table = 1; g(table, format!(\"{}\", table)); }";
        assert!(cycles(&[("lib.rs", lib), ("table.rs", "use crate::Root;")]).is_empty());
    }

    #[test]
    fn a_function_does_not_hide_the_module_of_its_name() {
        let lib = "mod a; mod b; fn a() {} fn f() { a() }";
        let files = [("lib.rs", lib), ("a.rs", "pub struct A;"), ("b.rs", "use super::a::A; use crate::a::A as B;")];
        assert!(cycles(&files).is_empty());
    }

    #[test]
    fn paths_in_macros_count() {
        let lib = "mod a; pub struct Root; fn f() { println!(\"{}\", a::NUMBER); }";
        assert_eq!(cycles(&[("lib.rs", lib), ("a.rs", "use crate::Root; pub const NUMBER: u8 = 1;")]).len(), 1);
    }

    #[test]
    fn test_code_does_not_count() {
        let a = "pub struct A; #[cfg(test)] mod tests { use crate::b::B; }";
        assert!(
            cycles(&[("lib.rs", "mod a; mod b;"), ("a.rs", a), ("b.rs", "use crate::a::A; pub struct B;")]).is_empty()
        );
    }

    #[test]
    fn inline_modules_and_imports_of_modules_are_followed() {
        let lib = "mod a { use super::b; pub fn f() { b::g() } }
            mod b { pub use crate::c::g; }
            mod c { use crate::a; fn h() { a::f() } pub fn g() {} }";
        let found = cycles(&[("main.rs", lib)]);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("cycle of a, c\n"), "{}", found[0]);
    }
}
