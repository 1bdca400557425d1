//! How much an answer holds (TL-04).
//!
//! Counted is what a model reads: the JSON of the result, once. It goes over the wire twice, as text and as
//! structuredContent, of which a client takes one.

use serde::Serialize;

/// The most characters of an answer.
const CHARACTERS: usize = 100_000;
/// How many of them a list or a text may have. The rest is for what stands around it.
const ROOM: usize = 85_000;

/// As many of these as fit into one answer, from the first on.
pub(crate) fn fitting<T: Serialize>(mut items: Vec<T>) -> Vec<T> {
    let mut room = ROOM;
    let fit = items.iter().take_while(|item| {
        let left = room.checked_sub(characters(item) + 1);
        room = left.unwrap_or_default();
        left.is_some()
    });
    let fit = fit.count();
    items.truncate(fit);
    items
}

/// Shortens a text to what fits into one answer: a short text of control characters is long in JSON. Whether it had to.
pub(crate) fn shorten(text: &mut String) -> bool {
    let mut length = characters(text);
    let has_to = length > ROOM;
    while length > ROOM {
        // In proportion, so that it is soon done; and always a little, so that it ends.
        let end = (text.len() * ROOM / length).min(text.len() - 1);
        text.truncate(text.floor_char_boundary(end));
        length = characters(text);
    }
    has_to
}

fn characters<T: Serialize + ?Sized>(value: &T) -> usize {
    serde_json::to_string(value).map_or(CHARACTERS, |json| json.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_ends_where_the_answer_does_tl04() {
        let items = vec!["x".repeat(1000); 200];
        let fit = fitting(items);
        assert_eq!(fit.len(), 84);
        assert!(characters(&fit) <= ROOM + 2);
        assert_eq!(fitting(vec!["short"; 3]).len(), 3);
    }

    #[test]
    fn a_text_is_as_long_as_its_json_tl04() {
        for (text, has_to) in
            [("x".repeat(65_536), false), ("\u{1}".repeat(65_536), true), ("é\"".repeat(30_000), true)]
        {
            let mut shortened = text.clone();
            assert_eq!(shorten(&mut shortened), has_to);
            assert!(characters(&shortened) <= ROOM && text.starts_with(&shortened));
            assert!(!has_to || characters(&shortened) > ROOM * 9 / 10);
        }
    }
}
