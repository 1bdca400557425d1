//! PatternCounts of hard-to-read patterns per 1,000 words: of the comments of each package, and of the Markdown documents.
//!
//! The rates are a floor, not a goal: text within the limits can still be bad. infra/docs/STYLE.md describes the voice.

use std::{
    collections::BTreeMap,
    error::Error,
    fmt::Write,
    path::{Path, PathBuf},
};

use crate::{report::CheckReport, source::Repository};

/// Packages and documents with fewer words are reported, but not held to the limits: one hit would exceed them.
const FEWEST_WORDS: usize = 300;

/// The name of the group of all Markdown files.
const DOCUMENTS: &str = "documents";

/// Markdown files written by a generator.
const GENERATED: [&str; 2] = ["REQUIREMENTS.md", "SETTINGS.md"];

/// A pattern and the highest permitted rates.
struct Pattern {
    name: &'static str,
    /// The limit for comments, per 1,000 words.
    comments: f64,
    /// The limit for documents, per 1,000 words.
    documents: f64,
    occurs: fn(&[Word<'_>], usize) -> bool,
}

const PATTERNS: [Pattern; 4] = [
    Pattern {
        name: "headless",
        comments: 0.5,
        documents: 0.8,
        occurs: |words, at| pair(words, at, "what", &AFTER_WHAT),
    },
    Pattern { name: "somebody", comments: 0.1, documents: 0.2, occurs: |words, at| words[at].is_any(&INDEFINITE) },
    Pattern { name: "whoever", comments: 0.4, documents: 0.6, occurs: |words, at| words[at].is_any(&RELATIVE) },
    Pattern {
        name: "that-is",
        comments: 1.8,
        documents: 2.5,
        occurs: |words, at| pair(words, at, "that", &AFTER_THAT),
    },
];

/// Words after a "what" that heads a clause used as a noun, in the place of a name for the thing.
const AFTER_WHAT: [&str; 22] = [
    "is", "was", "has", "had", "it", "they", "this", "there", "a", "an", "the", "comes", "goes", "becomes", "became",
    "can", "must", "else", "others", "somebody", "nobody", "anybody",
];

/// Pronouns that hide the actor.
const INDEFINITE: [&str; 4] = ["anybody", "everybody", "nobody", "somebody"];

/// Pronouns that open a clause without naming its subject.
const RELATIVE: [&str; 3] = ["whoever", "whom", "whose"];

/// Verbs that make a preceding "that" a relative clause where an adjective would do.
const AFTER_THAT: [&str; 6] = ["are", "had", "has", "is", "was", "were"];

pub(crate) fn check(repository: &Repository, report: bool) -> Result<CheckReport, Box<dyn Error>> {
    let mut groups = BTreeMap::<String, String>::new();
    let packages = repository.packages()?;
    for file in repository.files("rs")? {
        let text = comments(&repository.read(&file)?);
        groups.entry(group(&packages, &file)).or_default().push_str(&text);
    }
    for file in repository.files("md")? {
        if !GENERATED.iter().any(|name| file.ends_with(name)) {
            groups.entry(DOCUMENTS.into()).or_default().push_str(&running_text(&repository.read(&file)?));
        }
    }
    let mut outcome = CheckReport::default();
    if report {
        write!(outcome.text, "{:24}{:>8}", "package", "words")?;
        PATTERNS.iter().try_for_each(|pattern| write!(outcome.text, "{:>10}", pattern.name))?;
        writeln!(outcome.text)?;
    }
    for (name, text) in &groups {
        let counts = PatternCounts::of(text);
        if report {
            write!(outcome.text, "{name:24}{:8}", counts.words)?;
            counts.rates().iter().try_for_each(|rate| write!(outcome.text, "{rate:10.2}"))?;
            writeln!(outcome.text)?;
        }
        outcome.violations.extend(counts.violations(name));
    }
    Ok(outcome)
}

/// The package of a file: the longest folder with a manifest that contains it.
fn group(packages: &[PathBuf], file: &Path) -> String {
    let containing = packages.iter().filter(|folder| file.starts_with(folder));
    let package = containing.max_by_key(|folder| folder.components().count());
    package.map_or_else(|| "other".into(), |folder| folder.display().to_string())
}

/// The occurrences of each pattern in one group of texts.
#[derive(Debug, PartialEq, Eq)]
struct PatternCounts {
    words: usize,
    hits: [usize; PATTERNS.len()],
}

impl PatternCounts {
    fn of(text: &str) -> Self {
        let words: Vec<_> = text.split_whitespace().flat_map(Word::of).collect();
        let hits =
            PATTERNS.each_ref().map(|pattern| (0..words.len()).filter(|at| (pattern.occurs)(&words, *at)).count());
        Self { words: words.len(), hits }
    }

    fn rates(&self) -> [f64; PATTERNS.len()] {
        self.hits.map(|hits| 1000.0 * hits as f64 / self.words.max(1) as f64)
    }

    fn violations(&self, group: &str) -> Vec<String> {
        let rates = self.rates();
        let exceeded = PATTERNS.iter().zip(rates).filter_map(|(pattern, rate)| {
            let limit = if group == DOCUMENTS { pattern.documents } else { pattern.comments };
            (self.words >= FEWEST_WORDS && rate > limit)
                .then(|| format!("{group}: {} {rate:.2} per 1,000 words, limit {limit}", pattern.name))
        });
        exceeded.collect()
    }
}

/// A word. It is joined to the next one if only white space separates them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Word<'a> {
    text: &'a str,
    joined: bool,
}

impl<'a> Word<'a> {
    /// The words within a piece of text without white space.
    fn of(piece: &'a str) -> impl Iterator<Item = Self> {
        let is_part = |character: char| character.is_ascii_alphabetic() || character == '\'';
        let words = piece.split(move |character| !is_part(character)).filter(|word| !word.is_empty());
        words.map(move |word| Self { text: word, joined: piece.ends_with(word) })
    }

    fn is_any(&self, words: &[&str]) -> bool {
        let stem = self.text.split('\'').next().unwrap_or_default();
        words.iter().any(|word| stem.eq_ignore_ascii_case(word))
    }
}

/// `true` if `first` stands at a position and one of `second` follows it.
fn pair(words: &[Word<'_>], at: usize, first: &str, second: &[&str]) -> bool {
    words[at].text.eq_ignore_ascii_case(first)
        && words[at].joined
        && words.get(at + 1).is_some_and(|next| next.is_any(second))
}

/// The text of the comments of a Rust file that stand on lines of their own.
fn comments(source: &str) -> String {
    let mut text = String::new();
    for line in source.lines() {
        if let Some(comment) = line.trim_start().strip_prefix("//") {
            text.push_str(comment.strip_prefix(['/', '!']).unwrap_or(comment));
            text.push('\n');
        }
    }
    text
}

/// The text of a Markdown file without code blocks and code spans.
fn running_text(markdown: &str) -> String {
    let mut text = String::new();
    let mut fenced = false;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && !line.starts_with("    ") {
            // Every second part stands between backticks; a dot in its place keeps the words around it apart.
            let spoken = line.split('`').enumerate().map(|(part, words)| if part % 2 == 0 { words } else { "." });
            text.extend(spoken);
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_counted_once_each() {
        let text = "What is stored, somebody else's. What, is? A client that was seen and\n\
                    whose key that\nis What the \"that\" has";
        assert_eq!(PatternCounts::of(text), PatternCounts { words: 21, hits: [2, 1, 1, 2] });
    }

    #[test]
    fn only_comment_lines_count() {
        assert_eq!(comments("//! One\nfn a() {} // two\n    /// Three\n//\n// four"), " One\n Three\n\n four\n");
    }

    #[test]
    fn code_in_markdown_does_not_count() {
        assert_eq!(running_text("a `what is` b\n```\nwhat is\n```\n    what is\nc"), "a . b\nc\n");
    }

    #[test]
    fn short_texts_are_not_held_to_the_limits() {
        let counts = PatternCounts { words: FEWEST_WORDS - 1, hits: [9; 4] };
        assert!(counts.violations("a").is_empty());
        let counts = PatternCounts { words: 1000, hits: [0, 1, 1, 2] };
        let exceeded = ["a: somebody 1.00 per 1,000 words, limit 0.1", "a: whoever 1.00 per 1,000 words, limit 0.4"];
        assert_eq!(counts.violations("a")[..2], exceeded);
        assert_eq!(counts.violations(DOCUMENTS).len(), 2);
    }

    #[test]
    fn files_belong_to_the_innermost_package() {
        let packages = ["infra/tools/bench".into(), "infra".into()];
        assert_eq!(group(&packages, Path::new("infra/tools/bench/src/a.rs")), "infra/tools/bench");
        assert_eq!(group(&packages, Path::new("infra/b.rs")), "infra");
        assert_eq!(group(&packages, Path::new("build.rs")), "other");
    }
}
