//! The layout that the tables of English words and of words of other languages share: sorted entries, and lists of other
//! entries. `embedding/README.md` in this package describes it.

const HEADER_BYTES: usize = 8;
/// A neighbour: its index in the English table, and the cosine or likelihood in 255ths.
pub(super) const NEIGHBOUR_BYTES: usize = 3;

/// The sorted entries of a table.
pub(super) struct Entries {
    pub(super) ends: &'static [[u8; 4]],
    pub(super) texts: &'static [u8],
}

impl Entries {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn text(&self, entry: usize) -> &'static [u8] {
        &self.texts[end(self.ends, entry)..end(self.ends, entry + 1)]
    }

    pub(super) fn str(&self, entry: usize) -> Option<&'static str> {
        std::str::from_utf8(self.text(entry)).ok()
    }

    pub(super) fn find(&self, word: &str) -> Option<usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.text(middle) < word.as_bytes() {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (low < self.len() && self.text(low) == word.as_bytes()).then_some(low)
    }
}

/// The number of entries, the ends of their texts, and the rest of a table.
pub(super) fn header(bytes: &'static [u8]) -> (usize, &'static [[u8; 4]], &'static [u8]) {
    let entries = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize;
    let (ends, rest) = bytes[HEADER_BYTES..].split_at(4 * entries);
    (entries, ends.as_chunks().0, rest)
}

/// The length of a vector, of which only the ratio to others counts.
pub(super) fn length(stored: [u8; 2]) -> f32 {
    f32::from(u16::from_le_bytes(stored))
}

/// The index of a neighbour in the English table, and its cosine or likelihood.
pub(super) fn neighbour([low, high, cosine]: [u8; NEIGHBOUR_BYTES]) -> (usize, f32) {
    (usize::from(u16::from_le_bytes([low, high])), f32::from(cosine) / 255.0)
}

/// The list of an entry.
pub(super) fn list_of<const BYTES: usize>(
    entry: usize,
    ends: &'static [[u8; 4]],
    lists: &'static [[u8; BYTES]],
) -> &'static [[u8; BYTES]] {
    let [begin, end] = [entry, entry + 1].map(|entry| end(ends, entry) / BYTES);
    &lists[begin..end]
}

/// The end of the previous entry.
pub(super) fn end(ends: &[[u8; 4]], entry: usize) -> usize {
    entry.checked_sub(1).map_or(0, |before| u32::from_le_bytes(ends[before]) as usize)
}
