//! What may become a memory.

use jiff::Timestamp;
use url::Url;

use crate::{Memory, MemoryId, OccurredAt, Piece, Writer};

/// The longest text (TL-04).
const TEXT_BYTES: usize = 64 * 1024;
/// The longest document: what a body of 1 MiB has room for.
pub(crate) const CONTENT_BYTES: usize = 1_000_000;
pub(crate) const TITLE_CHARACTERS: usize = 200;
const TAGS: usize = 32;
const TAG_CHARACTERS: usize = 64;
const SOURCE_URL_BYTES: usize = 2048;

/// A memory that is not kept yet. It is within the limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMemory {
    pub(crate) text: String,
    pub(crate) tags: Vec<String>,
    pub(crate) source_url: Option<String>,
    pub(crate) occurred_at: Option<OccurredAt>,
}

/// Why something can't be a memory, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMemory {
    /// There is no text.
    #[error("The text is empty. Write down what is to be remembered.")]
    EmptyText,
    /// There is too much text.
    #[error(
        "The text has {bytes} bytes, and a memory at most {TEXT_BYTES}. Shorten it, or add it as several memories."
    )]
    TextTooLong {
        /// How much.
        bytes: usize,
    },
    /// There are too many tags.
    #[error("There are more than {TAGS} tags. Keep those it will be looked for by.")]
    TooManyTags,
    /// A tag is empty or too long.
    #[error("A tag has 1 to {TAG_CHARACTERS} characters. Shorten it, or make it part of the text.")]
    InvalidTag,
    /// The source is no address on the web.
    #[error(
        "source_url has to be a whole http or https URL of at most {SOURCE_URL_BYTES} bytes. Correct it, or leave it out."
    )]
    InvalidSourceUrl,
    /// There is no change in the change.
    #[error("Nothing would change. Give what is to be different: text, tags, source_url or occurred_at.")]
    NothingToChange,
    /// The document has no name, or one that is a text of its own.
    #[error("A document's title has 1 to {TITLE_CHARACTERS} characters.")]
    InvalidTitle,
    /// A piece stands where none of its document can stand.
    #[error("A piece of a document has an id that follows from the document's, and a part from 1 on.")]
    InvalidPiece,
    /// The document is a book.
    #[error("The content has {bytes} bytes, and a document at most {CONTENT_BYTES}. Store it as several documents.")]
    ContentTooLong {
        /// How much.
        bytes: usize,
    },
    /// The time can't be read.
    #[error("occurred_at can't be read: a date looks like 2026-07-28, a moment like 2026-07-28T09:30:00Z.")]
    InvalidOccurredAt,
}

impl NewMemory {
    /// Reads what a client sent.
    ///
    /// # Errors
    /// [`InvalidMemory`], for the client to correct.
    pub fn new(
        text: &str,
        tags: Vec<String>,
        source_url: Option<String>,
        occurred_at: Option<&str>,
    ) -> Result<Self, InvalidMemory> {
        Ok(Self {
            text: checked_text(text)?,
            tags: checked_tags(tags)?,
            source_url: source_url.map(checked_source).transpose()?,
            occurred_at: occurred_at.map(checked_time).transpose()?,
        })
    }

    /// Creates the memory, with its times truncated to whole seconds, as the store returns them.
    pub fn into_memory(self, id: MemoryId, written_by: Writer, now: Timestamp, document: Option<Piece>) -> Memory {
        let Self { text, tags, source_url, occurred_at } = self;
        let created_at = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let (updated_at, updated_by) = (None, None);
        Memory { id, text, tags, source_url, occurred_at, created_at, written_by, updated_at, updated_by, document }
    }
}

/// A memory that comes from an export: with its id, its dates and its writers, and within the limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored(Memory);

impl Restored {
    /// Reads what an export has.
    ///
    /// # Errors
    /// [`InvalidMemory`], for whoever imports it to correct.
    pub fn new(mut memory: Memory) -> Result<Self, InvalidMemory> {
        memory.tags = checked_tags(memory.tags)?;
        memory.source_url = memory.source_url.map(checked_source).transpose()?;
        // A piece may begin and end with spaces, which are part of the document.
        checked_text(&memory.text)?;
        if let Some(piece) = &memory.document {
            checked_title(&piece.title)?;
            if !(1..=piece.parts).contains(&piece.part) || piece.id.plus(piece.part - 1) != memory.id {
                return Err(InvalidMemory::InvalidPiece);
            }
        }
        Ok(Self(memory))
    }

    /// The memory.
    pub fn memory(&self) -> &Memory {
        &self.0
    }

    /// Unwraps the memory.
    pub fn into_memory(self) -> Memory {
        self.0
    }
}

pub(crate) fn checked_title(title: &str) -> Result<String, InvalidMemory> {
    let title = title.trim();
    if (1..=TITLE_CHARACTERS).contains(&title.chars().count()) {
        Ok(title.into())
    } else {
        Err(InvalidMemory::InvalidTitle)
    }
}

pub(crate) fn checked_text(text: &str) -> Result<String, InvalidMemory> {
    let text = text.trim();
    if text.is_empty() {
        return Err(InvalidMemory::EmptyText);
    }
    if text.len() > TEXT_BYTES {
        return Err(InvalidMemory::TextTooLong { bytes: text.len() });
    }
    Ok(text.into())
}

pub(crate) fn checked_time(time: &str) -> Result<OccurredAt, InvalidMemory> {
    time.parse().map_err(|_| InvalidMemory::InvalidOccurredAt)
}

pub(crate) fn checked_tags(tags: Vec<String>) -> Result<Vec<String>, InvalidMemory> {
    if tags.len() > TAGS {
        return Err(InvalidMemory::TooManyTags);
    }
    let mut checked: Vec<String> = Vec::with_capacity(tags.len());
    for tag in tags {
        let tag = tag.trim();
        if !(1..=TAG_CHARACTERS).contains(&tag.chars().count()) {
            return Err(InvalidMemory::InvalidTag);
        }
        if !checked.iter().any(|other| other == tag) {
            checked.push(tag.into());
        }
    }
    Ok(checked)
}

/// Only what is safe as a link: a page shows it (T-25).
pub(crate) fn checked_source(source_url: String) -> Result<String, InvalidMemory> {
    match Url::parse(&source_url) {
        // As long as it is kept: what is not ASCII becomes longer, and an export has to be taken back.
        Ok(url) if ["http", "https"].contains(&url.scheme()) && url.as_str().len() <= SOURCE_URL_BYTES => {
            Ok(url.into())
        }
        _ => Err(InvalidMemory::InvalidSourceUrl),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Result<NewMemory, InvalidMemory> {
        NewMemory::new(text, vec![], None, None)
    }

    fn tagged(tags: &[&str]) -> Result<Vec<String>, InvalidMemory> {
        NewMemory::new("tea", tags.iter().map(|tag| String::from(*tag)).collect(), None, None).map(|new| new.tags)
    }

    #[test]
    fn a_text_has_something_in_it_and_an_end_tl04() {
        assert_eq!(text(" \n\t"), Err(InvalidMemory::EmptyText));
        assert_eq!(text(" tea ").expect("valid").text, "tea");
        assert!(text(&"é".repeat(TEXT_BYTES / 2)).is_ok());
        assert_eq!(text(&"a".repeat(TEXT_BYTES + 1)), Err(InvalidMemory::TextTooLong { bytes: TEXT_BYTES + 1 }));
    }

    #[test]
    fn tags_are_few_short_and_said_once() {
        assert_eq!(tagged(&[" work ", "home", "work"]), Ok(vec!["work".into(), "home".into()]));
        assert_eq!(tagged(&["work", " "]), Err(InvalidMemory::InvalidTag));
        assert_eq!(tagged(&[&"ä".repeat(64)]).map(|tags| tags.len()), Ok(1));
        assert_eq!(tagged(&[&"a".repeat(65)]), Err(InvalidMemory::InvalidTag));
        assert_eq!(tagged(&["a"; 33]), Err(InvalidMemory::TooManyTags));
    }

    #[test]
    fn a_source_is_a_page_on_the_web_t25() {
        let source = |url: &str| NewMemory::new("tea", vec![], Some(url.into()), None).map(|new| new.source_url);
        assert_eq!(source("HTTPS://Example.com"), Ok(Some("https://example.com/".into())));
        for url in ["", "example.com", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"] {
            assert_eq!(source(url), Err(InvalidMemory::InvalidSourceUrl), "{url}");
        }
        let long = format!("https://example.com/{}", "a".repeat(SOURCE_URL_BYTES));
        assert_eq!(source(&long), Err(InvalidMemory::InvalidSourceUrl));
        // As it is kept: three bytes for one.
        let longer = format!("https://example.com/{}", " a".repeat(700));
        assert_eq!(source(&longer), Err(InvalidMemory::InvalidSourceUrl));
    }

    #[test]
    fn a_time_that_can_not_be_read_is_refused() {
        let at = |time| NewMemory::new("tea", vec![], None, Some(time)).map(|new| new.occurred_at.is_some());
        assert_eq!(at("2026-07-28"), Ok(true));
        assert_eq!(at("yesterday"), Err(InvalidMemory::InvalidOccurredAt));
    }
}
