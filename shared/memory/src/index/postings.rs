//! Postings: the documents that contain a term, and how often.
//!
//! Each posting is delta-encoded, with one bit that says whether a count follows; without it, the term occurs once. Most
//! take one byte. Occurrences are counted in halves: words of the previous piece and further forms of a word count half.

use super::bytes::{MalformedSegment, Reader, write_varint};

/// The halves of one occurrence in the text itself.
pub(crate) const WHOLE: u32 = 2;

/// The occurrences of a term in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Posting {
    /// The document number in the segment.
    pub(crate) doc: u32,
    /// The number of occurrences in halves, at least 1.
    pub(crate) halves: u32,
}

/// The unit of the counts of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CountUnit {
    /// Whole occurrences, up to November 2026.
    Wholes,
    Halves,
}

/// A decoder of the postings of one term, by ascending document number.
#[derive(Debug, Clone)]
pub(crate) struct Postings<'a> {
    rest: Reader<'a>,
    next: u32,
    memories: u32,
    unit: CountUnit,
}

impl<'a> Postings<'a> {
    /// Decodes postings of a segment with this many documents.
    pub(crate) fn new(bytes: &'a [u8], memories: u32, unit: CountUnit) -> Self {
        Self { rest: Reader(bytes), next: 0, memories, unit }
    }

    #[inline]
    fn read(&mut self) -> Result<Posting, MalformedSegment> {
        let head = self.rest.varint()?;
        let doc = self.next.checked_add(head >> 1).ok_or(MalformedSegment)?;
        let halves = match (head & 1, self.unit) {
            (0, _) => WHOLE,
            (_, CountUnit::Halves) => self.rest.varint()?,
            (_, CountUnit::Wholes) => self.rest.varint()?.saturating_mul(WHOLE),
        };
        if doc >= self.memories || halves == 0 {
            return Err(MalformedSegment);
        }
        self.next = doc + 1;
        Ok(Posting { doc, halves })
    }
}

impl Iterator for Postings<'_> {
    type Item = Result<Posting, MalformedSegment>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        (!self.rest.is_empty()).then(|| self.read())
    }
}

/// Encodes postings, which must be sorted by document number.
pub(crate) fn write(bytes: &mut Vec<u8>, postings: &[Posting]) {
    let mut next = 0;
    for Posting { doc, halves } in postings {
        write_varint(bytes, (doc - next) << 1 | u32::from(*halves != WHOLE));
        if *halves != WHOLE {
            write_varint(bytes, *halves);
        }
        next = doc + 1;
    }
}
