//! The sorted terms of a segment.
//!
//! Terms stand in blocks of sixteen, each written as what it does not share with the one before. Where a block and its
//! postings begin is kept apart, so that a term is found by halving, and nothing is read when a segment is opened.

use std::cmp::Ordering;

use super::bytes::{MalformedSegment, Reader, size, u32_at, write_varint};

const BLOCK: usize = 16;
/// A block's entry: where its terms begin, and where its postings do.
const BLOCK_BYTES: usize = 8;

/// The dictionary of an opened segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dictionary<'a> {
    pub(crate) blocks: &'a [u8],
    pub(crate) terms: &'a [u8],
    pub(crate) postings: &'a [u8],
}

/// What a dictionary says of one term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Term<'a> {
    /// How many memories have it.
    pub(crate) having: u32,
    /// Its postings.
    pub(crate) postings: &'a [u8],
}

/// How many bytes the blocks of so many terms have.
pub(crate) fn blocks_bytes(terms: usize) -> usize {
    terms.div_ceil(BLOCK) * BLOCK_BYTES
}

impl<'a> Dictionary<'a> {
    /// What it says of this term, if it has it.
    pub(crate) fn find(self, term: &str) -> Result<Option<Term<'a>>, MalformedSegment> {
        let (mut low, mut high) = (0, self.blocks.len() / BLOCK_BYTES);
        while low < high {
            let middle = low.midpoint(high);
            if self.first(middle)? <= term.as_bytes() {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let Some(block) = low.checked_sub(1) else { return Ok(None) };
        let mut terms = self.from(block)?;
        for _ in 0..BLOCK {
            let Some(found) = terms.next()? else { break };
            match terms.term.as_slice().cmp(term.as_bytes()) {
                Ordering::Less => {}
                Ordering::Equal => return Ok(Some(found)),
                Ordering::Greater => break,
            }
        }
        Ok(None)
    }

    /// All terms from a block on.
    pub(crate) fn from(self, block: usize) -> Result<Terms<'a>, MalformedSegment> {
        if block * BLOCK_BYTES == self.blocks.len() {
            return Ok(Terms { rest: Reader(&[]), postings: Reader(&[]), term: Vec::new() });
        }
        let begin = |bytes: &'a [u8], at| {
            let begin = u32_at(self.blocks, block * BLOCK_BYTES + at)?;
            bytes.get(begin as usize..).map(Reader).ok_or(MalformedSegment)
        };
        Ok(Terms { rest: begin(self.terms, 0)?, postings: begin(self.postings, 4)?, term: Vec::new() })
    }

    /// The first term of a block, which shares nothing.
    fn first(self, block: usize) -> Result<&'a [u8], MalformedSegment> {
        let mut rest = self.from(block)?.rest;
        rest.varint()?;
        let length = rest.varint()?;
        rest.take(length as usize)
    }
}

/// Walks through terms in their order.
#[derive(Debug, Clone)]
pub(crate) struct Terms<'a> {
    rest: Reader<'a>,
    postings: Reader<'a>,
    /// The term that was read last.
    pub(crate) term: Vec<u8>,
}

impl<'a> Terms<'a> {
    pub(crate) fn next(&mut self) -> Result<Option<Term<'a>>, MalformedSegment> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let shared = self.rest.varint()? as usize;
        let length = self.rest.varint()? as usize;
        if shared > self.term.len() {
            return Err(MalformedSegment);
        }
        self.term.truncate(shared);
        self.term.extend_from_slice(self.rest.take(length)?);
        let having = self.rest.varint()?;
        let length = self.rest.varint()? as usize;
        Ok(Some(Term { having, postings: self.postings.take(length)? }))
    }
}

/// Writes a dictionary; terms have to come in their order.
#[derive(Debug, Default)]
pub(crate) struct DictionaryWriter {
    pub(crate) blocks: Vec<u8>,
    pub(crate) terms: Vec<u8>,
    pub(crate) postings: Vec<u8>,
    /// How many terms there are.
    pub(crate) count: usize,
    before: Vec<u8>,
}

impl DictionaryWriter {
    pub(crate) fn push(&mut self, term: &[u8], having: usize, postings: impl FnOnce(&mut Vec<u8>)) {
        if self.count.is_multiple_of(BLOCK) {
            self.blocks.extend(size(self.terms.len()).to_le_bytes());
            self.blocks.extend(size(self.postings.len()).to_le_bytes());
            self.before.clear();
        }
        let shared = self.before.iter().zip(term).take_while(|(one, other)| one == other).count();
        write_varint(&mut self.terms, size(shared));
        write_varint(&mut self.terms, size(term.len() - shared));
        self.terms.extend_from_slice(&term[shared..]);
        write_varint(&mut self.terms, size(having));
        let begin = self.postings.len();
        postings(&mut self.postings);
        write_varint(&mut self.terms, size(self.postings.len() - begin));
        self.before.clear();
        self.before.extend_from_slice(term);
        self.count += 1;
    }
}
