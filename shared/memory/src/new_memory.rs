//! Validation of new and imported memories.

use std::collections::HashSet;

use jiff::Timestamp;
use url::Url;

use crate::{Memory, MemoryId, OccurredAt, Piece, Writer, blank::is_blank, query::tag_form};

/// Maximum bytes of a text (TL-04).
const TEXT_BYTES: usize = 64 * 1024;
/// Maximum bytes of a document.
pub(crate) const CONTENT_BYTES: usize = 1_000_000;
pub(crate) const TITLE_CHARACTERS: usize = 200;
const TAGS: usize = 32;
const TAG_CHARACTERS: usize = 64;
const SOURCE_URL_BYTES: usize = 2048;

/// A validated memory without an id.
///
/// ```
/// use jean_memory::{InvalidMemory, NewMemory};
///
/// assert!(NewMemory::new("Ada likes tea", vec!["taste".into()], None, Some("2026-07-28")).is_ok());
/// assert_eq!(NewMemory::new(" ", vec![], None, None), Err(InvalidMemory::EmptyText));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMemory {
    pub(crate) text: String,
    pub(crate) tags: Vec<String>,
    pub(crate) source_url: Option<String>,
    pub(crate) occurred_at: Option<OccurredAt>,
}

/// A violated limit. The message tells the client how to correct the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMemory {
    /// The text is empty.
    #[error("The text is empty. Write down what is to be remembered.")]
    EmptyText,
    /// The text is too long.
    #[error(
        "The text has {bytes} bytes, and a memory at most {TEXT_BYTES}. Shorten it, or add it as several memories."
    )]
    TextTooLong {
        /// The length in bytes.
        bytes: usize,
    },
    /// Too many tags.
    #[error("There are more than {TAGS} tags. Keep those it will be looked for by.")]
    TooManyTags,
    /// A tag is empty or too long.
    #[error("A tag has 1 to {TAG_CHARACTERS} characters. Shorten it, or make it part of the text.")]
    InvalidTag,
    /// The source is not a URL of the web.
    #[error(
        "source_url has to be a whole http or https URL of at most {SOURCE_URL_BYTES} bytes. Correct it, or leave it out."
    )]
    InvalidSourceUrl,
    /// The change is empty.
    #[error("No changes given. Provide at least one of text, tags, source_url, occurred_at or clear.")]
    NothingToChange,
    /// The title is empty or too long.
    #[error("A document's title has 1 to {TITLE_CHARACTERS} characters.")]
    InvalidTitle,
    /// The id of an imported piece does not match its document.
    #[error("A piece of a document has an id that follows from the document's, and a part from 1 on.")]
    InvalidPiece,
    /// The document is too long.
    #[error("The content has {bytes} bytes, and a document at most {CONTENT_BYTES}. Store it as several documents.")]
    ContentTooLong {
        /// The length in bytes.
        bytes: usize,
    },
    /// The time is malformed.
    #[error("occurred_at can't be read: a date looks like 2026-07-28, a moment like 2026-07-28T09:30:00Z.")]
    InvalidOccurredAt,
}

impl NewMemory {
    /// Validates a memory sent by a client.
    ///
    /// # Errors
    /// [`InvalidMemory`] if a field exceeds the limits.
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

    /// The fields that a stored memory, which add_memory takes for the same, does not have as given: text, tags, source_url.
    pub fn differences(&self, stored: &Memory) -> Vec<&'static str> {
        let mut fields = self.label_differences(stored);
        if self.text != stored.text {
            fields.insert(0, "text");
        }
        fields
    }

    /// Those of the tags and the source.
    pub(crate) fn label_differences(&self, stored: &Memory) -> Vec<&'static str> {
        let has = |tag: &String| stored.tags.iter().any(|own| tag_form(own) == tag_form(tag));
        let tags = (!self.tags.iter().all(has)).then_some("tags");
        let has_source = self.source_url.is_none() || self.source_url == stored.source_url;
        tags.into_iter().chain((!has_source).then_some("source_url")).collect()
    }

    /// Creates the memory, with its times truncated to whole seconds, as the store returns them.
    pub fn into_memory(self, id: MemoryId, written_by: Writer, now: Timestamp, document: Option<Piece>) -> Memory {
        let Self { text, tags, source_url, occurred_at } = self;
        let created_at = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let (updated_at, updated_by) = (None, None);
        Memory { id, text, tags, source_url, occurred_at, created_at, written_by, updated_at, updated_by, document }
    }
}

/// A validated memory from an export, with its id, dates and authors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored(Memory);

impl Restored {
    /// Validates a memory of an export.
    ///
    /// # Errors
    /// [`InvalidMemory`] if a field exceeds the limits.
    pub fn new(mut memory: Memory) -> Result<Self, InvalidMemory> {
        memory.tags = checked_tags(memory.tags)?;
        memory.source_url = memory.source_url.map(checked_source).transpose()?;
        // The text of a piece is not trimmed: surrounding spaces are part of the document.
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
    if is_blank(text) {
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
    let (mut checked, mut forms) = (Vec::with_capacity(tags.len()), HashSet::new());
    for tag in tags {
        let tag = tag.trim();
        if !(1..=TAG_CHARACTERS).contains(&tag.chars().count()) {
            return Err(InvalidMemory::InvalidTag);
        }
        if forms.insert(tag_form(tag)) {
            checked.push(tag.into());
        }
    }
    Ok(checked)
}

/// Accepts only URLs safe to link to, since pages show them (T-25).
pub(crate) fn checked_source(source_url: String) -> Result<String, InvalidMemory> {
    match Url::parse(&source_url) {
        // The normalised length counts: non-ASCII characters are percent-encoded, and an export must be importable.
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

    /// TL-04
    #[test]
    fn text_is_required_and_limited() {
        assert_eq!(text(" \n\t"), Err(InvalidMemory::EmptyText));
        assert_eq!(text(" tea ").expect("valid").text, "tea");
        assert!(text(&"é".repeat(TEXT_BYTES / 2)).is_ok());
        assert_eq!(text(&"a".repeat(TEXT_BYTES + 1)), Err(InvalidMemory::TextTooLong { bytes: TEXT_BYTES + 1 }));
    }

    #[test]
    fn tags_are_limited_and_deduplicated() {
        assert_eq!(tagged(&[" work ", "home", "work"]), Ok(vec!["work".into(), "home".into()]));
        assert_eq!(tagged(&["Alpha", "alpha", "café", "Cafe\u{301}"]), Ok(vec!["Alpha".into(), "café".into()]));
        assert_eq!(tagged(&["work", " "]), Err(InvalidMemory::InvalidTag));
        assert_eq!(tagged(&[&"ä".repeat(64)]).map(|tags| tags.len()), Ok(1));
        assert_eq!(tagged(&[&"a".repeat(65)]), Err(InvalidMemory::InvalidTag));
        assert_eq!(tagged(&["a"; 33]), Err(InvalidMemory::TooManyTags));
    }

    #[test]
    fn differences_from_a_stored_memory_are_named() {
        let new = |text: &str, tags: &[&str], source: Option<&str>| {
            let tags = tags.iter().map(|tag| String::from(*tag)).collect();
            NewMemory::new(text, tags, source.map(Into::into), None).expect("valid")
        };
        let now = Timestamp::UNIX_EPOCH;
        let stored =
            new("hunter2", &["Work"], None).into_memory(MemoryId::new(now, [0; 10]), Writer::person(), now, None);
        assert_eq!(new("hunter2", &["work"], None).differences(&stored), [""; 0]);
        assert_eq!(new("hunter2", &[], None).differences(&stored), [""; 0]);
        assert_eq!(
            new("hunter2!", &["home"], Some("https://a.example")).differences(&stored),
            ["text", "tags", "source_url"]
        );
    }

    /// T-25
    #[test]
    fn source_must_be_a_web_url() {
        let source = |url: &str| NewMemory::new("tea", vec![], Some(url.into()), None).map(|new| new.source_url);
        assert_eq!(source("HTTPS://Example.com"), Ok(Some("https://example.com/".into())));
        for url in ["", "example.com", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"] {
            assert_eq!(source(url), Err(InvalidMemory::InvalidSourceUrl), "{url}");
        }
        let long = format!("https://example.com/{}", "a".repeat(SOURCE_URL_BYTES));
        assert_eq!(source(&long), Err(InvalidMemory::InvalidSourceUrl));
        // Percent-encoded: three bytes for one.
        let longer = format!("https://example.com/{}", " a".repeat(700));
        assert_eq!(source(&longer), Err(InvalidMemory::InvalidSourceUrl));
    }

    #[test]
    fn malformed_time_is_rejected() {
        let at = |time| NewMemory::new("tea", vec![], None, Some(time)).map(|new| new.occurred_at.is_some());
        assert_eq!(at("2026-07-28"), Ok(true));
        assert_eq!(at("yesterday"), Err(InvalidMemory::InvalidOccurredAt));
    }
}
