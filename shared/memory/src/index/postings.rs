//! Postings: in which memories of a segment a term is, and how often.
//!
//! Each is the distance to the one before, with a bit that says whether the term is there more than once; only then its
//! count follows. Most are one byte.

use super::bytes::{MalformedSegment, Reader, write_varint};

/// A term in a memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Posting {
    /// The memory's place in its segment.
    pub(crate) place: u32,
    /// How often the term is in it, at least once.
    pub(crate) count: u32,
}

/// The postings of one term, by place.
#[derive(Debug, Clone)]
pub(crate) struct Postings<'a> {
    rest: Reader<'a>,
    next: u32,
    memories: u32,
}

impl<'a> Postings<'a> {
    /// Those that are in these bytes, of a segment with so many memories.
    pub(crate) fn new(bytes: &'a [u8], memories: u32) -> Self {
        Self { rest: Reader(bytes), next: 0, memories }
    }

    #[inline]
    fn read(&mut self) -> Result<Posting, MalformedSegment> {
        let head = self.rest.varint()?;
        let place = self.next.checked_add(head >> 1).ok_or(MalformedSegment)?;
        let count = if head & 1 == 0 { 1 } else { self.rest.varint()? };
        if place >= self.memories || count == 0 {
            return Err(MalformedSegment);
        }
        self.next = place + 1;
        Ok(Posting { place, count })
    }
}

impl Iterator for Postings<'_> {
    type Item = Result<Posting, MalformedSegment>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        (!self.rest.is_empty()).then(|| self.read())
    }
}

/// Writes postings, which have to be by place.
pub(crate) fn write(bytes: &mut Vec<u8>, postings: &[Posting]) {
    let mut next = 0;
    for Posting { place, count } in postings {
        write_varint(bytes, (place - next) << 1 | u32::from(*count > 1));
        if *count > 1 {
            write_varint(bytes, *count);
        }
        next = place + 1;
    }
}
