//! Postings: the documents that contain a term, and how often.
//!
//! Each posting is delta-encoded, with one bit that says whether a count follows; without it the count is 1. Most take
//! one byte.

use super::bytes::{MalformedSegment, Reader, write_varint};

/// An occurrence of a term in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Posting {
    /// The document number in the segment.
    pub(crate) doc: u32,
    /// The number of occurrences, at least 1.
    pub(crate) count: u32,
}

/// A decoder of the postings of one term, by ascending document number.
#[derive(Debug, Clone)]
pub(crate) struct Postings<'a> {
    rest: Reader<'a>,
    next: u32,
    memories: u32,
}

impl<'a> Postings<'a> {
    /// Decodes postings of a segment with this many documents.
    pub(crate) fn new(bytes: &'a [u8], memories: u32) -> Self {
        Self { rest: Reader(bytes), next: 0, memories }
    }

    #[inline]
    fn read(&mut self) -> Result<Posting, MalformedSegment> {
        let head = self.rest.varint()?;
        let doc = self.next.checked_add(head >> 1).ok_or(MalformedSegment)?;
        let count = if head & 1 == 0 { 1 } else { self.rest.varint()? };
        if doc >= self.memories || count == 0 {
            return Err(MalformedSegment);
        }
        self.next = doc + 1;
        Ok(Posting { doc, count })
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
    for Posting { doc, count } in postings {
        write_varint(bytes, (doc - next) << 1 | u32::from(*count > 1));
        if *count > 1 {
            write_varint(bytes, *count);
        }
        next = doc + 1;
    }
}
