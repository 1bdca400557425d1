//! Notes of basic-memory: Markdown with front matter, observations and relations.

use jean_memory::transfer::moment;
use saphyr::{LoadableYamlNode, Scalar, Yaml};

use crate::format::Format;
use crate::list;
use crate::{collector::Collector, document::Document, draft::Draft, report::RecordPlace};

pub(crate) static BASIC_MEMORY: Format =
    Format { name: "basic-memory", writer: Some("basic-memory"), detect: |document| note(document).is_some(), read };

/// The front matter of a note.
#[derive(Debug, Default)]
struct Note<'a> {
    title: String,
    permalink: String,
    tags: Vec<String>,
    created: Option<jiff::Timestamp>,
    other: Vec<String>,
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
    let end = after.find("\n---")?;
    let body = after[end + 4..].trim_start_matches('-');
    let lines = document.text[..skipped + (text.len() - body.len())].matches('\n').count();
    let documents = Yaml::load_from_str(&after[..end]).ok()?;
    let Some(Yaml::Mapping(members)) = documents.first() else { return None };
    let mut note = Note { body, lines, ..Note::default() };
    let mut has_type = false;
    for (name, value) in members {
        match (scalar(name)?.as_str(), value) {
            ("title", value) => note.title = scalar(value)?,
            ("permalink", value) => note.permalink = scalar(value)?,
            ("type", _) => has_type = true,
            ("tags", Yaml::Sequence(tags)) => note.tags = tags.iter().filter_map(scalar).collect(),
            ("tags", value) => {
                let tags = scalar(value).unwrap_or_default();
                note.tags = tags.split(',').map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect();
            }
            ("created" | "date" | "created_at", value) => note.created = moment(&scalar(value)?),
            (other, _) => note.other.push(other.to_owned()),
        }
    }
    (!note.title.is_empty() && (has_type || !note.permalink.is_empty())).then_some(note)
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

fn read(document: &Document<'_>, out: &mut Collector<'_>) {
    let Some(note) = note(document) else { return };
    for item in list::items(note.body) {
        let heading = item.heading.unwrap_or_default();
        let mut tags = note.tags.clone();
        let text = if heading == "Relations" && item.is_marked {
            tags.push("relation".into());
            let relation = item.text.replace("[[", "").replace("]]", "").replacen('_', " ", 1);
            format!("{} {relation}", note.title)
        } else {
            let (category, rest) = category(&item.text);
            tags.extend(category.map(String::from));
            tags.extend(hashtags(rest));
            format!("{}: {}", note.title, without_hashtags(rest))
        };
        let place = RecordPlace { line: note.lines + item.line, ..RecordPlace::default() };
        let draft = Draft {
            id: Some(note.permalink.clone()).filter(|id| !id.is_empty()),
            text,
            tags,
            created_at: note.created,
            dropped: note.other.clone(),
            ..Draft::default()
        };
        out.add(&place, Ok(draft));
    }
}

/// The category in brackets at the beginning of an observation.
fn category(text: &str) -> (Option<&str>, &str) {
    let parts = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    match parts {
        Some((category, rest)) if !category.trim().is_empty() && !category.starts_with('[') => {
            (Some(category.trim()), rest.trim_start())
        }
        _ => (None, text),
    }
}

fn hashtags(text: &str) -> impl Iterator<Item = String> {
    text.split_whitespace().filter(|word| is_hashtag(word)).map(|word| word[1..].to_owned())
}

fn without_hashtags(text: &str) -> String {
    text.split('\n')
        .map(|line| line.split(' ').filter(|word| !is_hashtag(word)).collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join("\n")
}

fn is_hashtag(word: &str) -> bool {
    word.strip_prefix('#')
        .is_some_and(|tag| !tag.is_empty() && tag.chars().all(|c| c.is_alphanumeric() || "-_/".contains(c)))
}
