//! The stored form of a segment: compressed, and without its vectors.
//!
//! | bytes | contents |
//! |---|---|
//! | 1 | version |
//! | 4 | size of the document numbers, little-endian |
//! | variable | the document numbers of all postings, by [interpolative coding](super::interpolative) |
//! | rest | the other columns, deflated |
//!
//! A column contains one field of all documents or terms, so that similar values stand beside each other: the header; ids,
//! event times and lengths, each byte by byte (all first bytes, all second bytes, …); of each term the bytes that it shares
//! with the one before, the number of its further bytes, and its document frequency; these further bytes; the counts of all
//! postings. Offsets are left out. Half of an id is random and does not compress.

use std::{io::Read, ops::Range, sync::OnceLock};

use flate2::{Compression, read::DeflateDecoder, read::DeflateEncoder};

use super::{
    bytes::{MalformedSegment, Reader, size, u32_at, write_varint},
    dictionary::DictionaryWriter,
    interpolative::{BitReader, BitWriter},
    postings::{self, Posting},
    segment::{HEADER_BYTES, ID_BYTES, LENGTH_BYTES, Layout, Segment, TIME_BYTES},
    vector::UNKNOWN,
    vector_pages::VectorPages,
};

const VERSION: u8 = 3;
/// The version up to November 2026, in which the segment was deflated as it is, except for the order of its bytes of fixed width.
const DEFLATED_WHOLE: u8 = 2;
/// The version of segments of November 2026, which were not compressed and contained their vectors.
const UNCOMPRESSED: u8 = 1;
/// The largest segment to unpack, many times the largest that is written. More would not fit into a function.
const MAX_BYTES: usize = 1 << 28;

impl Segment {
    /// The stored form.
    ///
    /// # Errors
    /// [`MalformedSegment`] if the segment was opened from malformed bytes. Built and merged ones are well formed.
    pub fn pack(&self) -> Result<Vec<u8>, MalformedSegment> {
        let [mut shared, mut lengths, mut frequencies, mut suffixes, mut counts] = [const { Vec::new() }; 5];
        let mut numbers = BitWriter::default();
        let (mut before, mut docs) = (Vec::new(), Vec::new());
        let mut terms = self.dictionary().from(0)?;
        while let Some(term) = terms.next()? {
            let same = before.iter().zip(&terms.term).take_while(|(one, other)| one == other).count();
            write_varint(&mut shared, size(same));
            write_varint(&mut lengths, size(terms.term.len() - same));
            suffixes.extend_from_slice(&terms.term[same..]);
            before.clone_from(&terms.term);
            docs.clear();
            for posting in self.postings(term.postings) {
                let Posting { doc, halves } = posting?;
                docs.push(doc);
                write_varint(&mut counts, halves);
            }
            write_varint(&mut frequencies, size(docs.len()));
            numbers.write(&docs, 0..size(self.len()));
        }
        let fixed = transposed(&self.bytes[..self.layout.blocks], &self.layout, false);
        let columns = [fixed, shared, lengths, frequencies, suffixes, counts].concat();
        let numbers = numbers.finish();
        let mut bytes = vec![VERSION];
        bytes.extend(size(numbers.len()).to_le_bytes());
        bytes.extend(numbers);
        let mut deflated = DeflateEncoder::new(&*columns, Compression::default());
        deflated.read_to_end(&mut bytes).expect("reads from memory");
        Ok(bytes)
    }

    /// Opens a stored segment. Its vectors are loaded with [`Segment::load_page`].
    ///
    /// # Errors
    /// [`MalformedSegment`] if the bytes are not a stored segment. Further errors occur on read.
    pub fn unpack(bytes: &[u8]) -> Result<Self, MalformedSegment> {
        match bytes.first() {
            Some(&VERSION) => {
                let length = u32_at(bytes, 1)? as usize;
                let (numbers, columns) = bytes[5..].split_at_checked(length).ok_or(MalformedSegment)?;
                Self::without_vectors(from_columns(&inflated(columns)?, BitReader::new(numbers))?)
            }
            Some(&DEFLATED_WHOLE) => {
                let columns = inflated(bytes.get(5..).ok_or(MalformedSegment)?)?;
                if columns.len() != u32_at(bytes, 1)? as usize {
                    return Err(MalformedSegment);
                }
                let layout = Layout::of(&columns)?;
                Self::without_vectors(transposed(&columns, &layout, true))
            }
            Some(&UNCOMPRESSED) => Self::open_uncompressed(bytes),
            _ => Err(MalformedSegment),
        }
    }

    /// Opens a segment without its vectors. Those of the first table are never loaded: no query could be compared with them.
    pub(crate) fn without_vectors(bytes: Vec<u8>) -> Result<Self, MalformedSegment> {
        let layout = Layout::of(&bytes)?;
        let vectors = match Layout::has_current_vectors(&bytes) {
            true => VectorPages::unloaded(layout.memories),
            false => VectorPages::loaded(&UNKNOWN.repeat(layout.memories), &vec![false; layout.memories]),
        };
        Ok(Self { bytes, layout, vectors, joined: OnceLock::new() })
    }

    /// Opens a segment of November 2026: its vectors stand before the dictionary.
    fn open_uncompressed(bytes: &[u8]) -> Result<Self, MalformedSegment> {
        let (mut main, layout) = (bytes.to_vec(), Layout::uncompressed(bytes)?);
        let at = layout.blocks;
        let vector_bytes = usize::from(u16::from_le_bytes([bytes[2], bytes[3]]));
        let end = at + layout.memories * vector_bytes;
        if end > main.len() {
            return Err(MalformedSegment);
        }
        main.drain(at..end);
        main[..4].copy_from_slice(&Layout::preamble_of_wholes());
        Self::without_vectors(main)
    }
}

fn inflated(deflated: &[u8]) -> Result<Vec<u8>, MalformedSegment> {
    let mut bytes = Vec::new();
    let read = DeflateDecoder::new(deflated).take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes);
    read.ok().filter(|read| *read <= MAX_BYTES).map(|_| bytes).ok_or(MalformedSegment)
}

/// The bytes of a segment from its columns and document numbers. The sizes in its header bound the work.
fn from_columns(columns: &[u8], mut numbers: BitReader<'_>) -> Result<Vec<u8>, MalformedSegment> {
    let (layout, length) = Layout::of_header(columns)?;
    let fixed = columns.get(..layout.blocks).filter(|_| length <= MAX_BYTES).ok_or(MalformedSegment)?;
    let mut shared = Reader(&columns[layout.blocks..]);
    let mut lengths = shared;
    (0..layout.term_count).try_for_each(|_| lengths.varint().map(drop))?;
    let (mut frequencies, mut of_suffixes) = (lengths, 0);
    for _ in 0..layout.term_count {
        of_suffixes += frequencies.varint()? as usize;
    }
    let mut suffixes = frequencies;
    (0..layout.term_count).try_for_each(|_| suffixes.varint().map(drop))?;
    let mut counts = suffixes;
    counts.take(of_suffixes)?;
    let mut dictionary = DictionaryWriter::default();
    let (mut term, mut docs, mut postings) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..layout.term_count {
        let (same, doc_freq) = (shared.varint()? as usize, frequencies.varint()? as usize);
        if same > term.len() || doc_freq > layout.memories {
            return Err(MalformedSegment);
        }
        term.truncate(same);
        term.extend_from_slice(suffixes.take(lengths.varint()? as usize)?);
        docs.resize(doc_freq, 0);
        numbers.read(&mut docs, 0..size(layout.memories))?;
        postings.clear();
        for doc in &docs {
            postings.push(Posting { doc: *doc, halves: counts.varint()? });
        }
        dictionary.push(&term, doc_freq, |bytes| postings::write(bytes, &postings));
        if dictionary.terms.len() + dictionary.postings.len() > length {
            return Err(MalformedSegment);
        }
    }
    let DictionaryWriter { blocks, terms, postings, .. } = dictionary;
    Ok([transposed(fixed, &layout, true), blocks, terms, postings].concat())
}

/// Reorders the columns of fixed width by byte, or, with `back`, by document.
fn transposed(bytes: &[u8], layout: &Layout, back: bool) -> Vec<u8> {
    let mut reordered = bytes.to_vec();
    let mut begin = HEADER_BYTES;
    for width in [ID_BYTES, TIME_BYTES, LENGTH_BYTES] {
        let column: Range<usize> = begin..begin + width * layout.memories;
        let (from, to) = (&bytes[column.clone()], &mut reordered[column.clone()]);
        for doc in 0..layout.memories {
            for byte in 0..width {
                let (row, column) = (doc * width + byte, byte * layout.memories + doc);
                let (source, target) = if back { (column, row) } else { (row, column) };
                to[target] = from[source];
            }
        }
        begin = column.end;
    }
    reordered
}
