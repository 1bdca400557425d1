//! The table of English words and pieces of words: their vectors and their nearest neighbours.

use std::sync::LazyLock;

use super::{
    vector::{DIMENSIONS, PackedVector, VECTOR_BYTES, unpacked},
    word_table::{Entries, NEIGHBOUR_BYTES, end, header, length, list_of},
};

pub(super) static ENGLISH: LazyLock<EnglishTable> =
    LazyLock::new(|| EnglishTable::of(include_bytes!("../../embedding/table.bin")));
/// The vocabulary's marker of a piece that continues a word.
const CONTINUED: &str = "##";
/// Maximum bytes of an English entry.
const LONGEST: usize = 20;
/// Maximum characters of a word. Longer ones are keys or numbers. The model has the same limit; without it, a single
/// word of 64 KB would take seconds.
const WORD_CHARACTERS: usize = 100;

/// The endings of inflected words, and those of their base forms.
const ENDINGS: [(&str, &str); 9] = [
    ("ies", "y"),
    ("es", "e"),
    ("es", ""),
    ("s", ""),
    ("ing", "e"),
    ("ing", ""),
    ("ied", "y"),
    ("ed", "e"),
    ("ed", ""),
];
/// Bytes of a base form.
const BASE: usize = 4;

/// The layout of the English table.
pub(super) struct EnglishTable {
    pub(super) words: Entries,
    lengths: &'static [[u8; 2]],
    neighbour_ends: &'static [[u8; 4]],
    vectors: &'static [PackedVector],
    neighbours: &'static [[u8; NEIGHBOUR_BYTES]],
}

impl EnglishTable {
    fn of(bytes: &'static [u8]) -> Self {
        let (entries, ends, rest) = header(bytes);
        // The ranks, which only the benchmarks need.
        let (lengths, rest) = rest[2 * entries..].split_at(2 * entries);
        let (neighbour_ends, rest) = rest.split_at(4 * entries);
        let (vectors, rest) = rest.split_at(VECTOR_BYTES * entries);
        let (texts, neighbours) = rest.split_at(end(ends, entries));
        Self {
            words: Entries { ends, texts },
            lengths: lengths.as_chunks().0,
            neighbour_ends: neighbour_ends.as_chunks().0,
            vectors: vectors.as_chunks().0,
            neighbours: neighbours.as_chunks().0,
        }
    }

    /// The entry of the word that an inflected one is a form of, or of its American spelling: "desserts", "flavour". An entry that
    /// is shorter than [`BASE`] is more likely another word.
    pub(super) fn base_of(&self, word: &str) -> Option<usize> {
        let american = [("our", "or"), ("ae", "e"), ("oe", "e"), ("isation", "ization"), ("ise", "ize")];
        let spelled = american
            .iter()
            .filter(|(british, _)| word.contains(british))
            .map(|(british, other)| word.replacen(british, other, 1));
        let endings = ENDINGS.iter().filter_map(|(ending, base)| Some(format!("{}{base}", word.strip_suffix(ending)?)));
        spelled.chain(endings).filter(|base| base.len() >= BASE).find_map(|base| self.words.find(&base))
    }

    pub(super) fn neighbours(&self, entry: usize) -> &'static [[u8; NEIGHBOUR_BYTES]] {
        list_of(entry, self.neighbour_ends, self.neighbours)
    }

    /// Splits a word into the longest known pieces, from the start (WordPiece). Unknown characters are skipped.
    pub(super) fn pieces(&self, word: &str) -> Vec<usize> {
        let mut pieces = Vec::new();
        if word.chars().nth(WORD_CHARACTERS).is_some() {
            return pieces;
        }
        let mut begin = 0;
        let mut piece = String::new();
        while begin < word.len() {
            let possible = &word[begin..word.floor_char_boundary(begin + LONGEST)];
            let ends = possible.char_indices().rev().map(|(at, character)| begin + at + character.len_utf8());
            let longest = ends.into_iter().find_map(|end| {
                piece.clear();
                piece.push_str(if begin == 0 { "" } else { CONTINUED });
                piece.push_str(&word[begin..end]);
                self.words.find(&piece).map(|entry| (entry, end))
            });
            begin = match longest {
                Some((entry, end)) => {
                    pieces.push(entry);
                    end
                }
                None => begin + word[begin..].chars().next().map_or(1, char::len_utf8),
            };
        }
        pieces
    }

    /// Adds the vector of an entry, times a weight.
    pub(super) fn add(&self, sum: &mut [f32; DIMENSIONS], entry: usize, weight: f32) {
        self.add_direction(sum, entry, weight * length(self.lengths[entry]));
    }

    pub(super) fn add_direction(&self, sum: &mut [f32; DIMENSIONS], entry: usize, weight: f32) {
        add_scaled(sum, &unpacked(&self.vectors[entry]), weight);
    }
}

/// Adds a vector, scaled to a length.
pub(super) fn add_scaled(sum: &mut [f32; DIMENSIONS], vector: &[f32; DIMENSIONS], length: f32) {
    let squares: f32 = vector.iter().map(|value| value * value).sum();
    let scale = length / squares.max(f32::MIN_POSITIVE).sqrt();
    sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += scale * value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::word_table::neighbour;

    fn pieces(word: &str) -> Vec<&'static str> {
        let pieces = ENGLISH.pieces(word);
        pieces.iter().map(|entry| std::str::from_utf8(ENGLISH.words.text(*entry)).expect("text")).collect()
    }

    #[test]
    fn every_table_entry_is_found() {
        let words = &ENGLISH.words;
        for entry in 0..words.len() {
            assert_eq!(words.str(entry).and_then(|word| words.find(word)), Some(entry));
            assert!(words.text(entry).len() <= LONGEST);
        }
        assert_eq!(words.texts.len(), end(words.ends, words.len()));
        assert_eq!(ENGLISH.neighbours.len() * NEIGHBOUR_BYTES, end(ENGLISH.neighbour_ends, words.len()));
        assert!(ENGLISH.neighbours.iter().all(|near| neighbour(*near).0 < words.len()));
    }

    #[test]
    fn word_is_split_into_longest_pieces() {
        assert_eq!(pieces("violin"), ["violin"]);
        assert_eq!(pieces("unviolinlike"), ["un", "##vio", "##lin", "##like"]);
        assert_eq!(pieces("caf\u{1F980}e"), ["caf", "##e"]);
        assert_eq!(pieces(""), [""; 0]);
        assert_eq!(pieces(&"ab".repeat(50)).concat().replace(CONTINUED, ""), "ab".repeat(50));
        assert_eq!(pieces(&"ab".repeat(51)), [""; 0]);
    }
}
