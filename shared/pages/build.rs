//! Generates one function per text from `translations/*.json`.
//!
//! Fails if a language lacks a key of `en.json`, has an additional one, or has other placeholders or markup in a text.

#![expect(clippy::disallowed_methods, reason = "Cargo passes the directories in environment variables")]

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    error::Error,
    fmt::Write,
    fs,
    path::Path,
};

/// The texts of a language by key.
type Translations = BTreeMap<String, String>;

/// Placeholders for times, which `dates` renders as HTML. A text with one of them is markup.
const TIMES: [&str; 3] = ["time", "until", "changed"];

/// The language that the others are compared with.
const REFERENCE: &str = "en";

fn main() -> Result<(), Box<dyn Error>> {
    let languages = languages(&Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("translations"))?;
    let reference = languages.get(REFERENCE).ok_or("en.json is missing")?;
    for (tag, texts) in &languages {
        compare(reference, texts).map_err(|problem| format!("translations/{tag}.json: {problem}"))?;
    }
    let mut code = String::from("impl Texts {\n");
    for (key, text) in reference {
        function(&mut code, key, text, &languages)?;
    }
    code.push_str("}\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("texts.rs"), code)?;
    Ok(())
}

/// Reads every file of the directory; its name is the language's tag.
fn languages(directory: &Path) -> Result<BTreeMap<String, Translations>, Box<dyn Error>> {
    let mut languages = BTreeMap::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let tag = path.file_stem().and_then(|stem| stem.to_str()).ok_or("file name without a tag")?.to_owned();
        let texts =
            serde_json::from_str(&fs::read_to_string(&path)?).map_err(|error| format!("{tag}.json: {error}"))?;
        languages.insert(tag, texts);
    }
    Ok(languages)
}

fn compare(reference: &Translations, texts: &Translations) -> Result<(), String> {
    if let Some(key) = reference.keys().find(|key| !texts.contains_key(*key)) {
        return Err(format!("missing key {key}"));
    }
    for (key, text) in texts {
        let expected = reference.get(key).ok_or_else(|| format!("unknown key {key}"))?;
        let parts = |text| [between(text, '{', '}').collect(), between(text, '<', '>').collect()];
        let (expected, found): ([BTreeSet<&str>; 2], [BTreeSet<&str>; 2]) = (parts(expected), parts(text));
        if expected != found {
            return Err(format!("{key}: placeholders and markup must be {expected:?}, found {found:?}"));
        }
    }
    Ok(())
}

/// Each part of a text between an opening and a closing character.
fn between(text: &str, open: char, close: char) -> impl Iterator<Item = &str> {
    text.split(open).skip(1).filter_map(move |rest| rest.split_once(close)).map(|(part, _)| part)
}

/// Writes the function of a key. Text is `&'static str`, or a `String` if it has placeholders; a text with markup is
/// `Markup`, and its placeholders are escaped, except times.
fn function(
    code: &mut String,
    key: &str,
    text: &str,
    languages: &BTreeMap<String, Translations>,
) -> Result<(), Box<dyn Error>> {
    let mut placeholders: Vec<&str> = vec![];
    for placeholder in between(text, '{', '}') {
        if !placeholders.contains(&placeholder) {
            placeholders.push(placeholder);
        }
    }
    let is_time = |placeholder: &str| TIMES.contains(&placeholder);
    let is_markup = text.contains('<') || placeholders.iter().any(|placeholder| is_time(placeholder));
    let result = match (is_markup, placeholders.is_empty()) {
        (true, _) => "Markup",
        (false, true) => "&'static str",
        (false, false) => "String",
    };
    let argument = |placeholder: &&str| {
        let value = if is_time(placeholder) { "Markup" } else { "impl std::fmt::Display" };
        format!(", {placeholder}: {value}")
    };
    let arguments: String = placeholders.iter().map(argument).collect();
    writeln!(code, "    /// `{text}`\n    pub fn {key}(self{arguments}) -> {result} {{")?;
    if is_markup {
        for placeholder in placeholders.iter().filter(|placeholder| !is_time(placeholder)) {
            writeln!(code, "        let {placeholder} = Markup::escape({placeholder});")?;
        }
    }
    let (open, close) = if is_markup { ("Markup::new(", ")") } else { ("", "") };
    writeln!(code, "        {open}match self.0 {{")?;
    for (tag, texts) in languages {
        let text = texts.get(key).ok_or("missing key")?;
        let value = if placeholders.is_empty() { format!("{text:?}") } else { format!("format!({text:?})") };
        writeln!(code, "            Language::{} => {value},", variant(tag))?;
    }
    writeln!(code, "        }}{close}\n    }}\n")?;
    Ok(())
}

/// The name of a language in `Language`: its tag, capitalised.
fn variant(tag: &str) -> String {
    let mut characters = tag.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}
