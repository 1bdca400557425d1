//! A segment: an immutable part of the index. [`merge`](super::merge()) combines several into one.
//!
//! | bytes | contents |
//! |---|---|
//! | 32 | header: version, model, vector size, counts, languages, sizes of the last two parts |
//! | 16 per document | ids, big-endian and ascending, so that byte order is id order |
//! | 5 per document | event times, in seconds |
//! | 2 per document | number of terms |
//! | 8 per block | block table of the [dictionary](super::dictionary) |
//! | variable | terms of the dictionary |
//! | variable | [`postings`] |
//!
//! The [vectors](super::vector) are kept apart, in [pages](super::vector_pages). Numbers are little-endian except ids. Documents are numbered by ascending id. Nothing is decoded when a segment is
//! opened, and everything is checked when it is read: malformed bytes result in a [`MalformedSegment`].

use std::{
    collections::{HashMap, HashSet},
    sync::OnceLock,
};

use super::{
    bytes::{MalformedSegment, size, u32_at},
    dictionary::{Dictionary, DictionaryWriter, blocks_bytes},
    embedding::vector_of,
    entry::{BYTES, Entry},
    language::Languages,
    postings::{self, CountUnit, Posting, Postings, WHOLE},
    terms::{MemoryTerm, Words},
    vector::{self, DIMENSIONS, MODEL, PackedVector, VECTOR_BYTES},
    vector_pages::{VectorPage, VectorPages},
};

/// The format version, which is the first byte of a segment.
const VERSION: u8 = 4;
/// The version with vectors of the first table. Searched by its terms until it is built again.
const VERSION_OF_FIRST_TABLE: u8 = 3;
/// The version up to November 2026: whole occurrences, and terms of a simpler analysis. Searched as the one after it.
const VERSION_OF_WHOLES: u8 = 2;
/// The embedding table of older versions.
const FIRST_TABLE: u8 = 1;
pub(crate) const HEADER_BYTES: usize = 32;
pub(crate) const ID_BYTES: usize = 16;
/// Signed seconds of all representable dates fit into 40 bits.
pub(crate) const TIME_BYTES: usize = 5;
pub(crate) const LENGTH_BYTES: usize = 2;
/// Different terms by which one memory is found. The longest memory of prose has fewer.
const MAX_TERMS: usize = 3000;

/// An encoded segment. Documents are identified by their number in it.
#[derive(Clone)]
pub struct Segment {
    pub(crate) bytes: Vec<u8>,
    pub(crate) layout: Layout,
    pub(crate) vectors: VectorPages,
    /// See [`neighbours`](super::neighbours); computed when it is needed.
    pub(crate) joined: OnceLock<Box<[bool]>>,
}

/// Offsets of the parts, and the fields of the header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) memories: usize,
    pub(crate) term_count: usize,
    unit: CountUnit,
    languages: Languages,
    words: u64,
    times: usize,
    lengths: usize,
    pub(crate) blocks: usize,
    terms: usize,
    postings: usize,
}

impl Segment {
    /// Encodes entries. Of entries with the same id, the last is used.
    pub fn build(entries: &[Entry]) -> Self {
        let mut order: Vec<_> = (0..entries.len()).collect();
        order.sort_by_key(|entry| (entries[*entry].id, std::cmp::Reverse(*entry)));
        order.dedup_by_key(|entry| entries[*entry].id);
        let mut writer = SegmentWriter::default();
        let mut index: HashMap<String, Vec<Posting>> = HashMap::new();
        for (doc, entry) in (0..).zip(order.iter().map(|entry| &entries[*entry])) {
            let [text, date, previous] = [&entry.text, &entry.date, &entry.previous].map(|text| Words::of(text));
            [&text, &previous].into_iter().for_each(|words| writer.languages.insert(words.language()));
            let length = text.content().count() + date.content().count() + previous.content().count() / 2;
            let words = text.spoken().map(|word| (word, 1.0));
            let vector = vector_of(words.chain(previous.spoken().map(|word| (word, 0.5))));
            writer.memory(entry.id, entry.at.as_second(), length.try_into().unwrap_or(u16::MAX), (&vector, false));
            let terms = text.terms.into_iter().chain(date.terms).map(|MemoryTerm { term, halves, .. }| (term, halves));
            let of_previous = previous.terms.into_iter().filter(|term| term.is_content);
            let terms = distinct(terms.chain(of_previous.map(|MemoryTerm { term, .. }| (term, WHOLE / 2))));
            let labels = entry.labels().map(|label| (label, WHOLE));
            let bytes = (entry.bytes > 0).then(|| (BYTES.into(), entry.bytes));
            for (term, halves) in terms.into_iter().chain(labels).chain(bytes) {
                let postings = index.entry(term).or_default();
                match postings.last_mut() {
                    Some(posting) if posting.doc == doc => posting.halves += halves,
                    _ => postings.push(Posting { doc, halves }),
                }
            }
        }
        let mut index: Vec<_> = index.into_iter().collect();
        index.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        index.iter().for_each(|(term, postings)| writer.term(term.as_bytes(), postings));
        writer.finish()
    }

    /// The size in bytes, with the loaded vectors.
    pub fn size(&self) -> usize {
        self.bytes.len() + self.vectors.size()
    }

    /// The loaded pages of vectors, to store them.
    pub fn pages(&self) -> impl Iterator<Item = (VectorPage, &[u8])> {
        self.vectors.iter()
    }

    /// The missing pages of vectors.
    pub fn missing_pages(&self) -> impl Iterator<Item = VectorPage> {
        self.vectors.all_missing()
    }

    /// Loads a page of vectors.
    ///
    /// # Errors
    /// [`MalformedSegment`] if the segment has no such page, or the page another size.
    pub fn load_page(&self, page: VectorPage, bytes: Vec<u8>) -> Result<(), MalformedSegment> {
        self.vectors.load(page, bytes)
    }

    /// The memories of a loaded page whose vectors no encoder has computed.
    pub fn to_encode(&self, page: VectorPage) -> impl Iterator<Item = u128> {
        self.vectors.docs(page).filter(|doc| !self.vectors.is_encoded(*doc)).filter_map(|doc| self.id(doc))
    }

    /// A loaded page with the vectors of an encoder for the memories that have one, or `None` if none of the page has.
    pub fn encoded_page(&self, page: VectorPage, vectors: &HashMap<u128, [f32; DIMENSIONS]>) -> Option<Vec<u8>> {
        let vector = |doc| vectors.get(&self.id(doc)?).map(vector::pack);
        self.vectors.encoded(page, vector).map(Vec::from)
    }

    /// This segment with another page of vectors.
    ///
    /// # Errors
    /// As [`load_page`](Self::load_page).
    pub fn with_page(mut self, page: VectorPage, bytes: Vec<u8>) -> Result<Self, MalformedSegment> {
        self.vectors.unload(page);
        self.load_page(page, bytes)?;
        Ok(self)
    }

    /// The number of documents.
    pub fn len(&self) -> usize {
        self.layout.memories
    }

    /// `true` if it has no documents.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The id of a document.
    pub fn id(&self, doc: u32) -> Option<u128> {
        let ids = &self.bytes[HEADER_BYTES..self.layout.times];
        ids.get(doc as usize * ID_BYTES..)?.first_chunk().copied().map(u128::from_be_bytes)
    }

    /// All ids, ascending.
    pub fn ids(&self) -> impl Iterator<Item = u128> {
        (0..size(self.len())).filter_map(|doc| self.id(doc))
    }

    /// The document with this id.
    pub fn find(&self, id: u128) -> Option<u32> {
        let (mut low, mut high) = (0, size(self.len()));
        while low < high {
            let middle = low.midpoint(high);
            if self.id(middle)? < id {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (self.id(low)? == id).then_some(low)
    }

    /// The event time of each document, in seconds since 1970.
    pub(crate) fn times(&self) -> impl Iterator<Item = i64> {
        let times: &[[u8; TIME_BYTES]] = self.bytes[self.layout.times..self.layout.lengths].as_chunks().0;
        // Shifted into the upper bytes first, for sign extension.
        times.iter().map(|[a, b, c, d, e]| i64::from_le_bytes([0, 0, 0, *a, *b, *c, *d, *e]) >> 24)
    }

    /// The event time of a document.
    pub(crate) fn time(&self, doc: u32) -> Option<i64> {
        self.times().nth(doc as usize)
    }

    /// The number of terms of each document.
    pub(crate) fn lengths(&self) -> &[[u8; LENGTH_BYTES]] {
        self.bytes[self.layout.lengths..self.layout.blocks].as_chunks().0
    }

    /// The embedding of a document, if its page is loaded.
    pub(crate) fn vector(&self, doc: u32) -> Option<&PackedVector> {
        self.vectors.get(doc)
    }

    /// The total number of terms.
    pub(crate) fn words(&self) -> u64 {
        self.layout.words
    }

    pub(crate) fn languages(&self) -> Languages {
        self.layout.languages
    }

    pub(crate) fn dictionary(&self) -> Dictionary<'_> {
        let Layout { blocks, terms, postings, .. } = self.layout;
        Dictionary {
            blocks: &self.bytes[blocks..terms],
            terms: &self.bytes[terms..postings],
            postings: &self.bytes[postings..],
        }
    }

    pub(crate) fn postings<'a>(&self, bytes: &'a [u8]) -> Postings<'a> {
        Postings::new(bytes, size(self.len()), self.layout.unit)
    }
}

/// The terms of a memory up to the one that would be its [`MAX_TERMS`] + 1st.
fn distinct(terms: impl Iterator<Item = (String, u32)>) -> Vec<(String, u32)> {
    let terms: Vec<_> = terms.collect();
    let mut seen = HashSet::new();
    let end = terms.iter().position(|(term, _)| {
        seen.insert(term.as_str());
        seen.len() > MAX_TERMS
    });
    terms[..end.unwrap_or(terms.len())].to_vec()
}

/// Without the bytes, which are derived from a user's memories.
impl std::fmt::Debug for Segment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Segment").field("memories", &self.len()).field("bytes", &self.bytes.len()).finish()
    }
}

impl Layout {
    /// The layout of a segment without vectors.
    pub(crate) fn of(bytes: &[u8]) -> Result<Self, MalformedSegment> {
        let preamble = bytes.first_chunk().ok_or(MalformedSegment)?;
        if ![VERSION, VERSION_OF_FIRST_TABLE, VERSION_OF_WHOLES].map(Self::preamble).contains(preamble) {
            return Err(MalformedSegment);
        }
        Self::with_vectors(bytes, 0)
    }

    /// The layout of a segment of November 2026, in which the vectors follow the lengths: `blocks` is where they begin.
    pub(crate) fn uncompressed(bytes: &[u8]) -> Result<Self, MalformedSegment> {
        let vector_bytes = bytes.get(2..).and_then(|bytes| bytes.first_chunk()).ok_or(MalformedSegment)?;
        Self::with_vectors(bytes, u16::from_le_bytes(*vector_bytes).into())
    }

    fn with_vectors(bytes: &[u8], vector_bytes: usize) -> Result<Self, MalformedSegment> {
        let (layout, length) = Self::of_header(bytes)?;
        let length = length + layout.memories * vector_bytes;
        (length == bytes.len()).then_some(layout).ok_or(MalformedSegment)
    }

    /// The layout that a header describes, and the length of the segment without vectors.
    pub(crate) fn of_header(bytes: &[u8]) -> Result<(Self, usize), MalformedSegment> {
        let header: &[u8; HEADER_BYTES] = bytes.first_chunk().ok_or(MalformedSegment)?;
        let number = |at| u32_at(header, at).map(|number| number as usize);
        let memories = number(4)?;
        let words = u64::from_le_bytes(*header[16..].first_chunk().ok_or(MalformedSegment)?);
        let times = HEADER_BYTES + memories * ID_BYTES;
        let lengths = times + memories * TIME_BYTES;
        let blocks = lengths + memories * LENGTH_BYTES;
        let term_count = number(8)?;
        let terms = blocks + blocks_bytes(term_count);
        let postings = terms + number(24)?;
        if words > u64::from(u16::MAX) * memories as u64 {
            return Err(MalformedSegment);
        }
        let length = postings + number(28)?;
        let languages = Languages(u32_at(header, 12)?);
        let unit = if header[0] == VERSION_OF_WHOLES { CountUnit::Wholes } else { CountUnit::Halves };
        Ok((Self { memories, term_count, unit, languages, words, times, lengths, blocks, terms, postings }, length))
    }

    /// The first bytes of a segment: version, model and size of a vector.
    fn preamble(version: u8) -> [u8; 4] {
        let [low, high] = (VECTOR_BYTES as u16).to_le_bytes();
        [version, if version == VERSION { MODEL } else { FIRST_TABLE }, low, high]
    }

    /// `true` if a segment with these bytes has vectors of the current table.
    pub(crate) fn has_current_vectors(bytes: &[u8]) -> bool {
        bytes.first() == Some(&VERSION)
    }

    /// The first bytes of a segment of November 2026, after its vectors have been set apart.
    pub(crate) fn preamble_of_wholes() -> [u8; 4] {
        Self::preamble(VERSION_OF_WHOLES)
    }
}

/// Encodes a segment. Documents must be added by ascending id, and terms in order.
#[derive(Debug, Default)]
pub(crate) struct SegmentWriter {
    pub(crate) languages: Languages,
    ids: Vec<u8>,
    times: Vec<u8>,
    lengths: Vec<u8>,
    vectors: Vec<u8>,
    encoded: Vec<bool>,
    words: u64,
    dictionary: DictionaryWriter,
}

impl SegmentWriter {
    pub(crate) fn memory(&mut self, id: u128, at: i64, length: u16, (vector, is_encoded): (&PackedVector, bool)) {
        self.ids.extend(id.to_be_bytes());
        self.times.extend(&at.to_le_bytes()[..TIME_BYTES]);
        self.lengths.extend(length.to_le_bytes());
        self.vectors.extend(vector);
        self.encoded.push(is_encoded);
        self.words += u64::from(length);
    }

    pub(crate) fn term(&mut self, term: &[u8], doc_freq: &[Posting]) {
        self.dictionary.push(term, doc_freq.len(), |bytes| postings::write(bytes, doc_freq));
    }

    pub(crate) fn finish(self) -> Segment {
        let Self { languages, ids, times, lengths, vectors, encoded, words, dictionary } = self;
        let DictionaryWriter { blocks, terms, postings, count, .. } = dictionary;
        let mut bytes = Vec::from(Layout::preamble(VERSION));
        bytes.extend(size(ids.len() / ID_BYTES).to_le_bytes());
        bytes.extend(size(count).to_le_bytes());
        bytes.extend(languages.0.to_le_bytes());
        bytes.extend(words.to_le_bytes());
        bytes.extend(size(terms.len()).to_le_bytes());
        bytes.extend(size(postings.len()).to_le_bytes());
        for part in [ids, times, lengths, blocks, terms, postings] {
            bytes.extend(part);
        }
        let layout = Layout::of(&bytes).expect("the writer is consistent");
        Segment { bytes, layout, vectors: VectorPages::loaded(&vectors, &encoded), joined: OnceLock::new() }
    }
}
