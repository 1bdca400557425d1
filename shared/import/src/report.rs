//! The report of an import, shared by the command line, the account page and the tests.

use std::{collections::BTreeMap, fmt, sync::Arc};

use jean_memory::InvalidMemory;

/// The outcome of an import. Nothing is left out silently: each record is added, already there, or skipped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The name of the format.
    pub format: &'static str,
    /// The character encoding of the file, unless it is UTF-8.
    pub encoding: Option<&'static str>,
    /// Added memories.
    pub added: usize,
    /// Memories that existed already, by id or by text.
    pub already_there: usize,
    /// Memories that the quotas have no room for.
    pub refused: usize,
    /// Skipped records.
    pub skipped: Vec<Skipped>,
    /// Fields without a counterpart here, with the number of memories with a value.
    pub dropped: BTreeMap<String, usize>,
    /// Times in an unknown form. Their memories have none.
    pub unread: Vec<UnreadTime>,
    /// Lines with invalid bytes. Their characters became U+FFFD.
    pub damaged: Vec<RecordPlace>,
    /// `true` if the file is one of several pages of its product's list.
    pub has_more_pages: bool,
}

/// A time in an unknown form, e.g. `line 3, date "soon"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadTime {
    /// The place of its record.
    pub place: RecordPlace,
    /// The name of the field.
    pub field: String,
    /// The beginning of the value.
    pub value: String,
}

/// Characters of the value in [`UnreadTime`].
const VALUE_CHARACTERS: usize = 40;

impl UnreadTime {
    pub(crate) fn new(place: RecordPlace, field: String, value: &str) -> Self {
        Self { place, field, value: value.chars().filter(|c| !c.is_control()).take(VALUE_CHARACTERS).collect() }
    }
}

impl fmt::Display for UnreadTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} \"{}\"", self.place, self.field, self.value)
    }
}

/// A skipped record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its place.
    pub place: RecordPlace,
    /// The reason.
    pub reason: SkipReason,
}

/// The place of a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct RecordPlace {
    /// The file in an archive or a folder; shared by its records, as a name can be long.
    pub file: Option<Arc<str>>,
    /// The line, from 1.
    pub line: usize,
    /// The number of the record, from 1, if it is an element of a JSON list.
    pub record: Option<usize>,
}

/// The reason that a record was not imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum SkipReason {
    /// It was deleted at its origin.
    #[error("deleted")]
    Deleted,
    /// It was forgotten at its origin.
    #[error("forgotten")]
    Forgotten,
    /// It was archived at its origin.
    #[error("archived")]
    Archived,
    /// Its expiry date has passed.
    #[error("expired")]
    Expired,
    /// A newer version of it exists.
    #[error("replaced by a newer version")]
    Superseded,
    /// It belongs to a user who was not chosen.
    #[error("of another user")]
    OtherUser,
    /// It names no user, and one was chosen.
    #[error("without a user")]
    NoUser,
    /// It is not JSON.
    #[error("invalid JSON")]
    Syntax,
    /// A number in it is too large.
    #[error("number out of range")]
    Range,
    /// It has too many levels.
    #[error("nested too deeply")]
    Depth,
    /// A cell begins with a quotation mark that nothing closes.
    #[error("quote not closed")]
    Quote,
    /// It is not a record of the file's format.
    #[error("unrecognised record")]
    Unrecognised,
    /// It is a line of text beside a list.
    #[error("not an item of the list")]
    NotAnItem,
    /// It is a file of an archive or a folder that is binary, such as an archive in an archive.
    #[error("unreadable file")]
    Unreadable,
    /// It is a symbolic link or a special file of a folder, which is not read.
    #[error("link or special file")]
    NotRegular,
    /// It is a file of an archive or a folder without memories.
    #[error("a file without memories")]
    NotMemories,
    /// Its id is newer than the current time.
    #[error("id in the future")]
    Future,
    /// A record before it has the same id and another text.
    #[error("id of another record")]
    SameId,
    /// The text is empty.
    #[error("empty text")]
    Empty,
    /// The text is too long.
    #[error("text too long")]
    TooLong,
    /// Another limit is exceeded.
    #[error("invalid field")]
    Invalid,
}

impl SkipReason {
    /// `true` if the record was to be left out: it is gone at its origin, or not of the chosen user.
    pub fn is_intended(self) -> bool {
        matches!(
            self,
            Self::Deleted
                | Self::Forgotten
                | Self::Archived
                | Self::Expired
                | Self::Superseded
                | Self::OtherUser
                | Self::NoUser
        )
    }
}

impl From<InvalidMemory> for SkipReason {
    fn from(invalid: InvalidMemory) -> Self {
        match invalid {
            InvalidMemory::EmptyText => Self::Empty,
            InvalidMemory::TextTooLong { .. } => Self::TooLong,
            _ => Self::Invalid,
        }
    }
}

impl Report {
    /// Returns the skipped records by reason.
    pub fn by_reason(&self) -> BTreeMap<SkipReason, Vec<&RecordPlace>> {
        let mut reasons = BTreeMap::<_, Vec<_>>::new();
        for Skipped { place, reason } in &self.skipped {
            reasons.entry(*reason).or_default().push(place);
        }
        reasons
    }

    /// `true` if no record was skipped that should have been imported.
    pub fn is_complete(&self) -> bool {
        self.skipped.iter().all(|skipped| skipped.reason.is_intended() || skipped.reason == SkipReason::NotMemories)
    }
}

/// E.g. `memories.json: line 1, record 3`.
impl fmt::Display for RecordPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            f.write_str(file)?;
            if self.line > 0 {
                f.write_str(": ")?;
            }
        }
        if self.line > 0 {
            write!(f, "line {}", self.line)?;
        }
        self.record.map_or(Ok(()), |record| write!(f, ", record {record}"))
    }
}
