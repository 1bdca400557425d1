//! Unpacks gzip and ZIP files. The total size is bounded, so a small file cannot expand without limit.

use std::{
    borrow::Cow,
    io::{Cursor, Read},
};

use flate2::bufread::GzDecoder;
use zip::ZipArchive;

use crate::{options::Source, refusal::Refusal};

/// Maximum number of files in an archive.
const MAX_FILES: usize = 10_000;

/// A file, unpacked.
#[derive(Debug)]
pub(crate) struct Member<'a> {
    /// The name, without the extension of the compression.
    pub(crate) name: Cow<'a, str>,
    /// The bytes, or the reason why the file cannot be unpacked.
    pub(crate) bytes: Result<Cow<'a, [u8]>, Refusal>,
}

/// The bytes that may still be unpacked.
#[derive(Debug)]
pub(crate) struct Budget {
    left: usize,
    total: usize,
}

impl Budget {
    pub(crate) fn new(total: usize) -> Self {
        Self { left: total, total }
    }

    fn read(&mut self, from: impl Read) -> Result<Vec<u8>, Refusal> {
        let mut bytes = Vec::new();
        let limit = self.left as u64 + 1;
        let read = from.take(limit).read_to_end(&mut bytes).map_err(|error| Refusal::Archive(error.to_string()));
        self.left = self.left.checked_sub(bytes.len()).ok_or(Refusal::TooLarge { bytes: self.total })?;
        read.map(|_| bytes)
    }

    /// Unpacks gzip. As gzip does, it ignores the bytes after the last member, such as padding.
    fn gunzip(&mut self, mut packed: &[u8]) -> Result<Vec<u8>, Refusal> {
        let mut bytes = Vec::new();
        while is_gzip(packed) {
            let mut decoder = GzDecoder::new(packed);
            bytes.extend(self.read(&mut decoder)?);
            packed = decoder.into_inner();
        }
        Ok(bytes)
    }
}

/// Unpacks a file. Archives within archives are not unpacked, except gzip in ZIP.
///
/// # Errors
/// [`Refusal::TooLarge`] if the files exceed the budget. A damaged file is a member without bytes.
pub(crate) fn unpack<'a>(source: &Source<'a>, budget: &mut Budget) -> Result<Vec<Member<'a>>, Refusal> {
    if source.bytes.starts_with(b"PK\x03\x04") || source.bytes.starts_with(b"PK\x05\x06") {
        let damaged = |refusal| vec![Member { name: source.name.into(), bytes: Err(refusal) }];
        return Ok(unless_too_large(zip(source.bytes, budget))?.unwrap_or_else(damaged));
    }
    if is_gzip(source.bytes) {
        let bytes = unless_too_large(budget.gunzip(source.bytes))?.and_then(|bytes| {
            let is_archive = bytes.starts_with(b"PK\x03\x04");
            if is_archive { Err(Refusal::Archive("it contains another archive".into())) } else { Ok(bytes.into()) }
        });
        return Ok(vec![Member { name: without_gz(source.name).into(), bytes }]);
    }
    if source.bytes.len() > budget.total {
        return Err(Refusal::TooLarge { bytes: budget.total });
    }
    Ok(vec![Member { name: source.name.into(), bytes: Ok(source.bytes.into()) }])
}

fn zip(bytes: &[u8], budget: &mut Budget) -> Result<Vec<Member<'static>>, Refusal> {
    let broken = |error: zip::result::ZipError| Refusal::Archive(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    if archive.len() > MAX_FILES {
        return Err(Refusal::Archive(format!("it has more than {MAX_FILES} files")));
    }
    if archive.has_duplicate_names() {
        return Err(Refusal::Archive("it has two files of the same name".into()));
    }
    let mut members = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(broken)?;
        let name = entry.name().map_err(broken)?.into_owned();
        if !entry.is_file() || name.split('/').any(is_hidden) {
            continue;
        }
        drop(entry);
        let read = archive.by_index(index).map_err(broken).and_then(|mut file| budget.read(&mut file));
        let unpacked = read.and_then(|bytes| if is_gzip(&bytes) { budget.gunzip(&bytes) } else { Ok(bytes) });
        let bytes = unless_too_large(unpacked)?.map(Cow::Owned);
        members.push(Member { name: without_gz(&name).to_owned().into(), bytes });
    }
    Ok(members)
}

/// The outcome of one file. Its damage does not affect the others, but the budget is for all of them.
fn unless_too_large<T>(unpacked: Result<T, Refusal>) -> Result<Result<T, Refusal>, Refusal> {
    if let Err(too_large @ Refusal::TooLarge { .. }) = unpacked { Err(too_large) } else { Ok(unpacked) }
}

/// `true` for a part of a path that hides the file. `./` is the folder itself.
fn is_hidden(part: &str) -> bool {
    part == "__MACOSX" || (part.starts_with('.') && ![".", ".."].contains(&part))
}

fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

fn without_gz(name: &str) -> &str {
    name.strip_suffix(".gz").unwrap_or(name)
}
