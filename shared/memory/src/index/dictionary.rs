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
        let Terms { mut rest, mut postings, .. } = self.from(block)?;
        // How much of the term is the same as in the one that was read last.
        let mut same = 0;
        for _ in 0..BLOCK {
            if rest.is_empty() {
                break;
            }
            let shared = rest.varint()? as usize;
            let length = rest.varint()? as usize;
            let own = rest.take(length)?;
            let having = rest.varint()?;
            let length = rest.varint()? as usize;
            let found = Term { having, postings: postings.take(length)? };
            match shared.cmp(&same) {
                // It goes on as the one before did, and that was too small.
                Ordering::Greater => continue,
                // It is greater where the one before was still the same.
                Ordering::Less => break,
                Ordering::Equal => {}
            }
            let sought = &term.as_bytes()[same..];
            let more = own.iter().zip(sought).take_while(|(one, other)| one == other).count();
            match own[more..].cmp(&sought[more..]) {
                Ordering::Less => same += more,
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_in_it_is_found_and_nothing_else(
            terms in prop::collection::btree_map("[abé]{1,5}", 1..9u32, 0..99), others in prop::collection::vec("[abé]{0,6}", 9),
        ) {
            let mut writer = DictionaryWriter::default();
            for (term, having) in &terms {
                writer.push(term.as_bytes(), *having as usize, |bytes| bytes.extend(term.bytes()));
            }
            let dictionary = Dictionary { blocks: &writer.blocks, terms: &writer.terms, postings: &writer.postings };
            for term in terms.keys().chain(&others) {
                let expected = terms.get(term).map(|having| Term { having: *having, postings: terms.get_key_value(term).map_or(&[], |(term, _)| term.as_bytes()) });
                prop_assert_eq!(dictionary.find(term), Ok(expected));
            }
            let mut walked = BTreeMap::new();
            let mut all = dictionary.from(0).expect("well formed");
            while let Some(term) = all.next().expect("well formed") {
                walked.insert(String::from_utf8(all.term.clone()).expect("text"), term.having);
            }
            prop_assert_eq!(walked, terms);
        }
    }
}
