//! Documents: longer texts, stored as one memory per piece.
//!
//! A search then returns the matching piece instead of the whole text. A document is written in one transaction, which
//! has room for 97 pieces, so the pieces of a long document are longer.

use jiff::Timestamp;

use crate::{
    InvalidMemory, Memory, MemoryId, NewMemory, Piece, Writer,
    blank::is_blank,
    new_memory::{CONTENT_BYTES, checked_title},
};

/// About one page: long enough to be understood, short enough to be about one subject.
const PIECE_BYTES: usize = 4096;
/// Target number of pieces. A piece is at least three quarters of the maximum length, so a document never has more
/// than 97.
const PIECES: usize = 70;

/// A validated document, split into pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDocument {
    pub(crate) title: String,
    pub(crate) pieces: Vec<NewMemory>,
}

impl NewDocument {
    /// Validates a document sent by a client and splits it.
    ///
    /// # Errors
    /// [`InvalidMemory`] if a field exceeds the limits.
    pub fn new(
        title: &str,
        content: &str,
        tags: Vec<String>,
        source_url: Option<String>,
        occurred_at: Option<&str>,
    ) -> Result<Self, InvalidMemory> {
        let (title, content) = (checked_title(title)?, content.trim());
        if content.len() > CONTENT_BYTES {
            return Err(InvalidMemory::ContentTooLong { bytes: content.len() });
        }
        let size = PIECE_BYTES.max(content.len().div_ceil(PIECES));
        // A piece of white space would be no memory: it could not be restored from an export.
        let pieces: Vec<_> = cut(content, size).into_iter().filter(|piece| !is_blank(piece)).collect();
        let first = NewMemory::new(pieces.first().copied().unwrap_or_default(), tags, source_url, occurred_at)?;
        let pieces = pieces.into_iter().map(|text| NewMemory { text: text.into(), ..first.clone() }).collect();
        Ok(Self { title, pieces })
    }

    /// The fields that a stored document, which store_document takes for the same, does not have as given: title, content,
    /// tags, source_url.
    pub fn differences(&self, stored: &[Memory]) -> Vec<&'static str> {
        let Some((new, first)) = self.pieces.first().zip(stored.first()) else { return vec![] };
        let has_title = first.document.as_ref().is_some_and(|piece| piece.title == self.title);
        let texts = self.pieces.iter().map(|piece| &piece.text);
        let has_content = texts.eq(stored.iter().map(|piece| &piece.text));
        let fields = [("title", has_title), ("content", has_content)];
        let fields = fields.into_iter().filter(|(_, is_same)| !is_same).map(|(field, _)| field);
        fields.chain(new.label_differences(first)).collect()
    }

    /// Creates one memory per piece. The first piece has `id`, which is also the document's; the ids of the others
    /// follow it.
    pub fn into_memories(self, id: MemoryId, written_by: &Writer, now: Timestamp) -> Vec<Memory> {
        let parts = u32::try_from(self.pieces.len()).unwrap_or(u32::MAX);
        let pieces = (0..parts).zip(self.pieces);
        pieces
            .map(|(doc, piece)| {
                let document = Piece { id, title: self.title.clone(), part: doc + 1, parts };
                piece.into_memory(id.plus(doc), written_by.clone(), now, Some(document))
            })
            .collect()
    }
}

/// Splits a text into pieces of at most `size` bytes, at the end of a paragraph, a line, a sentence or a word, if
/// there is one in the last quarter of the piece.
fn cut(text: &str, size: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while rest.len() > size {
        let end = rest.floor_char_boundary(size);
        let from = rest.floor_char_boundary(end - end / 4);
        let last = |separator: &str| rest[from..end].rfind(separator).map(|at| from + at + separator.len());
        let end = ["\n\n", "\n", ". ", " "].into_iter().find_map(last).unwrap_or(end);
        pieces.push(&rest[..end]);
        rest = &rest[end..];
    }
    pieces.push(rest);
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::new_memory::TITLE_CHARACTERS;

    fn pieces(content: &str) -> Result<usize, InvalidMemory> {
        NewDocument::new("Title", content, vec![], None, None).map(|document| document.pieces.len())
    }

    /// TL-04
    #[test]
    fn document_title_and_content_are_limited() {
        assert_eq!(pieces(" "), Err(InvalidMemory::EmptyText));
        assert_eq!(pieces("short"), Ok(1));
        assert_eq!(pieces(&format!("one{}two", " ".repeat(3 * PIECE_BYTES))), Ok(2));
        assert!(pieces(&"a".repeat(CONTENT_BYTES)).is_ok_and(|pieces| pieces <= 97));
        let bytes = CONTENT_BYTES + 1;
        assert_eq!(pieces(&"a".repeat(bytes)), Err(InvalidMemory::ContentTooLong { bytes }));
        for title in ["", " ", &"t".repeat(TITLE_CHARACTERS + 1)] {
            assert_eq!(NewDocument::new(title, "text", vec![], None, None), Err(InvalidMemory::InvalidTitle));
        }
    }

    #[test]
    fn text_is_split_at_natural_boundaries() {
        assert_eq!(cut("One two. Three\n\nfour five", 18), ["One two. Three\n\n", "four five"]);
        assert_eq!(cut("One two three. Four five", 16), ["One two three. ", "Four five"]);
        assert_eq!(cut("abcdefgh", 3), ["abc", "def", "gh"]);
    }

    proptest! {
        #[test]
        fn pieces_are_complete_and_within_the_size(text in "[a-zé\n. ]{1,400}", size in 8..64usize) {
            let pieces = cut(&text, size);
            prop_assert!(pieces.iter().all(|piece| piece.len() <= size));
            prop_assert_eq!(pieces.concat(), text);
        }

        #[test]
        fn every_document_fits_in_one_transaction(word in 1..20_000usize, bytes in 1..=CONTENT_BYTES) {
            let mut text = format!("{} ", "a".repeat(word)).repeat(bytes / word + 1);
            text.truncate(bytes);
            prop_assert!(pieces(&text).is_ok_and(|pieces| pieces <= 97));
        }
    }
}
