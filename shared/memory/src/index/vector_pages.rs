//! The vectors of a segment, in pages of at most four kilobytes, which DynamoDB reads for half a unit.
//!
//! Only the best lexical matches are re-ranked by their vectors, so a search needs few of them. A segment is opened
//! without any; a search names the [pages](VectorPage) that it misses, and the caller loads them.

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

    /// Splits the vectors of all documents, in their order.
    pub(crate) fn loaded(vectors: &[u8]) -> Self {
        let pages = vectors.chunks(PAGE_BYTES).map(|page| OnceLock::from(Box::from(page))).collect();
        Self { pages, memories: vectors.len() / VECTOR_BYTES }
    }

    /// The vector of a document, if its page is loaded.
    pub(crate) fn get(&self, doc: u32) -> Option<&PackedVector> {
        let page = self.pages.get(doc as usize / PER_PAGE)?.get()?;
        page.get(doc as usize % PER_PAGE * VECTOR_BYTES..)?.first_chunk()
    }

    /// The page of a document, unless it is loaded.
    pub(crate) fn missing(&self, doc: u32) -> Option<VectorPage> {
        let page = doc as usize / PER_PAGE;
        self.pages.get(page)?.get().is_none().then_some(VectorPage(doc / PER_PAGE as u32))
    }

    /// All missing pages.
    pub(crate) fn all_missing(&self) -> impl Iterator<Item = VectorPage> {
        (0..).zip(&self.pages).filter(|(_, page)| page.get().is_none()).map(|(page, _)| VectorPage(page))
    }

    /// Loads a page.
    pub(crate) fn load(&self, VectorPage(page): VectorPage, bytes: Vec<u8>) -> Result<(), MalformedSegment> {
        let page = page as usize;
        let vectors = self.memories.saturating_sub(page * PER_PAGE).min(PER_PAGE);
        let place = self.pages.get(page).filter(|_| bytes.len() == vectors * VECTOR_BYTES).ok_or(MalformedSegment)?;
        // A concurrent search may have loaded the same page.
        let _ = place.set(bytes.into());
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_is_loaded_once_and_has_its_size() {
        let vectors: Vec<u8> = (0..150 * VECTOR_BYTES).map(|at| (at / VECTOR_BYTES) as u8).collect();
        let (whole, pages) = (VectorPages::loaded(&vectors), VectorPages::unloaded(150));
        assert_eq!(pages.missing(149), Some(VectorPage(3)));
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
        assert_eq!((pages.missing(149), pages.all_missing().count(), pages.size()), (None, 0, vectors.len()));
    }
}
