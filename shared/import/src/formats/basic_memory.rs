//! Notes of basic-memory: Markdown with front matter, observations and relations.

use jiff::Timestamp;
use saphyr::{LoadableYamlNode, Scalar, Yaml};

use crate::format::Format;
use crate::{
    collector::Collector,
    document::Document,
    draft::Draft,
    list::{Fence, items},
    report::{RecordPlace, SkipReason},
    times::time,
};

pub(crate) static BASIC_MEMORY: Format =
    Format { name: "basic-memory", writer: Some("basic-memory"), detect: |document| note(document).is_some(), read };

/// Maximum size of front matter.
const FRONT_MATTER_BYTES: usize = 16_000;
/// Maximum number of asterisks in front matter. Each can be an alias, which repeats a part of it.
const ASTERISKS: usize = 16;
/// Maximum number of indicators in a line of front matter. Each can begin a collection within another, and the parser
/// recurses into them.
const INDICATORS: usize = 8;
/// Maximum characters of a title, which each memory of the note begins with.
const TITLE_CHARACTERS: usize = 250;
/// Headings of the format, which say nothing about their items.
const HEADINGS: [&str; 2] = ["Observations", "Relations"];

/// The front matter of a note.
#[derive(Debug, Default)]
struct Note<'a> {
    title: String,
    /// The values that each memory has.
    draft: Draft,
    /// Names of dropped fields.
    dropped: Vec<String>,
    body: &'a str,
    /// The number of lines before the body.
    lines: usize,
}

fn note<'a>(document: &Document<'a>) -> Option<Note<'a>> {
    if document.is_json {
        return None;
    }
    let text = document.text.trim_start();
    let skipped = document.text.len() - text.len();
    let after = text.strip_prefix("---")?;
    let end = after.find("\n---").filter(|end| *end <= FRONT_MATTER_BYTES)?;
    let body = after[end + 4..].trim_start_matches('-');
    let lines = document.text[..skipped + (text.len() - body.len())].matches('\n').count();
    let front_matter = Some(&after[..end]).filter(|text| is_flat(text))?;
    let documents = Yaml::load_from_str(front_matter).ok()?;
    let Some(Yaml::Mapping(members)) = documents.first() else { return None };
    let mut note = Note { body, lines, ..Note::default() };
    let mut has_type = false;
    for (name, value) in members {
        let name = scalar(name)?;
        let is_known = match name.as_str() {
            "title" => scalar(value).map(|title| note.title = title),
            "permalink" => {
                scalar(value).map(|permalink| note.draft.id = Some(permalink).filter(|permalink| !permalink.is_empty()))
            }
            "type" => {
                has_type = true;
                scalar(value).filter(|kind| kind == "note").map(drop)
            }
            "tags" => tags(value).map(|tags| note.draft.tags = tags),
            "created" | "date" | "created_at" => at(value, &mut note.draft.created_at),
            "modified" | "updated" | "updated_at" => at(value, &mut note.draft.updated_at),
            _ => None,
        };
        if is_known.is_none() && *value != Yaml::Value(Scalar::Null) {
            note.dropped.push(name);
        }
    }
    note.draft.limit_tags();
    let is_title = !note.title.is_empty() && note.title.chars().count() <= TITLE_CHARACTERS;
    (is_title && (has_type || note.draft.id.is_some())).then_some(note)
}

fn is_flat(yaml: &str) -> bool {
    let indicators = |line: &str| line.split_whitespace().filter(|word| ["-", "?", ":"].contains(word)).count();
    yaml.matches('*').count() <= ASTERISKS && yaml.lines().all(|line| indicators(line) <= INDICATORS)
}

fn scalar(node: &Yaml<'_>) -> Option<String> {
    match node {
        Yaml::Value(Scalar::String(text)) => Some(text.to_string()),
        Yaml::Value(Scalar::Integer(number)) => Some(number.to_string()),
        Yaml::Value(Scalar::FloatingPoint(number)) => Some(number.to_string()),
        Yaml::Value(Scalar::Boolean(value)) => Some(value.to_string()),
        _ => None,
    }
}

/// A list of tags, or tags separated by commas.
fn tags(node: &Yaml<'_>) -> Option<Vec<String>> {
    if let Yaml::Sequence(tags) = node {
        return tags.iter().map(scalar).collect();
    }
    let tags = scalar(node)?;
    Some(tags.split(',').map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect())
}

/// Reads a time, unless another field had it.
fn at(node: &Yaml<'_>, at: &mut Option<Timestamp>) -> Option<()> {
    let time = scalar(node).and_then(|text| time(&text.into())).filter(|_| at.is_none())?;
    *at = Some(time);
    Some(())
}

fn read(document: &Document<'_>, out: &mut Collector<'_>) {
    let Some(note) = note(document) else { return };
    let items = items(note.body, Fence::Code);
    let memories = items.iter().filter(|item| !item.is_heading).count();
    for name in &note.dropped {
        out.dropped(name, memories);
    }
    let says_nothing = |heading: &str| heading == note.title || HEADINGS.contains(&heading);
    for item in items {
        let place = RecordPlace { line: note.lines + item.line, ..RecordPlace::default() };
        if item.is_heading {
            if !says_nothing(&item.text) {
                out.skip(&place, SkipReason::NotAnItem);
            }
            continue;
        }
        let heading = item.heading.unwrap_or_default();
        let mut draft = note.draft.clone();
        item.date_to(&mut draft, out.now);
        if heading == "Relations" && item.is_marked {
            draft.tags.push("relation".into());
            draft.text = about(&note.title, " ", &relation(&item.text));
        } else {
            let topic = Some(heading).filter(|heading| !heading.is_empty() && !says_nothing(heading));
            draft.tags.extend(topic.map(String::from));
            draft.text = if item.is_fenced {
                about(&note.title, ":\n", &item.text)
            } else {
                let (category, rest) = if item.unread.is_some() { (None, &*item.text) } else { category(&item.text) };
                draft.tags.extend(category.map(String::from));
                draft.tags.extend(hashtags(rest));
                about(&note.title, ": ", &without_hashtags(rest))
            };
        }
        out.add(&place, Ok(draft));
    }
}

/// A text that names the title of its note, or an empty one: a title alone says nothing.
fn about(title: &str, separator: &str, text: &str) -> String {
    if text.trim().is_empty() { String::new() } else { format!("{title}{separator}{text}") }
}

/// A relation such as `part_of [[Tea]]` as words. The name of the other note keeps its underscores.
fn relation(text: &str) -> String {
    let (kind, other) = text.split_at(text.find("[[").unwrap_or(text.len()));
    format!("{}{}", kind.replace('_', " "), other.replacen("[[", "", 1).replacen("]]", "", 1))
}

/// The category in brackets at the beginning of an observation.
fn category(text: &str) -> (Option<&str>, &str) {
    let parts = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    match parts {
        // A link begins with brackets, too.
        Some((category, rest))
            if !category.trim().is_empty() && !category.starts_with('[') && !rest.starts_with('(') =>
        {
            (Some(category.trim()), rest.trim_start())
        }
        _ => (None, text),
    }
}

fn hashtags(text: &str) -> impl Iterator<Item = String> {
    text.split_whitespace().filter(|word| is_hashtag(word)).map(|word| word[1..].to_owned())
}

/// The text without the hashtags at the beginning and end of its lines; the end may be a context in parentheses. A hashtag
/// between words is a part of the sentence.
fn without_hashtags(text: &str) -> String {
    let line = |line: &str| {
        let (line, context) = match line.rfind(" (").filter(|_| line.ends_with(')')) {
            Some(context) => line.split_at(context),
            None => (line, ""),
        };
        let words: Vec<&str> = line.split(' ').collect();
        let is_kept = |word: &&str| !word.is_empty() && !is_hashtag(word);
        let first = words.iter().position(is_kept).unwrap_or(words.len());
        let last = words.iter().rposition(is_kept).unwrap_or_default();
        words.get(first..=last).unwrap_or_default().join(" ") + context
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// `true` for `#tag`. A number such as `#12` is none, nor is `C#`.
fn is_hashtag(word: &str) -> bool {
    let tag = word.strip_prefix('#').filter(|tag| tag.starts_with(char::is_alphabetic));
    tag.is_some_and(|tag| tag.chars().all(|c| c.is_alphanumeric() || "-_/".contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashtag_begins_with_a_letter() {
        for (text, tags, rest) in [
            ("Issue #12 fixed #bug", vec!["bug"], "Issue #12 fixed"),
            ("C# and org/x#45 #1 priority", vec![], "C# and org/x#45 #1 priority"),
            ("#a #B-c/d_1 e", vec!["a", "B-c/d_1"], "e"),
            ("Paints walls #fffaf0 and blue #home", vec!["fffaf0", "home"], "Paints walls #fffaf0 and blue"),
            ("#only", vec!["only"], ""),
            ("Floral #brewing (in May)", vec!["brewing"], "Floral (in May)"),
        ] {
            assert_eq!(hashtags(text).collect::<Vec<_>>(), tags);
            assert_eq!(without_hashtags(text), rest);
        }
    }

    #[test]
    fn links_and_names_of_notes_are_kept() {
        assert_eq!(category("[fact] Sings"), (Some("fact"), "Sings"));
        assert_eq!(category("[Tea](https://tea.example) is good"), (None, "[Tea](https://tea.example) is good"));
        for (text, expected) in [("is_part_of [[my_tea]]", "is part of my_tea"), ("relates_to Tea", "relates to Tea")] {
            assert_eq!(relation(text), expected);
        }
    }
}
