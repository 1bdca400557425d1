//! The reasons that a whole file is refused.

use crate::report::{RecordPlace, SkipReason};

/// Extensions of files that memories are read from.
const READABLE: [&str; 11] = ["af", "csv", "gz", "json", "jsonl", "markdown", "md", "text", "tsv", "txt", "zip"];

/// The error for a refused file. The message says how to continue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The file is empty, or its list is.
    #[error("The file contains no memories.")]
    Empty,
    /// The file is neither text nor a known archive.
    #[error("The file is binary. Choose a text file, JSON, CSV, or a zip or gz of one.")]
    Binary,
    /// The file is text in another encoding, which bytes do not tell from each other.
    #[error("The file is in an encoding other than UTF-8, UTF-16 and windows-1252. Save it as UTF-8.")]
    Encoding,
    /// An archive is damaged, encrypted, or compressed with another method.
    #[error("The archive cannot be unpacked: {0}. Unpack it and import the file with the memories.")]
    Archive(String),
    /// The unpacked file is too large.
    #[error("The file is larger than {} MB unpacked. Split it into several files.", bytes / 1_000_000)]
    TooLarge {
        /// The limit in bytes.
        bytes: usize,
    },
    /// There are too many records for the size of the file.
    #[error("The file has more than {records} records or JSON objects. Split it into several files.")]
    TooManyRecords {
        /// The limit.
        records: usize,
    },
    /// The JSON is malformed.
    #[error("The file is not valid JSON: line {line}, column {column}: {message}.")]
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// The message of the parser.
        message: String,
    },
    /// The file contains messages.
    #[error(
        "The file is a chat log ({seen}). Chat logs are not memories: ask the assistant for a list of its memories."
    )]
    ChatLog {
        /// The fields in the file.
        seen: String,
    },
    /// The file contains web pages.
    #[error("The file contains web pages ({seen}), such as bookmarks or search results, which are not memories.")]
    WebPages {
        /// The fields in the file.
        seen: String,
    },
    /// No format matches.
    #[error("Unrecognised file format: {seen}.")]
    Unknown {
        /// Description of the content.
        seen: String,
    },
    /// More than one format matches.
    #[error("The file could be of several formats: {formats}. Import the records of each format as a file of its own.")]
    Ambiguous {
        /// The names of the formats.
        formats: String,
    },
    /// The records belong to several users.
    #[error("The file has memories of several users: {}. Choose one with --user-id.", users.join(", "))]
    SeveralUsers {
        /// The ids of the users in the file; at most 20.
        users: Vec<String>,
    },
    /// The chosen user has no record.
    #[error("The file has no memories of {chosen}. It has memories of: {}.", if users.is_empty() { "no named user".into() } else { users.join(", ") })]
    UnknownUser {
        /// The chosen user.
        chosen: String,
        /// The ids of the users in the file; at most 20.
        users: Vec<String>,
    },
}

impl Refusal {
    /// The reason and place, if the file is one of several. A broken file may contain memories; an image does not.
    pub(crate) fn in_file(&self, name: &str) -> (RecordPlace, SkipReason) {
        let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase());
        let is_readable = extension.is_some_and(|extension| READABLE.contains(&extension.as_str()));
        match self {
            Self::Json { line, .. } => (RecordPlace { line: *line, ..RecordPlace::default() }, SkipReason::Syntax),
            Self::Binary | Self::Encoding if is_readable => (RecordPlace::default(), SkipReason::Unreadable),
            Self::Archive(_) => (RecordPlace::default(), SkipReason::Unreadable),
            _ => (RecordPlace::default(), SkipReason::NotMemories),
        }
    }
}
