//! Makes sorted tables of stop words, words of times and words for states, which the first search of each instance would
//! otherwise build, and of emoji, which take a megabyte of program otherwise.

#![expect(clippy::disallowed_methods, reason = "Cargo passes the directories in environment variables")]

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    error::Error,
    fmt::Write,
    fs,
    path::Path,
};

use rust_stemmers::{Algorithm, Stemmer};

include!("src/index/analysis/case_folding.rs");
include!("src/index/life_states.rs");

/// The languages by their name in NLTK's lists, in the order of `LANGUAGES` in src/index/language.rs.
const LANGUAGES: [&str; 17] =
    ["en", "de", "fr", "es", "it", "pt", "nl", "da", "sv", "no", "fi", "hu", "ro", "ru", "el", "tr", "ar"];

fn main() -> Result<(), Box<dyn Error>> {
    let output = env::var("OUT_DIR")?;
    let output = Path::new(&output);
    let sources = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("src");
    let question_words = fs::read_to_string(sources.join("index/question_words.txt"))?;
    fs::write(output.join("stop_words.rs"), stop_words(&question_words)?)?;
    fs::write(output.join("state_stems.rs"), state_stems()?)?;
    let turns = fs::read_to_string(sources.join("index/turns.txt"))?;
    fs::write(output.join("turn_stems.rs"), turn_stems(&turns)?)?;
    fs::write(output.join("emoji.rs"), emoji()?)?;
    let words_of_times = words_of_times(&fs::read_to_string(sources.join("dates/words.txt"))?)?;
    fs::write(output.join("words_of_times.rs"), words_of_times)?;
    Ok(())
}

/// The stop words in normal form with their languages as bits, sorted. They are ranges of one text, since a table of texts
/// would be relocated at every start.
fn stop_words(question_words: &str) -> Result<String, Box<dyn Error>> {
    let mut languages_of: BTreeMap<String, u32> = BTreeMap::new();
    for (number, language) in LANGUAGES.iter().enumerate() {
        let asked = question_words.lines().find_map(|line| line.strip_prefix(language)?.strip_prefix(": "));
        let asked = asked.into_iter().flat_map(|words| words.split(", "));
        for word in stop_words::lookup(language).ok_or("unknown language")?.iter().copied().chain(asked) {
            *languages_of.entry(case_folded(word)).or_default() |= 1 << number;
        }
    }
    let (mut text, mut entries) = (String::new(), String::new());
    for (word, languages) in &languages_of {
        write!(entries, "({}, {}, {languages}),", text.len(), text.len() + word.len())?;
        text.push_str(word);
    }
    let count = languages_of.len();
    Ok(format!("const TEXT: &str = {text:?};\nstatic STOP_WORDS: [(u16, u16, u32); {count}] = [{entries}];\n"))
}

/// The states by the stems of their words and changes in the languages of the pages, and by the words themselves, sorted.
fn state_stems() -> Result<String, Box<dyn Error>> {
    let stemmers = [Algorithm::English, Algorithm::German].map(Stemmer::create);
    let mut by_stem = BTreeMap::new();
    for (number, LifeState { words, changes }) in STATES.iter().enumerate() {
        for word in words.iter().chain(*changes) {
            by_stem.entry((*word).to_owned()).or_insert(number);
            for stemmer in &stemmers {
                by_stem.entry(stemmer.stem(word).into_owned()).or_insert(number);
            }
        }
    }
    let mut code = format!("static BY_STEM: [(&str, usize); {}] = [", by_stem.len());
    for (stem, number) in by_stem {
        write!(code, "({stem:?}, {number}),")?;
    }
    Ok(code + "];\n")
}

/// The stems of words that tell that a fact has changed, each in its language, sorted.
fn turn_stems(turns: &str) -> Result<String, Box<dyn Error>> {
    let mut stems = BTreeSet::new();
    for line in turns.lines() {
        let (language, words) = line.split_once(": ").ok_or("a line without words")?;
        let stemmer = Stemmer::create(if language == "de" { Algorithm::German } else { Algorithm::English });
        stems.extend(words.split(", ").map(|word| stemmer.stem(word).into_owned()));
    }
    Ok(format!("static TURN_STEMS: [&str; {}] = {:?};\n", stems.len(), Vec::from_iter(&stems)))
}

/// The emoji as they are written, sorted, with the emoji without skin tone and its name: ranges of one text, as above.
fn emoji() -> Result<String, Box<dyn Error>> {
    let mut text = String::new();
    let mut range = |of: &str| {
        text.push_str(of);
        (text.len() - of.len(), text.len())
    };
    let mut by_writing = BTreeMap::new();
    for plain in emojis::iter() {
        let (toneless, name) = (range(plain.as_str()), range(plain.name()));
        let tones = plain.skin_tones().into_iter().flatten().chain([plain]);
        for writing in tones.flat_map(|emoji| writings(emoji.as_str())) {
            if emojis::get(&writing).is_some() {
                by_writing.insert(writing, (toneless, name));
            }
        }
    }
    let mut entries = String::new();
    for (writing, (toneless, name)) in &by_writing {
        write!(entries, "({:?}, {toneless:?}, {name:?}),", range(writing))?;
    }
    let count = by_writing.len();
    Ok(format!("const TEXT: &str = {text:?};\nstatic EMOJI: [(Range, Range, Range); {count}] = [{entries}];\n"))
}

/// An emoji with and without each of its variation selectors, which writers leave out.
fn writings(emoji: &str) -> Vec<String> {
    let mut parts = emoji.split('\u{FE0F}');
    let mut writings: Vec<String> = parts.next().into_iter().map(Into::into).collect();
    for part in parts {
        let with = |between| writings.iter().map(move |writing| format!("{writing}{between}{part}"));
        writings = with("\u{FE0F}").chain(with("")).collect();
    }
    writings
}

/// The words with their meanings, sorted, of lines with a meaning and its words.
fn words_of_times(lines: &str) -> Result<String, Box<dyn Error>> {
    let mut entries = Vec::new();
    for line in lines.lines() {
        let (meaning, words) = line.split_once(": ").ok_or_else(|| format!("no meaning: {line}"))?;
        entries.extend(words.split(", ").map(|word| (word, meaning)));
    }
    // Stable: of the meanings of a word, the first that fits counts.
    entries.sort_by_key(|(word, _)| *word);
    let mut code = format!("static BY_WORDS: [(&str, WordSense); {}] = [", entries.len());
    for (word, meaning) in entries {
        write!(code, "({word:?}, {meaning}),")?;
    }
    Ok(code + "];\n")
}
