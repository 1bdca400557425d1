//! What may become different in a memory.

use store::memories::Change;

use crate::{
    InvalidMemory,
    new_memory::{checked_source, checked_tags, checked_text, checked_time},
};

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
