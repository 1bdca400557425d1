//! Size limit of tool results (TL-04).
//!
//! The limit counts the characters of the JSON that a model reads. A result is sent twice, as text and as
//! structuredContent, but a client uses one of the two.

use serde::Serialize;

/// Maximum length of a result, in characters of JSON.
const MAX_CHARACTERS: usize = 100_000;
/// The part of it that a list or a text may use. The rest is reserved for the fields around it.
const CONTENT_CHARACTERS: usize = 85_000;

/// Drops items from the end of a list until it fits into one result.
pub(crate) fn fitting<T: Serialize>(mut items: Vec<T>) -> Vec<T> {
    let mut room = CONTENT_CHARACTERS;
    let fit = items.iter().take_while(|item| {
        let left = room.checked_sub(characters(item) + 1);
        room = left.unwrap_or_default();
        left.is_some()
    });
    let fit = fit.count();
    items.truncate(fit);
    items
}

/// Shortens a text until it fits into one result, and returns `true` if it had to. Control characters are escaped in
/// JSON, so even a short text can exceed the limit.
pub(crate) fn shorten(text: &mut String) -> bool {
    let mut length = characters(text);
    let is_too_long = length > CONTENT_CHARACTERS;
    while length > CONTENT_CHARACTERS {
        // Cutting in proportion converges fast; cutting at least one byte terminates.
        let end = (text.len() * CONTENT_CHARACTERS / length).min(text.len() - 1);
        text.truncate(text.floor_char_boundary(end));
        length = characters(text);
    }
    is_too_long
}

fn characters<T: Serialize + ?Sized>(value: &T) -> usize {
    serde_json::to_string(value).map_or(MAX_CHARACTERS, |json| json.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TL-04
    #[test]
    fn list_is_cut_to_the_result_size() {
        let items = vec!["x".repeat(1000); 200];
        let fit = fitting(items);
        assert_eq!(fit.len(), 84);
        assert!(characters(&fit) <= CONTENT_CHARACTERS + 2);
        assert_eq!(fitting(vec!["short"; 3]).len(), 3);
    }

    /// TL-04
    #[test]
    fn text_is_measured_as_json() {
        for (text, is_too_long) in
            [("x".repeat(65_536), false), ("\u{1}".repeat(65_536), true), ("é\"".repeat(30_000), true)]
        {
            let mut shortened = text.clone();
            assert_eq!(shorten(&mut shortened), is_too_long);
            assert!(characters(&shortened) <= CONTENT_CHARACTERS && text.starts_with(&shortened));
            assert!(!is_too_long || characters(&shortened) > CONTENT_CHARACTERS * 9 / 10);
        }
    }
}
