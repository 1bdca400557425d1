//! The files to import: one, or those of a folder.

use std::{fs, io, path::Path};

/// Maximum number of files in a folder and its folders.
const MAX_FILES: usize = 10_000;
/// Maximum depth of folders.
const MAX_DEPTH: usize = 16;

/// The error for a file that cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("cannot read {path}: {source}")]
    Io { path: String, source: io::Error },
    #[error("the folder has more than {MAX_FILES} files")]
    TooMany,
    #[error("the folder has more than {MAX_DEPTH} levels of folders; import {path} by itself")]
    TooDeep { path: String },
}

/// The files to import, with their names relative to the folder.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// The names and contents.
    pub(super) read: Vec<(String, Vec<u8>)>,
    /// The names of symbolic links and special files, which are not read.
    pub(super) unread: Vec<String>,
}

/// Reads a file, or the files of a folder. Hidden files are not read.
pub(super) fn read(path: &Path) -> Result<Files, Unreadable> {
    let mut files = Files::default();
    if path.is_dir() {
        folder(path, "", 0, &mut files)?;
    } else {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.read.push((name, fs::read(path).map_err(|source| unreadable(path, source))?));
    }
    Ok(files)
}

fn folder(path: &Path, prefix: &str, depth: usize, files: &mut Files) -> Result<(), Unreadable> {
    let entries = fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut entries = entries.map_err(|source| unreadable(path, source))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let (path, name) = (entry.path(), format!("{prefix}{name}"));
        // Symbolic links are not followed, so a folder cannot contain itself.
        let kind = entry.file_type().map_err(|source| unreadable(&path, source))?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if kind.is_dir() {
            if depth == MAX_DEPTH {
                return Err(Unreadable::TooDeep { path: path.display().to_string() });
            }
            folder(&path, &format!("{name}/"), depth + 1, files)?;
        } else if files.read.len() + files.unread.len() == MAX_FILES {
            return Err(Unreadable::TooMany);
        } else if kind.is_file() {
            files.read.push((name, fs::read(&path).map_err(|source| unreadable(&path, source))?));
        } else {
            files.unread.push(name);
        }
    }
    Ok(())
}

fn unreadable(path: &Path, source: io::Error) -> Unreadable {
    Unreadable::Io { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TO-32
    #[cfg(unix)]
    #[test]
    fn symbolic_link_is_named_and_not_followed() {
        let folder = tempfile::tempdir().expect("is created");
        fs::write(folder.path().join("note.md"), "- Tea").expect("is written");
        std::os::unix::fs::symlink("note.md", folder.path().join("link.md")).expect("is created");
        let files = read(folder.path()).expect("is read");
        assert_eq!((files.read, files.unread), (vec![("note.md".into(), b"- Tea".into())], vec!["link.md".to_owned()]));
    }
}
