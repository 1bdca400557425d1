//! Files that are their owner's alone: the signing secret, and the memories.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Write},
    path::Path,
};

/// Makes a directory, and those above it, that nobody else can look into.
pub fn directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes a file where there was none.
pub fn new_file(path: &Path) -> io::Result<File> {
    for_owner(OpenOptions::new().write(true).create_new(true)).open(path)
}

/// Makes a file with this content where there was none.
pub fn create(path: &Path, content: &str) -> io::Result<()> {
    let mut file = new_file(path)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()
}

/// Makes an empty file where there was none, and finds out whether it can be written.
pub fn touch(path: &Path) -> io::Result<File> {
    for_owner(OpenOptions::new().append(true).create(true)).open(path)
}

/// Whether somebody else can read the file.
#[cfg(unix)]
pub fn is_open_to_others(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(path.metadata()?.permissions().mode() & 0o077 != 0)
}

/// Windows keeps a person's files from others by where they are.
#[cfg(not(unix))]
pub fn is_open_to_others(_: &Path) -> io::Result<bool> {
    Ok(false)
}

fn for_owner(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}
