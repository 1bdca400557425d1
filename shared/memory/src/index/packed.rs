//! The stored form of a segment: compressed, and without its vectors.
//!
//! | bytes | contents |
//! |---|---|
//! | 1 | version |
//! | 4 | length of the segment, little-endian |
//! | rest | the segment, deflated, with its columns of fixed width byte by byte: all first bytes, all second bytes, … |
//!
//! Half of an id is time, which hardly changes from one document to the next; its bytes compress well only when they
//! stand beside each other.

use std::{io::Read, ops::Range, sync::OnceLock};

use flate2::{Compression, read::DeflateDecoder, read::DeflateEncoder};

use super::{
    bytes::{MalformedSegment, size, u32_at},
    segment::{ID_BYTES, LENGTH_BYTES, Layout, Segment, TIME_BYTES},
    vector::UNKNOWN,
    vector_pages::VectorPages,
};

const VERSION: u8 = 2;
/// The version of segments of November 2026, which were not compressed and contained their vectors.
const UNCOMPRESSED: u8 = 1;
/// The largest segment to unpack, many times the largest that is written. More would not fit into a function.
const MAX_BYTES: u64 = 1 << 28;

impl Segment {
    /// The stored form.
    pub fn pack(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend(size(self.bytes.len()).to_le_bytes());
        let columns = transposed(&self.bytes, &self.layout, false);
        let mut deflated = DeflateEncoder::new(&*columns, Compression::default());
        deflated.read_to_end(&mut bytes).expect("reads from memory");
        bytes
    }

    /// Opens a stored segment. Its vectors are loaded with [`Segment::load_page`].
    ///
    /// # Errors
    /// [`MalformedSegment`] if the bytes are not a stored segment. Further errors occur on read.
    pub fn unpack(bytes: &[u8]) -> Result<Self, MalformedSegment> {
        match bytes.first() {
            Some(&VERSION) => {
                let length = u64::from(u32_at(bytes, 1)?);
                let deflated = bytes.get(5..).ok_or(MalformedSegment)?;
                let mut columns = Vec::new();
                let read = DeflateDecoder::new(deflated).take(length.min(MAX_BYTES)).read_to_end(&mut columns);
                if read.ok().is_none_or(|read| read as u64 != length) {
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

/// Reorders the columns of fixed width by byte, or, with `back`, by document.
fn transposed(bytes: &[u8], layout: &Layout, back: bool) -> Vec<u8> {
    let mut reordered = bytes.to_vec();
    let mut begin = Layout::ids();
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
