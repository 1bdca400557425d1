//! Changes to a memory.

use jiff::Timestamp;

use crate::{
    InvalidMemory, Memory, OccurredAt, Writer,
    new_memory::{checked_source, checked_tags, checked_text, checked_time},
};

/// A change to a memory. A field with `None` is not changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// The new text.
    pub text: Option<String>,
    /// The new tags.
    pub tags: Option<Vec<String>>,
    /// The new source, or `Some(None)` to remove it.
    pub source_url: Option<Option<String>>,
    /// The new time of the event, or `Some(None)` to remove it.
    pub occurred_at: Option<Option<OccurredAt>>,
}

impl Change {
    /// `true` if it makes the memory a different one (TO-25).
    pub fn changes(&self, memory: &Memory) -> bool {
        self.text.as_ref().is_some_and(|text| *text != memory.text)
            || self.tags.as_ref().is_some_and(|tags| *tags != memory.tags)
            || self.source_url.as_ref().is_some_and(|source_url| *source_url != memory.source_url)
            || self.occurred_at.is_some_and(|occurred_at| occurred_at != memory.occurred_at)
    }

    /// Returns the changed memory.
    pub fn to(&self, memory: &Memory, by: &Writer, now: Timestamp) -> Memory {
        let mut changed = memory.clone();
        changed.updated_at = Some(Timestamp::from_second(now.as_second()).unwrap_or(now));
        changed.updated_by = Some(by.clone());
        if let Some(text) = &self.text {
            changed.text.clone_from(text);
        }
        if let Some(tags) = &self.tags {
            changed.tags.clone_from(tags);
        }
        if let Some(source_url) = &self.source_url {
            changed.source_url.clone_from(source_url);
        }
        if let Some(occurred_at) = self.occurred_at {
            changed.occurred_at = occurred_at;
        }
        changed
    }
}

/// Validates a change sent by a client: absent fields are not changed, and empty ones are removed, except for the
/// required text.
///
/// # Errors
/// [`InvalidMemory`] if a field exceeds the limits, or there is nothing to change.
pub fn change(
    text: Option<&str>,
    tags: Option<Vec<String>>,
    source_url: Option<String>,
    occurred_at: Option<&str>,
) -> Result<Change, InvalidMemory> {
    let source_url = source_url.map(|url| if url.is_empty() { Ok(None) } else { checked_source(url).map(Some) });
    let occurred_at = occurred_at.map(|time| if time.is_empty() { Ok(None) } else { checked_time(time).map(Some) });
    let change = Change {
        text: text.map(checked_text).transpose()?,
        tags: tags.map(checked_tags).transpose()?,
        source_url: source_url.transpose()?,
        occurred_at: occurred_at.transpose()?,
    };
    if change == Change::default() { Err(InvalidMemory::NothingToChange) } else { Ok(change) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_fields_stay_and_empty_ones_are_removed() {
        let changed = change(Some(" tea "), Some(vec![]), Some(String::new()), Some("")).expect("valid");
        let expected =
            Change { text: Some("tea".into()), tags: Some(vec![]), source_url: Some(None), occurred_at: Some(None) };
        assert_eq!(changed, expected);
        assert_eq!(change(Some("tea"), None, None, None).expect("valid").tags, None);
    }

    #[test]
    fn change_is_validated_like_a_memory() {
        assert_eq!(change(None, None, None, None), Err(InvalidMemory::NothingToChange));
        assert_eq!(change(Some(" "), None, None, None), Err(InvalidMemory::EmptyText));
        assert_eq!(change(None, None, Some("javascript:x".into()), None), Err(InvalidMemory::InvalidSourceUrl));
        assert_eq!(change(None, None, None, Some("yesterday")), Err(InvalidMemory::InvalidOccurredAt));
        assert_eq!(change(None, Some(vec![String::new()]), None, None), Err(InvalidMemory::InvalidTag));
    }
}
