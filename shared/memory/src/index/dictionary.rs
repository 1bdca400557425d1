//! The sorted terms of a segment.
//!
//! Terms are stored in blocks of sixteen, front-coded: each term omits the prefix that it shares with the previous
//! one. The offsets of the blocks are stored separately, so a term is found by binary search, and nothing is decoded
//! when a segment is opened.

use std::cmp::Ordering;

use super::bytes::{MalformedSegment, Reader, size, u32_at, write_varint};

const BLOCK: usize = 16;
/// The offsets of a block's terms and postings.
const BLOCK_BYTES: usize = 8;

/// The dictionary of an opened segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dictionary<'a> {
    pub(crate) blocks: &'a [u8],
    pub(crate) terms: &'a [u8],
    pub(crate) postings: &'a [u8],
}

/// The dictionary entry of a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Term<'a> {
    /// The number of documents that contain the term.
    pub(crate) doc_freq: u32,
    /// Its postings.
    pub(crate) postings: &'a [u8],
}

/// The size of the block table for a number of terms.
pub(crate) fn blocks_bytes(terms: usize) -> usize {
    terms.div_ceil(BLOCK) * BLOCK_BYTES
}

impl<'a> Dictionary<'a> {
    /// Iterates over the terms, from the beginning of the block that would contain a term.
    pub(crate) fn starting_near(self, term: &str) -> Result<Terms<'a>, MalformedSegment> {
        self.from(self.block(term)?.unwrap_or_default())
    }

    /// The last block with a first term not greater than a term.
    fn block(self, term: &str) -> Result<Option<usize>, MalformedSegment> {
        let (mut low, mut high) = (0, self.blocks.len() / BLOCK_BYTES);
        while low < high {
            let middle = low.midpoint(high);
            if self.first(middle)? <= term.as_bytes() {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low.checked_sub(1))
    }

    /// Looks up a term.
    pub(crate) fn find(self, term: &str) -> Result<Option<Term<'a>>, MalformedSegment> {
        let Some(block) = self.block(term)? else { return Ok(None) };
        let Terms { mut rest, mut postings, .. } = self.from(block)?;
        // Length of the prefix that the term shares with the term read last.
        let mut same = 0;
        for _ in 0..BLOCK {
            if rest.is_empty() {
                break;
            }
            let shared = rest.varint()? as usize;
            let length = rest.varint()? as usize;
            let suffix = rest.take(length)?;
            let doc_freq = rest.varint()?;
            let length = rest.varint()? as usize;
            let found = Term { doc_freq, postings: postings.take(length)? };
            match shared.cmp(&same) {
                // Shares more with its predecessor, which is smaller than the term.
                Ordering::Greater => continue,
                // Differs from its predecessor within the shared prefix, so it is larger.
                Ordering::Less => break,
                Ordering::Equal => {}
            }
            let rest_of_term = &term.as_bytes()[same..];
            let more = suffix.iter().zip(rest_of_term).take_while(|(one, other)| one == other).count();
            match suffix[more..].cmp(&rest_of_term[more..]) {
                Ordering::Less => same += more,
                Ordering::Equal => return Ok(Some(found)),
                Ordering::Greater => break,
            }
        }
        Ok(None)
    }

    /// Iterates over the terms, starting at a block.
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

    /// The first term of a block, which shares no prefix.
    fn first(self, block: usize) -> Result<&'a [u8], MalformedSegment> {
        let mut rest = self.from(block)?.rest;
        rest.varint()?;
        let length = rest.varint()?;
        rest.take(length as usize)
    }
}

/// A cursor over terms in order.
#[derive(Debug, Clone)]
pub(crate) struct Terms<'a> {
    rest: Reader<'a>,
    postings: Reader<'a>,
    /// The current term.
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
        let doc_freq = self.rest.varint()?;
        let length = self.rest.varint()? as usize;
        Ok(Some(Term { doc_freq, postings: self.postings.take(length)? }))
    }
}

/// Encodes a dictionary. Terms must be pushed in order.
#[derive(Debug, Default)]
pub(crate) struct DictionaryWriter {
    pub(crate) blocks: Vec<u8>,
    pub(crate) terms: Vec<u8>,
    pub(crate) postings: Vec<u8>,
    /// The number of terms.
    pub(crate) count: usize,
    before: Vec<u8>,
}

impl DictionaryWriter {
    pub(crate) fn push(&mut self, term: &[u8], doc_freq: usize, postings: impl FnOnce(&mut Vec<u8>)) {
        if self.count.is_multiple_of(BLOCK) {
            self.blocks.extend(size(self.terms.len()).to_le_bytes());
            self.blocks.extend(size(self.postings.len()).to_le_bytes());
            self.before.clear();
        }
        let shared = self.before.iter().zip(term).take_while(|(one, other)| one == other).count();
        write_varint(&mut self.terms, size(shared));
        write_varint(&mut self.terms, size(term.len() - shared));
        self.terms.extend_from_slice(&term[shared..]);
        write_varint(&mut self.terms, size(doc_freq));
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
        fn lookup_finds_exactly_the_written_terms(
            terms in prop::collection::btree_map("[abé]{1,5}", 1..9u32, 0..99), others in prop::collection::vec("[abé]{0,6}", 9),
        ) {
            let mut writer = DictionaryWriter::default();
            for (term, doc_freq) in &terms {
                writer.push(term.as_bytes(), *doc_freq as usize, |bytes| bytes.extend(term.bytes()));
            }
            let dictionary = Dictionary { blocks: &writer.blocks, terms: &writer.terms, postings: &writer.postings };
            for term in terms.keys().chain(&others) {
                let expected = terms.get(term).map(|doc_freq| Term { doc_freq: *doc_freq, postings: terms.get_key_value(term).map_or(&[], |(term, _)| term.as_bytes()) });
                prop_assert_eq!(dictionary.find(term), Ok(expected));
            }
            let mut walked = BTreeMap::new();
            let mut all = dictionary.from(0).expect("well formed");
            while let Some(term) = all.next().expect("well formed") {
                walked.insert(String::from_utf8(all.term.clone()).expect("text"), term.doc_freq);
            }
            prop_assert_eq!(walked, terms);
        }
    }
}
