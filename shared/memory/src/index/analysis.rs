//! Analysis of texts: one pipeline for memories, queries, tags and duplicate keys.
//!
//! [`tokens`](tokens::tokens) splits a text into words in [normal form](normal); then each of the [`STAGES`] adds further
//! forms by which a word is found, which count half. [`terms`](super::terms) stems them.

mod case_folding;
pub(crate) mod clitics;
pub(crate) mod clock;
pub(crate) mod days;
pub(crate) mod emoji;
pub(crate) mod marks;
pub(crate) mod names;
pub(crate) mod normal;
pub(crate) mod number_words;
pub(crate) mod numbers;
pub(crate) mod parts;
pub(crate) mod script;
pub(crate) mod tokens;

use self::{
    script::WritingSystem,
    tokens::{Token, TokenForm, tokens},
};
use super::language::{ENGLISH, TextLanguage};

/// The stages after tokenisation, in order.
const STAGES: [fn(&mut [Token], TextLanguage); 8] = [
    set_clitics_apart,
    mark_stop_words,
    add_numbers,
    add_times,
    add_dates,
    add_pairs,
    names::add,
    names::add_quotations,
];

/// The words of a text with all forms, and its language.
pub(crate) fn analysed(text: &str) -> (Vec<Token>, Option<TextLanguage>) {
    let mut tokens = tokens(text);
    let latin = tokens.iter().filter(|token| token.script == WritingSystem::Latin);
    let language = TextLanguage::of(latin.map(|token| token.word.as_str()));
    for stage in STAGES {
        stage(&mut tokens, language.unwrap_or(ENGLISH));
    }
    for token in &mut tokens {
        let Token { word, forms, .. } = token;
        // Of equal forms, the one that counts most.
        forms.sort_by_key(|form| !form.is_whole);
        let mut seen = Vec::new();
        forms.retain(|form| {
            let is_new = !form.text.is_empty() && form.text != *word && !seen.contains(&form.text);
            if is_new {
                seen.push(form.text.clone());
            }
            is_new
        });
    }
    (tokens, language)
}

/// Articles and particles. An English contraction is a stop word as a whole.
fn set_clitics_apart(tokens: &mut [Token], language: TextLanguage) {
    for token in tokens.iter_mut().filter(|token| !token.is_literal) {
        if token.script != WritingSystem::Latin {
            // A letter of Ukrainian and a mark of Hebrew words.
            token.word.retain(|character| character != '\'');
        }
        if token.word.contains('\'') && !language.is_stop_word(&token.word) {
            if let Some((base, joined)) = clitics::without_apostrophe(&token.word) {
                token.forms.push(TokenForm::word(joined));
                token.word = base;
            }
        } else {
            // "And from the village" is one word in Hebrew.
            let bare = std::iter::successors(clitics::bare(&token.word, token.script), |bare| {
                clitics::bare(bare, token.script).filter(|_| token.script != WritingSystem::Hangul)
            });
            let bare: Vec<_> = bare.take(2).map(String::from).collect();
            let all = bare.iter().chain([&token.word]);
            let singular: Vec<_> = all.filter_map(|word| clitics::singular(word, token.script)).collect();
            let forms = bare.into_iter().chain(singular).map(TokenForm::word);
            token.forms.extend(forms);
        }
    }
}

fn mark_stop_words(tokens: &mut [Token], language: TextLanguage) {
    for token in tokens.iter_mut().filter(|token| !token.is_literal) {
        token.is_stop_word = language.for_script(token.script).is_some_and(|of| of.is_stop_word(&token.word));
    }
}

/// Words for numbers, numbers without leading zeros, and numbers and codes written with spaces: telephone and account
/// numbers, licence plates.
fn add_numbers(tokens: &mut [Token], _: TextLanguage) {
    let mut at = 0;
    while at < tokens.len() {
        let found = number_words::number(&tokens[at..]);
        tokens[at].forms.extend(found.map(|found| TokenForm::name(found.number.to_string()).of_words(found.words)));
        at += found.map_or(1, |found| found.words);
    }
    for token in tokens.iter_mut().filter(|token| !token.is_stop_word) {
        let significant = token.word.trim_start_matches('0');
        if significant.len() < token.word.len() && is_digits(&token.word) {
            token.forms.push(TokenForm::literal(significant.into()));
        }
    }
    let mut begin = 0;
    while begin < tokens.len() {
        let run = tokens[begin..].iter().enumerate();
        let end = begin + run.take_while(|(at, token)| is_of_code(token, *at) && (*at == 0 || token.follows)).count();
        add_joined(&mut tokens[begin..end]);
        // Without a currency or unit in capitals: "12 500 EUR".
        let groups = tokens[begin..end].chunk_by_mut(|one, next| is_digits(&one.word) && is_digits(&next.word));
        groups.for_each(add_joined);
        begin = end.max(begin + 1);
    }
}

/// Adds the number or code that these tokens are the groups of.
fn add_joined(groups: &mut [Token]) {
    let count = groups.len();
    let joined: String = groups.iter().map(|token| token.word.as_str()).collect();
    let Some(first) = groups.first_mut() else { return };
    if has_digit(&joined) && (4..=CODE_BYTES).contains(&joined.len()) {
        let subscriber = numbers::subscriber(&joined).map(|digits| TokenForm::literal(digits.into()));
        // It identifies better than its parts, such as "DE".
        let forms = subscriber.into_iter().chain([TokenForm::name(joined)]);
        first.forms.extend(forms.map(|form| form.of_words(count)));
    }
}

/// Maximum length of a number or code written with spaces. An IBAN has at most 34.
const CODE_BYTES: usize = 40;

/// `true` for a group of a number or code: it has a digit, or is short and in capitals, like the bank of an IBAN. A longer
/// word before a code is its name.
fn is_of_code(token: &Token, at: usize) -> bool {
    let is_short = (1..=if at == 0 { 3 } else { 4 }).contains(&token.written.len());
    has_digit(&token.word) || is_short && token.written.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn is_digits(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

fn has_digit(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
}

fn add_times(tokens: &mut [Token], _: TextLanguage) {
    let mut at = 0;
    while at < tokens.len() {
        let found = clock::time(&tokens[at..]);
        let count = found.as_ref().map_or(1, |found| found.words);
        tokens[at].forms.extend(found.into_iter().flat_map(|found| of_several(found.terms, count)));
        at += count;
    }
}

/// The forms of several words: one that is certain, or the possible ones.
fn of_several(terms: Vec<String>, words: usize) -> impl Iterator<Item = TokenForm> {
    let form = if terms.len() == 1 { TokenForm::name } else { TokenForm::literal };
    terms.into_iter().map(move |term| form(term).of_words(words))
}

fn add_dates(tokens: &mut [Token], _: TextLanguage) {
    let mut at = 0;
    while at < tokens.len() {
        if !days::may_begin(&tokens[at].word) {
            at += 1;
            continue;
        }
        let words: Vec<_> = tokens[at..].iter().take(8).map(|token| token.word.as_str()).collect();
        let found = days::date(&words);
        let count = found.as_ref().map_or(1, |found| found.words);
        if let Some(days::FoundDate { terms, yearless, .. }) = found {
            // A date with its year identifies better.
            let form = if terms.is_empty() { TokenForm::name } else { TokenForm::literal };
            let yearless = yearless.into_iter().map(|term| form(term).of_words(count));
            tokens[at].forms.extend(of_several(terms, count).chain(yearless));
        }
        at += count;
    }
}

/// Pairs of syllables or characters, by which the parts of a word without spaces are found.
fn add_pairs(tokens: &mut [Token], _: TextLanguage) {
    for token in
        tokens.iter_mut().filter(|token| matches!(token.script, WritingSystem::Hangul | WritingSystem::Katakana))
    {
        let characters: Vec<_> = token.word.chars().collect();
        token.forms.extend(characters.windows(2).map(|pair| TokenForm::literal(pair.iter().collect())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The word and forms of each token.
    fn forms(text: &str) -> Vec<(String, Vec<String>)> {
        analysed(text)
            .0
            .into_iter()
            .map(|token| (token.word, token.forms.into_iter().map(|form| form.text).collect()))
            .collect()
    }

    fn has(text: &str, form: &str) -> bool {
        forms(text).iter().any(|(word, forms)| word == form || forms.iter().any(|other| other == form))
    }

    /// SE-03, SE-04, SE-05, SE-07, SE-11
    #[test]
    fn words_have_their_parts_wholes_and_forms() {
        for (text, form) in [
            ("mail anna.berg@north-sea.example", "berg"),
            ("mail anna.berg@north-sea.example", "north"),
            ("mail anna.berg@north-sea.example", "annabergnorthseaexample"),
            ("see https://status.harbour.example/incidents", "harbour"),
            ("loadOrderByNumber fails", "loadorderbynumber"),
            ("the T-shirt", "tshirt"),
            ("Grace's dog", "grace"),
            ("at O'Hara's", "oharas"),
            ("F# and C++.", "f#"),
            ("F# and C++.", "c++"),
            ("runs on .NET", ".net"),
            ("costs 7.250 euros", "7250"),
            ("costs $1,299.99", "1299"),
            ("160x80 cm", "80"),
            ("costs 7.250 euros", "7250"),
            ("costs $1,299.99", "1299"),
            ("160x80 cm", "80"),
            ("costs 7 250 EUR", "7250"),
            ("costs CHF 14 200", "14200"),
            ("TEL 020 7946 0018", "9460018"),
            ("call +44 20 7946 0018", "442079460018"),
            ("call 020 7946 0018", "9460018"),
            ("call \u{202A}+44 20 7946 0018\u{202C}", "442079460018"),
            ("at D\u{2019}Arcy\u{2019}s", "darcys"),
            ("NASA's", "nasa"),
            ("м'ята", "мята"),
            ("ארה״ב", "ארהב"),
            ("102번을", "102"),
            ("2030년 5월 3일에", "20300503"),
            ("plate K-LM 881", "klm881"),
            ("IBAN FR76 3000 6000 0112 3456 7890 189", "fr7630006000011234567890189"),
            ("IBAN NL02 ABNA 0123 4567 89", "nl02abna0123456789"),
            ("due 3 May 2030", "20300503"),
            ("due 2030-05-03", "20300503"),
            ("due 03.05.2030", "20300503"),
            ("four hens", "4"),
            ("room 007", "7"),
            ("l'hiver dernier", "hiver"),
            ("المدرسة قريبة", "مدرسة"),
            ("מהכפר", "כפר"),
            ("הדגים", "דג"),
            ("대구에서 살아요", "대구"),
            ("アップルパイ", "パイ"),
            ("wish: 🍋🎻", "🎻"),
            ("wish: 🍋🎻", "lemon"),
        ] {
            assert!(has(text, form), "{form} in {:?}", forms(text));
        }
        for (text, form) in
            [("at 10:30, 400 people", "1030400"), ("10, 20", "1020"), ("tag n2345", "n"), ("commit 4b1f9e2", "4")]
        {
            assert!(!has(text, form), "{form} in {:?}", forms(text));
        }
    }

    #[test]
    fn sentences_and_punctuation_are_noticed() {
        let tokens = tokens::tokens("Tea. Then (more) tea, or not");
        let begins: Vec<_> = tokens.iter().filter(|token| token.begins_sentence).map(|token| &*token.word).collect();
        assert_eq!(begins, ["tea", "then"]);
        let apart: Vec<_> = tokens.iter().filter(|token| !token.follows).map(|token| &*token.word).collect();
        assert_eq!(apart, ["tea", "then", "or"]);
    }
}
