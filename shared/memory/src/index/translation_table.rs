//! The table of words of other languages: their likely English translations, from which their vectors follow, and the words of
//! all languages that an English one translates (SE-14).

use std::sync::LazyLock;

use super::{
    english_table::{ENGLISH, add_scaled},
    vector::DIMENSIONS,
    word_table::{Entries, NEIGHBOUR_BYTES, end, header, length, list_of, neighbour},
};

pub(super) static LANGUAGES: LazyLock<TranslationTable> =
    LazyLock::new(|| TranslationTable::of(include_bytes!("../../embedding/languages.bin")));

/// The likely translations of a word of another language. Their weighted mean is its direction.
const NEAREST: usize = 4;
/// The growth of their weights with the likelihood.
const STEEPNESS: f32 = 16.0;
/// The likeliest ones that translate it in a search, and their least likelihood.
const TRANSLATIONS: usize = 3;
const LEAST_LIKELIHOOD: f32 = 0.5;
/// The most characters and parts of a compound, the least characters of a part, the letters that may join two parts, and the
/// share of a translation of one. Without the limits, a text without spaces would take seconds.
const COMPOUND_CHARACTERS: usize = 40;
const PARTS: usize = 3;
const PART: usize = 4;
const JOINTS: [&str; 6] = ["", "s", "n", "en", "es", "e"];
pub(super) const OF_COMPOUND: f32 = 0.7;
/// A translation of an English word: its index in the other table.
const TRANSLATION_BYTES: usize = 3;

/// The layout of the table of other languages.
pub(super) struct TranslationTable {
    pub(super) words: Entries,
    lengths: &'static [[u8; 2]],
    /// A bit for each entry, set for a common English word.
    english: &'static [u8],
    nearest: &'static [[u8; NEAREST * NEIGHBOUR_BYTES]],
    translation_ends: &'static [[u8; 4]],
    translations: &'static [[u8; TRANSLATION_BYTES]],
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
    pub(super) fn parts(&self, compound: &str) -> Option<Vec<usize>> {
        compound.chars().nth(COMPOUND_CHARACTERS).is_none().then(|| self.parts_at_most(PARTS, compound))?
    }

    fn parts_at_most(&self, most: usize, compound: &str) -> Option<Vec<usize>> {
        let starts = compound.char_indices().map(|(at, _)| at);
        // The longest head is the most likely one.
        starts.skip(PART).filter(|at| is_part(&compound[*at..])).find_map(|at| {
            let head = self.words.find(&compound[at..])?;
            JOINTS.iter().filter_map(|joint| compound[..at].strip_suffix(joint)).find_map(|modifier| {
                let whole = self.words.find(modifier).filter(|_| is_part(modifier)).map(|entry| vec![entry]);
                let of_parts = || (most > 2).then(|| self.parts_at_most(most - 1, modifier)).flatten();
                let mut parts = whole.or_else(of_parts)?;
                parts.push(head);
                Some(parts)
            })
        })
    }

    pub(super) fn is_common_in_english(&self, entry: usize) -> bool {
        self.english[entry / 8] & (1 << (entry % 8)) != 0
    }

    /// The English words that translate an entry, and their likelihoods.
    pub(super) fn in_english(&self, entry: usize) -> impl Iterator<Item = (usize, f32)> {
        let nearest = self.nearest(entry)[..TRANSLATIONS].iter().map(|near| neighbour(*near));
        nearest.take_while(|(_, likelihood)| *likelihood >= LEAST_LIKELIHOOD)
    }

    /// The entries that an English word translates, and their likelihoods, likeliest first.
    pub(super) fn translating(&'static self, english: usize) -> impl Iterator<Item = (usize, f32)> {
        let list = list_of(english, self.translation_ends, self.translations);
        list.iter().filter_map(move |[low, middle, high]| {
            let entry = u32::from_le_bytes([*low, *middle, *high, 0]) as usize;
            self.in_english(entry)
                .find(|(translation, _)| *translation == english)
                .map(|(_, likelihood)| (entry, likelihood))
        })
    }

    /// Adds the vector of an entry, times a weight.
    pub(super) fn add(&self, sum: &mut [f32; DIMENSIONS], entry: usize, weight: f32) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::analysis::marks::without_marks;

    #[test]
    fn every_table_entry_is_found() {
        let words = &LANGUAGES.words;
        for entry in 0..words.len() {
            assert_eq!(words.str(entry).and_then(|word| words.find(word)), Some(entry));
        }
        assert_eq!(words.texts.len(), end(words.ends, words.len()));
        let of_english = end(LANGUAGES.translation_ends, ENGLISH.words.len());
        assert_eq!(LANGUAGES.translations.len() * TRANSLATION_BYTES, of_english);
        let nearest = LANGUAGES.nearest.iter().flat_map(|nearest| nearest.as_chunks().0);
        assert!(nearest.into_iter().all(|near| neighbour(*near).0 < ENGLISH.words.len()));
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
    }

    #[test]
    fn compound_is_split_into_few_parts() {
        let parts = |compound: &str| {
            let parts = LANGUAGES.parts(compound);
            parts.map(|parts| parts.into_iter().filter_map(|part| LANGUAGES.words.str(part)).collect::<Vec<_>>())
        };
        assert_eq!(parts("geburtstagsgeschenk"), Some(vec!["geburtstag", "geschenk"]));
        assert_eq!(parts(&"geschenk".repeat(3)).map(|parts| parts.len()), Some(3));
        assert_eq!((parts(&"geschenk".repeat(4)), parts(&"geschenk".repeat(40))), (None, None));
        assert_eq!((parts("geschenk"), parts("haus"), parts("")), (None, None, None));
    }
}
