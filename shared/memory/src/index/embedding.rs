//! Word embeddings: a table of vectors in which words with similar use are close to each other.
//!
//! The sum of the vectors of a text's words approximates the sentence vector of all-MiniLM-L6-v2, see `embedding/README.md`
//! in this package. A second table has whole words of other languages, and the English words that are likely to translate them
//! (SE-14). A word of both is English in an English text, if it is common there. The tables are part of the binary and are used without decoding. A text without a known word has no vector and is ranked
//! by its terms alone.

use std::sync::LazyLock;

use super::{
    analysis::marks::without_marks,
    language::{self, TextLanguage},
    vector::{DIMENSIONS, PackedVector, UNKNOWN, VECTOR_BYTES, pack, unpacked},
};

static ENGLISH: LazyLock<EmbeddingTable> =
    LazyLock::new(|| EmbeddingTable::of(include_bytes!("../../embedding/table.bin")));
static LANGUAGES: LazyLock<TranslationTable> =
    LazyLock::new(|| TranslationTable::of(include_bytes!("../../embedding/languages.bin")));

const HEADER_BYTES: usize = 8;
/// A neighbour: its index in the English table, and the cosine or likelihood in 255ths.
const NEIGHBOUR_BYTES: usize = 3;
/// The likely translations of a word of another language, whose weighted mean is its direction.
const NEAREST: usize = 4;
/// The growth of their weights with the likelihood.
const STEEPNESS: f32 = 16.0;
/// The likeliest ones that translate it in a search, and their least likelihood.
const TRANSLATIONS: usize = 3;
const LEAST_LIKELIHOOD: f32 = 0.5;
/// The least characters of a part of a compound, the letters that may join two parts, and the share of a translation of one.
const PART: usize = 4;
const JOINTS: [&str; 6] = ["", "s", "n", "en", "es", "e"];
const OF_COMPOUND: f32 = 0.7;
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
    /// A bit for each entry, set for a common English word.
    english: &'static [u8],
    nearest: &'static [[u8; NEAREST * NEIGHBOUR_BYTES]],
    translation_ends: &'static [[u8; 4]],
    translations: &'static [[u8; TRANSLATION_BYTES]],
}

/// A word in normal form, and the language of the text that it is from, if it is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TextWord<'a> {
    pub(crate) word: &'a str,
    pub(crate) language: Option<TextLanguage>,
}

/// The entries of a word, or of its parts.
enum Known {
    English(usize),
    Other(usize),
    /// The words of another language that a compound consists of, the head last.
    Compound(Vec<usize>),
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

    /// Adds the vector of an entry, times a weight.
    fn add(&self, sum: &mut [f32; DIMENSIONS], entry: usize, weight: f32) {
        self.add_direction(sum, entry, weight * length(self.lengths[entry]));
    }

    fn add_direction(&self, sum: &mut [f32; DIMENSIONS], entry: usize, weight: f32) {
        add_scaled(sum, &unpacked(&self.vectors[entry]), weight);
    }
}

impl TranslationTable {
    fn of(bytes: &'static [u8]) -> Self {
        let (entries, ends, rest) = header(bytes);
        let (lengths, rest) = rest.split_at(2 * entries);
        let (english, rest) = rest.split_at(entries.div_ceil(8));
        let (nearest, rest) = rest.split_at(NEAREST * NEIGHBOUR_BYTES * entries);
        let (texts, rest) = rest.split_at(end(ends, entries));
        let (translation_ends, translations) = rest.split_at(4 * ENGLISH.words.len());
        Self {
            words: Entries { ends, texts },
            lengths: lengths.as_chunks().0,
            english,
            nearest: nearest.as_chunks().0,
            translation_ends: translation_ends.as_chunks().0,
            translations: translations.as_chunks().0,
        }
    }

    fn nearest(&self, entry: usize) -> &'static [[u8; NEIGHBOUR_BYTES]] {
        self.nearest[entry].as_chunks().0
    }

    /// The parts of a compound, the head last.
    fn parts(&self, compound: &str) -> Option<Vec<usize>> {
        let is_long = (2 * PART..=WORD_CHARACTERS).contains(&compound.chars().count());
        let starts = compound.char_indices().map(|(at, _)| at).filter(|_| is_long);
        // The longest head is the most likely one.
        starts.skip(PART).filter(|at| is_part(&compound[*at..])).find_map(|at| {
            let head = self.words.find(&compound[at..])?;
            JOINTS.iter().filter_map(|joint| compound[..at].strip_suffix(joint)).find_map(|modifier| {
                let whole = self.words.find(modifier).filter(|_| is_part(modifier)).map(|entry| vec![entry]);
                let mut parts = whole.or_else(|| self.parts(modifier))?;
                parts.push(head);
                Some(parts)
            })
        })
    }

    fn is_common_in_english(&self, entry: usize) -> bool {
        self.english[entry / 8] & (1 << (entry % 8)) != 0
    }

    /// The English words that translate an entry, and their likelihoods.
    fn in_english(&self, entry: usize) -> impl Iterator<Item = (usize, f32)> {
        let nearest = self.nearest(entry)[..TRANSLATIONS].iter().map(|near| neighbour(*near));
        nearest.take_while(|(_, likelihood)| *likelihood >= LEAST_LIKELIHOOD)
    }

    /// The entries that an English word translates, and their likelihoods, likeliest first.
    fn translating(&'static self, english: usize) -> impl Iterator<Item = (usize, f32)> {
        let list = list_of(english, self.translation_ends, self.translations);
        list.iter().filter_map(move |[low, middle, high]| {
            let entry = u32::from_le_bytes([*low, *middle, *high, 0]) as usize;
            self.in_english(entry)
                .find(|(translation, _)| *translation == english)
                .map(|(_, likelihood)| (entry, likelihood))
        })
    }

    /// Adds the vector of an entry, times a weight.
    fn add(&self, sum: &mut [f32; DIMENSIONS], entry: usize, weight: f32) {
        let nearest = || self.nearest(entry).iter().map(|near| neighbour(*near));
        let highest = nearest().next().map_or(0.0, |(_, likelihood)| likelihood);
        let mut mean = [0.0; DIMENSIONS];
        for (english, likelihood) in nearest() {
            ENGLISH.add_direction(&mut mean, english, (STEEPNESS * (likelihood - highest)).exp());
        }
        add_scaled(sum, &mean, weight * length(self.lengths[entry]));
    }
}

fn is_part(text: &str) -> bool {
    text.chars().nth(PART - 1).is_some()
}

/// The number of entries, the ends of their texts, and the rest of a table.
fn header(bytes: &'static [u8]) -> (usize, &'static [[u8; 4]], &'static [u8]) {
    let entries = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize;
    let (ends, rest) = bytes[HEADER_BYTES..].split_at(4 * entries);
    (entries, ends.as_chunks().0, rest)
}

/// Adds a vector, scaled to a length.
fn add_scaled(sum: &mut [f32; DIMENSIONS], vector: &[f32; DIMENSIONS], length: f32) {
    let squares: f32 = vector.iter().map(|value| value * value).sum();
    let scale = length / squares.max(f32::MIN_POSITIVE).sqrt();
    sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += scale * value);
}

/// The length of a vector, of which only the ratio to others counts.
fn length(stored: [u8; 2]) -> f32 {
    f32::from(u16::from_le_bytes(stored))
}

/// The index of a neighbour in the English table, and its cosine or likelihood.
fn neighbour([low, high, cosine]: [u8; NEIGHBOUR_BYTES]) -> (usize, f32) {
    (usize::from(u16::from_le_bytes([low, high])), f32::from(cosine) / 255.0)
}

/// The vector of a text with these weighted words.
pub(crate) fn vector_of<'a>(words: impl Iterator<Item = (TextWord<'a>, f32)>) -> PackedVector {
    embedding(words).map_or(UNKNOWN, |embedding| pack(&embedding.0))
}

/// The embedding of weighted words, or `None` if no word is known.
pub(crate) fn embedding<'a>(words: impl Iterator<Item = (TextWord<'a>, f32)>) -> Option<Embedding> {
    let mut sum = [0.0; DIMENSIONS];
    for (word, weight) in words {
        match word.known() {
            Some(Known::English(entry)) => ENGLISH.add(&mut sum, entry, weight),
            Some(Known::Other(entry)) => LANGUAGES.add(&mut sum, entry, weight),
            Some(Known::Compound(parts)) => {
                let weight = weight / parts.len() as f32;
                parts.into_iter().for_each(|part| LANGUAGES.add(&mut sum, part, weight));
            }
            // The pieces of a word of another script are letters, which mean nothing.
            None => {
                let plain = without_marks(word.word);
                let pieces = if plain.is_ascii() { ENGLISH.pieces(&plain) } else { vec![] };
                pieces.into_iter().for_each(|piece| ENGLISH.add(&mut sum, piece, weight));
            }
        }
    }
    sum.iter().any(|value| *value != 0.0).then_some(Embedding(sum))
}

impl TextWord<'_> {
    /// The entries of the word without its marks, which no English word has. A word of both tables has the meaning of its
    /// text, and if that is in an unknown language, the English one if it is common in English.
    fn known(self) -> Option<Known> {
        let plain = without_marks(self.word);
        let is_english = |other: usize| match self.language {
            _ if plain != self.word => false,
            Some(language) => language == language::ENGLISH,
            None => LANGUAGES.is_common_in_english(other),
        };
        match (ENGLISH.words.find(&plain), LANGUAGES.words.find(&plain)) {
            (Some(entry), Some(other)) if is_english(other) => Some(Known::English(entry)),
            (_, Some(other)) => Some(Known::Other(other)),
            (Some(entry), None) => Some(Known::English(entry)),
            (None, None) => LANGUAGES.parts(&plain).map(Known::Compound),
        }
    }

    /// `true` if the tables have the word or its parts. A single letter means nothing, nor do the pieces of an unknown word.
    pub(crate) fn is_known(self) -> bool {
        self.word.len() > 1 && self.known().is_some()
    }

    /// `true` for a whole word of another language. A word with a typo may look like a compound.
    pub(crate) fn is_spelled(self) -> bool {
        matches!(self.known(), Some(Known::Other(_)))
    }

    /// `true` for a known word of another language.
    pub(crate) fn is_foreign(self) -> bool {
        matches!(self.known(), Some(Known::Other(_) | Known::Compound(_)))
    }

    /// The nearest neighbours of an English word and their cosines, nearest first.
    pub(crate) fn neighbours(self) -> impl Iterator<Item = (&'static str, f32)> {
        let list = match self.known() {
            Some(Known::English(entry)) => ENGLISH.neighbours(entry),
            _ => &[],
        };
        list.iter().map(|near| neighbour(*near)).filter_map(|(entry, cosine)| Some((ENGLISH.words.str(entry)?, cosine)))
    }

    /// The translations of the word and their likelihoods: of a word of another language into English, and of an English
    /// word into all other languages, unless the searched texts have none of them. Those of an entry are the likeliest first.
    pub(crate) fn translations(self, has_other_languages: bool) -> impl Iterator<Item = (&'static str, f32)> {
        let (of_english, of_others, share) = match self.known() {
            Some(Known::English(entry)) => (Some(entry).filter(|_| has_other_languages), vec![], 1.0),
            Some(Known::Other(entry)) => (None, vec![entry], 1.0),
            Some(Known::Compound(parts)) => (None, parts, OF_COMPOUND),
            None => (None, vec![], 1.0),
        };
        let others = of_english.into_iter().flat_map(|entry| LANGUAGES.translating(entry));
        let others = others.filter_map(|(entry, likelihood)| Some((LANGUAGES.words.str(entry)?, likelihood)));
        let english = of_others.into_iter().flat_map(|entry| LANGUAGES.in_english(entry));
        others
            .chain(english.filter_map(move |(entry, likelihood)| Some((ENGLISH.words.str(entry)?, share * likelihood))))
    }
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

    /// A word of a text in an unknown language.
    fn word(word: &str) -> TextWord<'_> {
        TextWord { word, language: None }
    }

    fn of_word(text: &str) -> [f32; DIMENSIONS] {
        embedding([(word(text), 1.0)].into_iter()).expect("a known word").0
    }

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
            let is_in_both = word.is_ascii() && ENGLISH.words.find(word).is_some();
            assert!(is_in_both || !LANGUAGES.is_common_in_english(entry), "{word}");
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
        assert_eq!(word("xqzt").translations(true).count(), 0);
        assert_eq!((word("dog").translations(false).count(), word("katze").translations(false).count()), (0, 3));
    }

    /// SE-14
    #[test]
    fn words_of_languages_are_near_their_translations() {
        for (foreign, english, other) in [
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
            let cosine = |one: &[f32], other: &[f32]| {
                let product = |one: &[f32], other: &[f32]| one.iter().zip(other).map(|(a, b)| a * b).sum::<f32>();
                product(one, other) / (product(one, one) * product(other, other)).sqrt()
            };
            let near = |english| cosine(&of_word(foreign), &of_word(english));
            assert!(word(foreign).is_known());
            assert!(
                near(english) > 0.5 && near(english) > near(other) + 0.3,
                "{foreign}: {}, {}",
                near(english),
                near(other)
            );
            assert!(word(foreign).translations(false).any(|(near, _)| near == english), "{foreign}");
            assert!(word(english).translations(true).any(|(near, _)| near == without_marks(foreign)), "{foreign}");
        }
    }

    /// SE-14
    #[test]
    fn word_of_two_languages_has_the_meaning_of_its_text() {
        let of = |word, text: &'static str| TextWord { word, language: TextLanguage::of(text.split(' ')) };
        let german = |word| of(word, "ich nicht");
        let means = |word: TextWord<'_>, english| word.translations(false).any(|(near, _)| near == english);
        assert!(means(german("kind"), "child"));
        assert!(!word("kind").is_foreign() && word("kind").translations(false).next().is_none());
        // No English word has marks, and few English texts have these words.
        for (foreign, english) in [("mère", "mother"), ("casa", "house"), ("maison", "house"), ("vida", "life")] {
            assert!(means(word(foreign), english), "{foreign}");
        }
        assert!(!german("hand").is_foreign());
        // A name, not an island.
        assert!(word("ada").is_foreign() && !of("ada", "ada is at the lake").is_foreign());
    }

    /// SE-08, SE-14
    #[test]
    fn compound_of_another_language_means_its_parts() {
        for (compound, parts) in [
            ("lieblingsfarbe", ["love", "color"]),
            ("geburtstagsgeschenk", ["birthday", "gift"]),
            ("vinterjacka", ["winter", "jacket"]),
        ] {
            let translations: Vec<_> = word(compound).translations(false).map(|(near, _)| near).collect();
            assert!(parts.iter().all(|part| translations.contains(part)), "{compound}: {translations:?}");
            assert!(word(compound).is_foreign() && !word(compound).is_spelled());
        }
        for unknown in ["xqztxqzt", "snowboardingly"] {
            assert!(!word(unknown).translations(false).any(|_| true), "{unknown}");
        }
    }

    /// SE-02, SE-14
    #[test]
    fn marks_make_no_difference() {
        for (marked, plain) in [("también", "tambien"), ("später", "spater"), ("ещё", "еще")] {
            assert_eq!(of_word(marked), of_word(plain));
            assert!(word(marked).is_known() && word(plain).is_known());
            assert!(word(marked).translations(true).eq(word(plain).translations(true)));
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
        let near: Vec<_> = word("violin").neighbours().collect();
        assert!(near.iter().any(|(word, _)| *word == "cello"));
        assert!(near.is_sorted_by(|(_, one), (_, next)| one >= next));
        assert!(near.iter().all(|(word, cosine)| *word != "violin" && (0.49..1.0).contains(cosine)));
        assert_eq!(word("xqzt").neighbours().count(), 0);
    }
}
