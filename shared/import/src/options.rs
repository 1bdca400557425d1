//! The input and output of an import.

use jean_memory::Restored;
use jiff::Timestamp;

use crate::report::Report;

/// A file to import.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The name, which is shown in reports; its extension can rule out a format.
    pub name: &'a str,
    /// The content.
    pub bytes: &'a [u8],
}

/// Options of an import.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// The current time.
    pub now: Timestamp,
    /// The user to import the records of, if the file has those of several.
    pub user_id: Option<&'a str>,
    /// Maximum size in bytes, unpacked.
    pub max_bytes: usize,
    /// `true` if the user has confirmed that text has one memory per line.
    pub is_list: bool,
}

/// The fewest bytes of a record on average. The records of a file take many times their size in memory: a file of braces could
/// otherwise exhaust it.
const RECORD_BYTES: usize = 50;

impl Options<'_> {
    /// Maximum number of records, or of JSON objects.
    pub(crate) fn max_records(&self) -> usize {
        self.max_bytes / RECORD_BYTES
    }

    /// Options with the limits of a command line.
    pub fn new(now: Timestamp) -> Self {
        Self { now, user_id: None, max_bytes: 512_000_000, is_list: false }
    }
}

/// The memories of a file, and the report on the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The memories.
    pub memories: Vec<Restored>,
    /// The report, in which no memory has been added yet.
    pub report: Report,
}
