//! A segment as it is kept: what is found in it, and which memories it tells to be gone.

use jean_memory::MemoryId;

use jean_memory::index::{Entry, MalformedSegment, Segment};

/// What the bytes of a segment mean. Another number lets every index be made anew by its first reader.
pub(crate) const FORMAT: u32 = 1;
const ID_BYTES: usize = 16;

/// What one segment says of some memories: an older one that says something else of them is out of date.
#[derive(Debug)]
pub(crate) struct Packed {
    pub(crate) segment: Segment,
    /// The ids of memories that are in an older segment and no more, in their order.
    gone: Vec<u128>,
}

impl Packed {
    /// The bytes of it: how many are gone, their ids, and the segment.
    pub(crate) fn bytes(segment: &[u8], gone: &[u128]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(4 + gone.len() * ID_BYTES + segment.len());
        bytes.extend(u32::try_from(gone.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend(gone.iter().flat_map(|id| id.to_be_bytes()));
        bytes.extend(segment);
        bytes
    }

    pub(crate) fn open(mut bytes: Vec<u8>) -> Result<Self, MalformedSegment> {
        let count = u32::from_le_bytes(*bytes.first_chunk().ok_or(MalformedSegment)?) as usize;
        let ids = bytes.get(4..4 + count * ID_BYTES).ok_or(MalformedSegment)?;
        let gone: Vec<_> = ids.as_chunks().0.iter().map(|id| u128::from_be_bytes(*id)).collect();
        if !gone.is_sorted() {
            return Err(MalformedSegment);
        }
        let segment = bytes.split_off(4 + gone.len() * ID_BYTES);
        Ok(Self { segment: Segment::open(segment)?, gone })
    }

    /// Packs what became of some memories, as the newest of all segments.
    pub(crate) fn of(known: &[(MemoryId, Option<Entry>)]) -> Result<Self, MalformedSegment> {
        let entries: Vec<_> = known.iter().filter_map(|(_, entry)| entry.clone()).collect();
        let mut gone: Vec<_> = known.iter().filter(|(_, entry)| entry.is_none()).map(|(id, _)| id.to_u128()).collect();
        gone.sort_unstable();
        Ok(Self { segment: Segment::open(Segment::build(&entries))?, gone })
    }

    pub(crate) fn size(&self) -> usize {
        self.segment.bytes().len() + self.gone.len() * ID_BYTES
    }

    pub(crate) fn gone(&self) -> &[u128] {
        &self.gone
    }

    /// Which of its memories the later segments say something else of.
    pub(crate) fn outdated<'a>(&self, later: impl Iterator<Item = &'a Self>) -> Vec<u32> {
        let Some(last) = self.segment.len().checked_sub(1).and_then(|last| self.segment.id(last as u32)) else {
            return vec![];
        };
        let mut outdated = Vec::new();
        for later in later {
            // Ids sort by time: what is new is behind all that is here.
            let ids = later.segment.ids().take_while(|id| *id <= last);
            let ids = ids.chain(later.gone.iter().copied().take_while(|id| *id <= last));
            outdated.extend(ids.filter_map(|id| self.segment.find(id)));
        }
        outdated
    }
}
