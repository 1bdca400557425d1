//! The explanation of a file that matches no format.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::format::{JsonObject, has_any, has_text};
use crate::{document::Document, list::begins_with_date, refusal::Refusal};

/// Names of speakers at the beginning of a line.
const SPEAKERS: [&str; 16] = [
    "user",
    "assistant",
    "human",
    "ai",
    "system",
    "me",
    "you",
    "you said",
    "chatgpt",
    "chatgpt said",
    "claude",
    "benutzer",
    "nutzer",
    "assistent",
    "utilisateur",
    "usuario",
];
/// Fields listed in an explanation.
const LISTED: usize = 8;

/// The refusal of a file that matches no format.
pub(super) fn explained(document: &Document<'_>) -> Refusal {
    if document.text.trim().is_empty() {
        return Refusal::Empty;
    }
    if !document.is_json {
        return text(document);
    }
    let seen = seen(document);
    let around = |names: &[&str]| document.pages.iter().any(|page| has_any(&page.around, names));
    if document.has(is_message) || document.pages.iter().any(|page| page.list("messages").is_some()) {
        return Refusal::ChatLog { seen };
    }
    let is_page = |object: &JsonObject| {
        has_any(object, &["url", "title", "href"]) && !has_any(object, &["memory", "created_at", "createdAt", "tags"])
    };
    if document.has(is_page) || around(&["query", "roots", "bookmark_bar"]) {
        return Refusal::WebPages { seen };
    }
    let mut lists = document.pages.iter().flat_map(|page| &page.lists).peekable();
    if lists.peek().is_some() && lists.all(|(_, records)| records.is_empty()) {
        return Refusal::Empty;
    }
    Refusal::Unknown { seen }
}

fn is_message(object: &JsonObject) -> bool {
    has_text(object, "role") && has_any(object, &["content", "parts", "text"])
        || has_any(object, &["chat_messages", "mapping"])
        || object.get("messages").is_some_and(Value::is_array)
        || has_text(object, "sender") && has_any(object, &["text", "content"])
}

/// The fields of the first records.
fn seen(document: &Document<'_>) -> String {
    let Some(page) = document.pages.first() else { return "JSON without objects".into() };
    // Other packages of a build can change the order of serde_json's maps.
    let sorted = |object: &JsonObject| object.keys().cloned().collect::<BTreeSet<_>>();
    let mut names: Vec<String> = sorted(&page.around).into_iter().collect();
    for (list, records) in &page.lists {
        let Some(object) = records.iter().find_map(|record| record.object.as_ref().ok()) else { continue };
        let prefix = if list.is_empty() { String::new() } else { format!("{list}.") };
        names.extend(sorted(object).iter().map(|name| format!("{prefix}{name}")));
    }
    let cut = |name: &String| name.chars().filter(|character| !character.is_control()).take(40).collect::<String>();
    match names.iter().take(LISTED).map(cut).collect::<Vec<_>>() {
        listed if listed.is_empty() => "JSON without objects".into(),
        listed if names.len() > LISTED => format!("JSON with the fields {} and others", listed.join(", ")),
        listed => format!("JSON with the fields {}", listed.join(", ")),
    }
}

/// Refuses a conversation in plain text.
///
/// # Errors
/// [`Refusal::ChatLog`]
pub(crate) fn refuse_chat_log(document: &Document<'_>) -> Result<(), Refusal> {
    let mut speakers: Vec<&str> = document.text.lines().filter_map(speaker).collect();
    speakers.sort_unstable();
    speakers.dedup();
    match speakers.as_slice() {
        // A profile has lines of the user and of their system.
        [] | [_] | ["system", "user"] => Ok(()),
        several => Err(Refusal::ChatLog { seen: format!("lines of {}", several.join(", ")) }),
    }
}

fn speaker(line: &str) -> Option<&'static str> {
    let (name, _) = line.split_once(':')?;
    let name = name.trim_matches(['*', '#', ' ', '-', '>']).to_lowercase();
    SPEAKERS.into_iter().find(|speaker| *speaker == name)
}

/// `true` if a text is in a known format without memories.
pub(super) fn is_other_text(document: &Document<'_>) -> bool {
    refuse_chat_log(document).is_err() || other_text(document).is_some()
}

fn text(document: &Document<'_>) -> Refusal {
    match (refuse_chat_log(document), other_text(document)) {
        (Err(refusal), _) => refusal,
        (_, Some(refusal)) => refusal,
        _ => Refusal::Unknown { seen: "text that is not a list with one memory a line".into() },
    }
}

fn other_text(document: &Document<'_>) -> Option<Refusal> {
    let unknown = |seen: &str| Some(Refusal::Unknown { seen: seen.into() });
    let name = document.name.to_lowercase();
    let start = document.text.trim_start().to_lowercase();
    if start.starts_with("<!doctype netscape-bookmark") {
        return Some(Refusal::WebPages { seen: "bookmarks".into() });
    }
    if start.starts_with('<') || name.ends_with(".html") || name.ends_with(".xml") {
        return unknown("HTML or XML");
    }
    if start.starts_with("---") {
        return unknown("front matter without title and type or permalink");
    }
    if start.starts_with("{\\rtf") || start.starts_with("%pdf") {
        return unknown("a formatted document");
    }
    let lines: Vec<&str> = document.text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let all = |condition: fn(&str) -> bool| lines.iter().all(|line| condition(line));
    if name.ends_with(".yaml") || name.ends_with(".yml") || is_yaml(&lines) {
        return unknown("YAML");
    }
    if name.ends_with(".csv") || name.ends_with(".tsv") || lines.len() > 1 && all(|line| line.contains('\t')) {
        return unknown(
            "a table without a single column named memory, text or content, or with columns of messages or web pages",
        );
    }
    if lines.len() > 1 && all(|line| line.starts_with('|')) {
        return unknown("a Markdown table");
    }
    let urls = lines.iter().filter(|line| line.starts_with("http://") || line.starts_with("https://")).count();
    if urls * 2 > lines.len() {
        return Some(Refusal::WebPages { seen: "lines of URLs".into() });
    }
    let times = lines.iter().filter(|line| begins_with_time(line) && !begins_with_date(line)).count();
    if lines.len() > 1 && times * 2 > lines.len() {
        return unknown("lines that begin with a time, as in logs and chats");
    }
    None
}

/// `true` if the text begins with a member of YAML, and at least every fourth line has one that a record of a memory has.
/// An item of a list may begin with such a word, too.
fn is_yaml(lines: &[&str]) -> bool {
    let name = |line: &str| {
        let (name, _) = line.trim_start_matches("- ").split_once(':')?;
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        is_name.then(|| name.to_lowercase())
    };
    let names = lines.iter().filter_map(|line| name(line));
    let members = names.filter(|name| ["memory", "content", "text", "id"].contains(&name.as_str())).count();
    lines.first().is_some_and(|first| name(first).is_some()) && members * 4 >= lines.len().max(1)
}

/// `true` for lines such as `12/01/2026, 10:00 - Ada: …` and `2026-01-12T10:00:00Z INFO …`.
fn begins_with_time(line: &str) -> bool {
    let line = line.trim_start_matches('[');
    let start: String = line.chars().take(18).collect();
    let colon = start.split_once(':').map(|(before, after)| (before.chars().last(), after.chars().next()));
    let is_clock = colon.is_some_and(|(before, after)| {
        [before, after].iter().all(|side| side.is_some_and(|side| side.is_ascii_digit()))
    });
    line.starts_with(|first: char| first.is_ascii_digit()) && is_clock
}
