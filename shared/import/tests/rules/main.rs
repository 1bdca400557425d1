//! Rules of an import that one file each is made for.

mod archives;
mod bounds;
mod damage;
mod detection;
mod fields;
mod lists;
mod products;
mod repeats;
mod states;
mod times;

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use jean_import::{Import, Options, Refusal, SkipReason, Source, read};
use jean_memory::Memory;
use zip::{ZipWriter, write::SimpleFileOptions};

fn options() -> Options<'static> {
    Options::new("2026-11-27T12:00:00Z".parse().expect("a time"))
}

fn read_as(name: &str, bytes: &[u8]) -> Result<Import, Refusal> {
    read(&[Source { name, bytes }], &options())
}

fn imported(name: &str, text: &str) -> Import {
    read_as(name, text.as_bytes()).expect(text)
}

fn memories(name: &str, text: &str) -> Vec<Memory> {
    imported(name, text).memories.into_iter().map(jean_memory::Restored::into_memory).collect()
}

fn texts(import: &Import) -> Vec<&str> {
    import.memories.iter().map(|memory| memory.memory().text.as_str()).collect()
}

fn skipped(import: &Import) -> Vec<(usize, SkipReason)> {
    import.report.skipped.iter().map(|skipped| (skipped.place.line, skipped.reason)).collect()
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).expect("starts");
        zip.write_all(bytes).expect("writes");
    }
    zip.finish().expect("ends").into_inner()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes).expect("writes");
    gzip.finish().expect("ends")
}
