//! Files and directories that only their owner can read, for the secrets and the database.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Write},
    path::Path,
};

/// Creates a directory and its parents, accessible only to the owner.
pub fn directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Creates a file. Fails if it exists.
pub fn new_file(path: &Path) -> io::Result<File> {
    for_owner(OpenOptions::new().write(true).create_new(true)).open(path)
}

/// Creates a file with this content and syncs it to disk. Fails if it exists.
pub fn create(path: &Path, content: &str) -> io::Result<()> {
    let mut file = new_file(path)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()
}

/// Replaces a file, or creates it, in one step: after a crash it has the former content or this one.
pub fn replace(path: &Path, content: &str) -> io::Result<()> {
    let draft = path.with_extension("new");
    match std::fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => create(&draft, content)?,
    }
    std::fs::rename(draft, path)
}

/// Opens a file for appending, creating it if missing, to verify that it can be written.
pub fn touch(path: &Path) -> io::Result<File> {
    for_owner(OpenOptions::new().append(true).create(true)).open(path)
}

/// `true` if other users have any access to the file.
#[cfg(unix)]
pub fn is_open_to_others(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(path.metadata()?.permissions().mode() & 0o077 != 0)
}

/// Always `false`: on Windows the user's directories are protected by their access control lists.
#[cfg(not(unix))]
pub fn is_open_to_others(_: &Path) -> io::Result<bool> {
    Ok(false)
}

fn for_owner(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}
