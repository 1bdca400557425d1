//! The files of the repository, found without git: CI may run as another user than the one who owns the clone.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use syn::{Attribute, Meta};

/// Folders that hold no source of the project. Hidden folders are skipped too, except those in [`VISIBLE`].
const SKIPPED: [&str; 4] = ["target", "node_modules", "corpus", "artifacts"];

/// Hidden folders with source or documents of the project.
const VISIBLE: [&str; 2] = [".ci", ".github"];

/// A checkout of the project.
#[derive(Debug, Clone)]
pub(crate) struct Repository {
    pub(crate) root: PathBuf,
}

impl Repository {
    /// The checkout that this package is compiled from.
    pub(crate) fn of_this_package() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).unwrap_or(Path::new("."));
        Self { root: root.to_owned() }
    }

    /// Paths, relative to the root and sorted, of the files with an extension.
    pub(crate) fn files(&self, extension: &str) -> Result<Vec<PathBuf>, Box<dyn Error>> {
        let mut files = Vec::new();
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                let (path, name) = (entry.path(), entry.file_name());
                let name = name.to_string_lossy();
                if entry.file_type()?.is_dir() {
                    let skipped = SKIPPED.contains(&&*name) || name.starts_with('.') && !VISIBLE.contains(&&*name);
                    if !skipped {
                        folders.push(path);
                    }
                } else if path.extension().is_some_and(|found| found == extension) {
                    files.push(path.strip_prefix(&self.root)?.to_owned());
                }
            }
        }
        files.sort();
        Ok(files)
    }

    /// The content of a file, by its path relative to the root.
    pub(crate) fn read(&self, path: &Path) -> Result<String, Box<dyn Error>> {
        fs::read_to_string(self.root.join(path)).map_err(|error| format!("{}: {error}", path.display()).into())
    }

    /// The parsed form of a Rust file.
    pub(crate) fn parse(&self, path: &Path) -> Result<syn::File, Box<dyn Error>> {
        syn::parse_file(&self.read(path)?).map_err(|error| {
            let start = error.span().start();
            format!("{}:{}: {error}", path.display(), start.line).into()
        })
    }

    /// Folders of the packages, relative to the root: those with a `Cargo.toml`, except the root.
    pub(crate) fn packages(&self) -> Result<Vec<PathBuf>, Box<dyn Error>> {
        let manifests = self.files("toml")?.into_iter().filter(|path| path.ends_with("Cargo.toml"));
        let folders = manifests.filter_map(|path| path.parent().map(Path::to_owned));
        Ok(folders.filter(|folder| !folder.as_os_str().is_empty()).collect())
    }
}

/// `true` if an item is compiled for tests only: `#[test]`, or a `#[cfg(…)]` that names `test` without `not`.
pub(crate) fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::Path(path) => path.segments.last().is_some_and(|segment| segment.ident == "test"),
        Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string();
            let mut words = condition.split(|character: char| !character.is_alphanumeric() && character != '_');
            !condition.contains("not") && words.any(|word| word == "test")
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_and_generated_folders_are_skipped() {
        let folder = tempfile::tempdir().expect("a folder");
        for path in
            ["a/Cargo.toml", "a/src/x.rs", "target/y.rs", ".git/z.rs", ".ci/w.rs", "a/corpus/v.rs", "Cargo.toml"]
        {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("created");
            fs::write(path, "").expect("written");
        }
        let repository = Repository { root: folder.path().to_owned() };
        assert_eq!(repository.files("rs").expect("listed"), [Path::new(".ci/w.rs"), Path::new("a/src/x.rs")]);
        assert_eq!(repository.packages().expect("listed"), [Path::new("a")]);
    }

    #[test]
    fn test_only_items_are_recognised() {
        let is_test = |item: &str| is_test_only(&syn::parse_str::<syn::ItemMod>(item).expect("an item").attrs);
        assert!(is_test("#[cfg(test)] mod a {}"));
        assert!(is_test("#[cfg(any(test, feature = \"testing\"))] mod a {}"));
        assert!(!is_test("#[cfg(not(test))] mod a {}"));
        assert!(!is_test("#[cfg(feature = \"testing\")] mod a {}"));
        assert!(!is_test("/// A test\nmod a {}"));
    }
}
