//! A segment: some of a person's memories, packed so that they can be searched as they lie.
//!
//! A segment never changes; see [`merge`](super::merge()) for how many become one. Nothing of it is parsed when it is
//! opened, and everything is checked when it is read: its bytes come from a store, and the worst that wrong ones can do
//! is a [`MalformedSegment`].
//!
//! After a header of fixed size stand, by the memories' order, which is that of their ids: ids, times, lengths and
//! [vectors](super::vector); then the [dictionary](super::dictionary) and the [`postings`]. Numbers are
//! little-endian. Ids are not, since they sort.

use std::collections::HashMap;

use super::{
    bytes::{MalformedSegment, size, u32_at},
    dictionary::{Dictionary, DictionaryWriter, blocks_bytes},
    entry::Entry,
    language::Languages,
    postings::{self, Posting, Postings},
    terms::Words,
    vector::{self, MODEL, PackedVector, VECTOR_BYTES},
};

/// The first byte of each segment.
const VERSION: u8 = 1;
const HEADER_BYTES: usize = 32;
const ID_BYTES: usize = 16;
/// Whole seconds of all years that there are dates of need 40 bits.
const TIME_BYTES: usize = 5;
const LENGTH_BYTES: usize = 2;

/// Some memories, packed. Wherever one is named by its place, that is its place by id among those of the segment.
#[derive(Clone)]
pub struct Segment {
    bytes: Vec<u8>,
    layout: Layout,
}

/// Where everything is.
#[derive(Debug, Clone, Copy)]
struct Layout {
    memories: usize,
    languages: Languages,
    words: u64,
    vector_bytes: usize,
    times: usize,
    lengths: usize,
    vectors: usize,
    blocks: usize,
    terms: usize,
    postings: usize,
}

impl Segment {
    /// Packs memories. Of two with the same id, the later counts.
    pub fn build(entries: &[Entry]) -> Vec<u8> {
        let mut order: Vec<_> = (0..entries.len()).collect();
        order.sort_by_key(|entry| (entries[*entry].id, std::cmp::Reverse(*entry)));
        order.dedup_by_key(|entry| entries[*entry].id);
        let mut writer = SegmentWriter::default();
        let mut index: HashMap<String, Vec<Posting>> = HashMap::new();
        for (place, entry) in (0..).zip(order.iter().map(|entry| &entries[*entry])) {
            let Words { language, said, terms } = Words::of(&entry.text);
            writer.languages.insert(language);
            let vector = vector::of_words(&said);
            writer.memory(entry.id, entry.at.as_second(), terms.len().try_into().unwrap_or(u16::MAX), &vector);
            for term in terms.into_iter().chain(entry.labels()) {
                let postings = index.entry(term).or_default();
                match postings.last_mut() {
                    Some(posting) if posting.place == place => posting.count += 1,
                    _ => postings.push(Posting { place, count: 1 }),
                }
            }
        }
        let mut index: Vec<_> = index.into_iter().collect();
        index.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        index.iter().for_each(|(term, postings)| writer.term(term.as_bytes(), postings));
        writer.finish()
    }

    /// Opens what [`Segment::build`] or [`merge`](super::merge()) made.
    ///
    /// # Errors
    /// [`MalformedSegment`], if its parts can't be where it says they are. Further errors show when it is read.
    pub fn open(bytes: Vec<u8>) -> Result<Self, MalformedSegment> {
        let layout = Layout::of(&bytes)?;
        Ok(Self { bytes, layout })
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many memories it has.
    pub fn len(&self) -> usize {
        self.layout.memories
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The id of a memory.
    pub fn id(&self, place: u32) -> Option<u128> {
        let ids = &self.bytes[HEADER_BYTES..self.layout.times];
        ids.get(place as usize * ID_BYTES..)?.first_chunk().copied().map(u128::from_be_bytes)
    }

    /// All ids, in their order.
    pub fn ids(&self) -> impl Iterator<Item = u128> {
        (0..size(self.len())).filter_map(|place| self.id(place))
    }

    /// The place of the memory with this id.
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

    /// When what each memory tells of happened, in seconds since 1970.
    pub(crate) fn times(&self) -> impl Iterator<Item = i64> {
        let times: &[[u8; TIME_BYTES]] = self.bytes[self.layout.times..self.layout.lengths].as_chunks().0;
        // In the upper bytes, so that the sign comes down with the shift.
        times.iter().map(|[a, b, c, d, e]| i64::from_le_bytes([0, 0, 0, *a, *b, *c, *d, *e]) >> 24)
    }

    /// How many words each memory has.
    pub(crate) fn lengths(&self) -> &[[u8; LENGTH_BYTES]] {
        self.bytes[self.layout.lengths..self.layout.vectors].as_chunks().0
    }

    /// What a memory means, if it has words whose meaning is known, and was packed with the table of now.
    pub(crate) fn vector(&self, place: u32) -> Option<&PackedVector> {
        let vectors = &self.bytes[self.layout.vectors..self.layout.blocks];
        let model = self.bytes[1] == MODEL && self.layout.vector_bytes == VECTOR_BYTES;
        vectors.get(place as usize * VECTOR_BYTES..)?.first_chunk().filter(|_| model)
    }

    /// How many words all of them have.
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
        Postings::new(bytes, size(self.len()))
    }
}

/// Without its bytes: they are of somebody's memories, and many.
impl std::fmt::Debug for Segment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Segment").field("memories", &self.len()).field("bytes", &self.bytes.len()).finish()
    }
}

impl Layout {
    fn of(bytes: &[u8]) -> Result<Self, MalformedSegment> {
        let header: &[u8; HEADER_BYTES] = bytes.first_chunk().ok_or(MalformedSegment)?;
        if header[0] != VERSION {
            return Err(MalformedSegment);
        }
        let number = |at| u32_at(header, at).map(|number| number as usize);
        let memories = number(4)?;
        let words = u64::from_le_bytes(*header[16..].first_chunk().ok_or(MalformedSegment)?);
        let times = HEADER_BYTES + memories * ID_BYTES;
        let lengths = times + memories * TIME_BYTES;
        let vector_bytes = usize::from(u16::from_le_bytes([header[2], header[3]]));
        let vectors = lengths + memories * LENGTH_BYTES;
        let blocks = vectors + memories * vector_bytes;
        let terms = blocks + blocks_bytes(number(8)?);
        let postings = terms + number(24)?;
        if postings + number(28)? != bytes.len() || words > u64::from(u16::MAX) * memories as u64 {
            return Err(MalformedSegment);
        }
        let languages = Languages(u32_at(header, 12)?);
        Ok(Self { memories, languages, words, vector_bytes, times, lengths, vectors, blocks, terms, postings })
    }
}

/// Puts a segment together; memories have to come by id, and terms in their order.
#[derive(Debug, Default)]
pub(crate) struct SegmentWriter {
    pub(crate) languages: Languages,
    ids: Vec<u8>,
    times: Vec<u8>,
    lengths: Vec<u8>,
    vectors: Vec<u8>,
    words: u64,
    dictionary: DictionaryWriter,
}

impl SegmentWriter {
    pub(crate) fn memory(&mut self, id: u128, at: i64, length: u16, vector: &PackedVector) {
        self.ids.extend(id.to_be_bytes());
        self.times.extend(&at.to_le_bytes()[..TIME_BYTES]);
        self.lengths.extend(length.to_le_bytes());
        self.vectors.extend(vector);
        self.words += u64::from(length);
    }

    pub(crate) fn term(&mut self, term: &[u8], having: &[Posting]) {
        self.dictionary.push(term, having.len(), |bytes| postings::write(bytes, having));
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        let Self { languages, ids, times, lengths, vectors, words, dictionary } = self;
        let DictionaryWriter { blocks, terms, postings, count, .. } = dictionary;
        let mut bytes = vec![VERSION, MODEL];
        bytes.extend((VECTOR_BYTES as u16).to_le_bytes());
        bytes.extend(size(ids.len() / ID_BYTES).to_le_bytes());
        bytes.extend(size(count).to_le_bytes());
        bytes.extend(languages.0.to_le_bytes());
        bytes.extend(words.to_le_bytes());
        bytes.extend(size(terms.len()).to_le_bytes());
        bytes.extend(size(postings.len()).to_le_bytes());
        for part in [ids, times, lengths, vectors, blocks, terms, postings] {
            bytes.extend(part);
        }
        bytes
    }
}
