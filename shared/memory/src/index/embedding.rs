//! Word embeddings: a table of vectors in which words with similar use are close to each other.
//!
//! The sum of the vectors of a text's words approximates the sentence vector of all-MiniLM-L6-v2, see `embedding/README.md`
//! in this package. A second table has whole words of other languages, and the English words that are near them (SE-14).
//! The tables are part of the binary and are used without decoding. A text without a known word has no vector and is ranked
//! by its terms alone.

use std::sync::LazyLock;

use super::{
    analysis::marks::without_marks,
    vector::{DIMENSIONS, PackedVector, UNKNOWN, VECTOR_BYTES, pack, unpacked},
};

static ENGLISH: LazyLock<EmbeddingTable> =
    LazyLock::new(|| EmbeddingTable::of(include_bytes!("../../embedding/table.bin")));
static LANGUAGES: LazyLock<TranslationTable> =
    LazyLock::new(|| TranslationTable::of(include_bytes!("../../embedding/languages.bin")));

const HEADER_BYTES: usize = 8;
/// A neighbour: its index in the English table, and the cosine in 255ths.
const NEIGHBOUR_BYTES: usize = 3;
/// The English words whose weighted mean is the direction of a word of another language.
const NEAREST: usize = 4;
/// The fall of their weights with the cosine.
const STEEPNESS: f32 = 16.0;
/// The nearest ones that translate it, and their least cosine.
const TRANSLATIONS: usize = 3;
const LEAST_COSINE: f32 = 0.5;
/// A translation of an English word: its index in the other table.
const TRANSLATION_BYTES: usize = 3;
/// The vocabulary's marker of a piece that continues a word.
const CONTINUED: &str = "##";
/// Maximum bytes of an English entry.
const LONGEST: usize = 20;
/// Maximum characters of a word. Longer ones are keys or numbers. The model has the same limit; without it, a single
/// word of 64 KB would take seconds.
const WORD_CHARACTERS: usize = 100;

/// The sorted entries of a table.
struct Entries {
    ends: &'static [[u8; 4]],
    texts: &'static [u8],
}

/// The layout of the English table.
struct EmbeddingTable {
    words: Entries,
    lengths: &'static [[u8; 2]],
    neighbour_ends: &'static [[u8; 4]],
    vectors: &'static [PackedVector],
    neighbours: &'static [[u8; NEIGHBOUR_BYTES]],
}

/// The layout of the table of other languages.
struct TranslationTable {
    words: Entries,
    lengths: &'static [[u8; 2]],
    nearest: &'static [[u8; NEAREST * NEIGHBOUR_BYTES]],
    translation_ends: &'static [[u8; 4]],
    translations: &'static [[u8; TRANSLATION_BYTES]],
}

/// A word that a table has as a whole.
enum Whole {
    English(usize),
    Other(usize),
}

/// The embedding of a text. Only its direction is significant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Embedding(pub(crate) [f32; DIMENSIONS]);

impl Entries {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn text(&self, entry: usize) -> &'static [u8] {
        &self.texts[end(self.ends, entry)..end(self.ends, entry + 1)]
    }

    fn str(&self, entry: usize) -> Option<&'static str> {
        std::str::from_utf8(self.text(entry)).ok()
    }

    fn find(&self, word: &str) -> Option<usize> {
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

impl EmbeddingTable {
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

    fn neighbours(&self, entry: usize) -> &'static [[u8; NEIGHBOUR_BYTES]] {
        list_of(entry, self.neighbour_ends, self.neighbours)
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

    /// Adds the direction of an entry, times a weight.
    fn add(&self, sum: &mut [f32; DIMENSIONS], entry: usize, weight: f32) {
        add_direction(sum, &unpacked(&self.vectors[entry]), weight);
    }
}

impl TranslationTable {
    fn of(bytes: &'static [u8]) -> Self {
        let (entries, ends, rest) = header(bytes);
        let (lengths, rest) = rest.split_at(2 * entries);
        let (nearest, rest) = rest.split_at(NEAREST * NEIGHBOUR_BYTES * entries);
        let (texts, rest) = rest.split_at(end(ends, entries));
        let (translation_ends, translations) = rest.split_at(4 * ENGLISH.words.len());
        Self {
            words: Entries { ends, texts },
            lengths: lengths.as_chunks().0,
            nearest: nearest.as_chunks().0,
            translation_ends: translation_ends.as_chunks().0,
            translations: translations.as_chunks().0,
        }
    }

    fn nearest(&self, entry: usize) -> &'static [[u8; NEIGHBOUR_BYTES]] {
        self.nearest[entry].as_chunks().0
    }

    /// The English words that translate an entry, and their cosines.
    fn in_english(&self, entry: usize) -> impl Iterator<Item = (usize, f32)> {
        let nearest = self.nearest(entry)[..TRANSLATIONS].iter().map(|near| neighbour(*near));
        nearest.take_while(|(_, cosine)| *cosine >= LEAST_COSINE)
    }

    /// The entries that an English word translates, and their cosines, nearest first.
    fn translating(&'static self, english: usize) -> impl Iterator<Item = (usize, f32)> {
        let list = list_of(english, self.translation_ends, self.translations);
        list.iter().filter_map(move |[low, middle, high]| {
            let entry = u32::from_le_bytes([*low, *middle, *high, 0]) as usize;
            self.in_english(entry).find(|(translation, _)| *translation == english).map(|(_, cosine)| (entry, cosine))
        })
    }

    /// Adds the direction of an entry, times a weight.
    fn add(&self, sum: &mut [f32; DIMENSIONS], entry: usize, weight: f32) {
        let nearest = || self.nearest(entry).iter().map(|near| neighbour(*near));
        let highest = nearest().next().map_or(0.0, |(_, cosine)| cosine);
        let mut mean = [0.0; DIMENSIONS];
        for (english, cosine) in nearest() {
            ENGLISH.add(&mut mean, english, (STEEPNESS * (cosine - highest)).exp());
        }
        add_direction(sum, &mean, weight);
    }
}

/// The number of entries, the ends of their texts, and the rest of a table.
fn header(bytes: &'static [u8]) -> (usize, &'static [[u8; 4]], &'static [u8]) {
    let entries = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize;
    let (ends, rest) = bytes[HEADER_BYTES..].split_at(4 * entries);
    (entries, ends.as_chunks().0, rest)
}

/// Adds a vector, scaled to a length.
fn add_direction(sum: &mut [f32; DIMENSIONS], vector: &[f32; DIMENSIONS], length: f32) {
    let squares: f32 = vector.iter().map(|value| value * value).sum();
    let scale = length / squares.max(f32::MIN_POSITIVE).sqrt();
    sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += scale * value);
}

/// The length of a vector, of which only the ratio to others counts.
fn length(stored: [u8; 2]) -> f32 {
    f32::from(u16::from_le_bytes(stored))
}

/// The index of a neighbour in the English table, and its cosine.
fn neighbour([low, high, cosine]: [u8; NEIGHBOUR_BYTES]) -> (usize, f32) {
    (usize::from(u16::from_le_bytes([low, high])), f32::from(cosine) / 255.0)
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
        let mut add_english = |entry| ENGLISH.add(&mut sum, entry, weight * length(ENGLISH.lengths[entry]));
        match whole(&plain) {
            Some(Whole::English(entry)) => add_english(entry),
            Some(Whole::Other(entry)) => LANGUAGES.add(&mut sum, entry, weight * length(LANGUAGES.lengths[entry])),
            None if plain.is_ascii() => ENGLISH.pieces(&plain).into_iter().for_each(add_english),
            // The pieces of a word of another script are letters, which mean nothing.
            None => (),
        }
    }
    sum.iter().any(|value| *value != 0.0).then_some(Embedding(sum))
}

/// The entry of a word, without its marks, in the table that has it as a whole. The English table has letters of other
/// scripts, too, but only as letters.
fn whole(plain: &str) -> Option<Whole> {
    let english = || ENGLISH.words.find(plain).map(Whole::English);
    let other = || LANGUAGES.words.find(plain).map(Whole::Other);
    if plain.is_ascii() { english().or_else(other) } else { other().or_else(english) }
}

/// `true` if a word is in a table as a whole. A single letter means nothing, nor do the
/// pieces of an unknown word.
pub(crate) fn is_known(word: &str) -> bool {
    word.len() > 1 && whole(&without_marks(word)).is_some()
}

/// `true` if a word is in the table of other languages as a whole.
pub(crate) fn is_foreign(word: &str) -> bool {
    matches!(whole(&without_marks(word)), Some(Whole::Other(_)))
}

/// The nearest neighbours of an English word and their cosines, nearest first.
pub(crate) fn neighbours(word: &str) -> impl Iterator<Item = (&'static str, f32)> {
    let list = match whole(&without_marks(word)) {
        Some(Whole::English(entry)) => ENGLISH.neighbours(entry),
        Some(Whole::Other(_)) | None => &[],
    };
    list.iter().map(|near| neighbour(*near)).filter_map(|(entry, cosine)| Some((ENGLISH.words.str(entry)?, cosine)))
}

/// The translations of a word and their cosines, nearest first: of a word of another language into English, and of an
/// English word into all other languages, unless the searched texts have none of them.
pub(crate) fn translations(word: &str, has_other_languages: bool) -> impl Iterator<Item = (&'static str, f32)> {
    let (of_english, of_other) = match whole(&without_marks(word)) {
        Some(Whole::English(entry)) => (Some(entry).filter(|_| has_other_languages), None),
        Some(Whole::Other(entry)) => (None, Some(entry)),
        None => (None, None),
    };
    let others = of_english.into_iter().flat_map(|entry| LANGUAGES.translating(entry));
    let others = others.filter_map(|(entry, cosine)| Some((LANGUAGES.words.str(entry)?, cosine)));
    let english = of_other.into_iter().flat_map(|entry| LANGUAGES.in_english(entry));
    others.chain(english.filter_map(|(entry, cosine)| Some((ENGLISH.words.str(entry)?, cosine))))
}

/// The list of an entry.
fn list_of<const BYTES: usize>(
    entry: usize,
    ends: &'static [[u8; 4]],
    lists: &'static [[u8; BYTES]],
) -> &'static [[u8; BYTES]] {
    let [begin, end] = [entry, entry + 1].map(|entry| end(ends, entry) / BYTES);
    &lists[begin..end]
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
        pieces.iter().map(|entry| std::str::from_utf8(ENGLISH.words.text(*entry)).expect("text")).collect()
    }

    #[test]
    fn every_table_entry_is_found() {
        for words in [&ENGLISH.words, &LANGUAGES.words] {
            for entry in 0..words.len() {
                let word = std::str::from_utf8(words.text(entry)).expect("text");
                assert_eq!(words.find(word), Some(entry), "{word}");
            }
            assert_eq!(words.texts.len(), end(words.ends, words.len()));
        }
        assert_eq!(
            LANGUAGES.translations.len() * TRANSLATION_BYTES,
            end(LANGUAGES.translation_ends, ENGLISH.words.len())
        );
        assert_eq!(ENGLISH.neighbours.len() * NEIGHBOUR_BYTES, end(ENGLISH.neighbour_ends, ENGLISH.words.len()));
        let others = LANGUAGES.nearest.iter().flat_map(|nearest| nearest.as_chunks().0);
        for near in ENGLISH.neighbours.iter().chain(others) {
            assert!(neighbour(*near).0 < ENGLISH.words.len());
        }
        assert!((0..ENGLISH.words.len()).all(|entry| ENGLISH.words.text(entry).len() <= LONGEST));
    }

    /// A word with marks is found by its plain form, which is what the table has.
    #[test]
    fn words_of_languages_are_in_their_plain_form() {
        for entry in 0..LANGUAGES.words.len() {
            let word = std::str::from_utf8(LANGUAGES.words.text(entry)).expect("text");
            assert_eq!(without_marks(word), word);
            assert!(!word.is_ascii() || ENGLISH.words.find(word).is_none(), "{word}");
        }
    }

    #[test]
    fn nearest_words_of_other_languages_are_in_order() {
        for entry in 0..LANGUAGES.words.len() {
            assert!(LANGUAGES.nearest(entry).is_sorted_by(|one, next| one[2] >= next[2]), "{entry}");
        }
    }

    /// A pair that only one direction had would be left out.
    #[test]
    fn translations_go_both_ways_nearest_first() {
        let mut pairs = 0;
        for english in 0..ENGLISH.words.len() {
            let others: Vec<_> = LANGUAGES.translating(english).collect();
            assert!(others.is_sorted_by(|(_, one), (_, next)| one >= next), "{english}");
            pairs += others.len();
        }
        assert_eq!(pairs, LANGUAGES.translations.len());
        assert_eq!(translations("xqzt", true).count(), 0);
        assert_eq!((translations("dog", false).count(), translations("katze", false).count()), (0, 3));
    }

    /// SE-14
    #[test]
    fn words_of_languages_are_near_their_translations() {
        for (word, english, other) in [
            ("hund", "dog", "church"),
            ("hermano", "brother", "bread"),
            ("katze", "cat", "church"),
            ("schwester", "sister", "bread"),
            ("schule", "school", "bread"),
            ("perro", "dog", "church"),
            ("boda", "wedding", "bread"),
            ("fratello", "brother", "bread"),
            ("fiets", "bike", "church"),
            ("irmã", "sister", "bread"),
            ("köpek", "dog", "church"),
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
            assert!(translations(word, false).any(|(near, _)| near == english), "{word}");
            assert!(translations(english, true).any(|(near, _)| near == without_marks(word)), "{word}");
        }
    }

    /// SE-02, SE-14
    #[test]
    fn marks_make_no_difference() {
        for (word, plain) in [("también", "tambien"), ("später", "spater"), ("ещё", "еще")] {
            assert_eq!(embedding([(word, 1.0)].into_iter()), embedding([(plain, 1.0)].into_iter()));
            assert!(is_known(word) && is_known(plain));
            assert!(translations(word, true).eq(translations(plain, true)));
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
