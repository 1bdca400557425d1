//! Approximate matching of a query's words against the user's own terms: typos, beginnings of words, and parts of
//! compounds. In any language, and without growth of the index.

use std::collections::BTreeMap;

use unicode_segmentation::UnicodeSegmentation;

use super::{
    analysis::{marks::without_marks, script::WritingSystem},
    bytes::MalformedSegment,
    embedding::TextWord,
    language::Languages,
    segment::Segment,
    terms::stems,
};

/// Terms per word of the query.
const TERMS: usize = 12;
/// Characters from which a word has one edit, and from which it has two.
const ONE_EDIT: usize = 4;
const TWO_EDITS: usize = 8;
/// Characters of a part of a compound, and of the beginning of a word.
const PART: usize = 4;
/// Characters of a part between others. Shorter ones are often no part.
const MIDDLE: usize = 6;
/// Characters from which the beginning of a hash or number identifies it.
const ID_PREFIX: usize = 6;
/// Characters of a short hash, which stands for one that begins with it.
const SHORT_HASH: usize = 7;
/// The longest ending that a stem lacks, and the shortest stem that a typo has.
const LACKED: usize = 4;
const STEM: usize = 5;
/// The longest part that two inflected forms may differ in, and the shortest that they share.
const ENDING: usize = 3;
const SHARED: usize = 3;
/// The share of a word of the query from which its end is a part.
const HEAD: f32 = 0.4;
/// Weights relative to an exact match.
const OF_EDIT: [f32; 3] = [0.0, 0.6, 0.4];
const OF_BEGINNING: f32 = 0.6;
/// A word with an ending is more likely than a typo.
const OF_INFLECTION: f32 = 0.65;
/// The share for another first letter, in which few writers err.
const OF_FIRST_LETTER: f32 = 0.8;
const OF_PART: f32 = 0.5;
const OF_MIDDLE: f32 = 0.4;
const OF_ENDING: f32 = 0.3;

/// A word of a query to match approximately.
#[derive(Debug)]
pub(crate) struct Approximated {
    /// The word and its stems, in normal form.
    pub(crate) forms: Vec<String>,
    /// `true` if some memory contains the word: then only terms that contain it are added.
    pub(crate) is_found: bool,
    /// `true` for a word of another language than English, which is no typo.
    pub(crate) is_spelled: bool,
    /// `true` for a word of no table, which may be a typo of an inflected word.
    pub(crate) is_unknown: bool,
}

impl Approximated {
    /// A word of a query against memories in these languages, some of which contain it if `is_found`.
    pub(crate) fn new(word: TextWord<'_>, languages: Languages, is_found: bool) -> Self {
        let mut forms = stems(word.word, languages);
        forms.extend([word.word.into(), without_marks(word.word).into_owned()]);
        forms.sort_unstable();
        forms.dedup();
        Self { forms, is_found, is_spelled: word.is_spelled(), is_unknown: !word.is_whole() }
    }

    /// `true` if one of these terms of a memory is close to the word.
    pub(crate) fn is_close<'t>(&self, terms: impl IntoIterator<Item = &'t String>) -> bool {
        let patterns: Vec<_> = self.patterns().collect();
        let words = terms.into_iter().filter(|term| term.bytes().next().is_some_and(is_of_word));
        let mut words = words.map(|term| Characters::of(term));
        words.any(|term| patterns.iter().any(|pattern| pattern.closeness(&term).is_some()))
    }

    fn patterns(&self) -> impl Iterator<Item = WordPattern<'_>> {
        self.forms.iter().map(|form| WordPattern::new(form, self))
    }
}

/// `false` for the first byte of labels and names, which are no words.
fn is_of_word(first: u8) -> bool {
    first >= b' '
}

/// The terms of the segments close to each of the words, closest first, with their weights.
pub(crate) fn approximations(
    segments: &[&Segment],
    words: &[Approximated],
) -> Result<Vec<Vec<(String, f32)>>, MalformedSegment> {
    let forms: Vec<Vec<WordPattern>> = words.iter().map(|word| word.patterns().collect()).collect();
    let mut found = vec![BTreeMap::<String, f32>::new(); words.len()];
    if forms.iter().all(Vec::is_empty) {
        return Ok(vec![vec![]; words.len()]);
    }
    for segment in segments {
        let mut terms = segment.dictionary().from(0)?;
        while terms.next()?.is_some() {
            if !terms.term.first().copied().is_some_and(is_of_word) {
                continue;
            }
            let Ok(term) = std::str::from_utf8(&terms.term) else { continue };
            let term = Characters::of(term);
            for (patterns, found) in forms.iter().zip(&mut found) {
                let closest = patterns.iter().filter_map(|pattern| pattern.closeness(&term)).fold(0.0, f32::max);
                if closest > 0.0 {
                    found.insert(term.text.into(), closest);
                }
            }
        }
    }
    let best = found.into_iter().map(|found| {
        let mut best: Vec<_> = found.into_iter().collect();
        // Many words share a beginning, so this counts only if nothing is closer.
        if best.iter().any(|(_, weight)| *weight > OF_ENDING) {
            best.retain(|(_, weight)| *weight > OF_ENDING);
        }
        best.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        best.truncate(TERMS);
        best
    });
    Ok(best.collect())
}

/// A text and its properties by which most pairs are ruled out.
struct Characters<'a> {
    text: &'a str,
    count: usize,
    /// A bit for each letter, modulo 64.
    letters: u64,
    has_digit: bool,
    script: WritingSystem,
}

impl<'a> Characters<'a> {
    fn of(text: &'a str) -> Self {
        let (mut count, mut letters) = (0, 0);
        for character in text.chars() {
            (count, letters) = (count + 1, letters | 1 << (u32::from(character) & 63));
        }
        let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
        Self { text, count, letters, has_digit, script: WritingSystem::of(text) }
    }
}

/// A form of a word of the query.
struct WordPattern<'a> {
    form: Characters<'a>,
    /// The first characters, which an inflected form shares.
    beginning: &'a str,
    edits: usize,
    is_found: bool,
    is_unknown: bool,
}

impl<'a> WordPattern<'a> {
    fn new(form: &'a str, word: &Approximated) -> Self {
        let form = Characters::of(form);
        let &Approximated { is_found, is_spelled, is_unknown, .. } = word;
        let edits = match form.count {
            // Another number is no typo, nor is a word that exists.
            _ if form.has_digit || is_found || is_spelled => 0,
            TWO_EDITS.. => 2,
            ONE_EDIT.. => 1,
            _ => 0,
        };
        let shared = if form.script == WritingSystem::Other { SHARED - 1 } else { SHARED };
        let beginning = form.text.char_indices().nth(shared).map_or(form.text, |(end, _)| &form.text[..end]);
        Self { form, beginning, edits, is_found, is_unknown }
    }

    /// The weight of a term for this form, if they are close: the best of all rules.
    fn closeness(&self, term: &Characters<'_>) -> Option<f32> {
        // A hash has letters, but its beginning may have none.
        let is_number = self.form.has_digit && self.form.script == WritingSystem::Common;
        if term.script != self.form.script && !is_number || term.text == self.form.text {
            return None;
        }
        let rules = [
            self.of_edits(term),
            self.of_parts(term),
            self.of_ending(term),
            self.of_stem(term),
            self.of_first_part(term),
        ];
        rules.into_iter().flatten().reduce(f32::max)
    }

    /// Insertions, deletions, substitutions and transpositions of adjacent characters.
    fn of_edits(&self, term: &Characters<'_>) -> Option<f32> {
        let is_possible = self.edits > 0
            && self.form.count.abs_diff(term.count) <= self.edits
            && (self.form.letters ^ term.letters).count_ones() as usize <= 2 * self.edits
            && !term.has_digit;
        let distance = is_possible.then(|| strsim::osa_distance(self.form.text, term.text))?;
        let begins = self.form.text.chars().next() == term.text.chars().next();
        let share = if begins { 1.0 } else { OF_FIRST_LETTER };
        (1..=self.edits).contains(&distance).then(|| share * OF_EDIT[distance])
    }

    /// A typo in a word whose stem lacks the ending: "veggtable" and "veget". The stem of the typo often has the ending.
    fn of_stem(&self, term: &Characters<'_>) -> Option<f32> {
        let ahead = self.form.count.checked_sub(term.count)?;
        let is_possible = self.is_unknown
            && self.edits > 0
            && term.count >= STEM
            && (1..=LACKED).contains(&ahead)
            && (term.letters & !self.form.letters).count_ones() as usize <= self.edits
            && self.form.text.chars().next() == term.text.chars().next();
        let prefixes =
            || self.form.text.char_indices().map(|(end, _)| &self.form.text[..end]).skip(term.count - 1).take(LACKED);
        let distance =
            is_possible.then(|| prefixes().map(|prefix| strsim::osa_distance(prefix, term.text)).min())??;
        (distance <= self.edits).then_some(OF_ENDING)
    }

    /// A typo in the first part of a compound: "Zahnartz" and "Zahnarzttermin".
    fn of_first_part(&self, term: &Characters<'_>) -> Option<f32> {
        let is_possible = self.is_unknown
            && self.edits > 0
            && self.form.count >= MIDDLE
            && term.count > self.form.count + self.edits
            && (self.form.letters & !term.letters).count_ones() as usize <= self.edits
            && self.form.text.chars().next() == term.text.chars().next();
        let shortest = self.form.count - 1;
        let beginnings = || term.text.char_indices().map(|(end, _)| &term.text[..end]).skip(shortest).take(3);
        let distance = is_possible
            .then(|| beginnings().map(|beginning| strsim::osa_distance(self.form.text, beginning)).min())??;
        (distance <= self.edits).then_some(OF_ENDING)
    }

    /// Words that begin or end with the form, words that the form begins or ends with, and words that contain it.
    fn of_parts(&self, term: &Characters<'_>) -> Option<f32> {
        let (whole, part) = if term.count > self.form.count { (term, &self.form) } else { (&self.form, term) };
        let share = part.count as f32 / whole.count as f32;
        let is_longer = term.count > self.form.count;
        if part.letters & !whole.letters != 0 {
            return None;
        }
        if self.form.has_digit || term.has_digit {
            let is_number = part.text.bytes().all(|byte| byte.is_ascii_digit());
            let is_hexadecimal = part.text.bytes().all(|byte| byte.is_ascii_hexdigit());
            let identifies = match is_longer {
                true => part.count >= if is_hexadecimal { ID_PREFIX } else { PART },
                false => !is_number && part.count >= SHORT_HASH,
            };
            return (identifies && whole.text.starts_with(part.text)).then_some(OF_BEGINNING);
        }
        if part.count < PART || (!is_longer && self.is_found) {
            return None;
        }
        let begins = whole.text.starts_with(part.text);
        let is_head = share >= HEAD && part.count >= MIDDLE && ends_inflected(whole.text, part.text);
        if !is_longer {
            let is_part = begins || is_head || share >= HEAD && whole.text.ends_with(part.text);
            return is_part.then(|| OF_PART * share.sqrt());
        }
        // A long compound is not less about its part.
        let share = share.sqrt().sqrt();
        match () {
            () if begins && whole.count - part.count <= ENDING => Some(OF_INFLECTION),
            () if begins => Some(OF_BEGINNING * share),
            () if is_head || whole.text.ends_with(part.text) => Some(OF_PART * share),
            () => (part.count >= MIDDLE && whole.text.contains(part.text)).then_some(OF_MIDDLE * share),
        }
    }

    /// Inflected forms in languages without a stemmer: "Praha" and "Praze".
    fn of_ending(&self, term: &Characters<'_>) -> Option<f32> {
        if self.is_found || self.form.has_digit || term.has_digit || !term.text.starts_with(self.beginning) {
            return None;
        }
        if self.form.script == WritingSystem::Other {
            return self.of_syllables(term);
        }
        if self.form.count <= SHARED || self.form.count.abs_diff(term.count) > ENDING {
            return None;
        }
        let pairs = self.form.text.chars().zip(term.text.chars());
        let shared = pairs.take_while(|(one, other)| one == other).count();
        let longest = self.form.count.max(term.count);
        (shared >= SHARED && longest - shared <= ENDING && 2 * shared >= longest).then_some(OF_ENDING)
    }

    /// The same in scripts where a vowel sign is a character of its own, as in those of India: two syllables are enough.
    fn of_syllables(&self, term: &Characters<'_>) -> Option<f32> {
        let syllables = |text: &str| text.graphemes(true).count();
        let (ours, theirs) = (syllables(self.form.text), syllables(term.text));
        let pairs = self.form.text.chars().zip(term.text.chars());
        let alike: String = pairs.take_while(|(one, other)| one == other).map(|(one, _)| one).collect();
        let (shared, longest) = (syllables(&alike), ours.max(theirs));
        let has_vowel_signs = ours < self.form.count || theirs < term.count;
        let least = if has_vowel_signs { SHARED - 1 } else { SHARED };
        (shared >= least && longest - shared <= ENDING && 2 * shared >= longest).then_some(OF_ENDING)
    }
}

/// `true` if a text ends with a part and a short ending: "Autoschlüsseln".
fn ends_inflected(text: &str, part: &str) -> bool {
    let ending = text.rfind(part).map(|at| &text[at + part.len()..]);
    ending.is_some_and(|ending| ending.chars().nth(ENDING).is_none())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::index::Entry;

    fn segment(words: &BTreeSet<String>) -> Segment {
        let entry = Entry {
            id: 1,
            text: words.iter().map(|word| format!("{word}, ")).collect(),
            date: String::new(),
            previous: String::new(),
            tags: vec!["kowalsky".into()],
            at: jiff::Timestamp::UNIX_EPOCH,
            client: "kowalsky".into(),
            grant: "kowalsky".into(),
            bytes: 8,
        };
        Segment::build(&[entry])
    }

    fn close(word: &str, words: &[&str], is_found: bool) -> Vec<(String, f32)> {
        let segment = segment(&words.iter().map(|word| String::from(*word)).collect());
        let asked = [Approximated { forms: vec![word.into()], is_found, is_spelled: false, is_unknown: true }];
        approximations(&[&segment], &asked).expect("well formed").remove(0)
    }

    fn is_close(word: &str, term: &str) -> bool {
        close(word, &[term], false).iter().any(|(close, _)| close == term)
    }

    /// SE-08, SE-09, SE-10, SE-04
    #[test]
    fn close_terms_are_added() {
        for (word, term) in [
            ("nowak", "novak"),
            ("mozilal", "mozilla"),
            ("pharmcist", "pharmacist"),
            ("veggtable", "veget"),
            ("apointmant", "appoint"),
            ("philadelfia", "philadelphia"),
            ("zahnartz", "zahnarzttermin"),
            ("haftplicht", "haftpflichtversicherung"),
            ("haftpflicht", "haftpflichtversicherung"),
            ("versicherung", "haftpflichtversicherung"),
            ("fahrradschloss", "fahrrad"),
            ("acetylsal", "acetylsalicyl"),
            ("4b1f9e", "4b1f9e2077aa"),
            ("4512876", "4512876e9ab10c44d1f"),
            ("4b1f9e2077aac0", "4b1f9e2077"),
            ("c01x", "c01x00t47"),
            ("praha", "praze"),
            ("schlüssel", "wohnungsschlüsselbund"),
            ("आम", "आमों"),
            ("चाबी", "चाबियाँ"),
            ("लड़की", "लड़कियाँ"),
            ("मिठाई", "मिठाइयाँ"),
            ("schlüssel", "autoschlüsseln"),
            ("autoschlüsseln", "schlüssel"),
        ] {
            assert!(is_close(word, term), "{word}, {term}");
        }
        for (word, term) in [
            ("tea", "ten"),
            ("1234567", "1234568"),
            ("4b1f", "4b1f9e2077aa"),
            ("nowak", "чайка"),
            ("walk", "kowalsky"),
            ("veggtable", "vent"),
            ("चाय", "चाची"),
        ] {
            assert!(!is_close(word, term), "{word}, {term}");
        }
        assert!(close("kowalski", &["tea"], false).is_empty(), "labels are no words");
    }

    #[test]
    fn word_that_is_found_adds_only_terms_that_contain_it() {
        let words = ["boot", "hausboot", "boat", "boots"];
        let close: Vec<_> = close("boot", &words, true).into_iter().map(|(term, _)| term).collect();
        assert!(close.contains(&"hausboot".into()) && !close.contains(&"boat".into()), "{close:?}");
    }

    /// Insertions, deletions, substitutions and transpositions by their definition.
    fn distance(one: &[char], other: &[char]) -> usize {
        let (Some((a, one_rest)), Some((b, other_rest))) = (one.split_last(), other.split_last()) else {
            return one.len().max(other.len());
        };
        let mut least = distance(one_rest, other_rest) + usize::from(a != b);
        least = least.min(distance(one_rest, other) + 1).min(distance(one, other_rest) + 1);
        if let (Some((c, one_rest)), Some((d, other_rest))) = (one_rest.split_last(), other_rest.split_last())
            && a == d
            && b == c
        {
            least = least.min(distance(one_rest, other_rest) + 1);
        }
        least
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// The filters rule out no term that the definitions admit.
        #[test]
        fn approximate_terms_equal_naive_ones(
            word in "[abć]{3,6}", words in prop::collection::btree_set("[abć]{2,7}", 1..12),
        ) {
            let segment = segment(&words);
            let asked = [Approximated { forms: vec![word.clone()], is_found: false, is_spelled: false, is_unknown: true }];
            let found: BTreeSet<_> = approximations(&[&segment], &asked).expect("well formed").remove(0).into_iter().map(|(term, _)| term).collect();
            let characters = |text: &str| text.chars().collect::<Vec<_>>();
            let mut all = BTreeSet::new();
            let mut terms = segment.dictionary().from(0).expect("well formed");
            while terms.next().expect("well formed").is_some() {
                all.extend(String::from_utf8(terms.term.clone()).ok().filter(|term| !term.starts_with(char::is_control)));
            }
            let length = word.chars().count();
            let naive = |term: &&String| {
                let other = term.chars().count();
                let edits = usize::from(length >= 4);
                let is_edit = (1..=edits).contains(&distance(&characters(&word), &characters(term)));
                let is_part = **term != word && length.min(other) >= 4
                    && (term.starts_with(&word) || term.ends_with(&word) || word.starts_with(&**term) || word.ends_with(&**term) && 5 * other >= 2 * length
                        || length >= 6 && term.contains(&word));
                is_edit || is_part
            };
            let naive: BTreeSet<_> = all.iter().filter(naive).cloned().collect();
            // At most a number of terms is added, and inflected forms only if there are no others.
            if !naive.is_empty() && naive.len() <= TERMS {
                prop_assert_eq!(found, naive);
            }
        }
    }
}
