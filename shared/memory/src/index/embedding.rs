//! What words mean: a table of vectors in which words that are used alike are near each other.
//!
//! The table is made of all-MiniLM-L6-v2, see `embedding/README.md` in this package. It is part of the program and used
//! as it lies: nothing is parsed when it starts. Its vocabulary is English; a text of which it knows no word has no
//! vector, and is found by its words alone.

use std::sync::LazyLock;

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::of(include_bytes!("../../embedding/table.bin")));

const HEADER_BYTES: usize = 8;
/// A neighbour: its place, and its cosine in 255ths.
const NEIGHBOUR_BYTES: usize = 3;
/// What the vocabulary marks the parts of a word with that do not begin it.
const CONTINUED: &str = "##";
/// No entry has more bytes.
const LONGEST: usize = 20;
/// What has more characters is no word but a key or a number, and has no meaning: a limit of the model as well, without
/// which a text of one word of 64 KB would take seconds.
const WORD_CHARACTERS: usize = 100;

/// Where everything is in the table.
struct Table {
    dimensions: usize,
    word_ends: &'static [[u8; 4]],
    ranks: &'static [[u8; 2]],
    neighbour_ends: &'static [[u8; 4]],
    vectors: &'static [u8],
    words: &'static [u8],
    neighbours: &'static [u8],
}

/// What a text means; its length means nothing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Meaning(pub(crate) Vec<f32>);

impl Table {
    fn of(bytes: &'static [u8]) -> Self {
        let words = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize;
        let dimensions = usize::from(u16::from_le_bytes([bytes[4], bytes[5]]));
        let (word_ends, rest) = bytes[HEADER_BYTES..].split_at(4 * words);
        let (ranks, rest) = rest.split_at(2 * words);
        let (neighbour_ends, rest) = rest.split_at(4 * words);
        let (vectors, rest) = rest.split_at(dimensions * words);
        let word_ends = word_ends.as_chunks().0;
        let (words, neighbours) = rest.split_at(end(word_ends, words));
        Self {
            dimensions,
            word_ends,
            ranks: ranks.as_chunks().0,
            neighbour_ends: neighbour_ends.as_chunks().0,
            vectors,
            words,
            neighbours,
        }
    }

    fn word(&self, place: usize) -> &'static [u8] {
        &self.words[end(self.word_ends, place)..end(self.word_ends, place + 1)]
    }

    fn find(&self, word: &str) -> Option<usize> {
        let (mut low, mut high) = (0, self.word_ends.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.word(middle) < word.as_bytes() {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (low < self.word_ends.len() && self.word(low) == word.as_bytes()).then_some(low)
    }

    /// The longest entries that a word is made of, from its beginning on (WordPiece). A character that begins none is
    /// passed over.
    fn pieces(&self, word: &str) -> Vec<usize> {
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
                self.find(&piece).map(|place| (place, end))
            });
            begin = match longest {
                Some((place, end)) => {
                    pieces.push(place);
                    end
                }
                None => begin + word[begin..].chars().next().map_or(1, char::len_utf8),
            };
        }
        pieces
    }

    /// Adds what a word means, times its weight.
    fn add(&self, sum: &mut [f32], place: usize, weight: f32) {
        let vector = &self.vectors[place * self.dimensions..][..self.dimensions];
        let squares: f32 = vector.iter().map(|value| f32::from(*value as i8).powi(2)).sum();
        let weight = weight / squares.sqrt();
        sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += weight * f32::from(*value as i8));
    }
}

/// What a text means that has these words, each with its weight; `common` weighs an entry by its rank in the vocabulary.
pub(crate) fn meaning<'a>(words: impl Iterator<Item = (&'a str, f32)>, common: impl Fn(u16) -> f32) -> Option<Meaning> {
    let table = &*TABLE;
    let mut sum = vec![0.0; table.dimensions];
    for (word, weight) in words {
        for place in table.pieces(word) {
            table.add(&mut sum, place, weight * common(u16::from_le_bytes(table.ranks[place])));
        }
    }
    sum.iter().any(|value| *value != 0.0).then_some(Meaning(sum))
}

/// The words that are used most like this one, nearest first, and their cosines.
pub(crate) fn neighbours(word: &str) -> impl Iterator<Item = (&'static str, f32)> {
    let table = &*TABLE;
    let place = table.find(word);
    let list =
        place.map(|place| &table.neighbours[end(table.neighbour_ends, place)..end(table.neighbour_ends, place + 1)]);
    list.unwrap_or_default().chunks_exact(NEIGHBOUR_BYTES).filter_map(|near| {
        let place = usize::from(u16::from_le_bytes([near[0], near[1]]));
        Some((std::str::from_utf8(table.word(place)).ok()?, f32::from(near[2]) / 255.0))
    })
}

/// Where the one before a place ends.
fn end(ends: &[[u8; 4]], place: usize) -> usize {
    place.checked_sub(1).map_or(0, |before| u32::from_le_bytes(ends[before]) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(word: &str) -> Vec<&'static str> {
        let pieces = TABLE.pieces(word);
        pieces.iter().map(|place| std::str::from_utf8(TABLE.word(*place)).expect("text")).collect()
    }

    #[test]
    fn every_entry_of_the_table_is_found() {
        for place in 0..TABLE.word_ends.len() {
            let word = std::str::from_utf8(TABLE.word(place)).expect("text");
            assert_eq!(TABLE.find(word), Some(place), "{word}");
            assert!(word.len() <= LONGEST, "{word}");
        }
        assert_eq!(TABLE.neighbours.len(), end(TABLE.neighbour_ends, TABLE.word_ends.len()));
    }

    #[test]
    fn a_word_is_made_of_the_longest_pieces() {
        assert_eq!(pieces("violin"), ["violin"]);
        assert_eq!(pieces("unviolinlike"), ["un", "##vio", "##lin", "##like"]);
        assert_eq!(pieces("caf\u{1F980}e"), ["caf", "##e"]);
        assert_eq!(pieces(""), [""; 0]);
        assert_eq!(pieces(&"ab".repeat(50)).concat().replace(CONTINUED, ""), "ab".repeat(50));
        assert_eq!(pieces(&"ab".repeat(51)), [""; 0]);
    }

    #[test]
    fn near_a_word_are_those_that_are_used_like_it() {
        let near: Vec<_> = neighbours("violin").collect();
        assert!(near.iter().any(|(word, _)| *word == "cello"));
        assert!(near.is_sorted_by(|(_, one), (_, next)| one >= next));
        assert!(near.iter().all(|(word, cosine)| *word != "violin" && (0.49..1.0).contains(cosine)));
        assert_eq!(neighbours("xqzt").count(), 0);
    }
}
