//! The terms of memories and queries: the stems of their words, and of the further forms of [analysis](super::analysis).
//!
//! A memory is stemmed in its own language. The language of a short query often cannot be detected ("Katzen?"), so a
//! query is stemmed in every language of the searched memories. A stem of the wrong language matches nothing.

use std::collections::HashSet;

use super::{
    analysis::{
        analysed,
        marks::{in_other_kana, transliterated, without_marks},
        names::{abbreviations, capitalised, expanded, is_in_capitals, numeronym, pair},
        script::WritingSystem,
        tokens::{Token, TokenForm},
    },
    embedding::TextWord,
    language::{ENGLISH, Languages, TextLanguage, are_foreign},
    postings::WHOLE,
};

/// Weight of a further form of a word of a query, relative to the word.
const FORM: f32 = 0.5;

/// The words of a memory.
pub(crate) struct Words {
    known_language: Option<TextLanguage>,
    /// All words in normal form, in order.
    pub(crate) words: Vec<String>,
    /// The terms of all words, in order.
    pub(crate) terms: Vec<MemoryTerm>,
}

/// A term of a memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MemoryTerm {
    pub(crate) term: String,
    /// The weight of the occurrence, in halves.
    pub(crate) halves: u32,
    /// `true` for a word with a meaning, as it is written.
    pub(crate) is_content: bool,
    /// The byte offset in the text.
    pub(crate) at: usize,
}

/// The words of a query.
pub(crate) struct QueryWords {
    /// Those to look up.
    pub(crate) asked: Vec<QueryWord>,
    /// All words in normal form, in order.
    pub(crate) spoken: Vec<String>,
    /// The language, if it is known.
    pub(crate) language: Option<TextLanguage>,
}

/// A word of a query.
pub(crate) struct QueryWord {
    /// The word in normal form.
    pub(crate) word: String,
    /// The language of the query, if it is known.
    language: Option<TextLanguage>,
    /// Its terms with their weights, without those of earlier words.
    pub(crate) terms: Vec<(String, f32)>,
    /// `true` for a stop word of a title, which has no meaning and no synonyms.
    pub(crate) is_stop_word: bool,
}

impl QueryWord {
    pub(crate) fn text_word(&self) -> TextWord<'_> {
        TextWord { word: &self.word, language: self.language }
    }
}

impl Words {
    /// Analyses a text.
    pub(crate) fn of(text: &str) -> Self {
        let (tokens, known_language) = analysed(text);
        let language = known_language.unwrap_or(ENGLISH);
        let mut terms = Vec::with_capacity(tokens.len());
        for token in &tokens {
            let Token { at, word, script, is_literal, is_stop_word, forms, .. } = token;
            let begin = terms.len();
            let mut push = |term: String, halves, is_content| {
                if !terms[begin..].iter().any(|other: &MemoryTerm| other.term == term) {
                    terms.push(MemoryTerm { term, halves, is_content, at: *at });
                }
            };
            push(stem(word, *is_literal, *script, language), WHOLE, !is_stop_word);
            if !is_literal {
                plain(word, *script, language).for_each(|plain| push(plain, WHOLE / 2, false));
            }
            for TokenForm { text, is_literal, is_whole, .. } in forms {
                let halves = if *is_whole { WHOLE } else { WHOLE / 2 };
                // The names of an emoji have a script, but the emoji has none.
                push(stem(text, *is_literal, WritingSystem::of(text), language), halves, false);
            }
        }
        Self { known_language, words: spoken(tokens), terms }
    }

    /// English, unless the words tell another language.
    pub(crate) fn language(&self) -> TextLanguage {
        self.known_language.unwrap_or(ENGLISH)
    }

    /// All words, in order.
    pub(crate) fn spoken(&self) -> impl Iterator<Item = TextWord<'_>> {
        self.words.iter().map(|word| TextWord { word, language: self.known_language })
    }

    /// The terms of words with a meaning.
    pub(crate) fn content(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().filter(|term| term.is_content).map(|term| term.term.as_str())
    }
}

/// `true` if a text is in English, as far as its words tell: the language of the [`Encoder`](super::Encoder).
pub fn is_english(text: &str) -> bool {
    let (tokens, language) = analysed(text);
    let latin = tokens.iter().filter(|token| token.script == WritingSystem::Latin).count();
    let is_foreign = || are_foreign(tokens.iter().map(|token| token.word.as_str()));
    language.unwrap_or(ENGLISH) == ENGLISH && 2 * latin > tokens.len() && (language.is_some() || !is_foreign())
}

fn spoken(tokens: Vec<Token>) -> Vec<String> {
    let words = tokens.into_iter().flat_map(|token| match token.is_literal {
        // The names of an emoji have a meaning.
        true => token.forms.into_iter().filter(|form| form.is_whole).map(|form| form.text).collect(),
        false => vec![token.word],
    });
    words.collect()
}

impl QueryWords {
    /// Analyses a query against memories in these languages.
    pub(crate) fn of(query: &str, languages: Languages) -> Self {
        let (tokens, language) = analysed(query);
        Self { asked: asked(&tokens, language, languages), spoken: spoken(tokens), language }
    }
}

/// The words of a query to look up. A query of stop words only is searched as it is.
fn asked(tokens: &[Token], language: Option<TextLanguage>, languages: Languages) -> Vec<QueryWord> {
    let is_title = tokens.iter().all(|token| token.is_stop_word);
    let mut asked: Vec<QueryWord> = Vec::new();
    let mut seen = HashSet::new();
    // The terms of several words, which count for each of them, with the number of further words.
    let mut shared: Vec<(String, f32, usize)> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let is_left_out = token.is_stop_word && !is_title;
        let mut terms = if is_left_out { vec![] } else { query_terms(token, languages) };
        let of_stop_word = token.forms.iter().filter(|_| token.is_stop_word);
        terms.extend(of_stop_word.flat_map(|form| expanded(&form.text).map(|term| (term, weight(form)))));
        if is_title {
            if is_in_capitals(&token.written) {
                // "US" and "WHO" are names rather than the words.
                terms.iter_mut().filter(|(term, _)| *term == token.word).for_each(|(_, weight)| *weight = FORM);
            }
            let before = at.checked_sub(1).map(|at| &tokens[at].word);
            terms.extend(before.map(|before| (pair(before, &token.word), 2.0)));
            let weight = |title: &str| if title == token.written { 1.0 } else { FORM };
            terms.extend(titles(&token.word).map(|title| (capitalised(&title), weight(&title))));
        }
        shared.retain(|(.., words)| *words > 0);
        let of_previous: Vec<_> = shared.iter().map(|(term, weight, _)| (term.clone(), *weight)).collect();
        shared.iter_mut().for_each(|(.., words)| *words -= 1);
        let joined = tokens.get(at + 1).into_iter().flat_map(|next| as_one_word(token, next, languages));
        let joined: Vec<_> = joined.filter(|stem| !seen.contains(stem)).map(|stem| (stem, FORM, 1)).collect();
        terms.extend(joined.iter().map(|(stem, weight, _)| (stem.clone(), *weight)));
        shared.extend(joined);
        let of_several = token.forms.iter().filter(|form| form.words > 1 && !seen.contains(&form.text));
        shared.extend(of_several.map(|form| (form.text.clone(), weight(form), form.words - 1)));
        if !is_left_out {
            // A memory may abbreviate what the query spells out.
            let abbreviations = abbreviations(&tokens[at..]).filter(|(term, _)| !seen.contains(term));
            let abbreviations: Vec<_> = abbreviations.map(|(term, words)| (term, FORM, words - 1)).collect();
            terms.extend(abbreviations.iter().map(|(term, weight, _)| (term.clone(), *weight)));
            shared.extend(abbreviations);
            terms.extend(numeronym(token).map(|numeronym| (numeronym, FORM)));
        }
        terms.retain(|(term, _)| seen.insert(term.clone()));
        if !is_left_out {
            let is_other = |(shared, _): &(String, f32)| !terms.iter().any(|(term, _)| term == shared);
            let of_previous: Vec<_> = of_previous.into_iter().filter(is_other).collect();
            terms.extend(of_previous);
        }
        if !terms.is_empty() {
            asked.push(QueryWord { word: token.word.clone(), language, terms, is_stop_word: token.is_stop_word });
        }
    }
    asked
}

/// The stems of two words written as one: "wi fi".
fn as_one_word(token: &Token, next: &Token, languages: Languages) -> Vec<String> {
    let is_joinable =
        |token: &Token| token.script != WritingSystem::Unspaced && !token.is_literal && !token.is_stop_word;
    if !next.follows || ![token, next].into_iter().all(is_joinable) {
        return vec![];
    }
    stems(&format!("{}{}", token.word, next.word), languages)
}

/// The weight of a form of a word of a query.
fn weight(form: &TokenForm) -> f32 {
    if form.is_whole { 1.0 } else { FORM }
}

/// The terms of a word of a query with their weights, the word itself first.
fn query_terms(token: &Token, languages: Languages) -> Vec<(String, f32)> {
    let Token { word, script, is_literal, is_stop_word, forms, .. } = token;
    let mut terms: Vec<(String, f32)> = Vec::new();
    let mut push = |term: String, weight| {
        if !terms.iter().any(|(other, _)| *other == term) {
            terms.push((term, weight));
        }
    };
    if *is_literal {
        push(word.clone(), 1.0);
    } else {
        stems(word, languages).into_iter().for_each(|stem| push(stem, 1.0));
    }
    if !is_stop_word {
        for language in languages.or_english() {
            plain(word, *script, language).for_each(|plain| push(plain, FORM));
        }
        for form @ TokenForm { text, is_literal, .. } in forms {
            let weight = weight(form);
            let stems = if *is_literal { expanded(text).collect() } else { stems(text, languages) };
            stems.into_iter().for_each(|stem| push(stem, weight));
            in_other_kana(text).into_iter().for_each(|other| push(other, FORM));
        }
        in_other_kana(word).into_iter().for_each(|other| push(other, FORM));
        let spelled = transliterated(word).filter(|_| *script == WritingSystem::Latin);
        spelled.iter().flat_map(|spelled| stems(spelled, languages)).for_each(|stem| push(stem, FORM));
    }
    terms
}

/// A word as in a title: capitalised, and in capitals.
fn titles(word: &str) -> impl Iterator<Item = String> {
    let mut letters = word.chars();
    let capitalised = letters.next().map(|first| first.to_uppercase().chain(letters).collect());
    capitalised.into_iter().chain((word.len() > 1).then(|| word.to_uppercase()))
}

/// The distinct stems of a word in these languages.
pub(crate) fn stems(word: &str, languages: Languages) -> Vec<String> {
    let script = WritingSystem::of(word);
    let mut stems: Vec<_> = languages.or_english().map(|language| language.stem(word, script).into_owned()).collect();
    stems.sort_unstable();
    stems.dedup();
    stems
}

/// The terms of words with a similar use, and of translations, for a text with or without other languages than English.
pub(crate) fn related_words(
    word: TextWord<'_>,
    languages: Languages,
    has_other_languages: bool,
) -> impl Iterator<Item = String> {
    let related = word.known().map(|known| known.neighbours().chain(known.translations(has_other_languages)));
    related.into_iter().flatten().flat_map(move |(near, _)| stems(near, languages))
}

fn stem(text: &str, is_literal: bool, script: WritingSystem, language: TextLanguage) -> String {
    if is_literal { text.into() } else { language.stem(text, script).into_owned() }
}

/// The terms of a word without its diacritics, if it has any: stems differ with them.
fn plain(word: &str, script: WritingSystem, language: TextLanguage) -> impl Iterator<Item = String> {
    let marked = (!word.is_ascii()).then(|| {
        let stem = language.stem(word, script);
        let of_stem = without_marks(&stem).into_owned();
        let of_word = without_marks(word);
        [
            (of_stem != *stem).then_some(of_stem),
            (*of_word != *word).then(|| language.stem(&of_word, script).into_owned()),
        ]
    });
    marked.into_iter().flatten().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        Words::of(text).content().map(String::from).collect()
    }

    fn asked(query: &str, memories: &[&str]) -> Vec<String> {
        let mut languages = Languages::default();
        memories.iter().for_each(|memory| languages.insert(Words::of(memory).language()));
        let words = QueryWords::of(query, languages).asked;
        words
            .into_iter()
            .flat_map(|word| word.terms)
            .filter(|(_, weight)| *weight == 1.0)
            .map(|(term, _)| term)
            .collect()
    }

    #[test]
    fn inflected_forms_share_a_stem() {
        assert_eq!(of("Ada's cats were RUNNING"), of("ada cat runs"));
        assert_eq!(of("Wir haben die Häuser der Katzen gesehen")[0], of("Das ist ein Haus und nicht mehr")[0]);
    }

    /// SE-03, SE-04
    #[test]
    fn term_of_several_words_counts_for_each() {
        for (query, term) in [("dish washer", "dishwash"), ("3 May 2030", "20300503"), ("160 987 6543", "1609876543")] {
            let words = QueryWords::of(query, Languages::default()).asked;
            let has_term = |word: &QueryWord| word.terms.iter().any(|(other, _)| other == term);
            assert!(words.iter().all(has_term), "{query}");
        }
    }

    /// SE-11
    #[test]
    fn names_of_emoji_are_stemmed() {
        let of_emoji: Vec<_> = Words::of("🧗 on Friday").terms.into_iter().map(|term| term.term).collect();
        assert!(asked("climbing", &[]).iter().all(|term| of_emoji.contains(term)), "{of_emoji:?}");
    }

    #[test]
    fn stop_words_and_question_words_have_no_content() {
        assert_eq!(of("Where did we go, and why don\u{2019}t I know?"), ["go", "know"]);
        assert_eq!(of("who is it?"), [""; 0]);
        assert_eq!(of("Wo haben wir das Fahrrad gekauft?"), ["fahrrad", "gekauft"]);
    }

    /// SE-11
    #[test]
    fn query_of_stop_words_is_searched_as_it_is() {
        assert_eq!(asked("be or not", &[]), ["be", "or", "not"]);
        assert_eq!(asked("the tea", &[]), ["tea"]);
        assert_eq!(asked("film It", &[]), ["film", "\u{4}It"]);
    }

    #[test]
    fn query_is_stemmed_in_every_memory_language() {
        let (english, german) = ("the running of the cats", "ich habe die Katzen und die Häuser gesehen");
        assert_eq!(asked("running", &[english]), ["run"]);
        assert_eq!(asked("running Häuser", &[english, german]), ["run", "running", "haus", "häuser"]);
        assert!(asked("Häuser", &[german]).iter().all(|term| of(german).contains(term)));
    }

    #[test]
    fn english_is_told_from_other_languages() {
        for (text, expected) in [
            ("The cats are asleep", true),
            ("peanut allergy", true),
            ("Die Katzen schlafen in der Küche", false),
            ("Mag keine Geburtstagspartys.", false),
            ("Hund heißt Bello", false),
            ("Prefers jalapeño on tacos", true),
            ("他住在南京鼓楼区。", false),
            ("", false),
        ] {
            assert_eq!(is_english(text), expected, "{text}");
        }
    }

    /// SR-03
    #[test]
    fn key_or_encoding_is_one_word() {
        let base64 = "iVBORw0KGgoAAAANSUhEUgAAAAUA/AAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg==";
        let hex = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        let prefix = super::super::analysis::tokens::ENCODED_PREFIX;
        assert_eq!(of(&format!("key {base64} of {hex}")), ["key", &base64.to_lowercase()[..prefix], &hex[..prefix]]);
        let url = "https://example.com/travel/2026/a-very-long-article-about-the-cats-of-istanbul-and-their-2000-years";
        assert!(of(url).contains(&String::from("istanbul")));
        assert_eq!(of(&"x".repeat(5000)), ["x".repeat(64)]);
        let compound = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz";
        assert_eq!(of(compound).len(), 1);
    }

    #[test]
    fn scripts_without_spaces_yield_characters_and_pairs() {
        assert_eq!(of("東京に住む"), ["東", "京", "東京", "に", "京に", "住", "に住", "む", "住む"]);
        assert_eq!(of("猫、犬 tea"), ["猫", "犬", "tea"]);
        assert!(of("ฉันรักแมว").contains(&String::from("แม")));
    }

    /// SE-02
    #[test]
    fn exact_and_folded_forms_agree() {
        let halves = |text: &str, term: &str| {
            let terms = Words::of(text).terms;
            terms.iter().filter(|other| other.term == term).map(|term| term.halves).max()
        };
        assert_eq!(
            (halves("Peña", "peña"), halves("Peña", "pena"), halves("Pena", "pena")),
            (Some(2), Some(1), Some(2))
        );
    }
}
