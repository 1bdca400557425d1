//! The vectors of a segment, in pages of at most four kilobytes, which DynamoDB reads for half a unit.
//!
//! Only the best lexical matches are re-ranked by their vectors, so a search needs few of them. A segment is opened
//! without any; a search names the [pages](VectorPage) that it misses, and the caller loads them.
//!
//! After its vectors, a page has a bit for each, which is set if an [`Encoder`](super::vector::Encoder) computed it. Pages
//! without bits have vectors of the word table only.

use std::sync::OnceLock;

use super::{
    bytes::MalformedSegment,
    vector::{PackedVector, VECTOR_BYTES},
};

/// Vectors per page.
const PER_PAGE: usize = 41;
const PAGE_BYTES: usize = PER_PAGE * VECTOR_BYTES;

/// The number of a page in its segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VectorPage(pub u32);

impl VectorPage {
    /// The page of a document.
    pub(crate) fn of(doc: u32) -> Self {
        Self(doc / PER_PAGE as u32)
    }
}

/// The pages of one segment, each loaded at most once.
#[derive(Debug, Clone)]
pub(crate) struct VectorPages {
    pages: Vec<OnceLock<Box<[u8]>>>,
    memories: usize,
}

impl VectorPages {
    /// The pages of a segment with this many documents, none of them loaded.
    pub(crate) fn unloaded(memories: usize) -> Self {
        Self { pages: vec![OnceLock::new(); memories.div_ceil(PER_PAGE)], memories }
    }

    /// Splits the vectors of all documents, in their order, and whether an encoder computed them.
    pub(crate) fn loaded(vectors: &[u8], encoded: &[bool]) -> Self {
        let pages = vectors.chunks(PAGE_BYTES).zip(encoded.chunks(PER_PAGE));
        let pages = pages.map(|(page, encoded)| OnceLock::from(page_of(page, encoded))).collect();
        Self { pages, memories: vectors.len() / VECTOR_BYTES }
    }

    /// The vector of a document, if its page is loaded.
    pub(crate) fn get(&self, doc: u32) -> Option<&PackedVector> {
        let page = self.pages.get(doc as usize / PER_PAGE)?.get()?;
        page.get(doc as usize % PER_PAGE * VECTOR_BYTES..)?.first_chunk()
    }

    /// `true` if an encoder computed the vector of a document, as far as its page is loaded.
    pub(crate) fn is_encoded(&self, doc: u32) -> bool {
        let (page, at) = (doc as usize / PER_PAGE, doc as usize % PER_PAGE);
        let bytes = self.pages.get(page).and_then(OnceLock::get);
        let bits = bytes.and_then(|bytes| bytes.get(self.vectors_of(page) * VECTOR_BYTES..)).unwrap_or_default();
        bits.get(at / 8).is_some_and(|bits| bits >> (at % 8) & 1 == 1)
    }

    /// The documents of a page.
    pub(crate) fn docs(&self, VectorPage(page): VectorPage) -> std::ops::Range<u32> {
        let first = page * PER_PAGE as u32;
        first..first + self.vectors_of(page as usize) as u32
    }

    /// A loaded page with vectors of an encoder for some of its documents, or `None` if there are none.
    pub(crate) fn encoded(&self, page: VectorPage, vector: impl Fn(u32) -> Option<PackedVector>) -> Option<Box<[u8]>> {
        let (mut vectors, mut encoded, mut has_new) = (Vec::new(), Vec::new(), false);
        for doc in self.docs(page) {
            let new = vector(doc);
            has_new |= new.is_some();
            encoded.push(new.is_some() || self.is_encoded(doc));
            vectors.extend(new.as_ref().or_else(|| self.get(doc))?);
        }
        has_new.then(|| page_of(&vectors, &encoded))
    }

    /// The number of vectors of a page.
    fn vectors_of(&self, page: usize) -> usize {
        self.memories.saturating_sub(page * PER_PAGE).min(PER_PAGE)
    }

    /// `true` unless a page is loaded.
    pub(crate) fn is_missing(&self, VectorPage(page): VectorPage) -> bool {
        self.pages.get(page as usize).is_none_or(|page| page.get().is_none())
    }

    /// All missing pages.
    pub(crate) fn all_missing(&self) -> impl Iterator<Item = VectorPage> {
        (0..).zip(&self.pages).filter(|(_, page)| page.get().is_none()).map(|(page, _)| VectorPage(page))
    }

    /// Loads a page.
    pub(crate) fn load(&self, VectorPage(page): VectorPage, bytes: Vec<u8>) -> Result<(), MalformedSegment> {
        let page = page as usize;
        let vectors = self.vectors_of(page);
        let lengths = [vectors * VECTOR_BYTES, vectors * VECTOR_BYTES + vectors.div_ceil(8)];
        let place = self.pages.get(page).filter(|_| lengths.contains(&bytes.len())).ok_or(MalformedSegment)?;
        // A concurrent search may have loaded the same page.
        let _ = place.set(bytes.into());
        Ok(())
    }

    /// Forgets a page.
    pub(crate) fn unload(&mut self, VectorPage(page): VectorPage) {
        if let Some(page) = self.pages.get_mut(page as usize) {
            *page = OnceLock::new();
        }
    }

    /// The loaded pages and their bytes.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (VectorPage, &[u8])> {
        (0..).zip(&self.pages).filter_map(|(page, bytes)| Some((VectorPage(page), &**bytes.get()?)))
    }

    /// The bytes of the loaded pages.
    pub(crate) fn size(&self) -> usize {
        self.iter().map(|(_, bytes)| bytes.len()).sum()
    }
}

/// A page, with bits if any vector was computed by an encoder.
fn page_of(vectors: &[u8], encoded: &[bool]) -> Box<[u8]> {
    let mut page = vectors.to_vec();
    if encoded.contains(&true) {
        let bits = |encoded: &[bool]| (0..).zip(encoded).map(|(at, encoded)| u8::from(*encoded) << at).sum::<u8>();
        page.extend(encoded.chunks(8).map(bits));
    }
    page.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_is_loaded_once_and_has_its_size() {
        let vectors: Vec<u8> = (0..150 * VECTOR_BYTES).map(|at| (at / VECTOR_BYTES) as u8).collect();
        let (whole, pages) = (VectorPages::loaded(&vectors, &[false; 150]), VectorPages::unloaded(150));
        assert_eq!((VectorPage::of(149), pages.is_missing(VectorPage(3))), (VectorPage(3), true));
        assert_eq!(pages.get(149), None);
        assert_eq!(pages.load(VectorPage(3), vec![0; 7]), Err(MalformedSegment));
        assert_eq!(pages.load(VectorPage(4), vec![]), Err(MalformedSegment));
        for (page, bytes) in whole.iter() {
            pages.load(page, bytes.into()).expect("its size");
            pages.load(page, vec![9; bytes.len()]).expect("ignored");
        }
        assert!(
            (0..150).all(|doc| pages.get(doc) == whole.get(doc) && pages.get(doc) == Some(&[doc as u8; VECTOR_BYTES]))
        );
        let is_missing = pages.is_missing(VectorPage(3));
        assert_eq!((is_missing, pages.all_missing().count(), pages.size()), (false, 0, vectors.len()));
    }

    #[test]
    fn encoded_page_has_a_bit_for_each_new_vector() {
        let pages = VectorPages::loaded(&vec![1; 50 * VECTOR_BYTES], &[false; 50]);
        assert_eq!(pages.encoded(VectorPage(1), |_| None), None);
        let page = pages.encoded(VectorPage(1), |doc| (doc == 49).then_some([9; VECTOR_BYTES])).expect("one is new");
        assert_eq!(page.len(), 9 * VECTOR_BYTES + 2);
        let again = VectorPages::unloaded(50);
        again.load(VectorPage(1), page.into()).expect("its size");
        assert_eq!((again.is_encoded(48), again.is_encoded(49), again.is_encoded(0)), (false, true, false));
        assert_eq!((again.get(48), again.get(49)), (Some(&[1; VECTOR_BYTES]), Some(&[9; VECTOR_BYTES])));
        let both = again.encoded(VectorPage(1), |doc| (doc == 41).then_some([8; VECTOR_BYTES])).expect("one is new");
        assert_eq!(both[9 * VECTOR_BYTES..], [1, 1]);
    }
}
