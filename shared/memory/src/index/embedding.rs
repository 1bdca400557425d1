//! Word embeddings: a table of vectors in which words with similar use are close to each other.
//!
//! The sum of the vectors of a text's words approximates the sentence vector of all-MiniLM-L6-v2, see `embedding/README.md`
//! in this package. A second table has whole words of other languages, near the English words with their meaning (SE-14).
//! The tables are part of the binary and are used without decoding. A text without a known word has no vector and is ranked
//! by its terms alone.

use std::sync::LazyLock;

use super::{
    analysis::marks::without_marks,
    vector::{DIMENSIONS, PackedVector, UNKNOWN, VECTOR_BYTES, pack, unpacked},
};

static ENGLISH: LazyLock<EmbeddingTable> =
    LazyLock::new(|| EmbeddingTable::of(include_bytes!("../../embedding/table.bin")));
static LANGUAGES: LazyLock<EmbeddingTable> =
    LazyLock::new(|| EmbeddingTable::of(include_bytes!("../../embedding/languages.bin")));

const HEADER_BYTES: usize = 8;
/// A neighbour: its index in the English table, and the cosine in 255ths.
const NEIGHBOUR_BYTES: usize = 3;
/// The vocabulary's marker of a piece that continues a word.
const CONTINUED: &str = "##";
/// Maximum bytes of an English entry.
const LONGEST: usize = 20;
/// Maximum characters of a word. Longer ones are keys or numbers. The model has the same limit; without it, a single
/// word of 64 KB would take seconds.
const WORD_CHARACTERS: usize = 100;

/// The layout of a table.
struct EmbeddingTable {
    word_ends: &'static [[u8; 4]],
    lengths: &'static [[u8; 2]],
    neighbour_ends: &'static [[u8; 4]],
    vectors: &'static [PackedVector],
    words: &'static [u8],
    neighbours: &'static [u8],
}

/// The embedding of a text. Only its direction is significant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Embedding(pub(crate) [f32; DIMENSIONS]);

impl EmbeddingTable {
    fn of(bytes: &'static [u8]) -> Self {
        let words = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize;
        let (word_ends, rest) = bytes[HEADER_BYTES..].split_at(4 * words);
        // The ranks, which only the benchmarks need.
        let (lengths, rest) = rest[2 * words..].split_at(2 * words);
        let (neighbour_ends, rest) = rest.split_at(4 * words);
        let (vectors, rest) = rest.split_at(VECTOR_BYTES * words);
        let word_ends = word_ends.as_chunks().0;
        let (words, neighbours) = rest.split_at(end(word_ends, words));
        Self {
            word_ends,
            lengths: lengths.as_chunks().0,
            neighbour_ends: neighbour_ends.as_chunks().0,
            vectors: vectors.as_chunks().0,
            words,
            neighbours,
        }
    }

    fn word(&self, entry: usize) -> &'static [u8] {
        &self.words[end(self.word_ends, entry)..end(self.word_ends, entry + 1)]
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

    /// Splits a word into the longest known pieces, from the start (WordPiece). Unknown characters are skipped.
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
                self.find(&piece).map(|entry| (entry, end))
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
    fn add(&self, sum: &mut [f32; DIMENSIONS], entry: usize, weight: f32) {
        let vector = unpacked(&self.vectors[entry]);
        let squares: f32 = vector.iter().map(|value| value * value).sum();
        let length = f32::from(u16::from_le_bytes(self.lengths[entry]));
        let weight = weight * length / squares.max(1.0).sqrt();
        sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += weight * value);
    }
}

/// The vector of a text with these weighted words.
pub(crate) fn vector_of<'a>(words: impl Iterator<Item = (&'a str, f32)>) -> PackedVector {
    embedding(words).map_or(UNKNOWN, |embedding| pack(&embedding.0))
}

/// The embedding of weighted words, or `None` if no word is known.
pub(crate) fn embedding<'a>(words: impl Iterator<Item = (&'a str, f32)>) -> Option<Embedding> {
    let mut sum = [0.0; DIMENSIONS];
    for (word, weight) in words {
        let plain = without_marks(word);
        if let Some((table, entry)) = whole(&plain) {
            table.add(&mut sum, entry, weight);
        } else if plain.is_ascii() {
            // The pieces of a word of another script are letters, which mean nothing.
            ENGLISH.pieces(&plain).into_iter().for_each(|entry| ENGLISH.add(&mut sum, entry, weight));
        }
    }
    sum.iter().any(|value| *value != 0.0).then_some(Embedding(sum))
}

/// The table with a word, without its marks, as a whole, and its entry. The English table has letters of other scripts, too,
/// but only as letters.
fn whole(plain: &str) -> Option<(&'static EmbeddingTable, usize)> {
    let tables = if plain.is_ascii() { [&ENGLISH, &LANGUAGES] } else { [&LANGUAGES, &ENGLISH] };
    tables.into_iter().find_map(|table| Some((&**table, table.find(plain)?)))
}

/// `true` if a word is in a table as a whole. A single letter means nothing, nor do the
/// pieces of an unknown word.
pub(crate) fn is_known(word: &str) -> bool {
    word.len() > 1 && whole(&without_marks(word)).is_some()
}

/// The nearest English neighbours of a word and their cosines, nearest first. Those of a word of another language are its
/// translations.
pub(crate) fn neighbours(word: &str) -> impl Iterator<Item = (&'static str, f32)> {
    let list = whole(&without_marks(word)).map(|(table, entry)| {
        &table.neighbours[end(table.neighbour_ends, entry)..end(table.neighbour_ends, entry + 1)]
    });
    list.unwrap_or_default().chunks_exact(NEIGHBOUR_BYTES).filter_map(|near| {
        let entry = usize::from(u16::from_le_bytes([near[0], near[1]]));
        Some((std::str::from_utf8(ENGLISH.word(entry)).ok()?, f32::from(near[2]) / 255.0))
    })
}

/// The end of the previous entry.
fn end(ends: &[[u8; 4]], entry: usize) -> usize {
    entry.checked_sub(1).map_or(0, |before| u32::from_le_bytes(ends[before]) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(word: &str) -> Vec<&'static str> {
        let pieces = ENGLISH.pieces(word);
        pieces.iter().map(|entry| std::str::from_utf8(ENGLISH.word(*entry)).expect("text")).collect()
    }

    #[test]
    fn every_table_entry_is_found() {
        for table in [&ENGLISH, &LANGUAGES] {
            for entry in 0..table.word_ends.len() {
                let word = std::str::from_utf8(table.word(entry)).expect("text");
                assert_eq!(table.find(word), Some(entry), "{word}");
            }
            assert_eq!(table.neighbours.len(), end(table.neighbour_ends, table.word_ends.len()));
            for near in table.neighbours.chunks(NEIGHBOUR_BYTES) {
                assert!(usize::from(u16::from_le_bytes([near[0], near[1]])) < ENGLISH.word_ends.len());
            }
        }
        assert!((0..ENGLISH.word_ends.len()).all(|entry| ENGLISH.word(entry).len() <= LONGEST));
    }

    /// A word with marks is found by its plain form, which is what the table has.
    #[test]
    fn words_of_languages_are_in_their_plain_form() {
        for entry in 0..LANGUAGES.word_ends.len() {
            let word = std::str::from_utf8(LANGUAGES.word(entry)).expect("text");
            assert_eq!(without_marks(word), word);
            assert!(!word.is_ascii() || ENGLISH.find(word).is_none(), "{word}");
        }
    }

    /// SE-14
    #[test]
    fn words_of_languages_are_near_their_translations() {
        for (word, english, other) in [
            ("hund", "dog", "church"),
            ("война", "war", "bread"),
            ("вода", "water", "church"),
            ("학교", "school", "bread"),
            ("学校", "school", "bread"),
            ("狗", "dog", "church"),
            ("घर", "house", "bread"),
        ] {
            let vector = |word| embedding([(word, 1.0)].into_iter()).expect("a known word").0;
            let cosine = |one: &[f32], other: &[f32]| {
                let product = |one: &[f32], other: &[f32]| one.iter().zip(other).map(|(a, b)| a * b).sum::<f32>();
                product(one, other) / (product(one, one) * product(other, other)).sqrt()
            };
            let near = |english| cosine(&vector(word), &vector(english));
            assert!(is_known(word));
            assert!(
                near(english) > 0.5 && near(english) > near(other) + 0.3,
                "{word}: {}, {}",
                near(english),
                near(other)
            );
            assert!(neighbours(word).any(|(near, _)| near == english), "{word}");
        }
    }

    /// SE-02, SE-14
    #[test]
    fn marks_make_no_difference() {
        for (word, plain) in [("también", "tambien"), ("später", "spater"), ("ещё", "еще")] {
            assert_eq!(embedding([(word, 1.0)].into_iter()), embedding([(plain, 1.0)].into_iter()));
            assert!(is_known(word) && is_known(plain));
            assert!(neighbours(word).eq(neighbours(plain)));
        }
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

    #[test]
    fn neighbours_have_similar_use() {
        let near: Vec<_> = neighbours("violin").collect();
        assert!(near.iter().any(|(word, _)| *word == "cello"));
        assert!(near.is_sorted_by(|(_, one), (_, next)| one >= next));
        assert!(near.iter().all(|(word, cosine)| *word != "violin" && (0.49..1.0).contains(cosine)));
        assert_eq!(neighbours("xqzt").count(), 0);
    }
}
