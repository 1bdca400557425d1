//! What may become different in a memory.

use jiff::Timestamp;

use crate::{
    InvalidMemory, Memory, OccurredAt, Writer,
    new_memory::{checked_source, checked_tags, checked_text, checked_time},
};

/// What becomes different in a memory. What is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// What is remembered now.
    pub text: Option<String>,
    /// What it is filed under now.
    pub tags: Option<Vec<String>>,
    /// Where it was read: elsewhere, or nowhere.
    pub source_url: Option<Option<String>>,
    /// When what it tells of happened: then, or nobody knows.
    pub occurred_at: Option<Option<OccurredAt>>,
}

impl Change {
    /// The memory as it is after the change.
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

/// Reads the change a client sent: what is left out stays, and what is empty goes, but for the text, which a memory has
/// to have.
///
/// # Errors
/// [`InvalidMemory`], for the client to correct.
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
    fn what_is_left_out_stays_and_what_is_empty_goes() {
        let changed = change(Some(" tea "), Some(vec![]), Some(String::new()), Some("")).expect("valid");
        let expected =
            Change { text: Some("tea".into()), tags: Some(vec![]), source_url: Some(None), occurred_at: Some(None) };
        assert_eq!(changed, expected);
        assert_eq!(change(Some("tea"), None, None, None).expect("valid").tags, None);
    }

    #[test]
    fn a_change_is_within_the_limits_of_a_memory() {
        assert_eq!(change(None, None, None, None), Err(InvalidMemory::NothingToChange));
        assert_eq!(change(Some(" "), None, None, None), Err(InvalidMemory::EmptyText));
        assert_eq!(change(None, None, Some("javascript:x".into()), None), Err(InvalidMemory::InvalidSourceUrl));
        assert_eq!(change(None, None, None, Some("yesterday")), Err(InvalidMemory::InvalidOccurredAt));
        assert_eq!(change(None, Some(vec![String::new()]), None, None), Err(InvalidMemory::InvalidTag));
    }
}
